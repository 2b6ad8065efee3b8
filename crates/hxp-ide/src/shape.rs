//! What a place in the tree may hold, by the tables of the analysis.

use hxp_analysis::schema::{self, KindSchema, Property, Shape};
use hxp_policy::{EnumType, Kind};
use hxp_syntax::ast::{Block, Body, Decl, EntryKind, Expr, ExprKind, Ident, StatementKind};

use crate::node::Node;

/// Where an offset stands.
#[derive(Clone, Copy, Debug)]
pub enum Where<'a> {
    /// On a key of a property.
    Key {
        /// The key.
        key: &'a Ident,
        /// What is known of the property.
        of: Option<&'static Property>,
        /// What it may hold.
        shape: Option<&'static Shape>,
    },
    /// In the value of a property.
    Value {
        /// What the value may be.
        shape: Option<&'static Shape>,
        /// The property.
        of: Option<&'static Property>,
        /// The innermost expression.
        expr: Option<&'a Expr>,
    },
    /// Elsewhere.
    Other,
}

/// The record in which an entry stands.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Its block.
    pub block: &'a Block,
    /// What it may hold.
    pub shape: Option<&'static Shape>,
    /// The declaration of which it is the whole body.
    pub root: Option<&'static KindSchema>,
}

impl<'a> Where<'a> {
    /// Where an offset stands, given the nodes that it touches.
    pub fn of(path: &[Node<'a>], offset: u32) -> Self {
        let mut shape: Option<&'static Shape> = None;
        let mut property: Option<&'static Property> = None;
        let mut found = Self::Other;
        for (index, node) in path.iter().enumerate() {
            match node {
                Node::Decl(decl) => {
                    shape = Kind::from_word(&decl.kind.text).map(schema::root_shape);
                    found = Self::Other;
                }
                Node::Statement(statement) => {
                    shape = of_statement(&statement.kind);
                    found = Self::Other;
                }
                Node::Property(p) => {
                    for key in &*p.keys {
                        property = shape.and_then(|s| field(s, &key.text));
                        shape = shape.and_then(|s| inner(s, &key.text));
                        if key.span.touches(offset) {
                            return Self::Key { key, of: property, shape };
                        }
                    }
                    found = Self::Value { shape, of: property, expr: Some(&p.value) };
                }
                Node::Expr(expr) => {
                    if let Self::Value { expr: known, .. } = &mut found {
                        *known = Some(expr);
                    }
                    if let (ExprKind::List(_), Some(Node::Expr(_))) = (&expr.kind, path.get(index + 1)) {
                        shape = shape.and_then(element);
                        found = Self::Value { shape, of: property, expr: Some(expr) };
                    }
                }
                Node::Suffix(_) | Node::Header(_) | Node::Param(_) => {
                    shape = None;
                    found = Self::Other;
                }
                _ => {}
            }
        }
        found
    }
}

/// The innermost record around an offset, with what it may hold.
pub fn record_around<'a>(path: &[Node<'a>], offset: u32) -> Option<Record<'a>> {
    let mut shape: Option<&'static Shape> = None;
    let mut root: Option<&'static KindSchema> = None;
    let mut found = None;
    for node in path {
        match node {
            Node::Decl(decl) => {
                let kind = Kind::from_word(&decl.kind.text);
                shape = kind.map(schema::root_shape);
                root = kind.map(schema::of);
            }
            Node::Statement(statement) => {
                shape = of_statement(&statement.kind);
                root = None;
            }
            Node::Property(p) => {
                for key in &*p.keys {
                    shape = shape.and_then(|s| inner(s, &key.text));
                }
                root = None;
            }
            Node::Expr(Expr { kind: ExprKind::List(_), .. }) => shape = shape.and_then(element),
            Node::Block(block) if block.span.start < offset && offset <= block.span.end => {
                found = Some(Record { block, shape, root });
            }
            _ => {}
        }
    }
    found
}

/// The shape of the block behind a statement.
fn of_statement(kind: &StatementKind) -> Option<&'static Shape> {
    static ROLLBACK: Shape = Shape::Record(schema::ROLLBACK);
    match kind {
        StatementKind::Rollback { .. } => Some(&ROLLBACK),
        StatementKind::Given { .. } => Some(schema::given_shape()),
        _ => None,
    }
}

/// What is known of a field of a shape.
pub fn field(shape: &'static Shape, key: &str) -> Option<&'static Property> {
    match shape {
        Shape::Record(properties) => properties.iter().find(|p| p.name == key),
        Shape::Either(shapes) => shapes.iter().find_map(|s| field(s, key)),
        _ => None,
    }
}

/// What a field of a shape may hold.
pub fn inner(shape: &'static Shape, key: &str) -> Option<&'static Shape> {
    match shape {
        Shape::Record(_) => field(shape, key).map(|p| &p.shape),
        Shape::Map(of) => Some(of),
        Shape::Free | Shape::Data => Some(shape),
        Shape::Either(shapes) => shapes.iter().find_map(|s| inner(s, key)),
        _ => None,
    }
}

/// What an element of a list of that shape may be.
pub fn element(shape: &'static Shape) -> Option<&'static Shape> {
    match shape {
        Shape::List(of) => Some(of),
        Shape::Free | Shape::Data => Some(shape),
        Shape::Either(shapes) => shapes.iter().find_map(element),
        _ => None,
    }
}

/// The closed lists of words that a shape allows.
pub fn members(shape: &'static Shape) -> Vec<&'static EnumType> {
    match shape {
        Shape::Enum(list) => vec![list],
        Shape::List(of) => members(of),
        Shape::Either(shapes) => shapes.iter().flat_map(members).collect(),
        _ => Vec::new(),
    }
}

/// The kinds of declarations that a shape allows.
pub fn kinds(shape: &'static Shape) -> Vec<Kind> {
    match shape {
        Shape::Decl(kind) => vec![*kind],
        Shape::List(of) => kinds(of),
        Shape::Either(shapes) => shapes.iter().flat_map(kinds).collect(),
        _ => Vec::new(),
    }
}

/// Whether a place takes ids, one or a list of them.
pub fn holds_ids(at: Where<'_>) -> bool {
    fn of(shape: &Shape) -> bool {
        match shape {
            Shape::Id => true,
            Shape::List(inner) => of(inner),
            Shape::Either(shapes) => shapes.iter().any(of),
            _ => false,
        }
    }
    matches!(at, Where::Value { shape: Some(shape), .. } if of(shape))
}

/// The keys that a block gives already.
pub fn given(block: &Block) -> Vec<&str> {
    block
        .entries
        .iter()
        .filter_map(|entry| match &entry.kind {
            EntryKind::Property(p) => p.keys.first().map(|k| k.text.as_str()),
            _ => None,
        })
        .collect()
}

/// The declaration around an offset.
pub fn decl_around<'a>(path: &[Node<'a>]) -> Option<&'a Decl> {
    path.iter().find_map(|n| match n {
        Node::Decl(d) => Some(*d),
        _ => None,
    })
}

/// What a quantity in a place may measure.
pub fn dimensions(shape: &'static Shape) -> Vec<hxp_policy::Dimension> {
    match shape {
        Shape::Quantity(dimension) => vec![*dimension],
        Shape::List(of) | Shape::Range(of) | Shape::Map(of) => dimensions(of),
        Shape::Either(shapes) => shapes.iter().flat_map(dimensions).collect(),
        _ => Vec::new(),
    }
}

/// Whether a place may take what the body of a constant makes, as far as the text of the body tells. `None`: it is a
/// place for sets and declarations, which takes no record and no text.
pub fn may_take(shape: Option<&'static Shape>, body: &Body) -> bool {
    let Body::Expr(expr) = body else { return true };
    match (&expr.kind, shape) {
        (ExprKind::Record(_) | ExprKind::Literal(_), None) => false,
        (_, None) => true,
        (ExprKind::Record(_), Some(shape)) => takes(shape, |s| matches!(s, Shape::Record(_) | Shape::Map(_))),
        (ExprKind::List(_), Some(shape)) => takes(shape, |s| matches!(s, Shape::List(_))),
        (ExprKind::Literal(_), Some(shape)) => {
            takes(shape, |s| !matches!(s, Shape::Decl(_) | Shape::Enum(_) | Shape::Record(_) | Shape::List(_)))
        }
        _ => true,
    }
}

/// Whether a shape, or one of those that it may be, is of a sort; one that may be anything is of every sort.
fn takes(shape: &'static Shape, sort: impl Fn(&Shape) -> bool + Copy) -> bool {
    match shape {
        Shape::Either(shapes) => shapes.iter().any(|s| takes(s, sort)),
        Shape::Free | Shape::Data => true,
        Shape::List(of) => sort(shape) || takes(of, sort),
        other => sort(other),
    }
}
