//! Formulas as binary decision diagrams.

use std::collections::HashMap;

use biodivine_lib_bdd::{Bdd, BddPointer, BddVariable, BddVariableSet, op_function};

use super::atoms::Questions;
use super::formula::{Formulas, Node, Shape, Var};

/// A diagram with more nodes is given up.
const MOST_NODES: usize = 400_000;

/// Diagrams over the questions of one comparison.
pub(super) struct Diagrams<'f> {
    formulas: &'f Formulas,
    set: BddVariableSet,
    variables: HashMap<Var, BddVariable>,
    order: Vec<Var>,
    built: HashMap<Node, Bdd>,
}

impl<'f> Diagrams<'f> {
    /// `None` when there are more questions than a diagram can hold.
    pub fn new(formulas: &'f Formulas, questions: &Questions, demands: &[Node]) -> Option<Self> {
        let order = questions.order(formulas, demands);
        let count = u16::try_from(order.len()).ok().filter(|n| *n < u16::MAX - 1)?;
        let set = BddVariableSet::new_anonymous(count);
        let variables = order.iter().copied().zip(set.variables()).collect();
        Some(Self { formulas, set, variables, order, built: HashMap::new() })
    }

    /// What always holds.
    pub fn always(&self) -> Bdd {
        self.set.mk_true()
    }

    /// What never holds.
    pub fn never(&self) -> Bdd {
        self.set.mk_false()
    }

    /// The diagram of a formula; `None` when it is too large.
    pub fn of(&mut self, node: Node) -> Option<Bdd> {
        if let Some(built) = self.built.get(&node) {
            return Some(built.clone());
        }
        let formulas = self.formulas;
        let built = match formulas.shape(node) {
            Shape::True => self.set.mk_true(),
            Shape::False => self.set.mk_false(),
            Shape::Var(var) => self.set.mk_var(*self.variables.get(var)?),
            Shape::Not(inner) => self.of(*inner)?.not(),
            Shape::And(parts) => {
                let mut all = self.set.mk_true();
                for part in parts {
                    all = and(&all, &self.of(*part)?)?;
                }
                all
            }
            Shape::Or(parts) => {
                let mut any = self.set.mk_false();
                for part in parts {
                    any = or(&any, &self.of(*part)?)?;
                }
                any
            }
        };
        self.built.insert(node, built.clone());
        Some(built)
    }

    /// All of the formulas and the diagram.
    pub fn all(&mut self, start: &Bdd, nodes: impl IntoIterator<Item = Node>) -> Option<Bdd> {
        let mut all = start.clone();
        for node in nodes {
            if all.is_false() {
                break;
            }
            all = and(&all, &self.of(node)?)?;
        }
        Some(all)
    }

    /// Answers that satisfy the diagram, as near to the preferred ones as the order of the questions lets them be.
    pub fn nearest(&self, diagram: &Bdd, prefer: impl Fn(Var) -> bool) -> Option<HashMap<Var, bool>> {
        if diagram.is_false() {
            return None;
        }
        let mut answers: HashMap<Var, bool> = self.order.iter().map(|var| (*var, prefer(*var))).collect();
        let mut at = diagram.root_pointer();
        while !at.is_terminal() {
            let variable = diagram.var_of(at);
            let var = *self.order.get(variable.to_index())?;
            let next = |answer: bool| if answer { diagram.high_link_of(at) } else { diagram.low_link_of(at) };
            let wanted = prefer(var);
            let answer = if next(wanted) == BddPointer::zero() { !wanted } else { wanted };
            answers.insert(var, answer);
            at = next(answer);
        }
        Some(answers)
    }
}

pub(super) fn and(a: &Bdd, b: &Bdd) -> Option<Bdd> {
    Bdd::binary_op_with_limit(MOST_NODES, a, b, op_function::and)
}

pub(super) fn or(a: &Bdd, b: &Bdd) -> Option<Bdd> {
    Bdd::binary_op_with_limit(MOST_NODES, a, b, op_function::or)
}

pub(super) fn and_not(a: &Bdd, b: &Bdd) -> Option<Bdd> {
    Bdd::binary_op_with_limit(MOST_NODES, a, b, op_function::and_not)
}
