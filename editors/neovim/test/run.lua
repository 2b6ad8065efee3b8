-- What the plugin does in a real Neovim with the real server: `nvim --clean --headless --cmd 'set rtp^=…' -S run.lua`.
-- HXP_PROGRAM is the compiler, HXP_PROJECT a copy of test/project that may be changed.
local project = assert(os.getenv('HXP_PROJECT'), 'HXP_PROJECT')
vim.g.hxp_program = assert(os.getenv('HXP_PROGRAM'), 'HXP_PROGRAM')

local function check(condition, message)
  if not condition then
    error(message, 2)
  end
end

local function wait_for(what, condition)
  check(vim.wait(20000, condition, 20), 'waited in vain for ' .. what)
end

local function open(file)
  vim.cmd('edit ' .. project .. '/' .. file)
  return vim.api.nvim_get_current_buf()
end

local function text(buffer)
  return table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), '\n')
end

--- Waits until the server knows the buffer.
local function serve(buffer)
  wait_for('the server', function()
    local clients = vim.lsp.get_clients and vim.lsp.get_clients({ bufnr = buffer }) or vim.lsp.buf_get_clients(buffer)
    for _, client in pairs(clients) do
      if client.initialized ~= false then
        return true
      end
    end
    return false
  end)
end

local function request(buffer, method, params)
  serve(buffer)
  local answers = vim.lsp.buf_request_sync(buffer, method, params, 20000)
  for _, answer in pairs(answers or {}) do
    check(not answer.error, method .. ': ' .. vim.inspect(answer.error))
    return answer.result
  end
  error(method .. ' was not answered')
end

local function at(buffer, line, character)
  return { textDocument = { uri = vim.uri_from_bufnr(buffer) }, position = { line = line - 1, character = character } }
end

local function find(buffer, word)
  for number, line in ipairs(vim.api.nvim_buf_get_lines(buffer, 0, -1, false)) do
    local column = line:find(word, 1, true)
    if column then
      return number, column - 1
    end
  end
  error(word .. ' is not in the buffer')
end

local function codes(buffer)
  local found = {}
  for _, diagnostic in ipairs(vim.diagnostic.get(buffer)) do
    table.insert(found, tostring(diagnostic.code))
  end
  table.sort(found)
  return found
end

local tests = {
  {
    'a file has its type, its colours and its comments',
    function()
      local buffer = open('policy.hxp')
      check(vim.bo[buffer].filetype == 'hxp', vim.bo[buffer].filetype)
      check(vim.bo[buffer].commentstring == '// %s', vim.bo[buffer].commentstring)
      local line, column = find(buffer, 'environment production')
      if os.getenv('HXP_PARSER') and vim.fn.has('nvim-0.9') == 1 then
        vim.treesitter.get_parser(buffer):parse()
        local captures = vim.treesitter.get_captures_at_pos(buffer, line - 1, column)
        check(#captures == 1 and captures[1].capture == 'keyword', vim.inspect(captures))
      else
        local group = vim.fn.synIDattr(vim.fn.synID(line, column + 1, 1), 'name')
        check(group == 'hxpKind', group)
      end
    end,
  },
  {
    'findings of the compiler are shown',
    function()
      local buffer = open('broken.hxp')
      wait_for('a finding', function()
        return vim.tbl_contains(codes(buffer), 'HXP0201')
      end)
      -- They go when their cause goes.
      local line = find(buffer, 'missing_gate')
      vim.api.nvim_buf_set_lines(buffer, line - 1, line, false, { '  require lint' })
      wait_for('no finding', function()
        return not vim.tbl_contains(codes(buffer), 'HXP0201')
      end)
    end,
  },
  {
    'what may stand here is offered',
    function()
      local buffer = open('policy.hxp')
      local line, column = find(buffer, 'require lint')
      local answer = request(buffer, 'textDocument/completion', at(buffer, line, column + #'require l'))
      local labels = {}
      for _, item in ipairs(answer.items or answer) do
        labels[item.label] = true
      end
      check(labels['lint'], vim.inspect(vim.tbl_keys(labels)))
    end,
  },
  {
    'a name is changed wherever it stands',
    function()
      local buffer = open('policy.hxp')
      local line, column = find(buffer, 'lint')
      vim.api.nvim_win_set_cursor(0, { line, column })
      serve(buffer)
      vim.lsp.buf.rename('style')
      wait_for('the new name', function()
        return text(buffer):find('require style') and text(buffer):find('gate style')
      end)
      -- A command in quotes is no name.
      check(text(buffer):find('run = "make lint"', 1, true), text(buffer))
    end,
  },
  {
    'a file is formatted',
    function()
      local buffer = open('crooked.hxp')
      serve(buffer)
      if vim.lsp.buf.format then
        vim.lsp.buf.format({ timeout_ms = 20000 })
      else
        vim.lsp.buf.formatting_sync(nil, 20000)
      end
      check(text(buffer) == 'team ops { github = "shop/ops" }', text(buffer))
    end,
  },
}

local failed = 0
for _, test in ipairs(tests) do
  local ok, problem = pcall(test[2])
  io.stdout:write((ok and 'ok   ' or 'FAIL ') .. test[1] .. '\n')
  if not ok then
    failed = failed + 1
    io.stdout:write('     ' .. tostring(problem) .. '\n')
  end
end
io.stdout:write(string.format('%d passed, %d failed\n', #tests - failed, failed))
io.stdout:flush()
vim.cmd(failed == 0 and 'qall!' or 'cquit')
