//! Why a requirement stands as it does: a tree down to the facts that made it so.
//!
//! Each expression is shown with what it came to, and below it those of its parts that settled it: of a conjunction that
//! is false the false parts, of one that is unknown the unknown ones. A tree is bounded whatever the request holds.

mod answer;
mod expr;
mod gate;
mod overrides;
mod people;
mod stays;
mod windows;

use std::cell::Cell;

use hxp_policy::{Clause, Origin, describe};
use serde::Serialize;
use smol_str::SmolStr;

use crate::decision::{Place, Verdict};
use crate::engine::{Finding, Judged, Judgement, expiry};
use crate::eval::Facts;
use crate::request::Action;
use crate::words::{Clock, place};

pub use answer::{Because, Explained};

/// A tree has no more nodes than these.
const MOST_NODES: usize = 500;

/// Of so many things of one kind, all are shown; of more, the first.
const MOST_ALIKE: usize = 8;

/// No branch of a tree is longer.
const MOST_DEPTH: usize = 64;

/// Longer texts are cut.
const LONGEST: usize = 200;

/// What a node of an explanation came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// A requirement that is met.
    Met,
    /// A requirement that waits.
    Waiting,
    /// A requirement that is violated.
    Failed,
    /// A condition that holds; something that counts.
    True,
    /// A condition that does not hold; something that does not count.
    False,
    /// What the request does not say.
    Unknown,
    /// Something that is neither true nor false: see its value.
    Value,
}

impl Standing {
    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Waiting => "waiting",
            Self::Failed => "failed",
            Self::True => "true",
            Self::False => "false",
            Self::Unknown => "unknown",
            Self::Value => "value",
        }
    }
}

impl From<Option<bool>> for Standing {
    fn from(holds: Option<bool>) -> Self {
        match holds {
            Some(true) => Self::True,
            Some(false) => Self::False,
            None => Self::Unknown,
        }
    }
}

impl From<bool> for Standing {
    fn from(holds: bool) -> Self {
        Some(holds).into()
    }
}

/// A node of the tree that says why a requirement stands as it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// What is looked at: a sentence, or an expression as the policy writes it.
    pub text: String,
    /// What it came to.
    pub standing: Standing,
    /// Its value, or the reason for its standing, in a few words.
    pub value: Option<String>,
    /// Where the policy says it.
    pub source: Option<Place>,
    /// What made it so.
    pub children: Vec<Explanation>,
}

impl Explanation {
    fn new(text: impl Into<String>, standing: impl Into<Standing>) -> Self {
        let (text, standing) = (cut(&text.into()), standing.into());
        Self { text, standing, value: None, source: None, children: Vec::new() }
    }

    fn value(mut self, value: impl Into<String>) -> Self {
        self.value = Some(cut(&value.into()));
        self
    }

    fn source(mut self, source: Place) -> Self {
        self.source = Some(source);
        self
    }

    fn because(mut self, children: Vec<Explanation>) -> Self {
        self.children = children;
        self
    }

    /// The tree as text: two spaces a level, each line `text: value`.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let mut todo = vec![(self, 0)];
        while let Some((node, depth)) = todo.pop() {
            text += &"  ".repeat(depth);
            text += &node.line();
            text.push('\n');
            todo.extend(node.children.iter().rev().map(|child| (child, depth + 1)));
        }
        text
    }

    /// This node alone: its text, what it came to, and its value.
    pub fn line(&self) -> String {
        match (&self.value, self.standing) {
            (Some(value), Standing::Value) => format!("{}: {value}", self.text),
            (Some(value), standing) => format!("{}: {}, {value}", self.text, standing.word()),
            (None, Standing::Value) => self.text.clone(),
            (None, standing) => format!("{}: {}", self.text, standing.word()),
        }
    }
}

fn cut(text: &str) -> String {
    let line = text.replace(['\n', '\r'], " ");
    if line.chars().count() <= LONGEST {
        return line;
    }
    let mut short: String = line.chars().take(LONGEST - 1).collect();
    short.push('…');
    short
}

impl Judgement<'_> {
    /// Why one of its requirements stands as it does.
    pub fn explain(&self, judged: &Judged<'_>) -> Explanation {
        Teller::new(self).requirement(judged)
    }

    /// Why the override that the request names is or is not in force; `None` when it names none.
    pub fn explain_override(&self) -> Option<Explanation> {
        Teller::new(self).named_override()
    }

    /// Why a rollback is judged as something else; `None` when the action is judged as it was asked for.
    pub fn explain_action(&self) -> Option<Explanation> {
        (self.request.action == Action::Rollback && self.action != Action::Rollback)
            .then(|| Teller::new(self).not_a_rollback())
    }
}

/// Tells why, of one requirement.
struct Teller<'a> {
    judgement: &'a Judgement<'a>,
    facts: Facts<'a>,
    clock: Clock,
    /// How many nodes may still be told.
    left: Cell<usize>,
}

impl<'a> Teller<'a> {
    fn new(judgement: &'a Judgement<'a>) -> Self {
        let clock = Clock::new(&judgement.engine.policy.home_zone(judgement.environment));
        Self { judgement, facts: judgement.engine.facts(judgement.request), clock, left: Cell::new(MOST_NODES) }
    }

    fn place(&self, origin: Origin) -> Place {
        place(self.judgement.engine.policy, origin)
    }

    /// Whether one more node may be told, which is then counted.
    fn may_tell(&self, depth: usize) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0 && depth < MOST_DEPTH
    }

    /// The first of many things, and how many are left out.
    fn some_of<T>(&self, things: Vec<T>, mut tell: impl FnMut(T) -> Explanation) -> Vec<Explanation> {
        let many = things.len();
        let shown = if many > MOST_ALIKE { MOST_ALIKE - 1 } else { many };
        let mut told = Vec::new();
        for thing in things.into_iter().take(shown) {
            if !self.may_tell(0) {
                break;
            }
            told.push(tell(thing));
        }
        let omitted = many - told.len();
        if omitted > 0 {
            told.push(Explanation::new(format!("… and {omitted} more"), Standing::Value));
        }
        told
    }

    fn requirement(&self, judged: &Judged<'_>) -> Explanation {
        let requirement = judged.requirement;
        let mut children = Vec::new();
        if let Some(o) = judged.waived_by {
            let until = expiry(o, self.judgement.request).map(|end| self.clock.dated(end)).unwrap_or_default();
            let waiver = Explanation::new(format!("the override {} is in force", o.name), true);
            children.push(waiver.value(format!("until {until}")).source(self.place(o.origin)));
        }
        if let Some(when) = &requirement.when {
            let applies = self.expr(when, &self.facts, None, 0);
            children.push(Explanation { text: format!("applies when {}", applies.text), ..applies });
        }
        children.extend(self.finding(judged, &judged.finding));
        let standing = match judged.finding.verdict() {
            Verdict::Met => Standing::Met,
            Verdict::Failed => Standing::Failed,
            _ => Standing::Waiting,
        };
        let text = self.judgement.sentence(&judged.finding);
        Explanation::new(text, standing).source(self.place(requirement.origin)).because(children)
    }

    fn finding(&self, judged: &Judged<'_>, finding: &Finding<'_>) -> Vec<Explanation> {
        match finding {
            Finding::NotApplicable => Vec::new(),
            Finding::Unsure(inner) => match inner.as_ref() {
                // The parser nests one "unknown whether" only; deeper ones would say nothing more.
                Finding::Unsure(_) => Vec::new(),
                inner => self.finding(judged, inner),
            },
            Finding::Gate(used, found, _) => self.gate(used, found),
            Finding::Fact(used, _) => {
                used.predicate.iter().map(|predicate| self.expr(predicate, &self.facts, None, 0)).collect()
            }
            Finding::Rule(_, clauses) => self.clauses(clauses),
            Finding::Within(window, _) => vec![self.window(window, 0)],
            Finding::After(environment, soak, stays) => self.stays(environment, *soak, stays),
            Finding::Approve(team, vote) => self.people(judged.requirement, team, vote),
        }
    }

    /// The clauses that settle a rule: the broken ones, otherwise the unknown ones, otherwise all.
    fn clauses(&self, clauses: &[(&Clause, Option<bool>)]) -> Vec<Explanation> {
        let broken = clauses.iter().any(|(_, holds)| *holds == Some(false));
        let unknown = clauses.iter().any(|(_, holds)| holds.is_none());
        let settles = |holds: Option<bool>| match holds {
            Some(false) => true,
            None => !broken,
            Some(true) => !broken && !unknown,
        };
        let settling: Vec<_> = clauses.iter().filter(|(_, holds)| settles(*holds)).collect();
        self.some_of(settling, |(clause, holds)| self.clause(clause, *holds))
    }

    fn clause(&self, clause: &Clause, holds: Option<bool>) -> Explanation {
        let word = if clause.deny { "deny when" } else { "require" };
        let condition = self.expr(&clause.condition, &self.facts, None, 0);
        // Alone, the condition says what the clause says; beside its `when`, each says what it came to.
        let children = match &clause.when {
            None => condition.children,
            Some(when) => {
                let applies = self.expr(when, &self.facts, None, 0);
                vec![Explanation { text: format!("when {}", applies.text), ..applies }, condition]
            }
        };
        let text = format!("{word} {}", describe(&clause.condition));
        let standing = match holds {
            Some(true) => Standing::Met,
            Some(false) => Standing::Failed,
            None => Standing::Waiting,
        };
        let node = Explanation::new(text, standing).source(self.place(clause.origin)).because(children);
        match &clause.because {
            Some(because) if holds != Some(true) => node.value(because.as_str()),
            _ => node,
        }
    }

    fn not_a_rollback(&self) -> Explanation {
        let judgement = self.judgement;
        let environment = &judgement.environment.name;
        let text = "judged as a deployment: it goes back to none of the last healthy releases";
        let keep = usize::try_from(judgement.environment.keep()).unwrap_or(usize::MAX);
        let mut children = Vec::new();
        if judgement.request.release.identity.is_none() {
            children.push(self.unidentified());
        }
        let recent = crate::promotion::healthy_releases(judgement.request, environment);
        let recent: Vec<_> = recent.into_iter().rev().take(keep).collect();
        let known = match recent.len() {
            0 => format!("{environment} has no healthy release that it could go back to"),
            n => format!("{environment} keeps {n} healthy {}", if n == 1 { "release" } else { "releases" }),
        };
        let releases = self.some_of(recent, |identity| {
            Explanation::new(stays::named(Some(identity)), Standing::Value).value("another release")
        });
        children.push(Explanation::new(known, Standing::Value).because(releases));
        Explanation::new(text, false).because(children)
    }

    /// Why it is unknown which release this is.
    fn unidentified(&self) -> Explanation {
        let release = &self.judgement.request.release;
        let missing = if release.images.is_none() { "release.images" } else { "release.chart and its digest" };
        Explanation::new("which release this is", Standing::Unknown).value(lacks(missing))
    }
}

/// What is said of a fact that is unknown.
fn lacks(path: &str) -> String {
    let verb = if path.contains(" and ") { "are" } else { "is" };
    format!("{path} {verb} not in the request")
}

fn people(names: &[SmolStr]) -> String {
    names.join(", ")
}
