-- hxp for Neovim: the language server `hxpc lsp` and the parser of tree-sitter.
--
-- Nothing needs to be called. These variables change what happens when a file is opened:
--   vim.g.hxp_program     the compiler, `hxpc` unless given
--   vim.g.hxp_lsp         false: do not start the language server
--   vim.g.hxp_treesitter  false: leave colours to the syntax file
local M = {}

--- The top folder of the project that a file belongs to.
function M.root(file)
  local folder = vim.fn.fnamemodify(file, ':p:h')
  for _, marker in ipairs({ 'hxp.toml', '.git' }) do
    local found = vim.fn.findfile(marker, folder .. ';')
    if found == '' then
      found = vim.fn.finddir(marker, folder .. ';')
    end
    if found ~= '' then
      return vim.fn.fnamemodify(found, ':p'):gsub('/$', ''):gsub('/[^/]*$', '')
    end
  end
  return folder
end

local function program()
  return vim.g.hxp_program or 'hxpc'
end

--- Shows what a command of the server answers, beside the source.
local function show(answer)
  if answer == nil or answer == vim.NIL then
    return
  end
  if type(answer) ~= 'table' then
    answer = { text = tostring(answer) }
  end
  if answer.uri then
    vim.cmd('vsplit ' .. vim.fn.fnameescape(vim.uri_to_fname(answer.uri)))
    return
  end
  local text = answer.text or answer.svg or vim.inspect(answer)
  vim.cmd('vnew')
  vim.bo.buftype = 'nofile'
  vim.bo.bufhidden = 'wipe'
  vim.bo.filetype = answer.svg and 'svg' or answer.language or ''
  vim.api.nvim_buf_set_lines(0, 0, -1, false, vim.split(text, '\n', { plain = true }))
end

--- The commands of the server's code lenses.
M.commands = {}
for _, name in ipairs({ 'runTest', 'preview', 'calendar', 'graph', 'decision' }) do
  local command = 'hxp.' .. name
  M.commands[command] = function(lens, context)
    local client = vim.lsp.get_client_by_id(context.client_id)
    local function answered(problem, answer)
      if problem then
        vim.notify(command .. ': ' .. (problem.message or tostring(problem)), vim.log.levels.ERROR)
      else
        show(answer)
      end
    end
    local params = { command = command, arguments = lens.arguments }
    if vim.fn.has('nvim-0.11') == 1 then
      client:request('workspace/executeCommand', params, answered, context.bufnr)
    else
      client.request('workspace/executeCommand', params, answered, context.bufnr)
    end
  end
end

--- The configuration of the server, as `vim.lsp.config`, `vim.lsp.start` and lspconfig read it.
function M.config()
  return {
    name = 'hxp',
    cmd = { program(), 'lsp' },
    filetypes = { 'hxp' },
    root_markers = { 'hxp.toml', '.git' },
    commands = M.commands,
  }
end

local told = false
local started = {}

local function start(buffer)
  if vim.fn.executable(program()) == 0 then
    if not told then
      told = true
      vim.notify('hxp: ' .. program() .. ' was not found; vim.g.hxp_program says where it is', vim.log.levels.WARN)
    end
    return
  end
  if vim.lsp.config and vim.lsp.enable then
    -- Neovim 0.11: `lsp/hxp.lua` is read, and what a user adds by `vim.lsp.config('hxp', …)`.
    if not vim.lsp.is_enabled or not vim.lsp.is_enabled('hxp') then
      vim.lsp.enable('hxp')
      -- What was just enabled comes too late for the buffer at hand, which Neovim itself looks at again only once it
      -- has started: `nvim policy.hxp` would have no server.
      local config = vim.deepcopy(vim.lsp.config.hxp)
      config.root_dir = vim.fs.root(buffer, config.root_markers)
      vim.lsp.start(config, { bufnr = buffer })
    end
    return
  end
  local config = M.config()
  config.root_dir = M.root(vim.api.nvim_buf_get_name(buffer))
  if vim.lsp.start then
    vim.lsp.start(config, { bufnr = buffer })
    return
  end
  -- Neovim 0.7: one client a project, known before it has answered for the first time.
  local id = started[config.root_dir]
  if not id or not vim.lsp.get_client_by_id(id) then
    id = vim.lsp.start_client(config)
    started[config.root_dir] = id
  end
  if id then
    vim.lsp.buf_attach_client(buffer, id)
  end
end

--- Colours by tree-sitter where its parser is installed.
local function colours(buffer)
  if vim.fn.has('nvim-0.9') == 0 or #vim.api.nvim_get_runtime_file('parser/hxp.so', false) == 0 then
    return
  end
  pcall(vim.treesitter.start, buffer, 'hxp')
end

--- Makes a buffer one of hxp.
function M.attach(buffer)
  if vim.g.hxp_treesitter ~= false then
    colours(buffer)
  end
  if vim.g.hxp_lsp ~= false then
    start(buffer)
  end
end

--- Tells nvim-treesitter where the grammar is, so that `:TSInstall hxp` builds the parser. `folder` is that of the grammar,
--- the one beside this plugin unless given.
function M.register_parser(folder)
  local here = debug.getinfo(1, 'S').source:sub(2)
  local grammar = folder or vim.fn.fnamemodify(here, ':p:h:h:h') .. '/tree-sitter-hxp'
  local ok, parsers = pcall(require, 'nvim-treesitter.parsers')
  if not ok then
    return false
  end
  local info = { path = grammar, url = grammar, files = { 'src/parser.c' }, generate = false }
  local list = parsers.get_parser_configs and parsers.get_parser_configs() or parsers
  list.hxp = { install_info = info, filetype = 'hxp' }
  return true
end

return M
