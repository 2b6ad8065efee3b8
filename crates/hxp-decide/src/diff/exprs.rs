//! Expressions as formulas: Kleene's three values as two formulas, one for true and one for false.

use hxp_policy::{CompareOp, Expr, Label, Policy, Type, Value};
use jiff::{SignedDuration, Timestamp};

use super::atoms::{Aspect, Matter, Scale, Side, Source, type_of};
use super::encode::Encoder;
use super::formula::{FALSE, Node, Pair, TRUE};
use crate::eval;

/// Where an expression stands: in which policy, over which evidence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub side: Side,
    pub of: Option<usize>,
}

impl Encoder<'_> {
    /// When a boolean expression is true, and when it is false.
    pub fn truth(&mut self, expr: &Expr, place: Place) -> Pair {
        match expr {
            Expr::Const(value) => value.as_bool().map_or(Pair::UNKNOWN, Pair::known),
            Expr::Not(e) => self.truth(e, place).not(),
            Expr::And(es) => {
                let parts = self.truths(es, place);
                self.formulas.all(&parts)
            }
            Expr::Or(es) => {
                let parts = self.truths(es, place);
                self.formulas.any(&parts)
            }
            Expr::HasLabel(label) => self.label(label, place.side),
            Expr::WindowOpen(window) => {
                let open = self.open(window, place.side);
                self.formulas.guarded(TRUE, open)
            }
            Expr::If(c, a, b) => {
                let (c, a, b) = (self.truth(c, place), self.truth(a, place), self.truth(b, place));
                Pair { yes: self.choice(c, a.yes, b.yes), no: self.choice(c, a.no, b.no) }
            }
            Expr::Compare { op, left, right, ty } => self.compare(expr, *op, left, right, ty, place),
            Expr::In(element, among) | Expr::Has(among, element) => self.contains(expr, among, element, place),
            _ => self.opaque(expr, place),
        }
    }

    fn truths(&mut self, exprs: &[Expr], place: Place) -> Vec<Pair> {
        exprs.iter().map(|e| self.truth(e, place)).collect()
    }

    /// The first or the second as the condition says; with an unknown condition, what is common.
    fn choice(&mut self, c: Pair, a: Node, b: Node) -> Node {
        let first = self.formulas.and([c.yes, a]);
        let second = self.formulas.and([c.no, b]);
        let common = self.formulas.and([a, b]);
        self.formulas.or([first, second, common])
    }

    /// An expression that is not looked into: the same only as itself.
    fn opaque(&mut self, expr: &Expr, place: Place) -> Pair {
        let side = self.differs_within(expr).then_some(place.side);
        let of = place.of.filter(|_| over_evidence(expr));
        let matter = self.questions.matter(Matter::Truth { expr: expr.clone(), of, side });
        self.pair(matter)
    }

    fn pair(&mut self, matter: usize) -> Pair {
        let yes = self.ask(matter, Aspect::Yes);
        let no = self.ask(matter, Aspect::No);
        Pair { yes, no }
    }

    pub(super) fn ask(&mut self, matter: usize, aspect: Aspect) -> Node {
        let var = self.questions.ask(matter, aspect);
        self.formulas.var(var)
    }

    /// Whether an expression names a label or a window that the two policies define differently.
    fn differs_within(&self, expr: &Expr) -> bool {
        let mut differs = false;
        expr.walk(&mut |e| match e {
            Expr::HasLabel(label) => {
                let (a, b) = (self.old.labels.get(label), self.new.labels.get(label));
                differs |= match (a, b) {
                    (Some(a), Some(b)) => !same_label(a, b),
                    _ => true,
                };
            }
            Expr::WindowOpen(window) => {
                differs |=
                    self.calendar.text(self.old, Side::Old, window) != self.calendar.text(self.new, Side::New, window);
            }
            _ => {}
        });
        differs
    }

    /// A label is there when one of its sources says so.
    pub fn label(&mut self, name: &str, side: Side) -> Pair {
        let policy = self.policy(side);
        let Some(label) = policy.labels.get(name) else { return Pair::UNKNOWN };
        let mut parts = Vec::new();
        if let Some(pr) = &label.pr {
            let matter = self.questions.matter(Matter::Label { source: Source::PullRequest(pr.clone()) });
            parts.push(self.pair(matter));
        }
        if !label.files.is_empty() {
            let matter = self.questions.matter(Matter::Label { source: Source::Files });
            let known = self.ask(matter, Aspect::Known);
            let globs: Vec<Node> =
                label.files.iter().map(|glob| self.ask(matter, Aspect::File(glob.clone()))).collect();
            let any = self.formulas.or(globs);
            parts.push(self.formulas.guarded(known, any));
        }
        if let Some(pattern) = &label.commits {
            let matter = self.questions.matter(Matter::Label { source: Source::Commits(pattern.clone()) });
            parts.push(self.pair(matter));
        }
        self.formulas.any(&parts)
    }

    fn compare(&mut self, whole: &Expr, op: CompareOp, left: &Expr, right: &Expr, ty: &Type, place: Place) -> Pair {
        let none = |e: &Expr| matches!(e, Expr::Const(Value::None));
        if matches!(bare(ty), Type::Bool) && !none(left) && !none(right) {
            let (a, b) = (self.truth(left, place), self.truth(right, place));
            let not_b = b.not();
            let same = Pair { yes: self.choice_of(a, b, not_b), no: self.choice_of(a, not_b, b) };
            return match op {
                CompareOp::Eq => same,
                CompareOp::Ne => same.not(),
                _ => Pair::UNKNOWN,
            };
        }
        match (left, right) {
            (Expr::Const(a), Expr::Const(b)) => eval::compare(op, a, b, ty).map_or(Pair::UNKNOWN, Pair::known),
            (term, Expr::Const(value)) => self.against(whole, op, term, value, ty, place),
            (Expr::Const(value), term) => self.against(whole, turn(op), term, value, ty, place),
            (term, tree @ Expr::If(..)) => self.against_tree(whole, op, term, tree, ty, place),
            (tree @ Expr::If(..), term) => self.against_tree(whole, turn(op), term, tree, ty, place),
            (a, b) => self.two(whole, op, a, b, ty, place),
        }
    }

    /// `a` and `b` known and alike (with `b` and its opposite as they are given).
    fn choice_of(&mut self, a: Pair, b: Pair, not_b: Pair) -> Node {
        let both = self.formulas.and([a.yes, b.yes]);
        let neither = self.formulas.and([a.no, not_b.yes]);
        self.formulas.or([both, neither])
    }

    /// A comparison with a constant, or with an `if` over constants on the left.
    fn against(&mut self, whole: &Expr, op: CompareOp, term: &Expr, value: &Value, ty: &Type, place: Place) -> Pair {
        if let Expr::If(..) = term {
            let constant = Expr::Const(value.clone());
            return self.against_tree(whole, turn(op), &constant, term, ty, place);
        }
        if let (Expr::Fact { path, .. }, Value::Instant(at)) = (term, value)
            && matches!(path.as_slice(), [only] if only == "at")
        {
            return self.instant(op, at.timestamp());
        }
        let Some(scale) = scale(ty, value) else { return self.opaque(whole, place) };
        if matches!(scale, Scale::Names) && !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return self.opaque(whole, place);
        }
        let of = place.of.filter(|_| over_evidence(term));
        if self.differs_within(term) {
            return self.opaque(whole, place);
        }
        // A term that is only ever asked whether it is none has the scale it has elsewhere.
        let scale = if matches!(value, Value::None) { scale_of(ty) } else { scale };
        let matter = self.questions.matter(Matter::Term { expr: term.clone(), of, scale: scale.clone() });
        let known = if matches!(term, Expr::Age) { TRUE } else { self.ask(matter, Aspect::Known) };
        let none = if nullable(term) { self.ask(matter, Aspect::None) } else { FALSE };
        if matches!(value, Value::None) {
            let is = self.formulas.guarded(known, none);
            return match op {
                CompareOp::Eq => is,
                CompareOp::Ne => is.not(),
                _ => Pair::UNKNOWN,
            };
        }
        let some = self.formulas.not(none);
        let there = self.formulas.and([known, some]);
        if matches!(op, CompareOp::Eq | CompareOp::Ne) {
            let is = if matches!(scale, Scale::Names) {
                self.ask(matter, Aspect::Is(plain(value)))
            } else {
                let at_least = self.ask(matter, Aspect::AtLeast(value.clone()));
                let above = self.ask(matter, Aspect::Above(value.clone()));
                let not_above = self.formulas.not(above);
                self.formulas.and([at_least, not_above])
            };
            let is = self.formulas.and([some, is]);
            let same = self.formulas.guarded(known, is);
            return if op == CompareOp::Eq { same } else { same.not() };
        }
        let aspect = match op {
            CompareOp::Ge | CompareOp::Lt => Aspect::AtLeast(value.clone()),
            _ => Aspect::Above(value.clone()),
        };
        let beyond = self.ask(matter, aspect);
        let pair = self.formulas.guarded(there, beyond);
        if matches!(op, CompareOp::Lt | CompareOp::Le) { pair.not() } else { pair }
    }

    /// The instant of the request beside a fixed one.
    fn instant(&mut self, op: CompareOp, at: Timestamp) -> Pair {
        let next = at.checked_add(SignedDuration::from_nanos(1)).unwrap_or(Timestamp::MAX);
        let from = self.since(at);
        let after = self.since(next);
        let holds = match op {
            CompareOp::Ge => from,
            CompareOp::Gt => after,
            CompareOp::Lt => self.formulas.not(from),
            CompareOp::Le => self.formulas.not(after),
            CompareOp::Eq | CompareOp::Ne => {
                let not_after = self.formulas.not(after);
                let is = self.formulas.and([from, not_after]);
                if op == CompareOp::Eq { is } else { self.formulas.not(is) }
            }
        };
        self.formulas.guarded(TRUE, holds)
    }

    /// A comparison with what an `if` comes to, when all it can come to is constant.
    fn against_tree(&mut self, whole: &Expr, op: CompareOp, term: &Expr, tree: &Expr, ty: &Type, place: Place) -> Pair {
        let mut leaves = Vec::new();
        if !constants(tree, &mut leaves) {
            return self.opaque(whole, place);
        }
        let (mut yes, mut no) = (Vec::new(), Vec::new());
        for leaf in &leaves {
            let comes = self.comes_to(tree, leaf, place);
            let says = match term {
                Expr::Const(value) => eval::compare(op, value, leaf, ty).map_or(Pair::UNKNOWN, Pair::known),
                term => self.against(whole, op, term, leaf, ty, place),
            };
            yes.push(self.formulas.and([comes, says.yes]));
            no.push(self.formulas.and([comes, says.no]));
        }
        Pair { yes: self.formulas.or(yes), no: self.formulas.or(no) }
    }

    /// When an `if` is known to come to a value.
    fn comes_to(&mut self, tree: &Expr, leaf: &Value, place: Place) -> Node {
        match tree {
            Expr::If(c, a, b) => {
                let c = self.truth(c, place);
                let (a, b) = (self.comes_to(a, leaf, place), self.comes_to(b, leaf, place));
                self.choice(c, a, b)
            }
            Expr::Const(value) if eval::equal(value, leaf) == Some(true) => TRUE,
            _ => FALSE,
        }
    }

    /// Two expressions, neither of them constant.
    fn two(&mut self, whole: &Expr, op: CompareOp, a: &Expr, b: &Expr, ty: &Type, place: Place) -> Pair {
        let ordered = matches!(ty, Type::Int | Type::Decimal | Type::Quantity(_) | Type::Semver | Type::Instant)
            || matches!(ty, Type::Enum(words) if words.ordered);
        if !ordered || nullable(a) || nullable(b) || self.differs_within(whole) {
            // `a != b` is `not (a == b)`, whatever they are.
            if let Expr::Compare { op: CompareOp::Ne, left, right, ty } = whole {
                let same =
                    Expr::Compare { op: CompareOp::Eq, left: left.clone(), right: right.clone(), ty: ty.clone() };
                return self.opaque(&same, place).not();
            }
            return self.opaque(whole, place);
        }
        // One direction for both ways to write it.
        let forwards = hxp_policy::describe(a) <= hxp_policy::describe(b);
        let (op, a, b) = if forwards { (op, a, b) } else { (turn(op), b, a) };
        let stand = Expr::List(vec![a.clone(), b.clone()]);
        let of = place.of.filter(|_| over_evidence(whole));
        let matter = self.questions.matter(Matter::Term { expr: stand, of, scale: Scale::Stand });
        let known = self.ask(matter, Aspect::Known);
        let at_least = self.ask(matter, Aspect::AtLeast(Value::Int(0)));
        let above = self.ask(matter, Aspect::Above(Value::Int(0)));
        let holds = match op {
            CompareOp::Ge => at_least,
            CompareOp::Gt => above,
            CompareOp::Lt => self.formulas.not(at_least),
            CompareOp::Le => self.formulas.not(above),
            CompareOp::Eq | CompareOp::Ne => {
                let not_above = self.formulas.not(above);
                let is = self.formulas.and([at_least, not_above]);
                if op == CompareOp::Eq { is } else { self.formulas.not(is) }
            }
        };
        self.formulas.guarded(known, holds)
    }

    fn contains(&mut self, whole: &Expr, among: &Expr, element: &Expr, place: Place) -> Pair {
        match among {
            Expr::Const(Value::Range(from, to)) => {
                let discrete = matches!(from.as_ref(), Value::Int(_) | Value::Date(_) | Value::Weekday(_));
                let end = if discrete { CompareOp::Le } else { CompareOp::Lt };
                if scale(&Type::Any, from).is_none_or(|s| matches!(s, Scale::Names)) {
                    return self.opaque(whole, place);
                }
                let sides = [(CompareOp::Ge, from), (end, to)];
                let sides = sides.map(|(op, value)| {
                    self.compare(whole, op, element, &Expr::Const((**value).clone()), &Type::Any, place)
                });
                self.formulas.all(&sides)
            }
            Expr::Const(Value::List(values)) if values.iter().all(|v| scale(&Type::Any, v).is_some()) => {
                let ty = type_of(element).cloned().unwrap_or(Type::Any);
                let each: Vec<Pair> = values
                    .iter()
                    .map(|v| self.compare(whole, CompareOp::Eq, element, &Expr::Const(v.clone()), &ty, place))
                    .collect();
                self.formulas.any(&each)
            }
            // `x in xs` and `xs has x` are one question.
            _ => self.opaque(&Expr::Has(Box::new(among.clone()), Box::new(element.clone())), place),
        }
    }
}

fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Optional(inner) => bare(inner),
        other => other,
    }
}

fn turn(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::Le => CompareOp::Ge,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::Ge => CompareOp::Le,
        same => same,
    }
}

/// How a term that is compared with a value is ordered; `None`: it is better not looked into.
fn scale(ty: &Type, value: &Value) -> Option<Scale> {
    Some(match (bare(ty), value) {
        (Type::Enum(words), Value::Enum(_) | Value::Str(_)) if words.ordered => Scale::Words(words),
        (_, Value::Str(_) | Value::Enum(_) | Value::Weekday(_) | Value::Bool(_) | Value::None) => Scale::Names,
        (
            _,
            Value::Int(_)
            | Value::Decimal(_)
            | Value::Quantity(_)
            | Value::Semver(_)
            | Value::Instant(_)
            | Value::Date(_)
            | Value::Time(_),
        ) => Scale::Line,
        _ => return None,
    })
}

fn scale_of(ty: &Type) -> Scale {
    match bare(ty) {
        Type::Enum(words) if words.ordered => Scale::Words(words),
        Type::Int | Type::Decimal | Type::Quantity(_) | Type::Semver | Type::Instant | Type::Date | Type::Time => {
            Scale::Line
        }
        _ => Scale::Names,
    }
}

/// Names of enumerations and texts are compared alike.
fn plain(value: &Value) -> Value {
    match value {
        Value::Enum(word) => Value::Str(word.clone()),
        other => other.clone(),
    }
}

/// Whether a term may be known to be none.
fn nullable(term: &Expr) -> bool {
    match term {
        Expr::Fact { ty, .. } | Expr::Field { ty, .. } | Expr::Var { ty, .. } => {
            matches!(ty, Type::Optional(_) | Type::Any)
        }
        Expr::Result { .. } | Expr::Index(..) => true,
        _ => false,
    }
}

/// Whether an expression reads the evidence of a gate.
fn over_evidence(expr: &Expr) -> bool {
    let mut reads = false;
    expr.walk(&mut |e| reads |= matches!(e, Expr::Result { .. } | Expr::Age));
    reads
}

/// The constants that an `if` can come to; `false` when there is anything else.
fn constants(tree: &Expr, leaves: &mut Vec<Value>) -> bool {
    match tree {
        Expr::If(_, a, b) => constants(a, leaves) && constants(b, leaves),
        Expr::Const(value) => {
            if !leaves.iter().any(|other| eval::equal(other, value) == Some(true)) {
                leaves.push(value.clone());
            }
            true
        }
        _ => false,
    }
}

/// Whether two labels come from the same sources.
pub(super) fn same_label(a: &Label, b: &Label) -> bool {
    let sorted = |l: &Label| {
        let mut files = l.files.clone();
        files.sort();
        files.dedup();
        files
    };
    a.pr == b.pr && a.commits == b.commits && sorted(a) == sorted(b)
}

impl<'p> Encoder<'p> {
    pub(super) fn policy(&self, side: Side) -> &'p Policy {
        match side {
            Side::Old => self.old,
            Side::New => self.new,
        }
    }
}
