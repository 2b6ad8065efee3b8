//! Formulas over the facts of a request: two policies' demands share one store, so equal demands are one node.

use std::collections::{BTreeSet, HashMap};

/// A yes-or-no question to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Var(pub u32);

/// A formula in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Node(u32);

/// What a formula is made of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Shape {
    /// Always.
    True,
    /// Never.
    False,
    /// An answer.
    Var(Var),
    /// Not so.
    Not(Node),
    /// All of them.
    And(Vec<Node>),
    /// Any of them.
    Or(Vec<Node>),
}

/// The store.
#[derive(Debug)]
pub(super) struct Formulas {
    shapes: Vec<Shape>,
    known: HashMap<Shape, Node>,
}

/// Always.
pub(super) const TRUE: Node = Node(0);
/// Never.
pub(super) const FALSE: Node = Node(1);

impl Default for Formulas {
    fn default() -> Self {
        let shapes = vec![Shape::True, Shape::False];
        let known = HashMap::from([(Shape::True, TRUE), (Shape::False, FALSE)]);
        Self { shapes, known }
    }
}

impl Formulas {
    /// What a formula is made of.
    pub fn shape(&self, node: Node) -> &Shape {
        self.shapes.get(node.0 as usize).unwrap_or(&Shape::False)
    }

    fn add(&mut self, shape: Shape) -> Node {
        if let Some(node) = self.known.get(&shape) {
            return *node;
        }
        let node = Node(u32::try_from(self.shapes.len()).unwrap_or(u32::MAX));
        self.shapes.push(shape.clone());
        self.known.insert(shape, node);
        node
    }

    /// The answer to a question.
    pub fn var(&mut self, var: Var) -> Node {
        self.add(Shape::Var(var))
    }

    /// Not so.
    pub fn not(&mut self, node: Node) -> Node {
        match self.shape(node) {
            Shape::True => FALSE,
            Shape::False => TRUE,
            Shape::Not(inner) => *inner,
            _ => self.add(Shape::Not(node)),
        }
    }

    /// All of them.
    pub fn and(&mut self, parts: impl IntoIterator<Item = Node>) -> Node {
        let mut all = BTreeSet::new();
        for part in parts {
            match self.shape(part) {
                Shape::True => {}
                Shape::False => return FALSE,
                Shape::And(inner) => all.extend(inner.iter().copied()),
                _ => {
                    all.insert(part);
                }
            }
        }
        let all: Vec<Node> = all.into_iter().collect();
        match all.as_slice() {
            [] => TRUE,
            [one] => *one,
            _ => self.add(Shape::And(all)),
        }
    }

    /// Any of them.
    pub fn or(&mut self, parts: impl IntoIterator<Item = Node>) -> Node {
        let mut any = BTreeSet::new();
        for part in parts {
            match self.shape(part) {
                Shape::False => {}
                Shape::True => return TRUE,
                Shape::Or(inner) => any.extend(inner.iter().copied()),
                _ => {
                    any.insert(part);
                }
            }
        }
        let any: Vec<Node> = any.into_iter().collect();
        match any.as_slice() {
            [] => FALSE,
            [one] => *one,
            _ => self.add(Shape::Or(any)),
        }
    }

    /// If the first, then the second.
    pub fn implies(&mut self, a: Node, b: Node) -> Node {
        let not = self.not(a);
        self.or([not, b])
    }

    /// The questions that a formula asks.
    pub fn asks(&self, nodes: impl IntoIterator<Item = Node>) -> BTreeSet<Var> {
        let mut vars = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut todo: Vec<Node> = nodes.into_iter().collect();
        while let Some(node) = todo.pop() {
            if !seen.insert(node) {
                continue;
            }
            match self.shape(node) {
                Shape::True | Shape::False => {}
                Shape::Var(var) => {
                    vars.insert(*var);
                }
                Shape::Not(inner) => todo.push(*inner),
                Shape::And(parts) | Shape::Or(parts) => todo.extend(parts.iter().copied()),
            }
        }
        vars
    }
}

/// A three-valued formula: when it is known to hold, and when it is known not to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    /// When it is true.
    pub yes: Node,
    /// When it is false.
    pub no: Node,
}

impl Pair {
    /// Never known.
    pub const UNKNOWN: Self = Self { yes: FALSE, no: FALSE };

    /// Always known.
    pub fn known(holds: bool) -> Self {
        if holds { Self { yes: TRUE, no: FALSE } } else { Self { yes: FALSE, no: TRUE } }
    }

    /// The opposite.
    pub fn not(self) -> Self {
        Self { yes: self.no, no: self.yes }
    }
}

impl Formulas {
    /// All of them hold.
    pub fn all(&mut self, parts: &[Pair]) -> Pair {
        Pair { yes: self.and(parts.iter().map(|p| p.yes)), no: self.or(parts.iter().map(|p| p.no)) }
    }

    /// Any of them holds.
    pub fn any(&mut self, parts: &[Pair]) -> Pair {
        Pair { yes: self.or(parts.iter().map(|p| p.yes)), no: self.and(parts.iter().map(|p| p.no)) }
    }

    /// `node` when it is known whether `when` holds, else unknown.
    pub fn guarded(&mut self, when: Node, node: Node) -> Pair {
        let not = self.not(node);
        Pair { yes: self.and([when, node]), no: self.and([when, not]) }
    }
}
