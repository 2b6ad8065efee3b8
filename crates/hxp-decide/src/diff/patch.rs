//! What a test must say for questions to be answered so.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use hxp_policy::{Builtin, Dimension, Expr, Quantity, Record, Value};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};
use smol_str::SmolStr;

use super::atoms::{Aspect, Matter, Question, Scale, Source, Team, place};
use super::formula::Var;
use super::witness::{Finder, Relevant, ago, field, holds, is_of, value};
use crate::eval::{Matcher, order};
use crate::request::Action;
use crate::sample::{Dice, matching};

/// Ways to tell a story about expressions that are not looked into.
pub(super) const VARIANTS: usize = 6;

/// How old evidence is in the baseline.
const FRESH: i64 = 60_000;

/// How much older than what counts a vote is, where there is room for it.
const MINUTE: i64 = 60_000;

/// How long ago an incident was declared, where nothing asks.
const RECENTLY: i64 = 600_000;

/// A test in the making.
pub(super) struct Patch<'f, 'a, 'p> {
    finder: &'f Finder<'a, 'p>,
    answers: &'f HashMap<Var, bool>,
    relevant: &'f Relevant,
    action: Action,
    at: Timestamp,
    by_label: bool,
    variant: usize,
    with: Record,
}

impl<'f, 'a, 'p> Patch<'f, 'a, 'p> {
    pub fn new(
        finder: &'f Finder<'a, 'p>,
        answers: &'f HashMap<Var, bool>,
        relevant: &'f Relevant,
        action: Action,
        at: Timestamp,
        (by_label, variant): (bool, usize),
    ) -> Self {
        Self { finder, answers, relevant, action, at, by_label, variant, with: Record::default() }
    }

    /// What differs from the baseline; `None` when this variant says nothing that another does not.
    pub fn record(mut self) -> Option<Record> {
        if self.action != Action::Deploy {
            self.set(&["action"], Value::Enum(self.action.word().into()));
        }
        let mut matters: Vec<usize> =
            self.relevant.iter().filter_map(|v| self.finder.encoder.questions.question(*v)).map(|q| q.matter).collect();
        matters.sort_unstable();
        matters.dedup();
        let mut labels = false;
        let mut opaque = false;
        let mut emergency = false;
        for at in matters {
            let Some(matter) = self.finder.encoder.questions.matters.get(at) else { continue };
            match matter {
                Matter::Evidence(key) if is_of(key, self.finder.base().policy()) => {
                    self.evidence(at, &key.gate.clone());
                }
                Matter::Evidence(_) | Matter::Time => {}
                Matter::Term { of: Some(_), .. } | Matter::Truth { of: Some(_), .. } => {}
                Matter::Term { expr, .. } | Matter::Truth { expr, .. } if of_emergency(expr) => emergency = true,
                Matter::Incident => emergency = true,
                Matter::Term { expr, scale, .. } => self.term(at, &expr.clone(), &scale.clone()),
                Matter::Truth { expr, .. } => opaque |= !self.truth(at, &expr.clone()),
                Matter::Label { .. } => labels = true,
                Matter::People => self.people(at),
                Matter::Stays(environment) => self.stays(at, &environment.clone()),
                Matter::Healthy => self.healthy(at),
            }
        }
        if emergency {
            self.emergency();
        }
        if labels && self.by_label {
            self.labels();
        } else if labels {
            self.sources();
        } else if !self.by_label {
            return None;
        }
        if self.variant > 0 {
            if !opaque {
                return None;
            }
            self.reviews();
        }
        Some(self.with)
    }

    fn says(&self, var: Var) -> bool {
        self.answers.get(&var).copied().unwrap_or(false)
    }

    fn asked(&self, matter: usize) -> Vec<(Aspect, bool)> {
        self.finder.encoder.questions.of(matter).map(|(var, a)| (a.clone(), self.says(var))).collect()
    }

    fn answer(&self, matter: usize, wanted: &Aspect) -> Option<bool> {
        self.finder.encoder.questions.of(matter).find(|(_, a)| *a == wanted).map(|(var, _)| self.says(var))
    }

    fn set(&mut self, path: &[&str], value: Value) {
        set(&mut self.with, path, value);
    }

    // ----------------------------------------------------------------------------------------------------------- gates

    fn evidence(&mut self, at: usize, gate: &SmolStr) {
        let is = |aspect: Aspect| self.answer(at, &aspect) == Some(true);
        if !is(Aspect::Passed) {
            let state = if is(Aspect::Failed) {
                "failed"
            } else if is(Aspect::NoData) {
                "error"
            } else {
                "missing"
            };
            return self.set(&["gates", gate], Value::Enum(state.into()));
        }
        let questions = &self.finder.encoder.questions;
        let shows: Vec<(usize, Expr, Scale)> = questions
            .matters
            .iter()
            .enumerate()
            .filter_map(|(i, m)| match m {
                Matter::Term { expr, of: Some(of), scale } if *of == at => Some((i, expr.clone(), scale.clone())),
                Matter::Truth { expr, of: Some(of), .. } if *of == at => Some((i, expr.clone(), Scale::Names)),
                _ => None,
            })
            .collect();
        for (matter, expr, scale) in shows {
            match expr {
                Expr::Age => {
                    let fresh = duration(FRESH);
                    if let Some(age) =
                        self.value_for(matter, &scale, std::slice::from_ref(&fresh)).filter(|age| *age != fresh)
                    {
                        self.set(&["gates", gate, "age"], age);
                    }
                }
                Expr::Result { name, .. } => {
                    // Said even where the baseline has it: another policy's baseline has not.
                    let given = self.given(gate, &name);
                    if let Some(value) = self.value_for(matter, &scale, given.as_slice()) {
                        self.set(&["gates", gate, &name], value);
                    }
                }
                _ => {}
            }
        }
    }

    /// What the baseline's evidence yields.
    fn given(&self, gate: &SmolStr, name: &SmolStr) -> Option<Value> {
        let draft = self.finder.base().draft(self.at)?;
        let shown = draft.gates.iter().find(|shown| shown.gate == *gate)?;
        let (_, ty) = self.finder.base().policy().gates.get(gate)?.yields.iter().find(|(n, _)| n == name)?;
        crate::request::typed(shown.results.get(name.as_str())?, ty)
    }

    // ----------------------------------------------------------------------------------------------------------- facts

    /// A value that answers all questions about a term so; first of those that are preferred.
    fn value_for(&self, matter: usize, scale: &Scale, prefer: &[Value]) -> Option<Value> {
        let asked = self.asked(matter);
        if asked.iter().any(|(a, says)| *a == Aspect::Known && !says) {
            return None;
        }
        if asked.iter().any(|(a, says)| *a == Aspect::None && *says) {
            return Some(Value::None);
        }
        let named: Vec<&Value> =
            asked.iter().filter_map(|(a, _)| if let Aspect::Is(v) = a { Some(v) } else { None }).collect();
        let bounds: Vec<&Value> = asked
            .iter()
            .filter_map(|(a, _)| if let Aspect::AtLeast(v) | Aspect::Above(v) = a { Some(v) } else { None })
            .collect();
        let mut candidates: Vec<Value> = prefer.to_vec();
        candidates.extend(named.iter().map(|v| (*v).clone()));
        candidates.extend(bounds.iter().map(|v| (*v).clone()));
        if let Scale::Words(words) = scale {
            candidates.extend(words.members.iter().map(|(word, _)| Value::Enum((*word).into())));
        }
        for (i, a) in bounds.iter().enumerate() {
            candidates.extend(bounds.iter().skip(i + 1).filter_map(|b| between(a, b)));
        }
        candidates.extend(bounds.iter().flat_map(|v| beside(v)));
        if !named.is_empty() {
            candidates.push(Value::Str("other".into()));
        }
        let fits = |value: &Value| {
            asked.iter().all(|(aspect, says)| match aspect {
                Aspect::AtLeast(bound) => place(scale, value, bound).map(Ordering::is_ge) == Some(*says),
                Aspect::Above(bound) => place(scale, value, bound).map(Ordering::is_gt) == Some(*says),
                Aspect::Is(other) => {
                    (value.as_str() == other.as_str() && value.as_str().is_some() || value == other) == *says
                }
                _ => true,
            })
        };
        candidates.into_iter().find(fits)
    }

    fn term(&mut self, at: usize, expr: &Expr, scale: &Scale) {
        if let (Expr::List(pair), Scale::Stand) = (expr, scale) {
            return self.stand(at, pair);
        }
        let Some(value) = self.value_for(at, scale, &[]) else { return };
        self.assign(expr, value);
    }

    /// How two expressions stand to each other.
    fn stand(&mut self, at: usize, pair: &[Expr]) {
        let [a, b] = pair else { return };
        let at_least = self.answer(at, &Aspect::AtLeast(Value::Int(0))) == Some(true);
        let above = self.answer(at, &Aspect::Above(Value::Int(0))) == Some(true);
        let low = if above {
            1
        } else if at_least {
            2
        } else {
            3
        };
        self.assign(a, Value::Int(2));
        self.assign(b, Value::Int(low));
    }

    /// Lets an expression be a value, where that can be said.
    fn assign(&mut self, expr: &Expr, value: Value) {
        let version = |n: u64| Value::Semver(semver::Version::new(n, 0, 0));
        match (expr, value) {
            (Expr::Fact { path, ty }, value) => {
                let path: Vec<&str> = path.iter().map(SmolStr::as_str).collect();
                let value = match (ty, value) {
                    (hxp_policy::Type::Semver, Value::Int(n)) => version(u64::try_from(n).unwrap_or(0)),
                    (hxp_policy::Type::Enum(_), Value::Str(word)) => Value::Enum(word),
                    (hxp_policy::Type::Optional(inner), Value::Str(word))
                        if matches!(inner.as_ref(), hxp_policy::Type::Enum(_)) =>
                    {
                        Value::Enum(word)
                    }
                    (hxp_policy::Type::Optional(inner), Value::Int(n))
                        if matches!(inner.as_ref(), hxp_policy::Type::Semver) =>
                    {
                        version(u64::try_from(n).unwrap_or(0))
                    }
                    (_, value) => value,
                };
                self.set(&path, value);
            }
            (Expr::Field { base, name, .. }, Value::Int(n)) => {
                let n = u64::try_from(n).unwrap_or(0);
                let version = match name.as_str() {
                    "major" => semver::Version::new(n, 0, 0),
                    "minor" => semver::Version::new(1, n, 0),
                    _ => semver::Version::new(1, 0, n),
                };
                self.assign(base, Value::Semver(version));
            }
            (Expr::Call(Builtin::Bump, arguments), value) => {
                let [from, to] = arguments.as_slice() else { return };
                let to_version = match value.as_str() {
                    Some("major") => semver::Version::new(2, 0, 0),
                    Some("minor") => semver::Version::new(1, 1, 0),
                    Some("patch") => semver::Version::new(1, 0, 1),
                    _ => semver::Version::new(1, 0, 0),
                };
                self.assign(from, Value::Semver(semver::Version::new(1, 0, 0)));
                self.assign(to, Value::Semver(to_version));
            }
            (Expr::Call(Builtin::SupportLine, arguments), value) => {
                let [release, published] = arguments.as_slice() else { return };
                let lines: &[u64] = match value.as_str() {
                    Some("latest") => &[0],
                    Some("previous_minor") => &[2],
                    _ => &[2, 3],
                };
                let lines = lines.iter().map(|minor| Value::Semver(semver::Version::new(1, *minor, 0)));
                self.assign(release, Value::Semver(semver::Version::new(1, 1, 0)));
                self.assign(published, Value::List(lines.collect()));
            }
            _ => {}
        }
    }

    /// Lets an expression be true or false; `false` when that cannot be said.
    fn truth(&mut self, at: usize, expr: &Expr) -> bool {
        let yes = self.answer(at, &Aspect::Yes) == Some(true);
        let known = yes || self.answer(at, &Aspect::No) == Some(true);
        if !known {
            return false;
        }
        match expr {
            Expr::Fact { .. } => {
                self.assign(expr, Value::Bool(yes));
                true
            }
            Expr::Has(list, element) => {
                let (Expr::Fact { .. }, Expr::Const(element)) = (list.as_ref(), element.as_ref()) else { return false };
                let list_of = if yes { vec![element.clone()] } else { Vec::new() };
                self.assign(list, Value::List(list_of));
                true
            }
            Expr::Match(text, pattern) => {
                let matcher = Matcher::new(pattern);
                let found = if yes {
                    let tries = (0..64).map(|seed| matching(pattern, &mut Dice::new(seed)));
                    tries.filter(|t| matcher.matches(t) == Some(true)).min_by_key(|t| (t.len(), t.clone()))
                } else {
                    ["other", "x/y/z", "-"].into_iter().find(|t| matcher.matches(t) == Some(false)).map(Into::into)
                };
                if let (Expr::Fact { .. }, Some(found)) = (text.as_ref(), &found) {
                    self.assign(text, Value::Str(found.as_str().into()));
                }
                found.is_some()
            }
            _ => false,
        }
    }

    // ------------------------------------------------------------------------------------------------------ the change

    /// The labels that are there, by name.
    fn labels(&mut self) {
        let side = super::likely::side(self.finder);
        let there = self.finder.labels.iter().filter(|(_, of, _)| *of == side);
        let there = there.filter(|(_, _, pair)| holds(&self.finder.encoder.formulas, pair.yes, self.answers));
        let names: Vec<Value> = there.map(|(name, ..)| Value::Enum(name.clone())).collect();
        if !names.is_empty() {
            self.set(&["labels"], Value::List(names));
        }
    }

    /// What labels come from, one by one.
    fn sources(&mut self) {
        let questions = &self.finder.encoder.questions;
        let mut files = Vec::new();
        let mut labels = Vec::new();
        let mut message = None;
        for (at, matter) in questions.matters.iter().enumerate() {
            let Matter::Label { source } = matter else { continue };
            for (aspect, says) in self.asked(at) {
                match (source, aspect) {
                    (Source::Files, Aspect::File(glob)) if says => {
                        let pattern = hxp_policy::Pattern::Glob(glob);
                        files.extend(self.text(&pattern, &Matcher::new(&pattern)).map(Value::Str));
                    }
                    (Source::PullRequest(label), Aspect::Yes) if says => labels.push(Json::from(label.as_str())),
                    (Source::Commits(pattern), Aspect::Yes) if says => {
                        message = self.text(pattern, &Matcher::leading(pattern));
                    }
                    _ => {}
                }
            }
        }
        if !files.is_empty() {
            self.set(&["change", "files"], Value::List(files));
        }
        if !labels.is_empty() {
            self.change("pull_requests", |request| {
                request.insert("labels".into(), Json::Array(labels.clone()));
            });
        }
        if let Some(message) = message {
            self.change("commits", |commit| {
                commit.insert("message".into(), message.as_str().into());
            });
        }
    }

    /// A short text that matches.
    #[expect(clippy::unused_self, reason = "beside its users")]
    fn text(&self, pattern: &hxp_policy::Pattern, matcher: &Matcher) -> Option<SmolStr> {
        let tries = (0..64).map(|seed| matching(pattern, &mut Dice::new(seed)));
        let fitting = tries.filter(|t| matcher.matches(t) == Some(true) && !t.trim().is_empty());
        fitting
            .min_by_key(|t| (t.chars().filter(|c| !c.is_ascii_alphanumeric()).count(), t.len(), t.clone()))
            .map(Into::into)
    }

    /// The baseline's list under `change` with each element changed.
    fn change(&mut self, key: &str, edit: impl Fn(&mut serde_json::Map<String, Json>)) {
        let Some(draft) = self.finder.base().draft(self.at) else { return };
        let list = draft.facts.get("change").and_then(|c| c.get(key)).and_then(Json::as_array).cloned();
        let mut list = list.unwrap_or_default();
        for element in list.iter_mut().filter_map(Json::as_object_mut) {
            element.shift_remove("merged_at");
            edit(element);
        }
        self.set(&["change", key], value(&Json::Array(list)));
    }

    /// Stories about the review of the change.
    fn reviews(&mut self) {
        if self.variant + 1 == VARIANTS {
            return self.change("commits", |commit| {
                commit.insert("pull_request".into(), Json::Null);
            });
        }
        let reviewers: Vec<Json> = (1..self.variant).map(|i| Json::from(format!("reviewer-{i}"))).collect();
        self.change("pull_requests", |request| {
            request.insert("approved_by".into(), Json::Array(reviewers.clone()));
        });
    }

    // ---------------------------------------------------------------------------------------------------------- people

    fn people(&mut self, at: usize) {
        let questions = &self.finder.encoder.questions;
        let mut teams: BTreeMap<Team, u32> = BTreeMap::new();
        let mut shared: Vec<Vec<Team>> = Vec::new();
        let mut rejecting: Vec<Team> = Vec::new();
        for var in self.relevant.iter().filter(|v| questions.question(**v).is_some_and(|q| q.matter == at)) {
            match questions.question(*var).map(|q| &q.aspect) {
                Some(Aspect::Enough { teams: of, people, .. }) if of.len() == 1 => {
                    for team in of {
                        let count = teams.entry(team.clone()).or_default();
                        if self.says(*var) {
                            *count = (*count).max(*people);
                        }
                    }
                }
                Some(Aspect::Enough { teams: of, .. }) if !self.says(*var) && !self.only_stale(*var, at) => {
                    shared.push(of.iter().cloned().collect());
                }
                Some(Aspect::Rejects(team)) if self.says(*var) => rejecting.push(team.clone()),
                _ => {}
            }
        }
        let policy = self.finder.base().policy();
        teams.retain(|team, _| policy.teams.contains_key(&team.name));
        for team in rejecting {
            self.set(&["rejections", &team.name], Value::Int(1));
        }
        // Whoever fills places of several teams at once is a member of all of them.
        if let Some(crowd) = shared.iter().find(|crowd| crowd.iter().all(|t| teams.get(t).is_some_and(|n| *n > 0))) {
            let most = crowd.iter().filter_map(|t| teams.get(t)).max().copied().unwrap_or(1);
            let people: Vec<Value> = (1..=most).map(|i| Value::Str(format!("both-{i}").into())).collect();
            for team in crowd {
                self.set(&["members", &team.name], Value::List(people.clone()));
                self.set(&["approvals", &team.name], Value::List(people.clone()));
                teams.remove(team);
            }
        }
        for (team, count) in teams {
            self.set(&["approvals", &team.name], Value::Int(count.into()));
        }
        self.votes_age(at);
    }

    /// The relevant questions whether teams have so many people with fresh enough approvals.
    fn enough(&self, matter: usize) -> impl Iterator<Item = (Var, Option<i64>, &'f BTreeSet<Team>, u32)> {
        let questions = &self.finder.encoder.questions;
        self.relevant.iter().filter_map(move |var| match questions.question(*var) {
            Some(Question { matter: of, aspect: Aspect::Enough { valid, teams, people } }) if *of == matter => {
                Some((*var, *valid, teams, *people))
            }
            _ => None,
        })
    }

    /// Whether there are enough approvals, were they not too old.
    fn only_stale(&self, var: Var, matter: usize) -> bool {
        let of = self.enough(matter).find(|(other, ..)| *other == var);
        of.is_some_and(|(_, valid, teams, people)| self.older_ones_count(matter, valid, teams, people).is_some())
    }

    /// How old approvals may be where so many of those teams count, though not by a shorter time; the largest
    /// number where any age will do.
    fn older_ones_count(&self, matter: usize, valid: Option<i64>, teams: &BTreeSet<Team>, people: u32) -> Option<i64> {
        let shorter = valid?;
        self.enough(matter)
            .filter(|(var, ..)| self.says(*var))
            .filter(|(_, longer, of, n)| longer.is_none_or(|l| l > shorter) && *of == teams && *n >= people)
            .map(|(_, longer, ..)| longer.unwrap_or(i64::MAX))
            .min()
    }

    /// Lets votes be too old for the one policy and fresh enough for the other.
    fn votes_age(&mut self, matter: usize) {
        let mut ages: BTreeMap<&'f SmolStr, i64> = BTreeMap::new();
        for (_, valid, teams, people) in self.enough(matter).filter(|(var, ..)| !self.says(*var)) {
            let (Some(shorter), Some(longer)) = (valid, self.older_ones_count(matter, valid, teams, people)) else {
                continue;
            };
            let room = longer.saturating_sub(shorter);
            let age = shorter.saturating_add(MINUTE.min(room / 2 + room % 2));
            for team in teams {
                let spot = ages.entry(&team.name).or_insert(age);
                *spot = age.max(*spot);
            }
        }
        let policy = self.finder.base().policy();
        ages.retain(|team, _| policy.teams.contains_key(*team));
        for (team, age) in ages {
            self.set(&["voted", team], duration(age));
        }
    }

    // --------------------------------------------------------------------------------------------------------- history

    fn stays(&mut self, at: usize, environment: &SmolStr) {
        let soaks: Vec<(i64, bool)> = self
            .asked(at)
            .into_iter()
            .filter_map(|(a, says)| if let Aspect::Soaked(soak) = a { Some((soak, says)) } else { None })
            .collect();
        let longest = soaks.iter().filter(|(_, says)| *says).map(|(soak, _)| *soak).max();
        let short = soaks.iter().filter(|(_, says)| !says).map(|(soak, _)| *soak).min();
        match (longest, short) {
            (Some(_), None) => {}
            (Some(soak), Some(_)) => self.set(&["stays", environment], duration(soak)),
            (None, Some(short)) if short > 60_000 => self.set(&["stays", environment], duration(short / 2)),
            (None, Some(_)) => self.set(&["deployments"], Value::List(Vec::new())),
            (None, None) => {}
        }
    }

    /// A release that lies so far back.
    fn healthy(&mut self, at: usize) {
        let too_old = self.asked(at).into_iter().filter_map(|(a, says)| match a {
            Aspect::Recent(n) if !says => Some(n),
            _ => None,
        });
        let Some(n) = too_old.max() else { return };
        let Some(mut draft) = self.finder.base().draft(self.at) else { return };
        draft.facts.insert("action".into(), self.action.word().into());
        let Some(Json::Array(mut deployments)) = draft.request().get("deployments").cloned() else { return };
        let Some(live) = deployments.last().cloned() else { return };
        // The satisfied history has one release between this one and now.
        for i in 1..n {
            let mut other = live.clone();
            if let Some(other) = other.as_object_mut() {
                let from = ago(self.at, (40 * 24 + i64::from(i)) * 3_600_000, TimeZone::UTC).timestamp().to_string();
                let to = ago(self.at, (31 * 24) * 3_600_000, TimeZone::UTC).timestamp().to_string();
                other.insert("id".into(), format!("older-{i}").into());
                other.insert("images".into(), json!({ "app": format!("sha256:older-{i}") }));
                other.insert("healthy".into(), json!([{ "from": from, "to": to }]));
                other.insert("from".into(), from.into());
                other.insert("to".into(), to.into());
            }
            deployments.push(other);
        }
        self.set(&["deployments"], value(&Json::Array(deployments)));
    }

    // ------------------------------------------------------------------------------------------------------- emergency

    /// The override that is named, and the incident.
    fn emergency(&mut self) {
        let questions = &self.finder.encoder.questions;
        let mut named = None;
        let mut open = false;
        let mut covers = true;
        let mut declared: Option<i64> = None;
        let mut others: Vec<(usize, Expr, Scale)> = Vec::new();
        for (at, matter) in questions.matters.iter().enumerate() {
            match matter {
                Matter::Term { expr: Expr::Fact { path, .. }, .. } if is(path, &["override", "name"]) => {
                    named = self.asked(at).into_iter().find_map(|(a, says)| match a {
                        Aspect::Is(Value::Str(name)) if says => Some(name),
                        _ => None,
                    });
                }
                Matter::Truth { expr: Expr::Fact { path, .. }, .. } if is(path, &["incident", "open"]) => {
                    open = self.answer(at, &Aspect::Yes) == Some(true);
                }
                Matter::Truth { expr: Expr::Has(list, _), .. } => {
                    if matches!(list.as_ref(), Expr::Fact { path, .. } if is(path, &["incident", "environments"])) {
                        covers = self.answer(at, &Aspect::Yes) == Some(true);
                    }
                }
                Matter::Incident => {
                    let before: Vec<(i64, bool)> = self
                        .asked(at)
                        .into_iter()
                        .filter_map(|(a, says)| if let Aspect::Before(n) = a { Some((n, says)) } else { None })
                        .collect();
                    let past = before.iter().filter(|(_, says)| !says).map(|(n, _)| *n).max();
                    let within = before.iter().filter(|(_, says)| *says).map(|(n, _)| *n).min();
                    declared = past.or_else(|| within.filter(|n| *n <= RECENTLY).map(|n| n / 2));
                }
                Matter::Term { expr: expr @ Expr::Fact { path, .. }, scale, .. }
                    if path.first().is_some_and(|root| root == "incident") =>
                {
                    others.push((at, expr.clone(), scale.clone()));
                }
                _ => {}
            }
        }
        if let Some(name) = named {
            self.set(&["override"], Value::Enum(name));
        } else if !open {
            return;
        }
        if open {
            let zone = self.finder.base().environment.as_ref().map(|(e, _)| self.finder.base().policy().home_zone(e));
            let zone = zone.and_then(|z| hxp_policy::time::zone(&z)).unwrap_or(TimeZone::UTC);
            let declared = ago(self.at, declared.unwrap_or(RECENTLY), zone);
            self.set(&["incident", "declared_at"], Value::Instant(Box::new(declared)));
            if !covers {
                self.set(&["incident", "environments"], Value::List(Vec::new()));
            }
        }
        for (at, expr, scale) in others {
            self.term(at, &expr, &scale);
        }
    }
}

/// Whether an expression asks for the incident, or for the override that is named.
fn of_emergency(expr: &Expr) -> bool {
    match expr {
        Expr::Fact { path, .. } => path.first().is_some_and(|root| root == "incident" || root == "override"),
        Expr::Has(list, _) => of_emergency(list),
        _ => false,
    }
}

fn is(path: &[SmolStr], wanted: &[&str]) -> bool {
    path.len() == wanted.len() && path.iter().zip(wanted).all(|(a, b)| a == b)
}

fn set(record: &mut Record, path: &[&str], value: Value) {
    let Some((first, rest)) = path.split_first() else { return };
    if !record.fields.iter().any(|f| f.name == *first) {
        record.fields.push(field(first, Value::Record(Record::default())));
    }
    let Some(spot) = record.fields.iter_mut().find(|f| f.name == *first) else { return };
    match (&mut spot.value, rest) {
        (_, []) => spot.value = value,
        (Value::Record(inner), rest) => set(inner, rest, value),
        (other, rest) => {
            let mut inner = Record::default();
            set(&mut inner, rest, value);
            *other = Value::Record(inner);
        }
    }
}

fn duration(milliseconds: i64) -> Value {
    Value::Quantity(Quantity { dimension: Dimension::Duration, amount: milliseconds.into(), written: None })
}

/// A value in the middle of two.
fn between(a: &Value, b: &Value) -> Option<Value> {
    let middle = |a: Decimal, b: Decimal| a.checked_add(b)?.checked_div(2.into());
    match (a, b) {
        (Value::Quantity(a), Value::Quantity(b)) if a.dimension == b.dimension => {
            let amount = middle(a.amount, b.amount)?;
            Some(Value::Quantity(Quantity { dimension: a.dimension, amount, written: None }))
        }
        (Value::Int(a), Value::Int(b)) => Some(Value::Int(a.checked_add(*b)? / 2)),
        (Value::Decimal(a), Value::Decimal(b)) => Some(Value::Decimal(middle(*a, *b)?)),
        (a, b) if order(a, b).is_some() => None,
        _ => None,
    }
}

/// Values a little above and below another.
fn beside(value: &Value) -> Vec<Value> {
    match value {
        Value::Int(n) => [n.checked_add(1), n.checked_sub(1)].into_iter().flatten().map(Value::Int).collect(),
        Value::Decimal(n) => {
            [n.checked_add(1.into()), n.checked_sub(1.into())].into_iter().flatten().map(Value::Decimal).collect()
        }
        Value::Quantity(q) => {
            let step: Decimal = if q.dimension == Dimension::Duration { 60_000.into() } else { 1.into() };
            let half = q.amount.checked_div(2.into());
            let near = [q.amount.checked_add(step), q.amount.checked_sub(step), half];
            let quantity = |amount| Value::Quantity(Quantity { dimension: q.dimension, amount, written: None });
            near.into_iter().flatten().map(quantity).collect()
        }
        Value::Semver(v) => {
            let mut near = vec![semver::Version::new(v.major, v.minor, v.patch.saturating_add(1))];
            near.push(semver::Version::new(0, 0, 0));
            near.push(semver::Version::new(v.major.saturating_add(1), 0, 0));
            near.into_iter().map(Value::Semver).collect()
        }
        Value::Instant(at) => {
            let hour = jiff::Span::new().hours(1);
            [at.checked_add(hour), at.checked_sub(hour)]
                .into_iter()
                .flatten()
                .map(|z| Value::Instant(Box::new(z)))
                .collect()
        }
        _ => Vec::new(),
    }
}
