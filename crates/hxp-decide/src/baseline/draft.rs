//! A release attempt in the terms in which a test speaks of it: who votes, which gates have passed, how long the release
//! was healthy where. The request is made of it.

use std::collections::BTreeSet;

use hxp_policy::{Environment, Event, EventField, EventMatch, Gate, Method, Policy, Proof, Subject, Value};
use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value as Json, json};
use smol_str::SmolStr;

use super::text;

const MINUTE: i64 = 60_000;
const DAY: i64 = 86_400_000;

/// Most people that a number in a test stands for.
const MOST_PEOPLE: usize = 100;

/// Spare members of each team, who do not vote.
const SPARE: usize = 1;

/// Who votes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Voters {
    /// So many members, whoever they are.
    Count(usize),
    /// These people.
    Named(Vec<SmolStr>),
}

/// What a gate has shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The gate.
    pub gate: SmolStr,
    /// Arguments that took part in making it.
    pub params: Map<String, Json>,
    /// How it came out; `None`: there is none.
    pub state: Option<SmolStr>,
    /// What it yields.
    pub results: Map<String, Json>,
    /// How old it is, in milliseconds.
    pub age: i64,
    /// Who signed it, when it is not simply a member of the team.
    pub by: Option<SmolStr>,
    /// The machine that gave it, when it is not the one that shall.
    pub issuer: Option<SmolStr>,
}

/// A release attempt, open to changes.
#[derive(Clone, Debug)]
pub struct Draft<'p> {
    pub(crate) policy: &'p Policy,
    pub(crate) environment: &'p Environment,
    /// The instant.
    pub at: Timestamp,
    /// The facts that are said as the request says them: action, actor, event, release, previous, …
    pub facts: Map<String, Json>,
    /// The change when it has no label.
    pub unlabelled: Json,
    /// What gates have shown.
    pub gates: Vec<Evidence>,
    /// Who approves, by team.
    pub approvals: IndexMap<SmolStr, Voters>,
    /// Who rejects, by team.
    pub rejections: IndexMap<SmolStr, Voters>,
    /// Members by team, where they are said.
    pub members: IndexMap<SmolStr, Vec<SmolStr>>,
    /// How many milliseconds ago the members of a team voted, where it is said.
    pub voted: IndexMap<SmolStr, i64>,
    /// For how many milliseconds the release has been healthy, by environment.
    pub stays: IndexMap<SmolStr, i64>,
    /// State of triggers.
    pub triggers: IndexMap<SmolStr, SmolStr>,
    /// The deployments, where they are said.
    pub deployments: Option<Json>,
}

impl<'p> Draft<'p> {
    /// An ordinary release, of which no gate has shown anything yet and which nobody has approved.
    pub(super) fn ordinary(policy: &'p Policy, environment: &'p Environment, at: Timestamp) -> Self {
        let mut facts = Map::new();
        let named = policy.images.keys().map(SmolStr::as_str);
        let images: Vec<&str> = if policy.images.is_empty() { vec!["app"] } else { named.collect() };
        let digests = |seed: &str| -> Json {
            images.iter().map(|name| ((*name).to_owned(), Json::from(digest(&format!("{seed} {name}"))))).collect()
        };
        let chart = |version: &str| match environment.deploys.iter().find_map(|d| match &d.method {
            Method::Helm(helm) => Some(helm),
            _ => None,
        }) {
            Some(helm) => {
                let name = helm.declared.as_deref().unwrap_or(helm.release.as_str());
                json!({ "name": name, "version": version, "digest": digest(&format!("chart {version}")) })
            }
            None => Json::Null,
        };
        let (event, branch) = event(environment);
        facts.insert("action".into(), "deploy".into());
        facts.insert("actor".into(), json!({ "id": "releaser", "bot": false }));
        facts.insert("event".into(), event);
        facts.insert(
            "release".into(),
            json!({
                "commit": "c0ffee0000000000000000000000000000000002", "images": digests("release"),
                "chart": chart("1.1.0"), "values_digest": digest("values"), "version": "1.1.0", "prerelease": false,
                "branch": branch, "ancestors": [PREVIOUS], "publisher": "publisher", "authors": ["author"] }),
        );
        facts.insert(
            "previous".into(),
            json!({
                "commit": PREVIOUS, "version": "1.0.0", "images": digests("previous"), "chart": chart("1.0.0"),
                "values_digest": digest("previous values") }),
        );
        facts.insert("published_versions".into(), json!(["1.0.0"]));
        facts.insert("change".into(), change());
        facts.insert("incident".into(), Json::Null);
        facts.insert("override".into(), Json::Null);
        facts.insert("duties".into(), json!([]));
        Self {
            policy,
            environment,
            at,
            facts,
            unlabelled: change(),
            gates: Vec::new(),
            approvals: IndexMap::new(),
            rejections: IndexMap::new(),
            members: IndexMap::new(),
            voted: IndexMap::new(),
            stays: IndexMap::new(),
            triggers: IndexMap::new(),
            deployments: None,
        }
    }

    /// The request.
    pub fn request(&self) -> Json {
        let mut request = Map::new();
        request.insert("hxp".into(), 1.into());
        request.insert("at".into(), self.at.to_string().into());
        request.insert("environment".into(), self.environment.name.as_str().into());
        for (name, value) in &self.facts {
            request.insert(name.clone(), value.clone());
        }
        self.date_merges(&mut request);
        let people = self.people();
        let evidence = self.gates.iter().filter_map(|shown| self.evidence(shown, &people)).collect();
        request.insert("evidence".into(), Json::Array(evidence));
        request.insert("approvals".into(), self.votes(&people));
        let members = people.members.iter().map(|(team, people)| {
            let people = people.iter().map(|p| Json::from(p.as_str())).collect();
            (team.to_string(), Json::Array(people))
        });
        request.insert("members".into(), Json::Object(members.collect()));
        request.insert("deployments".into(), self.deployments.clone().unwrap_or_else(|| self.history()));
        request.insert("triggers".into(), self.readings());
        Json::Object(request)
    }

    fn ago(&self, milliseconds: i64) -> Json {
        let span = SignedDuration::from_millis(milliseconds);
        self.at.checked_sub(span).unwrap_or(self.at).to_string().into()
    }

    /// Pull requests were merged the day before, where nothing else is said.
    fn date_merges(&self, request: &mut Map<String, Json>) {
        let requests = request.get_mut("change").and_then(|c| c.get_mut("pull_requests")).and_then(Json::as_array_mut);
        for merged in requests.into_iter().flatten().filter_map(Json::as_object_mut) {
            if merged.get("merged_at").is_none() {
                merged.insert("merged_at".into(), self.ago(DAY));
            }
        }
    }

    fn fact(&self, pointer: &[&str]) -> Option<&Json> {
        let (first, rest) = pointer.split_first()?;
        rest.iter().try_fold(self.facts.get(*first)?, |value, step| value.get(step))
    }

    // ------------------------------------------------------------------------------------------------ evidence

    fn evidence(&self, shown: &Evidence, people: &People) -> Option<Json> {
        let state = shown.state.as_ref()?;
        let gate = self.policy.gates.get(&shown.gate)?;
        let mut evidence = Map::new();
        evidence.insert("gate".into(), shown.gate.as_str().into());
        if !shown.params.is_empty() {
            evidence.insert("params".into(), Json::Object(shown.params.clone()));
        }
        evidence.insert("subject".into(), self.subject(gate)?);
        evidence.insert("state".into(), state.as_str().into());
        evidence.insert("results".into(), Json::Object(shown.results.clone()));
        match (&gate.proof, &shown.by, &shown.issuer) {
            (_, Some(by), _) => evidence.insert("by".into(), by.as_str().into()),
            (_, _, Some(issuer)) => evidence.insert("issuer".into(), issuer.as_str().into()),
            (Proof::People(team), ..) => {
                let signer = people.of(self.policy, team).first();
                evidence.insert("by".into(), signer.map_or(Json::Null, |p| p.as_str().into()))
            }
            _ => gate
                .properties
                .get("issuer")
                .and_then(Value::as_str)
                .and_then(|issuer| evidence.insert("issuer".into(), issuer.into())),
        };
        evidence.insert("at".into(), self.ago(shown.age));
        Some(Json::Object(evidence))
    }

    /// What evidence of a gate is about; `None` when there is no such thing.
    fn subject(&self, gate: &Gate) -> Option<Json> {
        let clone = |pointer: &[&str]| self.fact(pointer).cloned();
        Some(match gate.subject {
            Subject::Commit => json!({ "commit": clone(&["release", "commit"])? }),
            Subject::Release => {
                let (images, chart) = (clone(&["release", "images"])?, clone(&["release", "chart"])?);
                json!({ "release": { "images": images, "chart": chart } })
            }
            Subject::Deployment => json!({ "deployment": self.live() }),
            Subject::Environment => json!({ "environment": self.environment.name.as_str() }),
            Subject::Incident => json!({ "incident": clone(&["incident", "id"])? }),
            Subject::Policy => json!({ "policy": self.policy.name.as_str() }),
        })
    }

    // ------------------------------------------------------------------------------------------------- history

    fn live(&self) -> String {
        format!("live-{}", self.environment.name)
    }

    fn history(&self) -> Json {
        let part = |of: &str, key: &str| self.fact(&[of, key]).cloned().unwrap_or(Json::Null);
        let mut all = Vec::new();
        let mut add = |id: String, environment: &str, of: &str, from: i64, to: Option<i64>| {
            let (from, to) = (self.ago(from), to.map_or(Json::Null, |to| self.ago(to)));
            let mut deployment = json!({
                "id": id, "environment": environment, "chart": part(of, "chart"), "action": "deploy",
                "from": from, "to": to, "outcome": "healthy", "healthy": [{ "from": from, "to": to }] });
            if let (Some(images), Some(deployment)) = (self.fact(&[of, "images"]), deployment.as_object_mut()) {
                deployment.insert("images".into(), images.clone());
            }
            all.push(deployment);
        };
        for (environment, length) in &self.stays {
            add(format!("stay-{environment}"), environment, "release", *length, None);
        }
        let rollback = self.fact(&["action"]).and_then(Json::as_str) == Some("rollback");
        if rollback {
            add(format!("past-{}", self.environment.name), &self.environment.name, "release", 60 * DAY, Some(30 * DAY));
        }
        if self.fact(&["previous"]).is_some_and(Json::is_object) {
            add(self.live(), &self.environment.name, "previous", 30 * DAY, None);
        }
        Json::Array(all)
    }

    /// A trigger is read here and where the release comes from, wherever it is watched.
    fn readings(&self) -> Json {
        let places = self.stays.keys().filter_map(|name| self.policy.environments.get(name));
        let places: Vec<&Environment> = places.chain([self.environment]).collect();
        let mut readings = Vec::new();
        for (trigger, state) in &self.triggers {
            for place in places.iter().filter(|e| e.triggers.contains_key(trigger)) {
                readings.push(json!({
                    "trigger": trigger.as_str(), "environment": place.name.as_str(), "state": state.as_str(),
                    "since": self.ago(MINUTE) }));
            }
        }
        Json::Array(readings)
    }

    // -------------------------------------------------------------------------------------------------- people

    fn barred(&self) -> BTreeSet<&str> {
        let one = |pointer: &[&str]| self.fact(pointer).and_then(Json::as_str);
        let authors = self.fact(&["release", "authors"]).and_then(Json::as_array);
        let authors = authors.into_iter().flatten().filter_map(Json::as_str);
        [one(&["actor", "id"]), one(&["release", "publisher"])].into_iter().flatten().chain(authors).collect()
    }

    /// The members of all teams, and who of them votes how.
    fn people(&self) -> People {
        let barred = self.barred();
        let mut members: IndexMap<SmolStr, Vec<SmolStr>> = IndexMap::new();
        for (name, team) in &self.policy.teams {
            if let Some(said) = self.members.get(name) {
                members.insert(name.clone(), said.clone());
            } else if team.members.is_none() {
                members.insert(name.clone(), self.ordinary_members(name));
            }
        }
        let mut people = People { members, approve: Vec::new(), reject: Vec::new() };
        let may = |person: &SmolStr| !barred.contains(person.as_str()) && !person.ends_with("[bot]");
        let mut seats: Vec<Vec<SmolStr>> = Vec::new();
        for (team, voters) in &self.approvals {
            match voters {
                Voters::Named(named) => people.approve.extend(named.iter().cloned()),
                Voters::Count(count) => {
                    let able: Vec<SmolStr> = people.of(self.policy, team).iter().filter(|p| may(p)).cloned().collect();
                    seats.extend(std::iter::repeat_n(able, (*count).min(MOST_PEOPLE)));
                }
            }
        }
        people.approve.extend(different(&seats));
        for (team, voters) in &self.rejections {
            match voters {
                Voters::Named(named) => people.reject.extend(named.iter().cloned()),
                Voters::Count(count) => {
                    let team = people.of(self.policy, team).iter().rev();
                    let (voted, others): (Vec<_>, Vec<_>) = team.partition(|p| people.approve.contains(p));
                    let chosen: Vec<SmolStr> = others.into_iter().chain(voted).take(*count).cloned().collect();
                    people.reject.extend(chosen);
                }
            }
        }
        people.approve.retain(|p| !people.reject.contains(p));
        people
    }

    /// `devops-1`, `devops-2`, …: as many as votes are cast, and one to spare.
    fn ordinary_members(&self, team: &SmolStr) -> Vec<SmolStr> {
        let mut members: Vec<SmolStr> = Vec::new();
        let mut count = SPARE;
        for voters in [self.approvals.get(team), self.rejections.get(team)].into_iter().flatten() {
            match voters {
                Voters::Count(n) => count += (*n).min(MOST_PEOPLE),
                Voters::Named(named) => members.extend(named.iter().cloned()),
            }
        }
        members.extend((1..=count).map(|i| SmolStr::from(format!("{team}-{i}"))));
        members
    }

    fn votes(&self, people: &People) -> Json {
        let commit = self.fact(&["release", "commit"]).cloned().unwrap_or(Json::Null);
        let images = self.fact(&["release", "images"]);
        let approvals = people.approve.iter().map(|p| (p, "approve"));
        let all = approvals.chain(people.reject.iter().map(|p| (p, "reject"))).map(|(person, vote)| {
            let mut cast = json!({
                "person": person.as_str(), "vote": vote, "environment": self.environment.name.as_str(),
                "commit": commit, "at": self.ago(self.voted_ago(person, people)) });
            if let (Some(images), Some(cast)) = (images, cast.as_object_mut()) {
                cast.insert("images".into(), images.clone());
            }
            cast
        });
        Json::Array(all.collect())
    }

    /// A vote of someone in several teams is as old as that of the team whose votes are oldest.
    fn voted_ago(&self, person: &SmolStr, people: &People) -> i64 {
        let teams = self.voted.iter().filter(|(team, _)| people.of(self.policy, team).contains(person));
        teams.map(|(_, age)| *age).max().unwrap_or(MINUTE)
    }
}

const PREVIOUS: &str = "c0ffee0000000000000000000000000000000001";

/// The members of all teams that the policy does not list, and who votes how.
struct People {
    members: IndexMap<SmolStr, Vec<SmolStr>>,
    approve: Vec<SmolStr>,
    reject: Vec<SmolStr>,
}

impl People {
    fn of<'a>(&'a self, policy: &'a Policy, team: &SmolStr) -> &'a [SmolStr] {
        let listed = policy.teams.get(team).and_then(|t| t.members.as_deref());
        listed.or_else(|| self.members.get(team).map(Vec::as_slice)).unwrap_or(&[])
    }
}

/// Different people on all seats, as far as there are enough: a matching, found seat by seat along augmenting paths.
fn different(seats: &[Vec<SmolStr>]) -> Vec<SmolStr> {
    let mut taken: IndexMap<&SmolStr, usize> = IndexMap::new();
    for seat in 0..seats.len() {
        let mut seen = BTreeSet::new();
        // (seat, how its candidates were reached), walked breadth first: who sits there now may move on.
        let mut queue = vec![seat];
        let mut came: IndexMap<&SmolStr, usize> = IndexMap::new();
        let mut free = None;
        let mut next = 0;
        while let (None, Some(here)) = (free, queue.get(next).copied()) {
            next += 1;
            for person in seats.get(here).into_iter().flatten() {
                if !seen.insert(person) {
                    continue;
                }
                came.insert(person, here);
                match taken.get(person) {
                    None => {
                        free = Some(person);
                        break;
                    }
                    Some(other) => queue.push(*other),
                }
            }
        }
        let mut step = free;
        while let Some(person) = step {
            let Some(here) = came.get(person).copied() else { break };
            let before = taken.iter().find(|(_, s)| **s == here).map(|(p, _)| *p);
            taken.insert(person, here);
            step = before;
            if here == seat {
                break;
            }
        }
    }
    taken.into_keys().cloned().collect()
}

/// What sets a deployment to the environment off, and the branch it comes from.
fn event(environment: &Environment) -> (Json, Json) {
    let nothing = || (json!({ "kind": "manual", "branch": null, "tag": null, "published": null }), Json::from("main"));
    let all = environment.deploys.iter().flat_map(|d| &d.events);
    let Some(matched) = all.into_iter().next() else { return nothing() };
    let said = |name: &str| said(matched, name);
    match matched.event {
        Event::Push => {
            let tag = said("tag").unwrap_or(Json::Null);
            let branch = said("branch").unwrap_or_else(|| if tag.is_null() { "main".into() } else { Json::Null });
            let of = if branch.is_null() { Json::from("main") } else { branch.clone() };
            (json!({ "kind": "push", "branch": branch, "tag": tag, "published": null }), of)
        }
        Event::Release => {
            let tag = said("tag").unwrap_or_else(|| "v1.1.0".into());
            let published = said("published").unwrap_or(Json::Bool(true));
            let branch = said("branch").unwrap_or(Json::Null);
            let of = if branch.is_null() { Json::from("main") } else { branch.clone() };
            (json!({ "kind": "release", "branch": branch, "tag": tag, "published": published }), of)
        }
        Event::Schedule => {
            (json!({ "kind": "schedule", "branch": null, "tag": null, "published": null }), "main".into())
        }
        _ => nothing(),
    }
}

fn said(matched: &EventMatch, name: &str) -> Option<Json> {
    matched.fields.iter().find_map(|field| match field {
        EventField::Is(of, value) if of == name => Some(super::candidates::json(value)),
        EventField::Matches(of, pattern) if of == name => text::examples(pattern).into_iter().next().map(Json::from),
        _ => None,
    })
}

/// A reviewed change to nothing in particular.
fn change() -> Json {
    let reviewers: Vec<String> = (1..=9).map(|i| format!("reviewer-{i}")).collect();
    json!({
        "files": ["src/main"],
        "commits": [{ "id": "c0ffee0000000000000000000000000000000002", "message": "Say it better", "author": "author",
            "pull_request": 1 }],
        "pull_requests": [{ "id": 1, "author": "author", "labels": [], "approved_by": reviewers }] })
}

/// A digest that looks like one; the same for the same text.
fn digest(text: &str) -> String {
    crate::request::digest(&Json::from(text)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_taken_by_different_people_where_that_can_be() {
        let seats = |all: &[&[&str]]| -> Vec<Vec<SmolStr>> {
            all.iter().map(|s| s.iter().map(|p| SmolStr::from(*p)).collect()).collect()
        };
        for (candidates, seated) in [
            (seats(&[&["ada"], &["ada", "bob"]]), 2),
            (seats(&[&["ada", "bob"], &["ada"]]), 2),
            (seats(&[&["ada", "bob"], &["ada", "eve"], &["ada"]]), 3),
            (seats(&[&["ada", "bob"], &["bob", "eve"], &["ada"], &["bob"]]), 3),
            (seats(&[&["ada"], &["ada"]]), 1),
            (seats(&[&[], &["ada"]]), 1),
        ] {
            assert_eq!(different(&candidates).len(), seated, "{candidates:?}");
        }
    }
}
