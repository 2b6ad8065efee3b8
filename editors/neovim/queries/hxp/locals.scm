; Written by `cargo xtask editors` from editors/tree-sitter-hxp/queries.

[
  (source_file)
  (declaration)
  (quantifier)
  (list)
] @local.scope

(declaration name: (identifier) @local.definition.type)
(parameter name: (identifier) @local.definition.parameter)
(binding variable: (identifier) @local.definition.var)
(import_list (identifier) @local.definition.import)

(identifier) @local.reference
