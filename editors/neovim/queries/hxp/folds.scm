; Written by `cargo xtask editors` from editors/tree-sitter-hxp/queries.

[
  (block)
  (list)
  (arguments)
  (parameters)
  (import_list)
] @fold

(doc_comment)+ @fold
