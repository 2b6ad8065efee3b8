//! Whether a condition can hold at all, and whether it can fail.
//!
//! A condition is brought to literals joined by *and* and *or*; each literal narrows what one term can be (an interval, a
//! list of words, a yes or no), and when nothing is left the two literals that leave nothing are the reason. What is not
//! understood counts as possible, so a contradiction that is reported is one; facts that are unknown are left out, as
//! the question is what the condition says once they are known.

use std::cmp::Ordering;

use hxp_policy::expr::{Builtin, CompareOp};
use hxp_policy::{Dimension, EnumType, Expr, Quantity, Type, Value};
use rust_decimal::Decimal;

use super::print;
use crate::fold;

/// How many alternatives are tried before a condition counts as possible.
const BRANCHES: u32 = 256;

/// How many parts of a condition are looked at.
const PARTS: usize = 4_096;

/// Two literals that exclude each other (or one that is false by itself), each with the number of the condition that it
/// is part of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Conflict {
    /// The texts and where they come from.
    pub parts: Vec<(usize, String)>,
}

impl Conflict {
    /// `a > 2 and a < 1`, when there is more than one side to it.
    pub fn pair(&self) -> Option<(&str, &str)> {
        match self.parts.as_slice() {
            [(_, a), (_, b)] if a != b => Some((a, b)),
            _ => None,
        }
    }
}

/// How a condition comes out whatever the facts are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// It holds.
    Always(Conflict),
    /// It fails.
    Never(Conflict),
    /// That depends.
    Depends,
}

/// Judges one condition.
pub(super) fn judge(expr: &Expr) -> Judgement {
    if let Some(conflict) = contradiction(&[expr]) {
        return Judgement::Never(conflict);
    }
    match solve_all(&[(expr, false)]) {
        Err(conflict) => Judgement::Always(conflict),
        Ok(()) => Judgement::Depends,
    }
}

/// Why the conditions cannot all hold, if they cannot.
pub(super) fn contradiction(all: &[&Expr]) -> Option<Conflict> {
    let all: Vec<_> = all.iter().map(|e| (*e, true)).collect();
    solve_all(&all).err()
}

/// Whether the second condition holds wherever the first one does.
pub(super) fn implies(a: &Expr, b: &Expr) -> bool {
    solve_all(&[(a, true), (b, false)]).is_err()
}

fn solve_all(all: &[(&Expr, bool)]) -> Result<(), Conflict> {
    let mut parts = 0;
    let trees: Vec<_> = all.iter().enumerate().map(|(tag, (e, holds))| tree(e, *holds, tag, &mut parts)).collect();
    let mut budget = BRANCHES;
    solve(trees.iter().rev().collect(), Vec::new(), Vec::new(), &mut budget)
}

/// A condition without negations but in its literals.
enum Tree<'a> {
    All(Vec<Tree<'a>>),
    Any(Vec<Tree<'a>>),
    Literal(Literal<'a>),
}

/// One thing said of one term.
struct Literal<'a> {
    term: Term<'a>,
    says: Says,
    place: Place,
    text: String,
}

/// The condition that a literal is part of, and how many parts came before it.
type Place = (usize, usize);

/// What is spoken of.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Term<'a> {
    /// Nothing: the literal is false by itself.
    Nothing,
    /// An expression that has a value.
    One(&'a Expr, Option<&'static EnumType>, bool),
    /// How two expressions stand to each other.
    Pair(&'a Expr, &'a Expr),
}

/// What is said.
#[derive(Clone, Debug)]
enum Says {
    False,
    Compare(CompareOp, Value),
    OneOf(Vec<Value>),
    NoneOf(Vec<Value>),
    /// Which of less, equal, greater are possible.
    Stands([bool; 3]),
}

fn tree<'a>(expr: &'a Expr, holds: bool, tag: usize, parts: &mut usize) -> Tree<'a> {
    *parts += 1;
    let place = (tag, *parts);
    let settled = |value: bool| {
        if value == holds {
            Tree::All(Vec::new())
        } else {
            let text = if holds { print::expression(expr) } else { negated(expr) };
            Tree::Literal(Literal { term: Term::Nothing, says: Says::False, place, text })
        }
    };
    if *parts > PARTS {
        return opaque(expr, holds, place);
    }
    match expr {
        Expr::Const(Value::Bool(value)) => settled(*value),
        Expr::Not(e) => tree(e, !holds, tag, parts),
        Expr::And(es) | Expr::Or(es) => {
            let children = es.iter().map(|e| tree(e, holds, tag, parts)).collect();
            if matches!(expr, Expr::And(_)) == holds { Tree::All(children) } else { Tree::Any(children) }
        }
        Expr::If(c, a, b) => Tree::Any(vec![
            Tree::All(vec![tree(c, true, tag, parts), tree(a, holds, tag, parts)]),
            Tree::All(vec![tree(c, false, tag, parts), tree(b, holds, tag, parts)]),
        ]),
        Expr::Compare { op, left, right, ty } => comparison(expr, *op, (left, right), ty, holds, place),
        Expr::In(e, list) => membership(expr, e, list, holds, place),
        Expr::Quantifier { all, filter, body, .. } => {
            // Of no element that passes the filter can the body hold (`any`), or fail (`all`).
            let mut sides = vec![(body.as_ref(), !all)];
            sides.extend(filter.iter().map(|f| (f.as_ref(), true)));
            if solve_all(&sides).is_err() { settled(*all) } else { opaque(expr, holds, place) }
        }
        _ => opaque(expr, holds, place),
    }
}

fn negated(expr: &Expr) -> String {
    match expr {
        Expr::Compare { op, left, right, .. } => {
            format!("{} {} {}", print::expression(left), print::operator(negate(*op)), print::expression(right))
        }
        Expr::Not(e) => print::expression(e),
        _ => {
            let text = print::expression(expr);
            if text.contains(' ') { format!("not ({text})") } else { format!("not {text}") }
        }
    }
}

fn opaque(expr: &Expr, holds: bool, place: Place) -> Tree<'_> {
    let text = if holds { print::expression(expr) } else { negated(expr) };
    let says = Says::OneOf(vec![Value::Bool(holds)]);
    Tree::Literal(Literal { term: Term::One(expr, None, false), says, place, text })
}

fn comparison<'a>(
    expr: &'a Expr,
    op: CompareOp,
    (left, right): (&'a Expr, &'a Expr),
    ty: &Type,
    holds: bool,
    place: Place,
) -> Tree<'a> {
    let text = if holds { print::expression(expr) } else { negated(expr) };
    let op = if holds { op } else { negate(op) };
    let (words, optional) = match ty {
        Type::Enum(words) => (Some(*words), false),
        Type::Optional(inner) => match inner.as_ref() {
            Type::Enum(words) => (Some(*words), true),
            _ => (None, true),
        },
        _ => (None, false),
    };
    let (term, says) = match (left, right) {
        (Expr::Const(a), Expr::Const(b)) => match fold::compare(op, a, b, words) {
            Some(false) => (Term::Nothing, Says::False),
            _ => return Tree::All(Vec::new()),
        },
        (e, Expr::Const(value)) => (Term::One(e, words, optional), Says::Compare(op, value.clone())),
        (Expr::Const(value), e) => (Term::One(e, words, optional), Says::Compare(turn(op), value.clone())),
        (a, b) if a == b => (Term::Pair(a, b), Says::Stands([false, possible(op)[1], false])),
        (a, b) => (Term::Pair(a, b), Says::Stands(possible(op))),
    };
    Tree::Literal(Literal { term, says, place, text })
}

fn membership<'a>(expr: &'a Expr, element: &'a Expr, list: &'a Expr, holds: bool, place: Place) -> Tree<'a> {
    let text = if holds { print::expression(expr) } else { negated(expr) };
    let term = Term::One(element, None, false);
    let literal = |says: Says| Tree::Literal(Literal { term, says, place, text: text.clone() });
    match list {
        Expr::Const(Value::List(values)) if holds => literal(Says::OneOf(values.clone())),
        Expr::Const(Value::List(values)) => literal(Says::NoneOf(values.clone())),
        Expr::Const(Value::Range(from, to)) => {
            // Discrete ends are included, continuous ones are not on the right.
            let (inside, outside) = match from.as_ref() {
                Value::Int(_) | Value::Date(_) => (CompareOp::Le, CompareOp::Gt),
                Value::Decimal(_) | Value::Quantity(_) | Value::Time(_) | Value::Instant(_) => {
                    (CompareOp::Lt, CompareOp::Ge)
                }
                _ => return opaque(expr, holds, place),
            };
            let (low, high) = (from.as_ref().clone(), to.as_ref().clone());
            if holds {
                Tree::All(vec![literal(Says::Compare(CompareOp::Ge, low)), literal(Says::Compare(inside, high))])
            } else {
                Tree::Any(vec![literal(Says::Compare(CompareOp::Lt, low)), literal(Says::Compare(outside, high))])
            }
        }
        _ => opaque(expr, holds, place),
    }
}

fn negate(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Eq => CompareOp::Ne,
        CompareOp::Ne => CompareOp::Eq,
        CompareOp::Lt => CompareOp::Ge,
        CompareOp::Le => CompareOp::Gt,
        CompareOp::Gt => CompareOp::Le,
        CompareOp::Ge => CompareOp::Lt,
    }
}

/// The comparison seen from the other side.
fn turn(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::Le => CompareOp::Ge,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::Ge => CompareOp::Le,
        same => same,
    }
}

fn possible(op: CompareOp) -> [bool; 3] {
    match op {
        CompareOp::Eq => [false, true, false],
        CompareOp::Ne => [true, false, true],
        CompareOp::Lt => [true, false, false],
        CompareOp::Le => [true, true, false],
        CompareOp::Gt => [false, false, true],
        CompareOp::Ge => [false, true, true],
    }
}

/// Takes everything that is said for certain, then tries the alternatives of the first choice one by one.
fn solve<'a>(
    mut todo: Vec<&'a Tree<'a>>,
    mut choices: Vec<&'a [Tree<'a>]>,
    mut known: Vec<Known<'a>>,
    budget: &mut u32,
) -> Result<(), Conflict> {
    while let Some(tree) = todo.pop() {
        match tree {
            Tree::All(trees) => todo.extend(trees.iter().rev()),
            Tree::Any(trees) => choices.push(trees),
            Tree::Literal(literal) => learn(&mut known, literal)?,
        }
    }
    let Some((first, rest)) = choices.split_first() else { return Ok(()) };
    let mut reason = None;
    for branch in *first {
        if *budget == 0 {
            return Ok(());
        }
        *budget -= 1;
        match solve(vec![branch], rest.to_vec(), known.clone(), budget) {
            Ok(()) => return Ok(()),
            Err(conflict) => reason = reason.or(Some(conflict)),
        }
    }
    Err(reason.unwrap_or(Conflict { parts: Vec::new() }))
}

/// What is known of a term so far.
#[derive(Clone)]
struct Known<'a> {
    term: Term<'a>,
    low: Option<Bound<'a>>,
    high: Option<Bound<'a>>,
    /// The values that are left, when they can be counted, and which literal left them.
    only: Option<(Vec<Value>, Option<&'a Literal<'a>>)>,
    not: Vec<(Value, &'a Literal<'a>)>,
    stands: [bool; 3],
    last: &'a Literal<'a>,
}

#[derive(Clone)]
struct Bound<'a> {
    value: Value,
    included: bool,
    by: Option<&'a Literal<'a>>,
}

fn learn<'a>(known: &mut Vec<Known<'a>>, literal: &'a Literal<'a>) -> Result<(), Conflict> {
    if matches!(literal.says, Says::False) {
        return Err(conflict(literal, None));
    }
    if let Term::Pair(a, b) = literal.term {
        return learn_pair(known, literal, a, b);
    }
    let position = known.iter().position(|k| same_term(k.term, literal.term));
    let mut state = match position.and_then(|p| known.get(p)) {
        Some(state) => state.clone(),
        None => Known::of(literal),
    };
    let before = state.last;
    state.last = literal;
    match &literal.says {
        Says::Compare(CompareOp::Eq, value) => state.keep(literal, |v| fold::same(v, value), vec![value.clone()]),
        Says::Compare(CompareOp::Ne, value) => state.not.push((value.clone(), literal)),
        Says::Compare(op, value) => state.bound(literal, *op, value),
        Says::OneOf(values) => state.keep(literal, |v| values.iter().any(|w| fold::same(v, w)), values.clone()),
        Says::NoneOf(values) => state.not.extend(values.iter().map(|v| (v.clone(), literal))),
        Says::Stands(_) | Says::False => {}
    }
    if let Err(other) = state.possible() {
        return Err(conflict(literal, other.or((!std::ptr::eq(before, literal)).then_some(before))));
    }
    match position.and_then(|p| known.get_mut(p)) {
        Some(place) => *place = state,
        None => known.push(state),
    }
    Ok(())
}

fn same_term(a: Term<'_>, b: Term<'_>) -> bool {
    match (a, b) {
        (Term::One(a, ..), Term::One(b, ..)) => a == b,
        _ => false,
    }
}

fn learn_pair<'a>(
    known: &mut Vec<Known<'a>>,
    literal: &'a Literal<'a>,
    a: &'a Expr,
    b: &'a Expr,
) -> Result<(), Conflict> {
    let Says::Stands(mut says) = literal.says else { return Ok(()) };
    if says == [false; 3] {
        return Err(conflict(literal, None));
    }
    for state in known.iter_mut() {
        let Term::Pair(x, y) = state.term else { continue };
        let turned = x == b && y == a;
        let straight = x == a && y == b;
        if !turned && !straight {
            continue;
        }
        if turned && a != b {
            says.reverse();
        }
        let left: Vec<bool> = state.stands.iter().zip(says).map(|(a, b)| *a && b).collect();
        let before = state.last;
        if let [x, y, z] = *left {
            state.stands = [x, y, z];
            state.last = literal;
        }
        return if left.contains(&true) { Ok(()) } else { Err(conflict(literal, Some(before))) };
    }
    let mut state = Known::of(literal);
    state.stands = says;
    known.push(state);
    Ok(())
}

fn conflict(last: &Literal<'_>, other: Option<&Literal<'_>>) -> Conflict {
    let mut literals: Vec<_> = other.into_iter().chain([last]).collect();
    literals.sort_by_key(|l| l.place);
    Conflict { parts: literals.into_iter().map(|l| (l.place.0, l.text.clone())).collect() }
}

impl<'a> Known<'a> {
    fn of(literal: &'a Literal<'a>) -> Self {
        let (low, only) = match literal.term {
            Term::One(Expr::Call(Builtin::Count, _), ..) => (Some(Value::Int(0)), None),
            Term::One(Expr::Age, ..) => {
                let zero = Quantity { dimension: Dimension::Duration, amount: Decimal::ZERO, written: None };
                (Some(Value::Quantity(zero)), None)
            }
            Term::One(_, Some(words), optional) => {
                let mut all: Vec<_> = words.members.iter().map(|(w, _)| Value::Enum((*w).into())).collect();
                all.extend(optional.then_some(Value::None));
                (None, Some((all, None)))
            }
            _ => (None, None),
        };
        Self {
            term: literal.term,
            low: low.map(|value| Bound { value, included: true, by: None }),
            high: None,
            only,
            not: Vec::new(),
            stands: [true; 3],
            last: literal,
        }
    }

    fn words(&self) -> Option<&'static EnumType> {
        match self.term {
            Term::One(_, words, _) => words,
            _ => None,
        }
    }

    fn keep(&mut self, literal: &'a Literal<'a>, wanted: impl Fn(&Value) -> bool, all: Vec<Value>) {
        match &mut self.only {
            Some((values, by)) => {
                let before = values.len();
                values.retain(wanted);
                if values.len() < before && !values.is_empty() {
                    *by = Some(literal);
                }
            }
            None => self.only = Some((all, Some(literal))),
        }
    }

    fn bound(&mut self, literal: &'a Literal<'a>, op: CompareOp, value: &Value) {
        let (value, included) = whole(op, value);
        let bound = Bound { value, included, by: Some(literal) };
        let words = self.words();
        let upper = matches!(op, CompareOp::Lt | CompareOp::Le);
        let place = if upper { &mut self.high } else { &mut self.low };
        let tighter = place.as_ref().is_none_or(|old| {
            let order = fold::order(&bound.value, &old.value, words);
            let inward = if upper { Ordering::Less } else { Ordering::Greater };
            order == Some(inward) || (order == Some(Ordering::Equal) && old.included && !bound.included)
        });
        if tighter {
            *place = Some(bound);
        }
    }

    fn admits(&self, value: &Value) -> Result<(), Option<&'a Literal<'a>>> {
        let words = self.words();
        for (bound, outside) in [(&self.low, Ordering::Less), (&self.high, Ordering::Greater)] {
            let Some(bound) = bound else { continue };
            match fold::order(value, &bound.value, words) {
                Some(order) if order == outside => return Err(bound.by),
                Some(Ordering::Equal) if !bound.included => return Err(bound.by),
                None if *value == Value::None => return Err(bound.by),
                _ => {}
            }
        }
        match self.not.iter().find(|(v, _)| fold::same(v, value)) {
            Some((_, by)) => Err(Some(by)),
            None => Ok(()),
        }
    }

    /// Whether anything is left; if not, which literal beside the last one is to blame.
    fn possible(&self) -> Result<(), Option<&'a Literal<'a>>> {
        if let Some((values, by)) = &self.only {
            let mut blame = *by;
            for value in values {
                match self.admits(value) {
                    Ok(()) => return Ok(()),
                    Err(other) => blame = self.other(other, blame),
                }
            }
            return Err(blame);
        }
        let (Some(low), Some(high)) = (&self.low, &self.high) else { return Ok(()) };
        let blame = self.other(low.by, high.by);
        match fold::order(&low.value, &high.value, self.words()) {
            Some(Ordering::Greater) => Err(blame),
            Some(Ordering::Equal) if !(low.included && high.included) => Err(blame),
            Some(Ordering::Equal) => self.admits(&low.value),
            Some(Ordering::Less) | None => Ok(()),
        }
    }

    /// Of two literals the one that is not the last one learnt.
    fn other(&self, a: Option<&'a Literal<'a>>, b: Option<&'a Literal<'a>>) -> Option<&'a Literal<'a>> {
        let is_last = |l: &&Literal<'_>| std::ptr::eq(*l, self.last);
        a.filter(|l| !is_last(l)).or(b.filter(|l| !is_last(l)))
    }
}

/// A bound of whole numbers as one that is included: above 5 is from 6.
fn whole(op: CompareOp, value: &Value) -> (Value, bool) {
    match (op, value) {
        (CompareOp::Gt, Value::Int(n)) => (Value::Int(n.saturating_add(1)), true),
        (CompareOp::Lt, Value::Int(n)) => (Value::Int(n.saturating_sub(1)), true),
        (CompareOp::Gt | CompareOp::Lt, value) => (value.clone(), false),
        (_, value) => (value.clone(), true),
    }
}
