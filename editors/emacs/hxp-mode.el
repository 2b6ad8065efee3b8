;;; hxp-mode.el --- Editing deployment policies in hxp  -*- lexical-binding: t; -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "27.1"))
;; Keywords: languages
;; SPDX-License-Identifier: Apache-2.0 OR MIT

;;; Commentary:

;; Colours, indentation and comments for hxp, and its language server through Eglot, which is part of Emacs since 29 and
;; a package before.  `M-x eglot' in a buffer of hxp starts `hxpc lsp'; with `hxp-start-server' set it starts by itself.

;;; Code:

(require 'imenu)

(defgroup hxp nil
  "Deployment policies in hxp."
  :group 'languages)

(defcustom hxp-program "hxpc"
  "The compiler of hxp, which is its language server too."
  :type 'string)

(defcustom hxp-start-server nil
  "Whether the language server starts with the mode."
  :type 'boolean)

(defcustom hxp-indent 2
  "How many columns a block stands deeper than what it belongs to."
  :type 'natnum
  :safe #'natnump)

;; The words are those of the compiler, written here by `cargo xtask editors'.
;; <words>
(defconst hxp-kinds
  '(
    "channel" "chart" "control" "environment" "gate" "image" "label" "let" "metric" "objective" "override"
    "policy" "rule" "service" "team" "test" "trigger" "use" "window"
    )
  "Words that begin declarations.")
(defconst hxp-heads
  '(
    "after" "approve" "closed" "deny" "deploy" "expect" "given" "notify" "open" "require" "rollback" "waive"
    "within" "yields"
    )
  "Words that begin statements.")
(defconst hxp-reserved
  '(
    "all" "and" "any" "because" "distinct" "due" "else" "extends" "false" "for" "has" "if" "in" "none" "not"
    "of" "on" "or" "soaked" "then" "true" "until" "when" "where" "with"
    )
  "Words that join; they are never names.")
(defconst hxp-constants
  '(
    "false" "none" "true"
    )
  "Words that are values.")
(defconst hxp-weekdays
  '(
    "mon" "tue" "wed" "thu" "fri" "sat" "sun"
    )
  "Days of the week, as windows write them.")
;; </words>

(defvar hxp-mode-syntax-table
  (let ((table (make-syntax-table)))
    (modify-syntax-entry ?_ "w" table)
    (modify-syntax-entry ?/ ". 12" table)
    (modify-syntax-entry ?\n ">" table)
    (modify-syntax-entry ?\" "\"" table)
    (modify-syntax-entry ?\\ "\\" table)
    (dolist (mark '(?= ?< ?> ?~ ?+ ?* ?- ?. ?: ?@ ??))
      (modify-syntax-entry mark "." table))
    table)
  "Syntax of characters in hxp.")

(defconst hxp-name "[A-Za-z_][0-9A-Za-z_]*"
  "What a name looks like.")

(defvar hxp-font-lock-keywords
  `((,(format "\\(?:^\\|[}{;]\\)\\s-*\\(%s\\)\\s-+\\(%s\\)" (regexp-opt hxp-kinds) hxp-name)
     (1 font-lock-keyword-face)
     (2 font-lock-type-face))
    (,(format "\\(?:^\\|[}{;]\\)\\s-*\\(%s\\)\\s-+\"" (regexp-opt hxp-kinds)) 1 font-lock-keyword-face)
    ("\\_<expect\\s-+\\(\\w+\\)" 1 font-lock-constant-face)
    (,(format "\\(?:^\\|[}{;]\\)\\s-*\\(%s\\)\\_>\\(?:\\s-*$\\|\\s-*[^ \t\n.={]\\)" (regexp-opt hxp-heads))
     1 font-lock-keyword-face)
    ("@[A-Za-z_][0-9A-Za-z_]*" 0 font-lock-preprocessor-face)
    (,(format "\\.%s" hxp-name) 0 'default)
    (,(regexp-opt hxp-constants 'symbols) 0 font-lock-constant-face)
    (,(regexp-opt hxp-reserved 'symbols) 0 font-lock-keyword-face)
    (,(format "%s\\s-*\\(?:\\.\\.\\|,\\|[0-9]\\|;\\|$\\)" (regexp-opt hxp-weekdays 'symbols)) 1 font-lock-constant-face)
    (,(format "\\_<\\(%s\\)\\s-*\\(?:=[^=]\\|{\\)" hxp-name) 1 font-lock-variable-name-face)
    (,(format "\\_<\\(%s\\)(" hxp-name) 1 font-lock-function-name-face)
    ("\\_<[0-9][0-9A-Za-z_.:%+-]*\\(?:\\[[^]\n]+\\]\\)?" 0 font-lock-constant-face))
  "What `hxp-mode' colours, beside strings and comments.")

(defun hxp-indent-line ()
  "Indent the line by the brackets around it."
  (interactive)
  (let* ((depth (save-excursion
                  (back-to-indentation)
                  (let ((inside (car (syntax-ppss (point)))))
                    (while (looking-at-p "[])}]")
                      (setq inside (1- inside))
                      (forward-char))
                    (max 0 inside))))
         (from-text (- (current-column) (current-indentation))))
    (indent-line-to (* depth hxp-indent))
    (when (> from-text 0)
      (forward-char from-text))))

(defvar hxp-imenu-expression
  `((nil ,(format "^\\(?:%s\\)\\s-+\\(%s\\|\"[^\"\n]*\"\\)" (regexp-opt (remove "use" hxp-kinds)) hxp-name) 1))
  "Where declarations stand.")

(declare-function eglot-ensure "eglot")
(defvar eglot-server-programs)

;;;###autoload
(define-derived-mode hxp-mode prog-mode "hxp"
  "Major mode for deployment policies in hxp."
  (setq-local comment-start "// ")
  (setq-local comment-start-skip "//+\\s-*")
  (setq-local comment-end "")
  (setq-local indent-tabs-mode nil)
  (setq-local indent-line-function #'hxp-indent-line)
  (setq-local electric-indent-chars (append "{}[]()" electric-indent-chars))
  (setq-local imenu-generic-expression hxp-imenu-expression)
  (setq-local font-lock-defaults '(hxp-font-lock-keywords))
  (when (and hxp-start-server (require 'eglot nil t))
    (eglot-ensure)))

;;;###autoload
(add-to-list 'auto-mode-alist '("\\.hxp\\'" . hxp-mode))

(defun hxp-server-command (&rest _)
  "The command that starts the language server."
  (list hxp-program "lsp"))

;;;###autoload
(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs '(hxp-mode . hxp-server-command)))

(provide 'hxp-mode)
;;; hxp-mode.el ends here
