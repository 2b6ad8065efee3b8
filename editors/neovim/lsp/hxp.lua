-- The configuration for `vim.lsp.config` (Neovim 0.11 and later).
return require('hxp').config()
