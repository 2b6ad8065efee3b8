(declaration body: (block (_)* @class.inside)) @class.around
(parameter) @parameter.inside
(argument) @parameter.inside
[(comment) (doc_comment)] @comment.inside
(comment)+ @comment.around
(doc_comment)+ @comment.around
