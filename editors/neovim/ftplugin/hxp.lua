-- What a buffer of hxp has, whatever the version of Neovim.
if vim.b.did_ftplugin then
  return
end
vim.b.did_ftplugin = 1

local options = { commentstring = '// %s', comments = ':///,://', expandtab = true, shiftwidth = 2, softtabstop = 2 }
for name, value in pairs(options) do
  vim.bo[name] = value
end
vim.b.undo_ftplugin = 'setlocal commentstring< comments< expandtab< shiftwidth< softtabstop<'

require('hxp').attach(vim.api.nvim_get_current_buf())
