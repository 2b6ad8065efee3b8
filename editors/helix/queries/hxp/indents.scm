[
  (block)
  (list)
  (arguments)
  (parameters)
  (parenthesized)
  (import_list)
] @indent

["}" "]" ")"] @outdent
