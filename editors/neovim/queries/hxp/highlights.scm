; Written by `cargo xtask editors` from editors/tree-sitter-hxp/queries.

[
  "channel" "chart" "control" "environment" "gate" "image" "label" "let" "metric" "objective" "override"
  "policy" "rule" "service" "team" "test" "trigger" "use" "window"
] @keyword
[
  "after" "approve" "closed" "deny" "deploy" "expect" "given" "notify" "open" "require" "rollback" "waive"
  "within" "yields"
] @keyword
[
  "all" "any" "because" "distinct" "due" "extends" "for" "of" "on" "soaked" "until" "when" "where" "with"
] @keyword
[
  "else" "if" "then"
] @keyword.conditional
[
  "and" "has" "in" "not" "or"
] @keyword.operator
(given "at" @keyword)

(boolean) @boolean
(none) @constant.builtin
(weekday) @constant.builtin

; Declarations and names

(declaration name: (identifier) @type)
(extends_clause parent: (path (identifier) @type))
(kubernetes_kind) @type
(import module: (path (identifier) @module))
(import_list (identifier) @type)
(type (path (identifier) @type.builtin))
(parameter name: (identifier) @variable.parameter)
(argument name: (identifier) @variable.parameter)
(binding variable: (identifier) @variable.parameter)
(property key: (identifier) @property)
(field_expression field: (identifier) @property)
(call function: (identifier) @function.call)
(seat team: (path (identifier) @variable))
(expect verdict: (identifier) @constant)
(attribute "@" @attribute name: (identifier) @attribute)

; Literals

[(integer) (decimal) (quantity)] @number
[(date) (time) (instant) (version)] @constant
(string) @string
(escape_sequence) @string.escape
(tag) @string.special
((tagged_string tag: (tag) @_tag (raw_content) @string.regexp) (#eq? @_tag "re"))
((tagged_string tag: (tag) @_tag (raw_content) @string) (#not-eq? @_tag "re"))
(tagged_string "\"" @string)

; Punctuation

(binary_expression operator: ["==" "!=" "<=" ">=" "<" ">" "~" "+" "-" "*" "/"] @operator)
(minus_expression "-" @operator)
[".." "="] @operator
"..." @punctuation.special
["{" "}" "[" "]" "(" ")"] @punctuation.bracket
(type ["<" ">"] @punctuation.bracket)
(type "?" @operator)
["," ";" ":" "."] @punctuation.delimiter

(comment) @comment
(doc_comment) @comment.documentation
