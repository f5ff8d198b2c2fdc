#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The language server with a real editor: neovim, without a screen.
set -u
srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
QSTRATA=${QSTRATA:-$(pwd)/qstrata}
export QSTRATA

command -v nvim >/dev/null || { echo "skipped: there is no nvim"; exit 77; }
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
HOME=$scratch
XDG_CACHE_HOME=$scratch
XDG_STATE_HOME=$scratch
MODEL=$srcdir/tests/data/models/mlp.onnx
export HOME XDG_CACHE_HOME XDG_STATE_HOME MODEL
cd "$scratch" || exit 99
cat >quantize_config.json <<'END'
{
  "target_device": "CPU",
  "overall_quantize_config": {"bit_width": 8},
  "layer_quantize_config": [
    {"layer_name": "schicht_äöü_𝛼", "quantizable_data_typ": ["weights"]},
    {"layer_type": "Linear", "quantizable_data_type": ["weights"],
     "tensor_quantize_config": {"weights": {"bit_width": 4}}}
  ]
}
END
mkdir .git
echo '{"docs-url": "https://example.org/{code}", "ignore": ["QS406"], "model": "no-such-model.onnx",
 "per-path": [{"paths": ["quantize_config.json"], "ignore": ["QS41"], "reason": "to be seen elsewhere"}]}' >.qstrata.json
cat >session.lua <<'END'
local failed = false
local function check(what, holds, found)
	if not holds then
		failed = true
		io.stderr:write('FAIL: ' .. what .. ': ' .. vim.inspect(found) .. '\n')
	end
end

vim.cmd('edit quantize_config.json')
local buffer = vim.api.nvim_get_current_buf()
local client = vim.lsp.start_client({
	name = 'qstrata',
	cmd = { os.getenv('QSTRATA'), 'lsp' },
	init_options = { model = os.getenv('MODEL') },
})
vim.lsp.buf_attach_client(buffer, client)

local function ask(method, line, character, more)
	local params = { textDocument = vim.lsp.util.make_text_document_params(buffer),
		position = { line = line, character = character } }
	local answers = vim.lsp.buf_request_sync(buffer, method, vim.tbl_extend('force', params, more or {}), 5000)
	return answers and answers[client] and answers[client].result
end

local function find(code)
	for _, d in ipairs(vim.diagnostic.get(buffer)) do
		if d.code == code or (d.user_data and d.user_data.lsp.code == code) then
			return d
		end
	end
end

-- Columns of neovim are bytes: ä, ö and ü are two each, and 𝛼 is four.
vim.wait(10000, function() return find('QS201') ~= nil end)
local typo = find('QS201')
check('the typo is found', typo ~= nil, vim.diagnostic.get(buffer))
if typo then
	check('where it is', typo.lnum == 4 and typo.col == 42 and typo.end_col == 64, typo)
end

local page = typo and typo.user_data and typo.user_data.lsp.codeDescription
check('the settings say where its page is', page and page.href == 'https://example.org/QS201', typo)
check('the editor chooses the model', not find('QS001'), vim.diagnostic.get(buffer))

local items = ask('textDocument/completion', 1, 20)
check('devices are proposed', items and #items.items == 4, items)
local symbols = ask('textDocument/documentSymbol', 0, 0)
check('symbols are told', symbols and #symbols == 3, symbols)

-- The quick fix mends the typo in the buffer.
local range = { start = { line = 4, character = 0 }, ['end'] = { line = 4, character = 60 } }
local actions = ask('textDocument/codeAction', 4, 0, { range = range, context = { diagnostics = {} } })
check('there is a fix', actions and actions[1] and actions[1].kind == 'quickfix', actions)
if actions and actions[1] then
	vim.lsp.util.apply_workspace_edit(actions[1].edit, 'utf-16')
end
local line = vim.api.nvim_buf_get_lines(buffer, 4, 5, true)[1]
check('the fix goes where it belongs',
	line == '    {"layer_name": "schicht_äöü_𝛼", "quantizable_data_type": ["weights"]},', line)

-- With the config whole again, the name is held against the model.
vim.wait(10000, function() return find('QS501') ~= nil end)
check('the layer is not in the model', find('QS501') ~= nil, vim.diagnostic.get(buffer))
vim.api.nvim_buf_set_lines(buffer, 4, 5, true, {})
local function n_left()
	return #vim.diagnostic.get(buffer, { severity = { min = vim.diagnostic.severity.WARN } })
end
vim.wait(10000, function() return n_left() == 0 end)
check('nothing is left but notes', n_left() == 0, vim.diagnostic.get(buffer))

local hover = ask('textDocument/hover', 5, 48)
check('hover tells the winner', hover and hover.contents.value:find('bit_width = 4', 1, true), hover)
local places = ask('textDocument/definition', 5, 48)
check('definition goes to it', places and places[1] and places[1].range.start.line == 5, places)

vim.lsp.stop_client(client)
check('the server ends', vim.wait(5000, function() return vim.lsp.client_is_stopped(client) end), client)
vim.cmd(failed and 'cquit!' or 'qall!')
END
timeout 60 nvim --headless -u NONE -i NONE -n -c 'luafile session.lua' >out 2>&1
status=$?
cat out
[ $status -eq 0 ] || { echo "FAIL: status $status"; cat "$scratch"/*/lsp.log "$scratch"/nvim/lsp.log 2>/dev/null; exit 1; }
