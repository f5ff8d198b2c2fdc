#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Completion as a shell does it: commands, options of a command, words of a value. bash is always there to be
# asked; zsh and fish are passed over, with a word, where they are not.
set -u
srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
QSTRATA=${QSTRATA:-$(pwd)/qstrata}
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 99
failed=0
n=0

fail()
{
	echo "FAIL: $*"
	failed=1
}

for shell in bash zsh fish; do
	"$QSTRATA" completion $shell >qstrata.$shell || fail "completion $shell"
done
mkdir folder
: >config.json

# What bash offers for a command line, whose last word is being completed.
cat >ask.bash <<'END'
source ./qstrata.bash
shopt -s extglob
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
compopt() { :; }
_qstrata
printf '%s\n' "${COMPREPLY[@]}"
END

# bash_offers EXPECTED WORD...: the sorted offers are, one by one, those expected.
bash_offers()
{
	expected=$1
	shift
	n=$((n + 1))
	found=$(bash --norc ask.bash "$@" 2>&1 | sort | tr '\n' ' ')
	[ "$found" = "$expected" ] || fail "bash, $*: found $found, expected $expected"
}

# bash_has WORD... OFFER: it is among the offers.
bash_has()
{
	for offer; do :; done
	n=$((n + 1))
	set -- "$@" ''
	line=''
	while [ $# -gt 2 ]; do
		line="$line '$1'"
		shift
	done
	eval "bash --norc ask.bash $line" 2>&1 | grep -qxF -e "$offer" || fail "bash,$line: no $offer"
}

if command -v bash >/dev/null; then
	bash -n qstrata.bash || fail 'bash cannot read it'
	for command in $("$QSTRATA" --help | sed -n 's/^  \([a-z]*\)  *.*/\1/p'); do
		bash_has qstrata '' "$command"
		for option in $("$QSTRATA" "$command" --help | sed -n 's/^  .*\(--[a-z-]*\).*/\1/p' | grep -v -- '--name=value'); do
			bash --norc ask.bash qstrata "$command" -- | grep -qxF -e "$option" ||
			    case $("$QSTRATA" "$command" --help) in
			    *"  $option "*|*", $option "*) fail "bash, $command: no $option" ;;
			    esac
		done
	done
	bash_offers 'explain ' qstrata exp
	bash_offers '--tensor ' qstrata explain --te
	bash_offers 'activation bias input weights ' qstrata explain --tensor ''
	bash_offers 'weights ' qstrata explain config.json --tensor w
	bash_offers 'always auto never ' qstrata lint --color = ''
	bash_offers 'always ' qstrata lint --color = al
	bash_offers 'sarif ' qstrata lint --format sa
	bash_offers 'json text ' qstrata explain --format ''
	bash_offers 'bash ' qstrata completion b
	bash_offers 'config ' qstrata schema conf
	bash_offers 'folder ' qstrata calibrate --data f
	bash_offers ' ' qstrata explain --layer ''
	bash_has qstrata rule QS2 QS201
	bash_offers ' ' qstrata lint conf
	# As bash itself does it, with files where nothing else is known.
	cat >drive.bash <<'END'
source ./qstrata.bash
complete -p qstrata
END
	[ "$(bash --norc drive.bash)" = 'complete -o bashdefault -o default -F _qstrata qstrata' ] ||
	    fail 'bash: not registered'
	# And with the tab key, where python3 can hold the terminal.
	if command -v python3 >/dev/null; then
		cat >press.py <<'END'
import os, pty, select, sys, time
def read_until(fd, mark, seconds):
    text, end = b"", time.time() + seconds
    while mark not in text and time.time() < end:
        if select.select([fd], [], [], 0.1)[0]:
            text += os.read(fd, 4096)
    return text
pid, fd = pty.fork()
if pid == 0:
    os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
os.write(fd, b"PS1=; bind 'set enable-bracketed-paste off'; source ./qstrata.bash; qstrata() { printf '<%s>' \"$@\"; echo; }; echo ready-$((1+1))\n")
read_until(fd, b"ready-2", 20)
failed = False
for typed, expected in (("qstrata expl\t", "<explain>"), ("qstrata lint --color=alw\t", "<lint><--color=always>"),
                        ("qstrata lint con\t", "<lint><config.json>"), ("qstrata explain --tensor wei\t", "<explain><--tensor><weights>"),
                        ("qstrata calibrate --data fol\t", "<calibrate><--data><folder/>"),
                        ("qstrata lint --format sarif:con\t", "<lint><--format><sarif:config.json>")):
    os.write(fd, typed.encode() + b"\n")
    if expected.encode() not in read_until(fd, b">\r\n", 10):
        print("FAIL: bash, typed:", repr(typed), "expected", expected)
        failed = True
os.write(fd, b"exit\n")
sys.exit(failed)
END
		timeout 90 python3 press.py || fail 'bash, with the tab key'
	else
		echo 'passed over: the tab key, as there is no python3'
	fi
else
	fail 'there is no bash'
fi

if command -v zsh >/dev/null; then
	zsh -n qstrata.zsh || fail 'zsh cannot read it'
	mkdir functions
	cp qstrata.zsh functions/_qstrata
	cat >ask.zsh <<'END'
zmodload zsh/zpty
zpty asked zsh -f -i
zpty -w asked "PS1=; PROMPT_EOL_MARK=; fpath=($PWD/functions \$fpath); autoload -Uz compinit; compinit -u -D; zstyle ':completion:*' list-colors ''; LISTMAX=1000; setopt no_list_ambiguous; qstrata() { :; }; print ready-\$((1+1))"
while zpty -r asked line; do [[ $line == *ready-2* ]] && break; done
zpty -n -w asked "$1"$'\t\t\n'
zpty -w asked "print over-\$((1+1))"
while zpty -r asked line; do
	print -r -- "$line"
	[[ $line == *over-2* ]] && break
done
zpty -d asked
END
	zsh_has()
	{
		n=$((n + 1))
		timeout 30 zsh -f ask.zsh "$1" >told 2>&1
		grep -qF -e "$2" told || fail "zsh, $1: no $2"
	}
	zsh_has 'qstrata expl' 'qstrata explain'
	zsh_has 'qstrata explain --tensor w' 'weights'
	zsh_has 'qstrata lint --format sar' 'sarif'
	zsh_has 'qstrata calibrate --onnxr' '--onnxruntime'
else
	echo 'passed over: there is no zsh'
fi

if command -v fish >/dev/null; then
	HOME=$scratch
	export HOME
	fish -n qstrata.fish || fail 'fish cannot read it'
	fish_has()
	{
		n=$((n + 1))
		timeout 30 fish -N -c "source qstrata.fish; complete -C '$1'" 2>&1 | cut -f 1 | grep -qxF -e "$2" ||
		    fail "fish, $1: no $2"
	}
	fish_has 'qstrata exp' explain
	fish_has 'qstrata explain --te' --tensor
	fish_has 'qstrata explain --tensor w' weights
	fish_has 'qstrata lint --format sa' sarif
	fish_has 'qstrata lint conf' config.json
	fish_has 'qstrata rule QS20' QS201
	fish_has 'qstrata calibrate --data f' folder/
else
	echo 'passed over: there is no fish'
fi
echo "$n questions"
exit $failed
