//! What a project declares or imports and never uses: what only names can tell.

use hxp_diagnostics::{Diagnostic, Span, codes};
use hxp_policy::{Kind, Policy};
use hxp_syntax::TokenKind;
use hxp_syntax::ast::{Body, Param};

use crate::lower::Found;
use crate::mend::Mends;
use crate::program::{DeclId, Declaration, PROJECT, Program};

/// Reports what is never used. Where something is wrong, not all of the policy was read.
pub fn check(program: &Program<'_>, policy: Option<&Policy>, mends: Mends<'_>, found: &mut Found) {
    if found.diagnostics.iter().any(Diagnostic::is_error) {
        return;
    }
    imports(program, mends, found);
    for (index, decl) in program.decls.iter().enumerate().filter(|(_, d)| d.module == PROJECT) {
        let id = DeclId(u32::try_from(index).unwrap_or(u32::MAX));
        if !found.needed.contains(&id) && acts_only_by_name(decl, policy) {
            let word = match decl.kind {
                Kind::Let if decl.decl.params.is_some() => "the function",
                Kind::Let => "the constant",
                kind => kind.word(),
            };
            let message = format!("nothing refers to {word} `{}`", decl.name);
            let diagnostic = Diagnostic::new(codes::UNUSED, decl.name_span, message)
                .label("never used")
                .help(if decl.kind == Kind::Let { "use it, or remove it" } else { "name it somewhere, or remove it" });
            found.diagnostics.push(match mends.remove_declaration(decl.name_span) {
                Some(edits) => diagnostic.fix_all("remove it", edits, decl.kind == Kind::Let),
                None => diagnostic,
            });
        }
        parameters(program, decl, found);
    }
}

/// Kinds that other checks do not look at: constants, and what a deployment does not take up by itself.
fn acts_only_by_name(decl: &Declaration<'_>, policy: Option<&Policy>) -> bool {
    let Some(policy) = policy else { return false };
    match decl.kind {
        Kind::Let => true,
        Kind::Service => policy.services.get(&decl.model).is_some_and(|s| s.properties.get("image").is_none()),
        // An environment without a service deploys every image.
        Kind::Image => !policy.environments.is_empty() && policy.environments.values().all(|e| e.service.is_some()),
        _ => false,
    }
}

fn imports(program: &Program<'_>, mends: Mends<'_>, found: &mut Found) {
    let own = |number: &usize| program.imports.get(*number).is_some_and(|i| i.module == PROJECT);
    let numbers = (0..program.imports.len()).filter(|n| own(n) && !found.used_imports.contains(n));
    let unused: Vec<_> = numbers.filter_map(|n| program.imports.get(n)).collect();
    let gone: Vec<Span> = unused.iter().map(|i| i.span).collect();
    for import in unused {
        let used = program.imports.iter().enumerate().any(|(number, other)| {
            other.module == PROJECT && other.name == import.name && found.used_imports.contains(&number)
        });
        let message = if used {
            format!("`{}` is imported more than once", import.name)
        } else {
            format!("`{}` is imported and never used", import.name)
        };
        let diagnostic = Diagnostic::new(codes::UNUSED_IMPORT, import.span, message);
        found.diagnostics.push(match mends.remove_import(import.span, &gone) {
            Some(edits) => diagnostic.fix_all("remove it from the `use`", edits, true),
            None => diagnostic.help("remove it from the `use`"),
        });
    }
}

/// Parameters of functions, and of gates that run nothing: a command may read each of its gate's from its environment.
fn parameters(program: &Program<'_>, decl: &Declaration<'_>, found: &mut Found) {
    let Some(params) = decl.decl.params.as_ref().filter(|_| matches!(decl.kind, Kind::Let | Kind::Gate)) else {
        return;
    };
    let words = words(program, decl);
    if decl.kind == Kind::Gate && (words.contains(&"run") || !decl.decl.headers.is_empty()) {
        return;
    }
    for Param { name, .. } in params.iter().filter(|p| !words.contains(&p.name.text.as_str())) {
        let message = format!("the parameter `{}` of `{}` is never used", name.text, decl.name);
        found.diagnostics.push(
            Diagnostic::new(codes::UNUSED, name.span, message)
                .label("never used")
                .help("use it, or remove it here and where it is given"),
        );
    }
}

/// The words of a declaration's body.
fn words<'a>(program: &Program<'a>, decl: &Declaration<'a>) -> Vec<&'a str> {
    let span = match &decl.decl.body {
        Body::Expr(expr) => expr.span,
        Body::Block(block) => block.span,
        Body::None => return Vec::new(),
    };
    let text = program.sources.slice(span);
    let tokens = hxp_syntax::lex(span.file, text).into_iter().filter(|t| t.kind == TokenKind::Word);
    tokens.filter_map(|t| text.get(t.start as usize..t.end as usize)).collect()
}
