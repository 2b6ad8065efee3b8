; What stands deeper, in the terms of Neovim.

[
  (block)
  (list)
  (arguments)
  (parameters)
  (parenthesized)
  (import_list)
] @indent.begin

["}" "]" ")"] @indent.branch @indent.end
