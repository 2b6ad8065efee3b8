//! Analyses a text as a project of one file.
#![allow(dead_code, reason = "each test crate uses a part of it")]

use hxp_analysis::{Analysis, Input, Lints, Module, analyse, load_std};
use hxp_diagnostics::{Diagnostic, FileId, Sources, codes};
use hxp_policy::Policy;

/// A text as a project, with what was found.
pub struct Run {
    pub sources: Sources,
    pub analysis: Analysis,
    pub syntax: Vec<Diagnostic>,
}

impl Run {
    /// The policy.
    pub fn policy(&self) -> &Policy {
        self.analysis.policy.as_ref().expect("a policy")
    }

    /// All that is said, but for what a fragment declares without using it.
    pub fn said(&self) -> Vec<&Diagnostic> {
        let all = self.syntax.iter().chain(&self.analysis.diagnostics);
        all.filter(|d| d.code != codes::UNUSED).collect()
    }

    /// Each diagnostic on a line: `HXP0301 line:col "underlined" message`.
    pub fn lines(&self) -> Vec<String> {
        let line = |d: &Diagnostic| {
            let place = self.sources.location(d.primary.span);
            let text = self.sources.slice(d.primary.span);
            format!("{} {}:{} \"{text}\" {}", d.id(), place.line, place.column, d.message)
        };
        self.said().into_iter().map(line).collect()
    }
}

/// Analyses files as one project; a policy is added when they declare none.
pub fn project(files: &[&str], libraries: &[(&str, &str)], today: Option<jiff::civil::Date>) -> Run {
    let mut sources = Sources::default();
    let mut parsed = Vec::new();
    let declared = files.iter().any(|t| t.contains("policy p") || t.starts_with("policy "));
    for (index, text) in files.iter().enumerate() {
        let text =
            if index == 0 && !declared { format!("{text}\npolicy p {{ edition = 2026 }}\n") } else { (*text).into() };
        let file = sources.add(format!("{index}.hxp"), text.as_str());
        parsed.push((file, hxp_syntax::parse(file, &text)));
    }
    let mut modules = Vec::new();
    for (name, text) in libraries {
        let file = sources.add(format!("{name}.hxp"), *text);
        modules.push((*name, file, hxp_syntax::parse(file, text)));
    }
    let trees = parsed.iter().map(|(_, p)| &p.tree).chain(modules.iter().map(|(_, _, p)| &p.tree));
    let std = load_std(&mut sources, trees);
    let mut input_modules: Vec<Module<'_>> =
        std.iter().map(|l| Module { path: l.path.clone(), file: l.file, tree: &l.parsed.tree }).collect();
    input_modules.extend(modules.iter().map(|(n, f, p)| Module { path: (*n).into(), file: *f, tree: &p.tree }));
    let trees: Vec<(FileId, &hxp_syntax::Tree)> = parsed.iter().map(|(f, p)| (*f, &p.tree)).collect();
    let input = Input {
        sources: &sources,
        project: trees,
        modules: input_modules,
        today,
        lints: Lints { naming: None },
        watch: None,
    };
    let analysis = analyse(&input);
    let syntax = parsed.iter().flat_map(|(_, p)| p.diagnostics.clone()).collect();
    Run { sources, analysis, syntax }
}

/// Analyses one text.
pub fn run(text: &str) -> Run {
    project(&[text], &[], None)
}

/// What is wrong with a text.
pub fn check(text: &str) -> Vec<String> {
    run(text).lines()
}

/// A mistake, what is said of it, and the same without the mistake.
pub struct Case {
    /// The text with the mistake.
    pub wrong: &'static str,
    /// Code, underlined text, and a part of the message, of everything that is said, in order.
    pub said: &'static [(&'static str, &'static str, &'static str)],
    /// The mended text, of which nothing is said.
    pub right: &'static str,
}

/// Checks a table of cases and reports all that fail.
pub fn check_cases(cases: &[Case]) {
    let mut failures = Vec::new();
    for case in cases {
        let found = run(case.wrong);
        let all = found.said();
        let matches = all.len() == case.said.len()
            && all.iter().zip(case.said).all(|(d, (code, text, part))| {
                d.id() == *code && found.sources.slice(d.primary.span) == *text && d.message.contains(part)
            });
        if !matches {
            failures.push(format!("WRONG {}\n  said {:#?}\n  want {:#?}", case.wrong, found.lines(), case.said));
        }
        let mended = check(case.right);
        if !mended.is_empty() {
            failures.push(format!("RIGHT {}\n  said {mended:#?}", case.right));
        }
    }
    assert!(failures.is_empty(), "{} of {} cases fail:\n{}", failures.len(), cases.len(), failures.join("\n\n"));
}
