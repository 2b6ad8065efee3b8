//! Words of the language: kinds, statements, what joins them, types, days, events, built-in functions.

use hxp_analysis::{BUILTINS, event_fields, schema};
use hxp_diagnostics::Span;
use hxp_policy::Kind;
use hxp_policy::facts::EVENT;
use hxp_syntax::TokenKind;
use hxp_syntax::ast::{Decl, Expr, ExprKind, Gvk, HeaderKind, Statement, StatementKind, SuffixKind};
use hxp_syntax::words::is_reserved;

use super::Hover;
use crate::node::Node;
use crate::resolve::{self, Named};
use crate::{Place, Snapshot, words};

/// A word of the language at a place.
pub(super) fn hover(snapshot: &Snapshot, path: &[Node<'_>], place: Place) -> Option<Hover> {
    keyword(snapshot, path, place)
        .or_else(|| listed(path, place))
        .or_else(|| event(path))
        .or_else(|| builtin(path))
        .or_else(|| id_word(snapshot, path, place))
        .or_else(|| joining(snapshot, path, place))
}

fn say(span: Span, word: &str, about: &str) -> Hover {
    Hover { span, markdown: format!("**{word}**: {about}") }
}

/// The word that begins a declaration, a statement or a suffix.
fn keyword(snapshot: &Snapshot, path: &[Node<'_>], place: Place) -> Option<Hover> {
    let at = |span: Span| span.touches(place.offset);
    path.iter().rev().find_map(|node| match node {
        Node::Decl(decl) if at(decl.kind.span) => kind(decl.kind.span, &decl.kind.text),
        Node::Statement(Statement { head, .. }) if at(*head) => word(snapshot, *head),
        Node::Suffix(suffix) if at(suffix.head) => word(snapshot, suffix.head),
        _ => None,
    })
}

fn kind(span: Span, word: &str) -> Option<Hover> {
    let kind = Kind::from_word(word)?;
    Some(say(span, kind.word(), schema::of(kind).doc))
}

fn word(snapshot: &Snapshot, span: Span) -> Option<Hover> {
    let word = snapshot.slice(span);
    Some(say(span, word, words::about(word)?))
}

/// A word of one of the short lists that the grammar itself has: types, days, outcomes, attributes, subjects of rules.
fn listed(path: &[Node<'_>], place: Place) -> Option<Hover> {
    match path {
        [.., Node::Attr(attr), Node::Ident(_)] => {
            let about = words::ATTRIBUTES.iter().find(|(w, _)| attr.name.text == *w)?.1;
            Some(say(attr.name.span, &format!("@{}", attr.name.text), about))
        }
        [.., Node::Attr(attr), Node::Arg(_), Node::Ident(name)] => {
            let of = words::DEPRECATED.iter().find(|(w, _)| name.text == *w);
            (attr.name.text == "deprecated").then_some(say(name.span, &name.text, of?.1))
        }
        [.., Node::Type(_), Node::Path(_), Node::Ident(name)] => ty(name.span, &name.text),
        [.., Node::Slot(_), Node::Ident(day)] => {
            let about = words::DAYS.iter().find(|(w, _)| day.text == *w)?.1;
            Some(say(day.span, &day.text, about))
        }
        [.., Node::Statement(statement), Node::Ident(outcome)]
            if matches!(statement.kind, StatementKind::Expect(_)) =>
        {
            let about = words::OUTCOMES.iter().find(|(w, _)| outcome.text == *w)?.1;
            Some(say(outcome.span, &outcome.text, about))
        }
        [.., Node::Header(header), Node::Path(_), Node::Ident(subject)] if matches!(header.kind, HeaderKind::On(_)) => {
            let about = words::SUBJECTS.iter().find(|(w, _)| subject.text == *w)?.1;
            Some(say(subject.span, &subject.text, about))
        }
        [.., Node::Decl(decl), Node::Header(_)] => {
            let object = object(decl).filter(|o| o.span.touches(place.offset))?;
            let group = if object.group.is_empty() { String::new() } else { format!("{}/", object.group) };
            let about = format!("Kubernetes objects of `{group}{}`, when the cluster admits them", object.version);
            Some(say(object.span, &object.kind, &about))
        }
        _ => None,
    }
}

/// The Kubernetes kind that a rule is about.
pub(super) fn object(decl: &Decl) -> Option<&Gvk> {
    decl.headers.iter().find_map(|h| match &h.kind {
        HeaderKind::OnKind(object) => Some(object),
        _ => None,
    })
}

/// A type by its name: a plain one, a kind of declaration, or a closed list of words.
fn ty(span: Span, name: &str) -> Option<Hover> {
    if let Some((_, about)) = words::TYPES.iter().find(|(known, _)| *known == name) {
        return Some(say(span, name, about));
    }
    let list = schema::enums::ENUMS.iter().find(|list| list.name == name);
    list.map_or_else(
        || kind(span, name),
        |list| {
            let members: Vec<String> =
                list.members.iter().map(|(word, about)| format!("- `{word}`: {about}")).collect();
            Some(say(span, name, &format!("one of\n\n{}", members.join("\n"))))
        },
    )
}

/// An event behind `on`, or one of its fields.
fn event(path: &[Node<'_>]) -> Option<Hover> {
    let on = |n: &Node<'_>| matches!(n, Node::Suffix(s) if matches!(s.kind, SuffixKind::On(_)));
    let inside = path.get(path.iter().position(on)? + 1..)?;
    let [Node::Expr(whole), below @ ..] = inside else { return None };
    if let ExprKind::Call(callee, _) = &whole.kind
        && matches!(below.first(), Some(Node::Arg(_)))
    {
        let ExprKind::Name(of) = &callee.kind else { return None };
        let Some(Node::Expr(Expr { kind: ExprKind::Name(field), span })) = below.last() else { return None };
        let (name, ty, about) = event_fields(of).find(|(name, _, _)| field == name)?;
        return Some(say(*span, name, &format!("`{ty}`: {about}")));
    }
    let named: &Expr = match &whole.kind {
        ExprKind::Call(callee, _) => callee,
        _ => whole,
    };
    let word = match &named.kind {
        ExprKind::Name(word) => word.to_string(),
        ExprKind::Field(base, field) => match &base.kind {
            ExprKind::Name(word) => format!("{word}.{}", field.text),
            _ => return None,
        },
        _ => return None,
    };
    let about = EVENT.members.iter().find(|(known, _)| *known == word)?.1;
    Some(say(named.span, &word, about))
}

/// A function that the language has.
fn builtin(path: &[Node<'_>]) -> Option<Hover> {
    let [.., Node::Expr(Expr { kind: ExprKind::Call(callee, _), .. }), Node::Expr(expr)] = path else { return None };
    let ExprKind::Name(name) = &expr.kind else { return None };
    let (_, call, about) = BUILTINS.iter().find(|(known, _, _)| name == known).filter(|_| callee.span == expr.span)?;
    Some(Hover { span: expr.span, markdown: format!("```hxp\n{call}\n```\n\n{about}") })
}

/// A word that says of which sort an id is: `gate` in `gate.coverage`, `window`, `soaked` in `after.staging.soaked`.
fn id_word(snapshot: &Snapshot, path: &[Node<'_>], place: Place) -> Option<Hover> {
    let (span, behind) = match path {
        [.., Node::Expr(Expr { kind: ExprKind::Field(_, field), .. }), Node::Expr(expr)] => {
            (expr.span, Some(field.span))
        }
        [.., Node::Expr(expr)] => (expr.span, None),
        [.., Node::Expr(_), Node::Ident(word)] => (word.span, None),
        _ => return None,
    };
    let word = snapshot.slice(span);
    if resolve::is_in_id(path, place.offset) {
        let known = words::IDS.iter().find(|(known, _)| *known == word).map(|(_, about)| *about);
        return known.or_else(|| words::about(word)).map(|about| say(span, word, about)).or_else(|| kind(span, word));
    }
    // `gate.coverage` in an expression: the word tells the kinds apart.
    let field = behind?;
    let named = resolve::named(snapshot, Place { file: field.file, offset: field.start })?.1;
    matches!(named, Named::Declared(_, of) if of.kind.word() == word).then(|| kind(span, word))?
}

/// A reserved word or a literal word, and the two words that mean something in one statement alone.
fn joining(snapshot: &Snapshot, path: &[Node<'_>], place: Place) -> Option<Hover> {
    let item = path.iter().find_map(|n| match n {
        Node::Item(item) => Some(item.span),
        _ => None,
    })?;
    let text = snapshot.slice(item);
    let tokens = hxp_syntax::lex(item.file, text);
    let at = |t: &hxp_syntax::Token| Span::new(item.file, item.start + t.start, item.start + t.end);
    let token = tokens.iter().rev().find(|t| t.kind == TokenKind::Word && at(t).touches(place.offset))?;
    let said = text.get(token.start as usize..token.end as usize)?;
    let only_here = match path.last()? {
        Node::Use(_) => said == "use",
        Node::Statement(statement) => said == "at" && matches!(statement.kind, StatementKind::Given { .. }),
        _ => false,
    };
    let is_name = matches!(path.last()?, Node::Ident(word) if word.span == at(token));
    (only_here || is_reserved(said) && !is_name).then(|| word(snapshot, at(token)))?
}
