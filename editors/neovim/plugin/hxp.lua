-- The parser of tree-sitter is known to nvim-treesitter when it is there.
if vim.g.loaded_hxp then
  return
end
vim.g.loaded_hxp = true

local group = vim.api.nvim_create_augroup('hxp', {})
vim.api.nvim_create_autocmd('User', {
  group = group,
  pattern = 'TSUpdate',
  callback = function()
    require('hxp').register_parser()
  end,
})
vim.api.nvim_create_autocmd('VimEnter', {
  group = group,
  callback = function()
    require('hxp').register_parser()
  end,
})
