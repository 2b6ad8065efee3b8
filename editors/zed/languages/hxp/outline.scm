(declaration kind: _ @context name: (identifier) @name) @item
(declaration kind: _ @context title: (string) @name) @item
