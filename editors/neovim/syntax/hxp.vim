" Colours of hxp where the parser of tree-sitter is not installed. The words are those of the compiler, written here by
" `cargo xtask editors`.
if exists('b:current_syntax')
  finish
endif

syntax case match

" <words>
syntax match hxpKind /\v<(channel|chart|control|environment|gate|image|label|let|metric|objective|override|policy|rule|service|team|test|trigger|use|window)>\ze\s+["A-Za-z_]/
syntax match hxpHead /\v(^|[{;])\s*\zs<(after|approve|closed|deny|deploy|expect|given|notify|open|require|rollback|waive|within|yields)>\ze(\s*[.={])@!/
syntax keyword hxpKeyword all any because distinct due extends for of on soaked until when where with
syntax keyword hxpKeyword else if then
syntax keyword hxpOperatorWord and has in not or
syntax keyword hxpConstant false none true
" </words>

syntax match hxpDay /\v<(mon|tue|wed|thu|fri|sat|sun)>\ze\s*(\.\.|,|\d|;|\}|$)/
syntax match hxpNumber /\v<\d+(\.\d+)?(\%|[A-Za-z]\w*)?>?/
syntax match hxpDate /\v<\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?/
syntax match hxpDate /\v<\d\d:\d\d(:\d\d)?>/
syntax match hxpDate /\v<\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?\[[^]]+\])?/
syntax match hxpOperator /==\|!=\|<=\|>=\|\.\.\.\?\|[=<>~+*-]\|\/\ze[^/]/
syntax match hxpAttribute /@\h\w*/
syntax match hxpEscape contained /\\\%(["\\ntr]\|u{\x\{1,6}}\)/
syntax region hxpString start=/"/ skip=/\\./ end=/"/ oneline contains=hxpEscape
syntax region hxpTagged matchgroup=hxpTag start=/\<\h\w*"/ skip=/\\./ end=/"/ oneline
syntax match hxpComment /\/\/.*/ contains=@Spell
syntax match hxpDoc /\/\/\/\%([^/].*\)\?$/ contains=@Spell

highlight default link hxpKind Keyword
highlight default link hxpHead Statement
highlight default link hxpKeyword Keyword
highlight default link hxpOperatorWord Operator
highlight default link hxpConstant Constant
highlight default link hxpDay Constant
highlight default link hxpNumber Number
highlight default link hxpDate Constant
highlight default link hxpOperator Operator
highlight default link hxpAttribute PreProc
highlight default link hxpEscape SpecialChar
highlight default link hxpString String
highlight default link hxpTagged String
highlight default link hxpTag Special
highlight default link hxpComment Comment
highlight default link hxpDoc SpecialComment

let b:current_syntax = 'hxp'
