; What can be folded.

[
  (block)
  (list)
  (arguments)
  (parameters)
  (import_list)
] @fold

(doc_comment)+ @fold
