; Written by `cargo xtask editors` from editors/tree-sitter-hxp/queries.

[
  (block)
  (list)
  (arguments)
  (parameters)
  (parenthesized)
  (import_list)
] @indent.begin

["}" "]" ")"] @indent.branch @indent.end
