//! Colours by meaning.

use std::collections::HashMap;

use hxp_diagnostics::{FileId, Span};
use hxp_policy::Kind;
use hxp_policy::facts::FACTS;
use hxp_syntax::TokenKind;
use hxp_syntax::ast::{ExprKind, HeaderKind, StatementKind};
use hxp_syntax::words::is_reserved;

use crate::Snapshot;
use crate::names::Names;
use crate::node::{self, Node};

/// What a token is. The order is that of the legend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the protocol's own word")]
pub enum Class {
    Namespace,
    Type,
    Class,
    Interface,
    Parameter,
    Variable,
    Property,
    EnumMember,
    Event,
    Function,
    Keyword,
    Comment,
    String,
    Number,
    Regexp,
    Operator,
    Decorator,
}

/// The names of the classes, in their order.
pub const CLASSES: &[&str] = &[
    "namespace",
    "type",
    "class",
    "interface",
    "parameter",
    "variable",
    "property",
    "enumMember",
    "event",
    "function",
    "keyword",
    "comment",
    "string",
    "number",
    "regexp",
    "operator",
    "decorator",
];

/// The names of the modifiers, the first for the lowest bit.
pub const MODIFIERS: &[&str] = &["declaration", "readonly", "deprecated", "documentation", "defaultLibrary"];

const DECLARATION: u32 = 1;
const READONLY: u32 = 2;
const DEPRECATED: u32 = 4;
const DOCUMENTATION: u32 = 8;
const DEFAULT_LIBRARY: u32 = 16;

/// A coloured piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Where.
    pub span: Span,
    /// What.
    pub class: Class,
    /// Bits of [`MODIFIERS`].
    pub modifiers: u32,
}

/// The tokens of a file, in the order of the text.
pub fn tokens(snapshot: &Snapshot, file: FileId) -> Vec<Token> {
    let Some(tree) = snapshot.tree(file) else { return Vec::new() };
    let names = Names::of(snapshot);
    let mut words: HashMap<u32, (Class, u32)> = HashMap::new();
    for node in node::all(tree) {
        meaning(&names, node, &mut words);
    }
    let text = snapshot.text(file);
    let lexed = hxp_syntax::lex(file, text);
    lexed.iter().filter_map(|t| token(file, text, *t, &words)).collect()
}

fn token(file: FileId, text: &str, token: hxp_syntax::Token, words: &HashMap<u32, (Class, u32)>) -> Option<Token> {
    let span = Span::new(file, token.start, token.end);
    let said = text.get(token.start as usize..token.end as usize)?;
    let (class, modifiers) = match token.kind {
        TokenKind::Comment => (Class::Comment, 0),
        TokenKind::Doc => (Class::Comment, DOCUMENTATION),
        TokenKind::Word => match words.get(&token.start) {
            Some(known) => *known,
            None if is_reserved(said) => (Class::Keyword, 0),
            None => (Class::Variable, 0),
        },
        TokenKind::Str if said.starts_with("re\"") => (Class::Regexp, 0),
        TokenKind::Str => words.get(&token.start).copied().unwrap_or((Class::String, 0)),
        TokenKind::At => (Class::Decorator, 0),
        kind if kind.is_number() => (Class::Number, 0),
        TokenKind::DotDot
        | TokenKind::Ellipsis
        | TokenKind::Assign
        | TokenKind::EqEq
        | TokenKind::NotEq
        | TokenKind::Less
        | TokenKind::LessEq
        | TokenKind::Greater
        | TokenKind::GreaterEq
        | TokenKind::Tilde
        | TokenKind::Plus
        | TokenKind::Minus
        | TokenKind::Star
        | TokenKind::Slash => (Class::Operator, 0),
        _ => return None,
    };
    Some(Token { span, class, modifiers })
}

/// What the words of a node are.
fn meaning(names: &Names<'_>, node: Node<'_>, words: &mut HashMap<u32, (Class, u32)>) {
    let mut set = |span: Span, class: Class, modifiers: u32| {
        words.insert(span.start, (class, modifiers));
    };
    match node {
        Node::Attr(attr) => set(attr.name.span, Class::Decorator, 0),
        Node::Use(import) => {
            let start = import.span.start;
            set(Span::new(import.span.file, start, start + 3), Class::Keyword, 0);
            for segment in &import.path.segments {
                set(segment.span, Class::Namespace, 0);
            }
            for name in import.names.iter().flatten() {
                let (class, modifiers) = of_name(names, &name.text).unwrap_or((Class::Variable, 0));
                set(name.span, class, modifiers);
            }
        }
        Node::Decl(decl) => {
            set(decl.kind.span, Class::Keyword, 0);
            let kind = Kind::from_word(&decl.kind.text);
            for name in &decl.names {
                let class = kind.map_or(Class::Variable, |k| of_kind(k, decl.params.is_some()));
                set(name.span, class, DECLARATION);
            }
        }
        Node::Param(param) => set(param.name.span, Class::Parameter, DECLARATION),
        Node::Type(ty) => {
            for s in &ty.name.segments {
                set(s.span, Class::Type, 0);
            }
        }
        Node::Header(header) => {
            if let HeaderKind::Extends { parent, .. } = &header.kind {
                path_words(names, parent, &mut set);
            }
            if let HeaderKind::On(path) = &header.kind {
                {
                    for s in &path.segments {
                        set(s.span, Class::Keyword, 0);
                    }
                }
            }
        }
        Node::Property(property) => {
            for k in &*property.keys {
                set(k.span, Class::Property, 0);
            }
        }
        Node::Statement(statement) => {
            set(statement.head, Class::Keyword, 0);
            match &statement.kind {
                StatementKind::After { environment, .. } | StatementKind::Given { environment, .. } => {
                    set(environment.span, Class::Namespace, 0);
                }
                StatementKind::Expect(word) => set(word.span, Class::EnumMember, 0),
                _ => {}
            }
        }
        Node::Seat(seat) => path_words(names, &seat.team, &mut set),
        Node::Slot(slot) => {
            for (first, last) in &slot.days {
                set(first.span, Class::EnumMember, 0);
                set(last.span, Class::EnumMember, 0);
            }
        }
        Node::Arg(arg) => {
            if let Some(n) = &arg.name {
                set(n.span, Class::Parameter, 0);
            }
        }
        Node::Expr(expr) => match &expr.kind {
            ExprKind::Name(name) => {
                let known = of_name(names, name).or_else(|| of_fact(name));
                if let Some((class, modifiers)) = known {
                    set(expr.span, class, modifiers);
                }
            }
            ExprKind::Field(base, name) => {
                let kind = match &base.kind {
                    ExprKind::Name(word) => Kind::from_word(word),
                    _ => None,
                };
                match kind.and_then(|k| names.find(k, &name.text)) {
                    Some(found) => {
                        set(base.span, Class::Keyword, 0);
                        set(name.span, of_kind(found.kind, found.decl.params.is_some()), 0);
                    }
                    None => set(name.span, Class::Property, 0),
                }
            }
            ExprKind::Quantifier(q) => set(q.var.span, Class::Variable, DECLARATION),
            ExprKind::Comprehension(c) => set(c.var.span, Class::Variable, DECLARATION),
            _ => {}
        },
        _ => {}
    }
}

fn path_words(names: &Names<'_>, path: &hxp_syntax::ast::Path, set: &mut impl FnMut(Span, Class, u32)) {
    let Some((last, before)) = path.segments.split_last() else { return };
    {
        for s in before {
            set(s.span, Class::Namespace, 0);
        }
    }
    let (class, modifiers) = of_name(names, &last.text).unwrap_or((Class::Variable, 0));
    set(last.span, class, modifiers);
}

fn of_name(names: &Names<'_>, name: &str) -> Option<(Class, u32)> {
    let found = names.get(name).first()?;
    let library = if found.module.is_empty() { 0 } else { DEFAULT_LIBRARY };
    let old = if found.item.attrs.iter().any(|a| a.name.text == "deprecated") { DEPRECATED } else { 0 };
    Some((of_kind(found.kind, found.decl.params.is_some()), library | old))
}

fn of_fact(name: &str) -> Option<(Class, u32)> {
    let known = FACTS.field(name).is_some() || name == "environment";
    known.then_some((Class::Variable, READONLY | DEFAULT_LIBRARY))
}

fn of_kind(kind: Kind, takes_arguments: bool) -> Class {
    match kind {
        Kind::Environment => Class::Namespace,
        Kind::Let if takes_arguments => Class::Function,
        Kind::Gate if takes_arguments => Class::Function,
        Kind::Gate => Class::Interface,
        Kind::Window | Kind::Trigger => Class::Event,
        Kind::Rule | Kind::Override | Kind::Control | Kind::Objective | Kind::Policy => Class::Class,
        Kind::Team | Kind::Channel | Kind::Label => Class::Type,
        _ => Class::Variable,
    }
}
