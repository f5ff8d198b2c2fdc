#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Who may include whom. The tables are the law; CONTRIBUTING.md says it in words.
set -u
cd "${srcdir:-$(dirname "$0")/..}" || exit 99
LC_ALL=C
export LC_ALL

# FOLDER: what its files may include from the tree, as patterns.
layers='
include qstrata/*
base qstrata/base.h qstrata/baseline.h qstrata/form.h base/*
policy qstrata/* base/* policy/*
model qstrata/base.h qstrata/model.h base/* model/*
numbers qstrata/* base/* policy/param.h numbers/*
numbers/kernels numbers/kernels/*
data qstrata/* base/* model/* numbers/* data/*
engine qstrata/* base/* policy/* model/* numbers/* data/* engine/*
analysis qstrata/* base/* policy/* model/* numbers/* data/* engine/* analysis/*
lsp qstrata/* lsp/*
cli qstrata/qstrata.h qstrata/*.def lsp/lsp.h cli/*
'

# HEADER of another library: the only files that may include it.
foreign='
json-c/json.h lsp/message.h base/json_document.h
pcre2.h policy/pattern.c
protobuf-c/protobuf-c.h model/wire.h
dlfcn.h base/module.c numbers/plugin_file.c model/ort.c
png.h data/image_module.c
turbojpeg.h data/image_module.c
unzip.h data/npz.c
'

# Headers of C11 and POSIX, and those that public headers and kernels may have.
standard=' assert.h ctype.h dirent.h errno.h fcntl.h float.h getopt.h glob.h inttypes.h limits.h locale.h math.h
 pthread.h search.h setjmp.h signal.h stdalign.h stdarg.h stdatomic.h stdbool.h stddef.h stdint.h stdio.h stdlib.h string.h strings.h sys/mman.h sys/stat.h sys/utsname.h sys/wait.h time.h unistd.h '
standard=" $(echo $standard) "
public=' stdarg.h stdbool.h stddef.h stdint.h '
kernel=' arm_neon.h cpuid.h float.h immintrin.h math.h stdbool.h stddef.h stdint.h string.h '

failed=0

fail()
{
	echo "FAIL: $1 includes $2: $3"
	failed=1
}

# The line of a table that starts with a word.
row()
{
	echo "$1" | sed -n "s,^$2 ,,p"
}

# check_own FOLDER FILE HEADER
check_own()
{
	set -f
	for pattern in $(row "$layers" "$1"); do
		case $3 in $pattern) set +f; return ;; esac
	done
	set +f
	fail "$2" "\"$3\"" "$1 may include only $(row "$layers" "$1")"
}

# check_system FOLDER FILE HEADER
check_system()
{
	allowed=$standard
	case $1 in
	include) allowed=$public ;;
	numbers/kernels) allowed=$kernel ;;
	esac
	case $allowed in *" $3 "*) return ;; esac
	case " $(row "$foreign" "$3") " in *" $2 "*) return ;; esac
	fail "$2" "<$3>" "no header of the layer, and the file is not listed for it"
}

n=0
for folder in $(echo "$layers" | sed 's/ .*//'); do
	depth=1
	[ "$folder" = include ] && depth=2
	for file in $(find "$folder" -maxdepth $depth -name '*.[ch]' -o -maxdepth $depth -name '*.def'); do
		case $file in *.pb-c.[ch]) continue ;; esac
		for header in $(sed -n 's/^# *include *"\([^"]*\)".*/"\1/p; s/^# *include *<\([^>]*\)>.*/<\1/p' "$file"); do
			n=$((n + 1))
			case $header in
			\"*) check_own "$folder" "$file" "${header#?}" ;;
			\<*) check_system "$folder" "$file" "${header#?}" ;;
			esac
		done
	done
done
[ $n -gt 100 ] || { echo "FAIL: found only $n includes"; failed=1; }
exit $failed
