//! The one diagnostic.

use smol_str::SmolStr;

use crate::{Code, Span};

/// How bad it is. An [`Severity::Error`] keeps anything from being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The policy is not accepted.
    Error,
    /// Accepted, but probably not what is meant.
    Warning,
    /// Worth knowing.
    Advice,
}

/// A place with something to say about it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Label {
    /// The exact text that is meant.
    pub span: Span,
    /// What it says there; may be empty for the primary label.
    pub text: String,
}

/// One replacement of a fix.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Edit {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// What it is replaced with.
    pub text: String,
}

/// A mend that a tool can apply.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fix {
    /// In the imperative: "write `500mcpu`".
    pub title: String,
    /// All of them together make the mend; they do not overlap.
    pub edits: Vec<Edit>,
    /// Whether it may be applied without asking (it keeps the meaning or is certainly what was meant).
    pub safe: bool,
}

/// Something the user should know, tied to the text it is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// Which diagnostic this is.
    pub code: Code,
    /// How bad it is; by default the code's.
    pub severity: Severity,
    /// One sentence in the user's words, without a full stop.
    pub message: String,
    /// Where; its text says what is wrong right there.
    pub primary: Label,
    /// Other places that matter (the definition, the other half of a contradiction).
    pub related: Vec<Label>,
    /// How to mend it, or what is valid; a sentence each.
    pub help: Vec<String>,
    /// Mends that a tool can apply, best first.
    pub fixes: Vec<Fix>,
}

impl Diagnostic {
    /// A diagnostic of `code` about `span`.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            primary: Label { span, text: String::new() },
            related: Vec::new(),
            help: Vec::new(),
            fixes: Vec::new(),
        }
    }

    /// What is wrong right at the primary place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// Another place that matters.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Label { span, text: text.into() });
        self
    }

    /// How to mend it, or what is valid.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// A mend of one edit.
    #[must_use]
    pub fn fix(self, title: impl Into<String>, span: Span, text: impl Into<String>) -> Self {
        self.fix_all(title, vec![Edit { span, text: text.into() }], false)
    }

    /// A mend of several edits.
    #[must_use]
    pub fn fix_all(mut self, title: impl Into<String>, edits: Vec<Edit>, safe: bool) -> Self {
        self.fixes.push(Fix { title: title.into(), edits, safe });
        self
    }

    /// Suggests the nearest of `valid` for the unknown `name` at the primary place, and lists the valid ones.
    #[must_use]
    pub fn suggest<'a>(mut self, name: &str, valid: impl IntoIterator<Item = &'a str>) -> Self {
        let valid: Vec<&str> = valid.into_iter().collect();
        let span = self.primary.span;
        let best = crate::nearest(name, valid.iter().copied());
        if let Some(best) = best {
            self = self.help(format!("did you mean `{best}`?")).fix(format!("write `{best}`"), span, best);
        }
        // `error_rate`, where there are an `istio_error_rate` and an `nginx_error_rate`.
        let (longer, mut listed): (Vec<&str>, Vec<&str>) =
            valid.iter().partition(|v| name.len() > 2 && v.contains(name) && **v != name);
        if best.is_none() && !longer.is_empty() && longer.len() + listed.len() > 12 {
            listed.splice(0..0, longer);
            return self.help(format!("valid here: {}", crate::list_names(&listed)));
        }
        if valid.is_empty() { self } else { self.help(format!("valid here: {}", crate::list_names(&valid))) }
    }

    /// Says that a word stands without quotes: the one of `valid` that the text is, or is nearest to.
    #[must_use]
    pub fn suggest_word<'a>(self, text: &str, valid: impl IntoIterator<Item = &'a str>) -> Self {
        let valid: Vec<&str> = valid.into_iter().collect();
        let span = self.primary.span;
        let word = valid.iter().copied().find(|v| *v == text).or_else(|| crate::nearest(text, valid.iter().copied()));
        let found = match word {
            Some(word) => self.help(format!("it is a word: write `{word}`")).fix(format!("write `{word}`"), span, word),
            None => self,
        };
        found.help(format!("valid here: {}", crate::list_names(&valid)))
    }

    /// Whether it keeps the policy from being accepted.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The code's number, as in `HXP0201`.
    pub fn id(&self) -> SmolStr {
        SmolStr::new_static(self.code.id())
    }
}

/// Puts diagnostics into the order of the text and drops repetitions (an inherited statement is checked once for each
/// heir, but is wrong only once).
pub fn sort_and_dedup(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| {
        (a.primary.span, a.severity, a.code.id(), &a.message).cmp(&(
            b.primary.span,
            b.severity,
            b.code.id(),
            &b.message,
        ))
    });
    diagnostics.dedup_by(|a, b| a.primary.span == b.primary.span && a.code == b.code && a.message == b.message);
}
