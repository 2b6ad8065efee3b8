; Written by `cargo xtask editors` from editors/tree-sitter-hxp/queries.

((tagged_string
  tag: (tag) @_tag
  (raw_content) @injection.content)
  (#eq? @_tag "promql")
  (#set! injection.language "promql"))

((tagged_string
  tag: (tag) @_tag
  (raw_content) @injection.content)
  (#eq? @_tag "re")
  (#set! injection.language "regex"))

; The commands of a gate, and of a deployment that is a command.
((property
  key: (identifier) @_key
  value: (string (string_content) @injection.content))
  (#any-of? @_key "run" "collect")
  (#set! injection.language "bash"))

((call
  function: (identifier) @_function
  arguments: (arguments (argument value: (string (string_content) @injection.content))))
  (#eq? @_function "command")
  (#set! injection.language "bash"))
