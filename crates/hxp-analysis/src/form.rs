//! The form of declarations: bodies, headers, parameters, statements, suffixes, attributes.

use hxp_diagnostics::{Diagnostic, Severity, Span, codes};
use hxp_policy::Kind;
use hxp_syntax::ast::{
    Attr, Block, Body, Decl, Entry, EntryKind, Expr, ExprKind, HeaderKind, Item, Literal, Statement, StatementKind,
    SuffixKind,
};
use smol_str::SmolStr;

use crate::program::{Deprecation, Program, with_article};
use crate::schema::{self, BodyForm, KindSchema};

/// What the attributes of an item say.
#[derive(Default)]
pub struct Attributes {
    pub advisory: bool,
    pub deprecated: Option<Deprecation>,
}

/// Reads the attributes of an item.
pub fn item_attributes(item: &Item, kind: Kind, diagnostics: &mut Vec<Diagnostic>) -> Attributes {
    let mut found = Attributes::default();
    let schema = schema::of(kind);
    for attr in &item.attrs {
        match attr.name.text.as_str() {
            "advisory" if schema.attributes.contains(&"advisory") => {
                found.advisory = true;
                no_arguments(attr, diagnostics);
            }
            "advisory" => diagnostics.push(
                Diagnostic::new(
                    codes::UNKNOWN_ATTRIBUTE,
                    attr.span,
                    format!("`@advisory` has no meaning on {}", with_article(kind.word())),
                )
                .help("it stands before a rule, or before a statement of an environment or override"),
            ),
            "deprecated" => found.deprecated = Some(deprecation(attr, diagnostics)),
            other => {
                let message = format!("there is no attribute `@{other}`");
                diagnostics.push(
                    Diagnostic::new(codes::UNKNOWN_ATTRIBUTE, attr.name.span, message)
                        .suggest(other, ["advisory", "deprecated"]),
                );
            }
        }
    }
    found
}

fn no_arguments(attr: &Attr, diagnostics: &mut Vec<Diagnostic>) {
    if let Some(arg) = attr.args.first() {
        let message = format!("`@{}` takes no arguments", attr.name.text);
        diagnostics.push(Diagnostic::new(codes::UNKNOWN_ARGUMENT, arg.value.span, message));
    }
}

fn deprecation(attr: &Attr, diagnostics: &mut Vec<Diagnostic>) -> Deprecation {
    let mut found = Deprecation::default();
    for arg in &attr.args {
        match arg.name.as_ref().map(|n| n.text.as_str()) {
            Some("since") => match &arg.value.kind {
                ExprKind::Literal(Literal::Semver(text)) => found.since = Some(text.clone()),
                _ => diagnostics.push(Diagnostic::new(
                    codes::TYPE_MISMATCH,
                    arg.value.span,
                    "`since` is a version, such as `1.2.0`",
                )),
            },
            Some("use") => match crate::elaborate::path_text(&arg.value) {
                Some(path) => found.instead = Some(path.into()),
                None => diagnostics.push(Diagnostic::new(
                    codes::TYPE_MISMATCH,
                    arg.value.span,
                    "`use` is the name of what to use instead",
                )),
            },
            Some(other) => diagnostics.push(
                Diagnostic::new(
                    codes::UNKNOWN_ARGUMENT,
                    arg.name.as_ref().map_or(arg.value.span, |n| n.span),
                    format!("`@deprecated` has no argument `{other}`"),
                )
                .suggest(other, ["since", "use"]),
            ),
            None => diagnostics.push(
                Diagnostic::new(codes::UNKNOWN_ARGUMENT, arg.value.span, "the arguments of `@deprecated` have names")
                    .help("write `@deprecated(since = 1.2.0, use = other)`"),
            ),
        }
    }
    found
}

/// Checks the form of all declarations of the project and its modules.
pub fn check(program: &Program<'_>, naming: Option<Severity>, diagnostics: &mut Vec<Diagnostic>) {
    let mut last: Option<Span> = None;
    for declaration in &program.decls {
        let decl = declaration.decl;
        if let Some(severity) = naming
            && declaration.kind != Kind::Test
            && !is_usual(&declaration.name)
        {
            diagnostics.push(unusual_name(&declaration.name, declaration.name_span, severity));
        }
        if last == Some(decl.span) {
            continue;
        }
        last = Some(decl.span);
        check_decl(declaration.kind, decl, diagnostics);
    }
    check_policies(program, diagnostics);
}

fn check_policies(program: &Program<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut policies = program.all(Kind::Policy).iter().map(|id| program.get(*id));
    let Some(first) = policies.next() else { return };
    for other in policies.filter(|p| p.name != first.name) {
        diagnostics.push(
            Diagnostic::new(codes::DUPLICATE_POLICY, other.name_span, "a project has one policy")
                .label("declared again here")
                .related(first.name_span, "first declared here"),
        );
    }
}

fn is_usual(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn unusual_name(name: &str, span: Span, severity: Severity) -> Diagnostic {
    let mut usual = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !usual.is_empty() && !usual.ends_with('_') {
            usual.push('_');
        }
        usual.push(c.to_ascii_lowercase());
    }
    let mut found = Diagnostic::new(codes::NAMING, span, format!("names are written `like_this`: `{usual}`"));
    found.severity = severity;
    found.help("set `naming = \"off\"` under `[lints]` in hxp.toml to allow any style")
}

fn check_decl(kind: Kind, decl: &Decl, diagnostics: &mut Vec<Diagnostic>) {
    let schema = schema::of(kind);
    let word = kind.word();
    if let (Some(second), false) = (decl.names.get(1), schema.several) {
        let message = format!("{} has one name", with_article(word));
        diagnostics.push(
            Diagnostic::new(codes::BAD_BODY, second.span, message)
                .help("only records, gates, metrics and triggers may share a body"),
        );
    }
    if let (Some(params), false) = (&decl.params, schema.parameters) {
        let span = params.first().map_or(decl.kind.span, |p| p.span);
        let message = format!("{} takes no parameters", with_article(word));
        diagnostics.push(
            Diagnostic::new(codes::MISPLACED_PARAMETERS, span, message)
                .help("functions (`let`) and gates have parameters"),
        );
    }
    if let (Some(ty), false) = (&decl.ty, schema.typed) {
        let message = format!("{} has no type", with_article(word));
        let mut found = Diagnostic::new(codes::MISPLACED_HEADER, ty.span, message);
        if let (true, Some(name)) = (schema.headers.contains(&"extends"), decl.names.last()) {
            let parent = ty.name.segments.iter().map(|s| s.text.as_str()).collect::<Vec<_>>().join(".");
            let gap = Span { start: name.span.end, end: ty.span.end, ..name.span };
            found = found.help(format!("to take over what `{parent}` says, write `extends {parent}`")).fix(
                format!("write `extends {parent}`"),
                gap,
                format!(" extends {parent}"),
            );
        }
        diagnostics.push(found.help("constants and metrics have a type"));
    }
    if let Some(title) = decl.title.as_ref().filter(|_| schema.kind != Kind::Test) {
        let message = format!("{} is named by a word, not by a text", with_article(word));
        let found = Diagnostic::new(codes::MISPLACED_HEADER, title.span, message);
        let name: String = title.value.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        diagnostics.push(found.help("only a test has a title").fix(format!("write `{name}`"), title.span, name));
    }
    check_params(decl, diagnostics);
    check_headers(schema, decl, diagnostics);
    check_body(schema, decl, diagnostics);
}

fn check_params(decl: &Decl, diagnostics: &mut Vec<Diagnostic>) {
    let mut seen: Vec<(&str, Span)> = Vec::new();
    for param in decl.params.iter().flatten() {
        crate::program::shadowing(&param.name.text, param.name.span, diagnostics);
        if let Err(found) = crate::types::resolve(&param.ty) {
            diagnostics.push(*found);
        }
        if let Some((_, first)) = seen.iter().find(|(n, _)| *n == param.name.text) {
            let message = format!("the parameter `{}` is declared twice", param.name.text);
            diagnostics.push(
                Diagnostic::new(codes::DUPLICATE_DECLARATION, param.name.span, message)
                    .related(*first, "first declared here"),
            );
        }
        seen.push((&param.name.text, param.name.span));
    }
}

fn check_headers(schema: &KindSchema, decl: &Decl, diagnostics: &mut Vec<Diagnostic>) {
    let mut seen: Vec<(&str, Span)> = Vec::new();
    for header in &decl.headers {
        let word = match &header.kind {
            HeaderKind::Extends { .. } => "extends",
            HeaderKind::For(_) => "for",
            HeaderKind::When(_) => "when",
            HeaderKind::On(_) | HeaderKind::OnKind(_) => "on",
        };
        if !schema.headers.contains(&word) {
            let kind = with_article(schema.kind.word());
            let mut found =
                Diagnostic::new(codes::MISPLACED_HEADER, header.span, format!("`{word}` has no meaning on {kind}"));
            if schema.headers.is_empty() {
                found = found.help(format!("{kind} has no headers"));
            } else {
                found = found.help(format!("{kind} takes {}", hxp_diagnostics::list_names(schema.headers)));
            }
            diagnostics.push(found);
        } else if let Some((_, first)) = seen.iter().find(|(w, _)| *w == word) {
            diagnostics.push(
                Diagnostic::new(codes::MISPLACED_HEADER, header.span, format!("`{word}` is given twice"))
                    .related(*first, "first given here"),
            );
        }
        seen.push((word, header.span));
    }
}

fn check_body(schema: &KindSchema, decl: &Decl, diagnostics: &mut Vec<Diagnostic>) {
    let kind = with_article(schema.kind.word());
    let inherits = decl.headers.iter().any(|h| matches!(h.kind, HeaderKind::Extends { .. }));
    let place = decl.names.first().map_or(decl.kind.span, |n| n.span);
    match (&decl.body, schema.body) {
        (Body::Expr(expr), BodyForm::Block | BodyForm::OptionalBlock) => {
            diagnostics.push(
                Diagnostic::new(codes::BAD_BODY, expr.span, format!("{kind} has a body in braces, not a value")).help(
                    format!(
                        "write `{} {} {{ … }}`",
                        schema.kind.word(),
                        decl.names.first().map_or("name", |n| &n.text)
                    ),
                ),
            );
            check_record(expr, diagnostics);
        }
        (Body::None, BodyForm::Block) if !inherits => {
            diagnostics.push(Diagnostic::new(codes::BAD_BODY, place, format!("{kind} needs a body: `{{ … }}`")));
        }
        (Body::None, BodyForm::Either | BodyForm::Expression) if !inherits => {
            diagnostics.push(Diagnostic::new(codes::BAD_BODY, place, format!("{kind} needs a value: `= …`")));
        }
        (Body::Expr(expr), _) => check_record(expr, diagnostics),
        (Body::Block(block), _) => check_block(schema, block, diagnostics),
        (Body::None, _) => {}
    }
}

fn check_block(schema: &KindSchema, block: &Block, diagnostics: &mut Vec<Diagnostic>) {
    for entry in &block.entries {
        match &entry.kind {
            EntryKind::Statement(statement) => {
                check_statement(schema.kind, schema.statements, statement, entry, diagnostics);
            }
            EntryKind::Property(property) => {
                no_entry_attributes(entry, diagnostics);
                check_record(&property.value, diagnostics);
            }
            EntryKind::Spread(expr) => {
                no_entry_attributes(entry, diagnostics);
                check_record(expr, diagnostics);
            }
        }
    }
}

fn no_entry_attributes(entry: &Entry, diagnostics: &mut Vec<Diagnostic>) {
    for attr in entry.attrs() {
        let message = format!("`@{}` has no meaning on a property", attr.name.text);
        diagnostics.push(Diagnostic::new(codes::UNKNOWN_ATTRIBUTE, attr.span, message));
    }
}

/// Whether an entry carries `@advisory`.
pub fn is_advisory(entry: &Entry) -> bool {
    entry.attrs().iter().any(|a| a.name.text == "advisory")
}

/// The word that begins a statement.
pub fn head(statement: &Statement) -> &'static str {
    match &statement.kind {
        StatementKind::Require(_) => "require",
        StatementKind::Approve { .. } => "approve",
        StatementKind::After { .. } => "after",
        StatementKind::Within(_) => "within",
        StatementKind::Deploy { .. } => "deploy",
        StatementKind::Rollback { .. } => "rollback",
        StatementKind::Notify(_) => "notify",
        StatementKind::Waive(_) => "waive",
        StatementKind::Deny => "deny",
        StatementKind::Yields(_) => "yields",
        StatementKind::Slot(slot) if slot.open => "open",
        StatementKind::Slot(_) => "closed",
        StatementKind::Given { .. } => "given",
        StatementKind::Expect(_) => "expect",
    }
}

fn suffix_word(kind: &SuffixKind) -> &'static str {
    match kind {
        SuffixKind::When(_) => "when",
        SuffixKind::On(_) => "on",
        SuffixKind::Due(_) => "due",
        SuffixKind::Until(_) => "until",
        SuffixKind::Because(_) => "because",
    }
}

fn suffixes_of(head: &str, kind: Kind) -> &'static [&'static str] {
    match (head, kind) {
        ("require", Kind::Environment | Kind::Override) => &["when", "on", "due", "because"],
        ("require", Kind::Objective) => &["because"],
        ("require" | "approve" | "after" | "within" | "deny", _) => &["when", "because"],
        ("deploy" | "rollback", _) => &["on"],
        ("notify", _) => &["on", "when", "due"],
        ("waive" | "open" | "closed", _) => &["because"],
        ("expect", _) => &["because", "until"],
        _ => &[],
    }
}

fn check_statement(
    kind: Kind,
    allowed: &[&str],
    statement: &Statement,
    entry: &Entry,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let word = head(statement);
    if !allowed.contains(&word) {
        diagnostics.push(misplaced(kind, allowed, word, statement));
        return;
    }
    for attr in entry.attrs() {
        let decides = matches!(word, "require" | "approve" | "after" | "within" | "deny")
            && matches!(kind, Kind::Environment | Kind::Override | Kind::Rule);
        match attr.name.text.as_str() {
            "advisory" if decides => no_arguments(attr, diagnostics),
            "advisory" => {
                let message = format!("`@advisory` has no meaning on `{word}` of {}", with_article(kind.word()));
                diagnostics.push(
                    Diagnostic::new(codes::UNKNOWN_ATTRIBUTE, attr.span, message)
                        .help("it stands before what decides: `require`, `approve`, `after`, `within`"),
                );
            }
            other => {
                let message = format!("there is no attribute `@{other}` here");
                let found = Diagnostic::new(codes::UNKNOWN_ATTRIBUTE, attr.name.span, message);
                diagnostics.push(found.suggest(other, ["advisory"]));
            }
        }
    }
    check_suffixes(kind, word, statement, diagnostics);
    if let StatementKind::Rollback { block: Some(block) } = &statement.kind {
        for entry in &block.entries {
            match &entry.kind {
                EntryKind::Statement(inner) => {
                    let allowed = ["require", "approve", "within", "after"];
                    check_statement_in_rollback(&allowed, inner, entry, diagnostics);
                }
                EntryKind::Property(property) => check_record(&property.value, diagnostics),
                EntryKind::Spread(_) => {}
            }
        }
    }
    if let StatementKind::Given { with: Some(block), .. } = &statement.kind {
        check_plain_block(block, diagnostics);
    }
}

fn check_statement_in_rollback(
    allowed: &[&str],
    statement: &Statement,
    entry: &Entry,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let word = head(statement);
    if allowed.contains(&word) {
        let _ = entry;
        check_suffixes(Kind::Rule, word, statement, diagnostics);
    } else {
        let message = format!("`{word}` has no meaning in a `rollback` block");
        diagnostics.push(
            Diagnostic::new(codes::MISPLACED_STATEMENT, statement.head, message)
                .help(format!("what binds a rollback is said by {}", hxp_diagnostics::list_names(allowed))),
        );
    }
}

fn misplaced(kind: Kind, allowed: &[&str], word: &str, statement: &Statement) -> Diagnostic {
    let place = with_article(kind.word());
    let mut found =
        Diagnostic::new(codes::MISPLACED_STATEMENT, statement.head, format!("`{word}` has no meaning in {place}"));
    if word == "deny" && matches!(kind, Kind::Environment | Kind::Override) {
        found = found
            .help("conditions live in rules, so that they have a name: `rule name for ENVIRONMENT { deny when … }`");
    }
    if allowed.is_empty() {
        found.help(format!("{place} has properties only: `name = value`"))
    } else {
        found.help(format!("statements of {place}: {}", hxp_diagnostics::list_names(allowed)))
    }
}

fn check_suffixes(kind: Kind, word: &str, statement: &Statement, diagnostics: &mut Vec<Diagnostic>) {
    let allowed = suffixes_of(word, kind);
    let mut seen: Vec<(&str, Span)> = Vec::new();
    for suffix in &statement.suffixes {
        let name = suffix_word(&suffix.kind);
        if !allowed.contains(&name) {
            let message = format!("`{name}` has no meaning behind `{word}` here");
            let mut found = Diagnostic::new(codes::MISPLACED_SUFFIX, suffix.span, message);
            found = if (word, name) == ("rollback", "when") {
                found.help(
                    "a condition is watched by a trigger: declare `trigger NAME when … for 5m`, and write `rollback on NAME`",
                )
            } else if allowed.is_empty() {
                found.help(format!("nothing follows `{word}`"))
            } else {
                found.help(format!("behind `{word}` may stand {}", hxp_diagnostics::list_names(allowed)))
            };
            diagnostics.push(found);
        } else if let Some((_, first)) = seen.iter().find(|(n, _)| *n == name) {
            diagnostics.push(
                Diagnostic::new(codes::MISPLACED_SUFFIX, suffix.span, format!("`{name}` is given twice"))
                    .related(*first, "first given here"),
            );
        }
        if let (SuffixKind::Because(reasons), true) = (&suffix.kind, word != "expect") {
            check_reasons(reasons, diagnostics);
        }
        seen.push((name, suffix.span));
    }
    let has = |name: &str| seen.iter().find(|(n, _)| *n == name).map(|(_, s)| *s);
    match (word, has("on"), has("due")) {
        ("require" | "notify", None, Some(due)) => diagnostics.push(
            Diagnostic::new(codes::MISPLACED_SUFFIX, due, "`due` needs to know after what")
                .help("write `on EVENT due …`: what is owed, and by when, after the event"),
        ),
        ("require", Some(on), None) => diagnostics.push(
            Diagnostic::new(codes::MISPLACED_SUFFIX, on, "what is required after an event needs its time")
                .help("write `on EVENT due 48h`; without `on` it is required before the deployment"),
        ),
        // `rollback` by itself was told when it was read, and a condition in place of events above.
        ("rollback", None, _) if statement.suffixes.is_empty() || has("when").is_some() => {}
        ("notify" | "deploy" | "rollback", None, _) => diagnostics.push(
            Diagnostic::new(codes::MISPLACED_SUFFIX, statement.head, format!("`{word}` needs to know on what"))
                .help(format!("write `{word} … on EVENT`")),
        ),
        _ => {}
    }
    if word == "deny" && has("when").is_none() {
        diagnostics.push(
            Diagnostic::new(codes::MISPLACED_SUFFIX, statement.head, "`deny` needs a condition")
                .help("write `deny when …`"),
        );
    }
}

/// Statements stand in the block of a declaration only.
fn check_plain_block(block: &Block, diagnostics: &mut Vec<Diagnostic>) {
    for entry in &block.entries {
        no_entry_attributes(entry, diagnostics);
        match &entry.kind {
            EntryKind::Statement(statement) => {
                let word = head(statement);
                diagnostics.push(
                    Diagnostic::new(
                        codes::MISPLACED_STATEMENT,
                        statement.head,
                        format!("`{word}` has no meaning in a record"),
                    )
                    .help("statements stand in the block of a declaration"),
                );
            }
            EntryKind::Property(property) => check_record(&property.value, diagnostics),
            EntryKind::Spread(expr) => check_record(expr, diagnostics),
        }
    }
}

fn check_record(expr: &Expr, diagnostics: &mut Vec<Diagnostic>) {
    match &expr.kind {
        ExprKind::Record(block) => check_plain_block(block, diagnostics),
        ExprKind::List(items) => items.iter().for_each(|e| check_record(e, diagnostics)),
        ExprKind::Paren(inner) => check_record(inner, diagnostics),
        ExprKind::If(_, a, b) => {
            check_record(a, diagnostics);
            check_record(b, diagnostics);
        }
        _ => {}
    }
}

/// A reason is read by people, as it stands: one text. Anything else would be lost.
fn check_reasons(reasons: &[Expr], diagnostics: &mut Vec<Diagnostic>) {
    for (number, reason) in reasons.iter().enumerate() {
        match &reason.kind {
            ExprKind::Literal(Literal::Str(_)) if number == 0 => {}
            ExprKind::Literal(Literal::Str(_)) => diagnostics.push(
                Diagnostic::new(codes::MISPLACED_SUFFIX, reason.span, "there is room for one reason")
                    .help("say all of it in one text"),
            ),
            // That was told when it was read.
            ExprKind::Error => {}
            other => {
                let mut found = Diagnostic::new(codes::TYPE_MISMATCH, reason.span, "a reason is text in quotes");
                if let ExprKind::Name(word) = other {
                    found = found.fix("write the quotes", reason.span, format!("\"{word}\""));
                }
                diagnostics.push(found);
            }
        }
    }
}

/// The reason behind `because`, as text.
pub fn because(statement: &Statement) -> Option<SmolStr> {
    statement.suffixes.iter().find_map(|s| match &s.kind {
        SuffixKind::Because(exprs) => exprs.first().and_then(|e| match &e.kind {
            ExprKind::Literal(Literal::Str(text)) => Some(text.value.clone()),
            _ => None,
        }),
        _ => None,
    })
}
