//! Expressions: each part with what it came to.

use std::borrow::Cow;

use hxp_policy::{Expr, Label, Pattern, Record, Value, describe};

use super::{Explanation, MOST_DEPTH, Standing, Teller, lacks};
use crate::eval::{Bound, Facts, Vars};
use crate::request::typed;

/// How many fields or elements of a value are shown.
const MOST_PARTS: usize = 6;

impl Teller<'_> {
    /// An expression with what it came to, and the parts that settled it.
    pub(super) fn expr(&self, expr: &Expr, facts: &Facts<'_>, vars: Vars<'_>, depth: usize) -> Explanation {
        let came_to = facts.value(expr, vars);
        let node = Explanation::new(describe(expr), standing(came_to.as_deref()));
        if !self.may_tell(depth) {
            return node.value("…");
        }
        let node = match came_to.as_deref() {
            Some(Value::Bool(_)) => node,
            Some(value) => node.value(shown(value)),
            None => match unknown(expr, facts) {
                Some(why) => node.value(why),
                None => node,
            },
        };
        let truth = came_to.as_deref().and_then(Value::as_bool);
        node.because(self.parts(expr, truth, facts, vars, depth + 1))
    }

    fn parts(
        &self,
        expr: &Expr,
        truth: Option<bool>,
        facts: &Facts<'_>,
        vars: Vars<'_>,
        depth: usize,
    ) -> Vec<Explanation> {
        let several = |parts: &[&Expr]| -> Vec<Explanation> {
            let telling = parts.iter().filter(|e| !matches!(e, Expr::Const(_)));
            telling.map(|e| self.expr(e, facts, vars, depth)).collect()
        };
        match expr {
            Expr::And(es) => self.joined(es, truth, Some(false), facts, vars, depth),
            Expr::Or(es) => self.joined(es, truth, Some(true), facts, vars, depth),
            Expr::Not(e) | Expr::Match(e, _) => several(&[e]),
            Expr::Compare { left, right, .. } | Expr::Arith { left, right, .. } => several(&[left, right]),
            Expr::In(a, b) | Expr::Has(a, b) | Expr::Index(a, b) => several(&[a, b]),
            Expr::Field { base, .. } if !plain(base) => several(&[base]),
            Expr::List(es) | Expr::Call(_, es) => several(&es.iter().collect::<Vec<_>>()),
            Expr::If(condition, then, otherwise) => match facts.truth(condition, vars) {
                Some(true) => several(&[condition, then]),
                Some(false) => several(&[condition, otherwise]),
                None => several(&[condition, then, otherwise]),
            },
            Expr::Quantifier { all, var, over, filter, body } => {
                let elements = facts.value(over, vars);
                let Some(Value::List(elements)) = elements.as_deref() else { return several(&[over]) };
                let shape = Quantified { all: *all, var, filter: filter.as_deref(), body };
                self.elements(&shape, elements, truth, facts, vars, depth)
            }
            Expr::Map { over, .. } => several(&[over]),
            Expr::HasLabel(name) => match facts.policy.labels.get(name) {
                Some(label) => sources(label, facts),
                None => Vec::new(),
            },
            Expr::WindowOpen(name) => self.window(name, depth).children,
            Expr::Const(_)
            | Expr::Fact { .. }
            | Expr::Result { .. }
            | Expr::Age
            | Expr::Metric(_)
            | Expr::Baseline { .. }
            | Expr::Var { .. }
            | Expr::Field { .. } => Vec::new(),
        }
    }

    /// Those parts that settle an `and` (`settling` is false) or an `or` (`settling` is true): when it came to what one
    /// part can settle, the parts that do; when it is unknown, the unknown ones; otherwise all.
    fn joined(
        &self,
        es: &[Expr],
        truth: Option<bool>,
        settling: Option<bool>,
        facts: &Facts<'_>,
        vars: Vars<'_>,
        depth: usize,
    ) -> Vec<Explanation> {
        let matters = |e: &&Expr| truth.is_some() && truth != settling || facts.truth(e, vars) == truth;
        let parts: Vec<&Expr> = es.iter().filter(matters).collect();
        self.some_of(parts, |e| self.expr(e, facts, vars, depth))
    }

    fn elements(
        &self,
        shape: &Quantified<'_>,
        elements: &[Value],
        truth: Option<bool>,
        facts: &Facts<'_>,
        vars: Vars<'_>,
        depth: usize,
    ) -> Vec<Explanation> {
        if elements.is_empty() {
            return vec![Explanation::new("there are none", Standing::Value)];
        }
        if depth >= MOST_DEPTH {
            return Vec::new();
        }
        let settling = Some(!shape.all);
        let matters = |value: &&Value| {
            let bound = Bound { name: shape.var, value, outer: vars };
            truth.is_some() && truth != settling || shape.truth(facts, Some(&bound)) == truth
        };
        let elements: Vec<&Value> = elements.iter().filter(matters).collect();
        self.some_of(elements, |value| {
            let bound = Bound { name: shape.var, value, outer: vars };
            let holds = shape.truth(facts, Some(&bound));
            let mut parts: Vec<Explanation> =
                shape.filter.iter().map(|filter| self.expr(filter, facts, Some(&bound), depth + 1)).collect();
            let body = self.expr(shape.body, facts, Some(&bound), depth + 1);
            parts.push(body);
            Explanation::new(format!("{} = {}", shape.var, shown(value)), holds).because(parts)
        })
    }
}

/// The sources of a label, one by one.
fn sources(label: &Label, facts: &Facts<'_>) -> Vec<Explanation> {
    let mut sources = Vec::new();
    let change = &facts.request.change;
    if let Some(wanted) = &label.pr {
        let node = match &change.pull_requests {
            None => (None, lacks("change.pull_requests")),
            Some(all) => match all.iter().any(|r| r.0.as_ref().is_some_and(|labels| labels.contains(wanted))) {
                true => (Some(true), String::new()),
                false if all.iter().any(|r| r.0.is_none()) => (None, lacks("labels of one of change.pull_requests")),
                false => (Some(false), counted(all.len(), "pull request")),
            },
        };
        sources.push(source(format!("a pull request has the label \"{wanted}\""), node));
    }
    if !label.files.is_empty() {
        let globs: Vec<String> = label.files.iter().map(|glob| format!("\"{glob}\"")).collect();
        let matcher = |path: &str| {
            let matchers = facts.matchers.label(&label.name);
            matchers.is_some_and(|label| label.files.iter().any(|glob| glob.matches(path) == Some(true)))
        };
        let node = match &change.files {
            None => (None, lacks("change.files")),
            Some(files) => match files.iter().find(|path| matcher(path)) {
                Some(path) => (Some(true), path.to_string()),
                None => (Some(false), counted(files.len(), "file")),
            },
        };
        sources.push(source(format!("a changed file matches {}", globs.join(" or ")), node));
    }
    if let Some(pattern) = &label.commits {
        let matcher = facts.matchers.label(&label.name).and_then(|label| label.leading.as_ref());
        let matches = |message: &str| matcher.and_then(|m| m.matches(crate::eval::first_line(message)));
        let node = match &change.messages {
            None => (None, lacks("change.commits")),
            Some(messages) => match messages.iter().flatten().find(|m| matches(m) == Some(true)) {
                Some(message) => (Some(true), crate::eval::first_line(message).to_owned()),
                None if messages.iter().any(Option::is_none) => (None, lacks("message of one of change.commits")),
                None => (Some(false), counted(messages.len(), "commit")),
            },
        };
        let text = describe(&Expr::Const(Value::Pattern(Pattern::clone(pattern))));
        sources.push(source(format!("a commit's message begins with {text}"), node));
    }
    sources
}

/// `all x in xs where f: e` without the list.
struct Quantified<'q> {
    all: bool,
    var: &'q str,
    filter: Option<&'q Expr>,
    body: &'q Expr,
}

impl Quantified<'_> {
    fn truth(&self, facts: &Facts<'_>, vars: Vars<'_>) -> Option<bool> {
        let body = facts.truth(self.body, vars);
        let Some(filter) = self.filter else { return body };
        let there = facts.truth(filter, vars);
        if self.all {
            crate::eval::any([there.map(|b| !b), body].into_iter())
        } else {
            crate::eval::all([there, body].into_iter())
        }
    }
}

fn source(text: String, (holds, value): (Option<bool>, String)) -> Explanation {
    let node = Explanation::new(text, holds);
    if value.is_empty() { node } else { node.value(value) }
}

fn counted(n: usize, what: &str) -> String {
    match n {
        0 => format!("there is no {what}"),
        1 => format!("the only {what} does not"),
        _ => format!("none of {n} {what}s"),
    }
}

fn standing(value: Option<&Value>) -> Standing {
    match value {
        None => Standing::Unknown,
        Some(Value::Bool(b)) => (*b).into(),
        Some(_) => Standing::Value,
    }
}

/// A path of names: its parts tell nothing that the whole does not.
fn plain(expr: &Expr) -> bool {
    let mut expr = expr;
    while let Expr::Field { base, .. } = expr {
        expr = base;
    }
    matches!(expr, Expr::Fact { .. } | Expr::Var { .. } | Expr::Result { .. })
}

/// Why an expression without parts is unknown.
fn unknown(expr: &Expr, facts: &Facts<'_>) -> Option<String> {
    match expr {
        Expr::Fact { path, .. } => {
            // The outermost name that is missing says it best: `previous`, not `previous.version`.
            let known = |n: usize| path.get(..n).is_some_and(|prefix| facts.fact(prefix).is_some());
            let missing = (1..=path.len()).find(|n| !known(*n)).unwrap_or(path.len());
            Some(lacks(&path.get(..missing)?.join(".")))
        }
        Expr::Result { name, ty } => Some(match facts.evidence {
            None => "there is no evidence that could say so".to_owned(),
            Some(evidence) => match evidence.results.get(name.as_str()) {
                None => format!("{name} is not among the results of the evidence"),
                Some(given) if typed(given, ty).is_none() => format!("{given} in the evidence is no {ty}"),
                Some(_) => return None,
            },
        }),
        Expr::Age => Some("there is no evidence whose age could be told".to_owned()),
        Expr::Metric(_) | Expr::Baseline { .. } => Some("only the monitoring knows it".to_owned()),
        Expr::Field { base, name, .. } if plain(base) => Some(format!("{name} is not in the request")),
        Expr::Index(..) => Some("there is no such element".to_owned()),
        Expr::Arith { .. } => Some("it cannot be reckoned".to_owned()),
        _ => None,
    }
}

/// A value in a line, long lists and records cut.
pub(super) fn shown(value: &Value) -> String {
    shown_in(value, 2)
}

fn shown_in(value: &Value, depth: usize) -> String {
    match value {
        Value::Record(record) if depth > 0 => record_shown(record, depth),
        Value::List(list) if depth > 0 => {
            let mut parts: Vec<String> = list.iter().take(MOST_PARTS).map(|v| shown_in(v, depth - 1)).collect();
            if list.len() > MOST_PARTS {
                parts.push(format!("… {} in all", list.len()));
            }
            format!("[{}]", parts.join(", "))
        }
        Value::List(list) if list.len() > MOST_PARTS => format!("[… {} in all]", list.len()),
        Value::Instant(at) => at.timestamp().to_string(),
        other => describe(&Expr::Const(Value::clone(Cow::Borrowed(other).as_ref()))),
    }
}

fn record_shown(record: &Record, depth: usize) -> String {
    let mut parts: Vec<String> = record
        .fields
        .iter()
        .take(MOST_PARTS)
        .map(|field| format!("{} = {}", field.name, shown_in(&field.value, depth - 1)))
        .collect();
    if record.fields.len() > MOST_PARTS {
        parts.push("…".to_owned());
    }
    if parts.is_empty() { "{ }".to_owned() } else { format!("{{ {} }}", parts.join(", ")) }
}
