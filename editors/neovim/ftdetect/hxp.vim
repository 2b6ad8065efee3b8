autocmd BufNewFile,BufRead *.hxp setfiletype hxp
