;;; run.el --- What the mode does in a real Emacs with the real server  -*- lexical-binding: t; -*-

;; emacs --batch -L editors/emacs -l editors/emacs/test/run.el
;; HXP_PROGRAM is the compiler, HXP_PROJECT a copy of editors/test/project that may be changed.

;;; Code:

(require 'ert)
(require 'cl-lib)
(package-initialize)
(require 'hxp-mode)
(require 'eglot)
(require 'flymake)

(setq hxp-program (or (getenv "HXP_PROGRAM") (error "HXP_PROGRAM")))
(setq eglot-sync-connect 20 eglot-autoshutdown t)

(defun hxp-test-open (file)
  "Open FILE of the project."
  (let ((enable-local-variables nil))
    (set-buffer (find-file-noselect (expand-file-name file (getenv "HXP_PROJECT"))))))

(defun hxp-test-project (&rest _)
  "The copy, wherever a buffer lies: projects are told by version control, and the copy has none."
  (cons 'transient (file-name-as-directory (getenv "HXP_PROJECT"))))
;; For all buffers alike, so that one that is opened later finds the server that is there.
(advice-add 'project-current :override #'hxp-test-project)

(defun hxp-test-serve ()
  "Start the server for the buffer, unless there is one that it belongs to."
  (if (eglot-current-server)
      (unless (eglot-managed-p) (eglot--maybe-activate-editing-mode))
    (apply #'eglot (eglot--guess-contact)))
  (should (eglot-managed-p)))

(defun hxp-test-wait (what condition)
  "Wait until CONDITION holds, for at most twenty seconds; WHAT says what is waited for."
  (let ((until (+ (float-time) 20)))
    (while (and (not (funcall condition)) (< (float-time) until))
      (accept-process-output nil 0.05))
    (unless (funcall condition)
      (ert-fail (format "waited in vain for %s" what)))))

(defun hxp-test-face (text)
  "The face on the first TEXT of the buffer."
  (goto-char (point-min))
  (search-forward text)
  (get-text-property (match-beginning 0) 'face))

(ert-deftest hxp-colours ()
  (hxp-test-open "policy.hxp")
  (should (eq major-mode 'hxp-mode))
  (font-lock-ensure)
  (should (eq (hxp-test-face "policy") 'font-lock-keyword-face))
  (should (eq (hxp-test-face "shop") 'font-lock-type-face))
  (should (eq (hxp-test-face "\"make lint\"") 'font-lock-string-face))
  (should (eq (hxp-test-face "require") 'font-lock-keyword-face)))

(ert-deftest hxp-words-are-names-elsewhere ()
  (with-temp-buffer
    (insert "gate a {\n  team = open.deny\n  // test\n}\n")
    (hxp-mode)
    (font-lock-ensure)
    (should-not (eq (hxp-test-face "team") 'font-lock-keyword-face))
    (should-not (eq (hxp-test-face "deny") 'font-lock-keyword-face))
    (goto-char (point-min))
    (search-forward "test")
    (should (nth 4 (syntax-ppss)))))

(ert-deftest hxp-indentation ()
  (with-temp-buffer
    (insert "gate a {\nb = [\n1,\n]\n}\n")
    (hxp-mode)
    (indent-region (point-min) (point-max))
    (should (equal (buffer-string) "gate a {\n  b = [\n    1,\n  ]\n}\n"))))

(ert-deftest hxp-findings ()
  (hxp-test-open "broken.hxp")
  (hxp-test-serve)
  (flymake-mode 1)
  (flymake-start)
  (hxp-test-wait "a finding"
                 (lambda ()
                   (cl-some (lambda (found) (string-match-p "missing_gate" (flymake-diagnostic-text found)))
                            (flymake-diagnostics)))))

(ert-deftest hxp-completion ()
  (hxp-test-open "policy.hxp")
  (hxp-test-serve)
  (goto-char (point-min))
  (search-forward "require l")
  (pcase-let ((`(,beginning ,end ,table . ,_) (eglot-completion-at-point)))
    (should (member "lint" (all-completions (buffer-substring beginning end) table)))))

(ert-deftest hxp-rename ()
  (hxp-test-open "policy.hxp")
  (hxp-test-serve)
  (goto-char (point-min))
  (search-forward "gate l")
  (let ((eglot-confirm-server-initiated-edits nil))
    (eglot-rename "style"))
  (goto-char (point-min))
  (should (search-forward "gate style" nil t))
  (should (search-forward "require style" nil t)))

(ert-deftest hxp-formatting ()
  (hxp-test-open "crooked.hxp")
  (hxp-test-serve)
  (eglot-format-buffer)
  (should (equal (buffer-string) "team ops { github = \"shop/ops\" }\n")))

(ert-run-tests-batch-and-exit)
;;; run.el ends here
