//! The questions that formulas ask a request, and how their answers hang together.
//!
//! What is left out of the axioms makes more requests thinkable than there are: a difference may then be seen where there
//! is none, never the other way round. So "equivalent" and "stricter" can be relied upon, and a witness that is replayed
//! confirms what is "looser".

use std::cmp::Ordering;
use std::collections::BTreeSet;

use hxp_policy::expr::Builtin;
use hxp_policy::{CompareOp, EnumType, Expr, Subject, Type, Value};
use smol_str::SmolStr;

use super::formula::{FALSE, Formulas, Node, TRUE, Var};
use crate::eval;

/// Which of the two policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Side {
    Old,
    New,
}

/// What a question is about; answers about one matter hang together.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Matter {
    /// The instant of the request.
    Time,
    /// The value of an expression, perhaps over a gate's evidence.
    Term { expr: Expr, of: Option<usize>, scale: Scale },
    /// The truth of an expression that is not looked into.
    Truth { expr: Expr, of: Option<usize>, side: Option<Side> },
    /// A source of a label.
    Label { source: Source },
    /// The newest evidence of a gate.
    Evidence(EvidenceKey),
    /// People and their votes.
    People,
    /// Stays of the release in an environment.
    Stays(SmolStr),
    /// The releases that one can go back to.
    Healthy,
    /// How long ago the incident was declared.
    Incident,
}

/// How values of a term are ordered.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scale {
    /// As numbers, quantities, versions, instants are.
    Line,
    /// As the members of an ordered enumeration.
    Words(&'static EnumType),
    /// Not at all: names.
    Names,
    /// How two expressions stand to each other.
    Stand,
}

/// What a label may come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    PullRequest(SmolStr),
    Files,
    Commits(hxp_policy::Pattern),
}

/// Which evidence counts for a gate.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct EvidenceKey {
    pub gate: SmolStr,
    pub subject: Subject,
    pub policy: Option<SmolStr>,
    pub trust: Trust,
    pub params: Vec<(SmolStr, Value)>,
}

/// Who may give evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    Machine(Option<SmolStr>),
    People(Team),
}

/// A team; where the policy lists its members, they are part of what it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Team {
    pub name: SmolStr,
    pub listed: Option<Vec<SmolStr>>,
}

/// What is asked of a matter.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Aspect {
    /// It is known.
    Known,
    /// It is known to be none.
    None,
    /// It is at least so much.
    AtLeast(Value),
    /// It is more.
    Above(Value),
    /// It is this.
    Is(Value),
    /// It is known to hold.
    Yes,
    /// It is known not to hold.
    No,
    /// A changed file matches.
    File(SmolStr),
    /// The evidence passed.
    Passed,
    /// The evidence failed.
    Failed,
    /// The evidence is an error, or was skipped.
    NoData,
    /// The union of the teams has so many people whose approval counts and is no older than so many milliseconds.
    Enough { valid: Option<i64>, teams: BTreeSet<Team>, people: u32 },
    /// Whose approvals of a team count is known.
    Electorate(Team),
    /// A member of the team rejects.
    Rejects(Team),
    /// A composite demand on people that is compared by its text alone.
    Whole(String),
    /// There was a stay of so many milliseconds that did not end in failure.
    Soaked(i64),
    /// All stays ended in failure.
    Spoilt,
    /// The release is one of the last so many.
    Recent(u32),
    /// The incident was declared less than so many milliseconds ago.
    Before(i64),
    /// The instant is in that set.
    In(usize),
}

#[derive(Clone, Debug)]
pub(super) struct Question {
    pub matter: usize,
    pub aspect: Aspect,
}

/// All questions of one comparison.
#[derive(Debug, Default)]
pub(super) struct Questions {
    pub matters: Vec<Matter>,
    asked: Vec<Question>,
    by_matter: Vec<Vec<Var>>,
}

impl Questions {
    /// The number of a matter.
    pub fn matter(&mut self, matter: Matter) -> usize {
        if let Some(at) = self.matters.iter().position(|m| *m == matter) {
            return at;
        }
        self.matters.push(matter);
        self.by_matter.push(Vec::new());
        self.matters.len() - 1
    }

    /// A question about a matter.
    pub fn ask(&mut self, matter: usize, aspect: Aspect) -> Var {
        if let Some(var) = self.find(matter, |a| *a == aspect) {
            return var;
        }
        let var = Var(u32::try_from(self.asked.len()).unwrap_or(u32::MAX));
        self.asked.push(Question { matter, aspect });
        if let Some(list) = self.by_matter.get_mut(matter) {
            list.push(var);
        }
        var
    }

    fn find(&self, matter: usize, wanted: impl Fn(&Aspect) -> bool) -> Option<Var> {
        self.of(matter).find(|(_, aspect)| wanted(aspect)).map(|(var, _)| var)
    }

    /// The questions about a matter.
    pub fn of(&self, matter: usize) -> impl Iterator<Item = (Var, &Aspect)> {
        let vars = self.by_matter.get(matter).into_iter().flatten();
        vars.filter_map(|var| Some((*var, &self.question(*var)?.aspect)))
    }

    /// A question.
    pub fn question(&self, var: Var) -> Option<&Question> {
        self.asked.get(var.0 as usize)
    }

    /// The matter of a question.
    pub fn matter_of(&self, var: Var) -> Option<&Matter> {
        self.matters.get(self.question(var)?.matter)
    }

    /// The questions in an order that keeps diagrams small: first the clock and the overrides, on which everything may
    /// hang, then demand by demand what it alone asks.
    pub fn order(&self, formulas: &Formulas, demands: &[Node]) -> Vec<Var> {
        let shared = |matter: &Matter| match matter {
            Matter::Time | Matter::Incident | Matter::Healthy => true,
            Matter::Term { expr: Expr::Fact { path, .. }, .. }
            | Matter::Truth { expr: Expr::Fact { path, .. }, .. } => {
                path.first().is_some_and(|root| root == "override" || root == "incident" || root == "action")
            }
            _ => false,
        };
        let all = || (0_u32..).zip(&self.asked);
        let mut order: Vec<Var> = Vec::with_capacity(self.asked.len());
        let mut placed = vec![false; self.asked.len()];
        let mut place = |var: Var, order: &mut Vec<Var>| {
            if let Some(seen) = placed.get_mut(var.0 as usize)
                && !*seen
            {
                *seen = true;
                order.push(var);
            }
        };
        for (i, question) in all() {
            // Whether the files are known at all is asked with each of them.
            let known_files = question.aspect == Aspect::Known
                && self.matters.get(question.matter) == Some(&Matter::Label { source: Source::Files });
            if known_files || self.matters.get(question.matter).is_some_and(shared) {
                place(Var(i), &mut order);
            }
        }
        for demand in demands {
            for var in formulas.asks([*demand]) {
                match self.question(var).map(|q| (q.matter, self.matters.get(q.matter))) {
                    // These hold many things that have little to do with one another.
                    Some((_, Some(Matter::People | Matter::Label { source: Source::Files }))) | None => {
                        place(var, &mut order);
                    }
                    Some((matter, _)) => self.of(matter).for_each(|(var, _)| place(var, &mut order)),
                }
            }
        }
        for (i, _) in all() {
            place(Var(i), &mut order);
        }
        order
    }

    /// What holds of every request.
    pub fn axioms(&self, formulas: &mut Formulas) -> Vec<Node> {
        let mut axioms = Vec::new();
        for matter in 0..self.matters.len() {
            self.axioms_of(matter, formulas, &mut axioms);
        }
        self.opaque(formulas, &mut axioms);
        axioms.retain(|a| *a != TRUE);
        axioms
    }

    fn axioms_of(&self, at: usize, formulas: &mut Formulas, axioms: &mut Vec<Node>) {
        let Some(matter) = self.matters.get(at) else { return };
        match matter {
            Matter::Term { expr, scale, .. } => self.term(at, expr, scale, formulas, axioms),
            Matter::Truth { .. } => self.at_most_one(at, |a| matches!(a, Aspect::Yes | Aspect::No), formulas, axioms),
            Matter::Label { .. } => self.at_most_one(at, |a| matches!(a, Aspect::Yes | Aspect::No), formulas, axioms),
            Matter::Evidence(_) => self.at_most_one(at, |_| true, formulas, axioms),
            Matter::Stays(_) => {
                self.chain(at, |a| if let Aspect::Soaked(soak) = a { Some(*soak) } else { None }, formulas, axioms);
                if let Some(spoilt) = self.find(at, |a| *a == Aspect::Spoilt) {
                    let soaked: Vec<Var> =
                        self.of(at).filter(|(_, a)| matches!(a, Aspect::Soaked(_))).map(|(v, _)| v).collect();
                    for var in soaked {
                        exclude(spoilt, var, formulas, axioms);
                    }
                }
            }
            Matter::Healthy => {
                let least = |a: &Aspect| if let Aspect::Recent(n) = a { Some(-i64::from(*n)) } else { None };
                self.chain(at, least, formulas, axioms);
            }
            Matter::Incident => {
                let least = |a: &Aspect| if let Aspect::Before(n) = a { Some(-*n) } else { None };
                self.chain(at, least, formulas, axioms);
            }
            Matter::People => self.people(at, formulas, axioms),
            Matter::Time => {}
        }
    }

    /// Each question with a greater measure implies those with a smaller one.
    fn chain(
        &self,
        at: usize,
        measure: impl Fn(&Aspect) -> Option<i64>,
        formulas: &mut Formulas,
        axioms: &mut Vec<Node>,
    ) {
        let mut links: Vec<(i64, Var)> = self.of(at).filter_map(|(var, a)| Some((measure(a)?, var))).collect();
        links.sort_unstable();
        for pair in links.windows(2) {
            if let [(_, less), (_, more)] = pair {
                implies(*more, *less, formulas, axioms);
            }
        }
    }

    fn at_most_one(&self, at: usize, among: impl Fn(&Aspect) -> bool, formulas: &mut Formulas, axioms: &mut Vec<Node>) {
        let vars: Vec<Var> = self.of(at).filter(|(_, a)| among(a)).map(|(var, _)| var).collect();
        for (i, a) in vars.iter().enumerate() {
            for b in vars.iter().skip(i + 1) {
                exclude(*a, *b, formulas, axioms);
            }
        }
    }

    fn term(&self, at: usize, expr: &Expr, scale: &Scale, formulas: &mut Formulas, axioms: &mut Vec<Node>) {
        let mut edges: Vec<(Value, Option<Var>, Option<Var>)> = Vec::new();
        for (var, aspect) in self.of(at) {
            let (value, above) = match aspect {
                Aspect::AtLeast(value) => (value, false),
                Aspect::Above(value) => (value, true),
                _ => continue,
            };
            match edges.iter_mut().find(|(other, ..)| place(scale, other, value) == Some(Ordering::Equal)) {
                Some((_, _, slot)) if above => *slot = Some(var),
                Some((_, slot, _)) => *slot = Some(var),
                None => {
                    edges.push(if above { (value.clone(), None, Some(var)) } else { (value.clone(), Some(var), None) });
                }
            }
        }
        edges.sort_by(|a, b| place(scale, &a.0, &b.0).unwrap_or(Ordering::Equal));
        // From the greatest downwards: to be there is to be at everything below.
        let mut last: Option<Var> = None;
        for (_, at_least, above) in edges.iter().rev() {
            for var in [above, at_least].into_iter().flatten() {
                if let Some(greater) = last {
                    implies(greater, *var, formulas, axioms);
                }
                last = Some(*var);
            }
        }
        // Whole numbers have nothing between them, and counts and ages nothing below zero.
        for pair in edges.windows(2) {
            if let [(a, _, Some(above)), (b, Some(at_least), _)] = pair
                && neighbours(expr, scale, a, b)
            {
                implies(*above, *at_least, formulas, axioms);
            }
        }
        if never_negative(expr) {
            for (value, at_least, above) in &edges {
                let sign = eval::order(value, &zero_like(value));
                if let (Some(Ordering::Less | Ordering::Equal), Some(var)) = (sign, at_least) {
                    axioms.push(formulas.var(*var));
                }
                if let (Some(Ordering::Less), Some(var)) = (sign, above) {
                    axioms.push(formulas.var(*var));
                }
            }
        }
        if let Scale::Words(words) = scale {
            let spot = |v: &Value| v.as_str().and_then(|s| words.position(s));
            for (value, at_least, above) in &edges {
                if let (Some(0), Some(var)) = (spot(value), at_least) {
                    axioms.push(formulas.var(*var));
                }
                if let (Some(position), Some(var)) = (spot(value), above)
                    && position + 1 >= words.members.len()
                {
                    let var = formulas.var(*var);
                    axioms.push(formulas.not(var));
                }
            }
        }
        let name = |a: &Aspect| matches!(a, Aspect::Is(Value::Str(_) | Value::Weekday(_) | Value::Bool(_)));
        self.at_most_one(at, name, formulas, axioms);
        self.closed(at, expr, formulas, axioms);
    }

    /// A known member of a closed enumeration is one of its words.
    fn closed(&self, at: usize, expr: &Expr, formulas: &mut Formulas, axioms: &mut Vec<Node>) {
        let Some(words) = type_of(expr).and_then(enumeration) else { return };
        let is = |word: &str| self.find(at, |a| matches!(a, Aspect::Is(v) if v.as_str() == Some(word)));
        let all: Option<Vec<Var>> = words.members.iter().map(|(word, _)| is(word)).collect();
        let (Some(all), Some(known)) = (all, self.find(at, |a| *a == Aspect::Known)) else { return };
        let mut some: Vec<Node> = all.into_iter().map(|var| formulas.var(var)).collect();
        some.extend(self.find(at, |a| *a == Aspect::None).map(|var| formulas.var(var)));
        let some = formulas.or(some);
        let known = formulas.var(known);
        axioms.push(formulas.implies(known, some));
    }

    fn people(&self, at: usize, formulas: &mut Formulas, axioms: &mut Vec<Node>) {
        let enough: Vec<(Var, Option<i64>, &BTreeSet<Team>, u32)> = self
            .of(at)
            .filter_map(|(var, a)| match a {
                Aspect::Enough { valid, teams, people } => Some((var, *valid, teams, *people)),
                _ => None,
            })
            .collect();
        let electorate = |team: &Team| self.find(at, |a| matches!(a, Aspect::Electorate(t) if t == team));
        for (var, valid, teams, people) in &enough {
            for known in teams.iter().filter_map(electorate) {
                implies(*var, known, formulas, axioms);
            }
            for (other, of_valid, of_teams, fewer) in &enough {
                let longer = of_valid.is_none() || valid.is_some_and(|v| of_valid.is_some_and(|o| v <= o));
                if var == other || fewer > people || !longer || !teams.is_subset(of_teams) {
                    continue;
                }
                // More people of fewer teams, of fresher approvals: the weaker demand holds too, where it can be known.
                let mut needs = vec![formulas.var(*var)];
                let more = of_teams.difference(teams).filter_map(electorate).collect::<Vec<_>>();
                needs.extend(more.into_iter().map(|v| formulas.var(v)));
                let needs = formulas.and(needs);
                let weaker = formulas.var(*other);
                axioms.push(formulas.implies(needs, weaker));
            }
            self.together(at, (*var, *valid, teams, *people), formulas, axioms);
        }
    }

    /// So many people of two teams: some of one, the rest of the other.
    fn together(
        &self,
        at: usize,
        (var, valid, teams, people): (Var, Option<i64>, &BTreeSet<Team>, u32),
        formulas: &mut Formulas,
        axioms: &mut Vec<Node>,
    ) {
        if teams.len() < 2 || people > 8 {
            return;
        }
        let Some(first) = teams.first() else { return };
        let one: BTreeSet<Team> = BTreeSet::from([first.clone()]);
        let rest: BTreeSet<Team> = teams.difference(&one).cloned().collect();
        let there = |teams: &BTreeSet<Team>, n: u32| {
            if n == 0 {
                return Some(None);
            }
            let enough = Aspect::Enough { valid, teams: teams.clone(), people: n };
            self.find(at, |a| *a == enough).map(Some)
        };
        let mut ways = Vec::new();
        for n in 0..=people {
            // A number that nobody asks for is not settled: then nothing is said.
            let (Some(a), Some(b)) = (there(&one, n), there(&rest, people - n)) else { return };
            let parts: Vec<Node> = [a, b].into_iter().flatten().map(|v| formulas.var(v)).collect();
            ways.push(formulas.and(parts));
        }
        let ways = formulas.or(ways);
        let var = formulas.var(var);
        axioms.push(formulas.implies(var, ways));
    }

    /// Expressions that are not looked into, but differ only in a bound.
    fn opaque(&self, formulas: &mut Formulas, axioms: &mut Vec<Node>) {
        let truths: Vec<(usize, &Expr, Option<usize>)> = self
            .matters
            .iter()
            .enumerate()
            .filter_map(|(i, m)| match m {
                Matter::Truth { expr, of, side: None } => Some((i, expr, *of)),
                _ => None,
            })
            .collect();
        for (a, of_a) in truths.iter().map(|t| (t, t.2)) {
            for b in truths.iter().filter(|b| b.0 != a.0 && b.2 == of_a) {
                if !below(a.1, b.1) {
                    continue;
                }
                let find = |at: usize, aspect: &Aspect| self.find(at, |x| x == aspect);
                if let (Some(x), Some(y)) = (find(a.0, &Aspect::Yes), find(b.0, &Aspect::Yes)) {
                    implies(x, y, formulas, axioms);
                }
                if let (Some(x), Some(y)) = (find(b.0, &Aspect::No), find(a.0, &Aspect::No)) {
                    implies(x, y, formulas, axioms);
                }
            }
        }
    }
}

fn implies(a: Var, b: Var, formulas: &mut Formulas, axioms: &mut Vec<Node>) {
    let (a, b) = (formulas.var(a), formulas.var(b));
    axioms.push(formulas.implies(a, b));
}

fn exclude(a: Var, b: Var, formulas: &mut Formulas, axioms: &mut Vec<Node>) {
    let (a, b) = (formulas.var(a), formulas.var(b));
    let both = formulas.and([a, b]);
    if both != FALSE {
        axioms.push(formulas.not(both));
    }
}

/// How two values of one term stand to each other.
pub(super) fn place(scale: &Scale, a: &Value, b: &Value) -> Option<Ordering> {
    match scale {
        Scale::Words(words) => Some(words.position(a.as_str()?)?.cmp(&words.position(b.as_str()?)?)),
        _ => eval::order(a, b),
    }
}

/// Whether nothing lies between two values of an expression.
fn neighbours(expr: &Expr, scale: &Scale, a: &Value, b: &Value) -> bool {
    if let Scale::Words(words) = scale {
        let spot = |v: &Value| v.as_str().and_then(|s| words.position(s));
        return spot(a).zip(spot(b)).is_some_and(|(a, b)| a + 1 == b);
    }
    // A number given for a whole one may have a fraction; what is counted has none.
    let whole = matches!(expr, Expr::Call(Builtin::Count, _));
    matches!((a, b), (Value::Int(a), Value::Int(b)) if whole && a.checked_add(1) == Some(*b))
}

fn never_negative(expr: &Expr) -> bool {
    matches!(expr, Expr::Age | Expr::Call(Builtin::Count, _))
}

fn zero_like(value: &Value) -> Value {
    match value {
        Value::Quantity(q) => {
            Value::Quantity(hxp_policy::Quantity { amount: rust_decimal::Decimal::ZERO, written: None, ..q.clone() })
        }
        _ => Value::Int(0),
    }
}

/// The type of an expression, where it is written down.
pub(super) fn type_of(expr: &Expr) -> Option<&Type> {
    match expr {
        Expr::Fact { ty, .. } | Expr::Result { ty, .. } | Expr::Var { ty, .. } | Expr::Field { ty, .. } => Some(ty),
        _ => None,
    }
}

fn enumeration(ty: &Type) -> Option<&'static EnumType> {
    match ty {
        Type::Enum(words) => Some(words),
        Type::Optional(inner) => enumeration(inner),
        _ => None,
    }
}

/// Whether one expression is at most as true as the other, whatever the facts are (false below unknown below true): they
/// are of one form, and where bounds differ those of the second let more pass.
fn below(a: &Expr, b: &Expr) -> bool {
    if a == b {
        return true;
    }
    match (a, b) {
        (Expr::Not(a), Expr::Not(b)) => below(b, a),
        (Expr::And(a), Expr::And(b)) | (Expr::Or(a), Expr::Or(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| below(a, b))
        }
        (Expr::If(when, a, otherwise), Expr::If(same, b, other)) => {
            when == same && below(a, b) && below(otherwise, other)
        }
        (
            Expr::Compare { op, left, right, ty },
            Expr::Compare { op: other, left: other_left, right: other_right, ty: of },
        ) => {
            let (Expr::Const(a), Expr::Const(b)) = (right.as_ref(), other_right.as_ref()) else { return false };
            let words = enumeration(ty);
            let order =
                words.filter(|w| w.ordered).map_or_else(|| eval::order(a, b), |w| place(&Scale::Words(w), a, b));
            op == other
                && left == other_left
                && ty == of
                && match op {
                    CompareOp::Ge | CompareOp::Gt => order.is_some_and(Ordering::is_ge),
                    CompareOp::Le | CompareOp::Lt => order.is_some_and(Ordering::is_le),
                    _ => false,
                }
        }
        (Expr::In(x, a), Expr::In(y, b)) => match (a.as_ref(), b.as_ref()) {
            (Expr::Const(Value::List(a)), Expr::Const(Value::List(b))) => x == y && a.iter().all(|v| b.contains(v)),
            _ => false,
        },
        (
            Expr::Quantifier { all, var, over, filter, body },
            Expr::Quantifier { all: every, var: name, over: among, filter: such, body: says },
        ) => {
            let filters = match (filter, such) {
                (None, None) => true,
                (Some(a), Some(b)) if *all => below(b, a),
                (Some(a), Some(b)) => below(a, b),
                // Of fewer elements *all* is truer, of more elements *any* is.
                (None, Some(_)) => *all,
                (Some(_), None) => !*all,
            };
            all == every && var == name && over == among && filters && below(body, says)
        }
        _ => false,
    }
}
