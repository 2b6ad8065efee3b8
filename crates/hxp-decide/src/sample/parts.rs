//! The parts of a request, near enough to what the policy asks for that most of its requirements are met now and then.

use hxp_policy::{Environment, GateUse, Label, Policy, Subject, Type};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value as Json, json};
use smol_str::SmolStr;

use super::dice::Dice;
use super::hints::Hints;
use super::text;
use super::values::Maker;

const PEOPLE: [&str; 9] = ["ada", "bob", "eve", "kim", "joe", "sam", "deploy[bot]", "é", "Ada"];

pub(super) fn request(policy: &Policy, environment: &Environment, hints: &Hints<'_>, dice: &mut Dice) -> Json {
    let at = instant(hints, dice);
    let mut maker = Maker { hints, dice, at };
    let step = maker.step();
    maker.at = Hints::beside(maker.at, step);
    let written = maker.written(maker.at);
    Parts { policy, environment, maker }.request(&written)
}

/// An instant at which something changes, or an ordinary one.
fn instant(hints: &Hints<'_>, dice: &mut Dice) -> Timestamp {
    let ordinary = Hints::ordinary();
    let some = dice.pick(&hints.instants).copied().unwrap_or(ordinary);
    match dice.below(10) {
        0..6 => some,
        6..9 => {
            let minutes = dice.between(-3 * 1440, 3 * 1440);
            some.checked_add(SignedDuration::from_mins(minutes)).unwrap_or(some)
        }
        _ => ordinary,
    }
}

struct Parts<'a, 'p> {
    policy: &'a Policy,
    environment: &'a Environment,
    maker: Maker<'a, 'p>,
}

impl Parts<'_, '_> {
    fn dice(&mut self) -> &mut Dice {
        self.maker.dice
    }

    fn request(&mut self, at: &str) -> Json {
        let images = self.images();
        let chart = self.chart();
        let commit = self.dice().word(&["9f3c", "9f3c", "9f3c", "abcd"]).to_owned();
        let environment = if self.dice().percent(98) { self.environment.name.as_str() } else { "elsewhere" };
        let keeps = self.environment.rollback.is_some();
        let action = match self.dice().below(10) {
            0..2 if keeps => "rollback",
            0 => "rollback",
            2 => "config",
            _ => "deploy",
        };
        let release = self.release(&commit, &images, &chart);
        let previous = self.previous();
        let incident = self.incident();
        let mut request = json!({
            "hxp": 1, "at": at, "environment": environment, "action": action,
            "actor": { "id": self.person(), "bot": self.dice().percent(30) },
            "event": self.event(),
            "release": release,
            "previous": previous,
            "published_versions": self.list(4, |s| s.maker.version().into()),
            "change": self.change(),
            "evidence": self.all_evidence(&commit, &images, &chart, &incident),
            "members": self.members(),
            "deployments": self.deployments(&images, &chart),
            "triggers": self.triggers(),
            "duties": self.duties(),
            "incident": incident,
            "override": self.named(),
        });
        let approvals = self.approvals(&request);
        if let Some(request) = request.as_object_mut() {
            request.insert("approvals".into(), approvals);
        }
        request
    }

    fn list(&mut self, most: usize, mut each: impl FnMut(&mut Self) -> Json) -> Json {
        let count = self.dice().below(most);
        (0..count).map(|_| each(self)).collect()
    }

    fn images(&mut self) -> Json {
        match self.dice().below(8) {
            0 => json!({}),
            1 => json!({ "ui": "sha256:bb", "api": "sha256:aa" }),
            _ => json!({ "api": "sha256:aa" }),
        }
    }

    fn chart(&mut self) -> Json {
        if self.dice().percent(25) {
            return Json::Null;
        }
        json!({ "name": "kaas", "version": self.maker.version(), "digest": self.dice().word(&["sha256:cc", "sha256:dd"]) })
    }

    fn person(&mut self) -> String {
        let hints = self.maker.hints;
        if !hints.people.is_empty() && self.dice().percent(50) {
            return self.dice().pick(&hints.people).map(ToString::to_string).unwrap_or_default();
        }
        self.dice().word(&PEOPLE).to_owned()
    }

    fn maybe(&mut self, make: impl FnOnce(&mut Self) -> Json) -> Json {
        if self.dice().percent(20) { Json::Null } else { make(self) }
    }

    fn event(&mut self) -> Json {
        json!({
            "kind": self.dice().word(&["push", "release", "manual", "schedule"]),
            "branch": self.maybe(|s| s.maker.text().into()),
            "tag": self.maybe(|s| s.maker.text().into()),
            "published": self.maybe(|s| s.dice().percent(50).into()),
        })
    }

    fn release(&mut self, commit: &str, images: &Json, chart: &Json) -> Json {
        json!({
            "commit": commit, "images": images, "chart": chart,
            "values_digest": self.maker.text(), "version": self.maker.version(),
            "prerelease": self.dice().percent(30), "branch": self.maybe(|s| s.maker.text().into()),
            "ancestors": self.list(4, |s| s.dice().word(&["0001", "9f3c", "abcd"]).into()),
            "publisher": self.maybe(|s| s.person().into()),
            "authors": self.list(3, |s| s.person().into()),
        })
    }

    fn previous(&mut self) -> Json {
        if self.dice().percent(15) {
            return Json::Null;
        }
        json!({
            "commit": self.maybe(|s| s.dice().word(&["0001", "9f3c", "abcd"]).into()),
            "version": self.maybe(|s| s.maker.version().into()),
            "chart": self.chart(),
            "values_digest": self.maybe(|s| s.maker.text().into()),
        })
    }

    fn change(&mut self) -> Json {
        json!({
            "files": self.list(4, Self::file),
            "commits": self.list(4, |s| json!({
                "id": s.dice().word(&["9f3c", "abcd", "0001"]), "message": s.message(), "author": s.person(),
                "pull_request": s.maybe(|s| s.dice().between(1, 3).into()) })),
            "pull_requests": self.list(4, |s| json!({
                "id": s.dice().between(1, 3), "author": s.person(), "labels": s.list(3, Self::pr_label),
                "approved_by": s.list(3, |s| s.person().into()), "merged_at": s.maybe(|s| s.maker.instant().into()) })),
        })
    }

    fn label(&mut self) -> Option<&'_ Label> {
        let hints = self.maker.hints;
        self.dice().pick(&hints.labels).copied()
    }

    fn file(&mut self) -> Json {
        let hints = self.maker.hints;
        match self.dice().pick(&hints.globs) {
            Some(glob) if self.dice().percent(70) => text::glob(glob, self.dice()).into(),
            _ => self.dice().word(&["src/main.go", "README.md", "a/b/c", "", "é/ü.rs"]).into(),
        }
    }

    fn pr_label(&mut self) -> Json {
        let known = self.label().and_then(|l| l.pr.clone());
        match known {
            Some(label) if self.dice().percent(70) => label.as_str().into(),
            _ => self.maker.text().into(),
        }
    }

    fn message(&mut self) -> Json {
        let pattern = self.label().and_then(|l| l.commits.clone());
        let first = match pattern {
            Some(pattern) if self.dice().percent(70) => text::matching(&pattern, self.dice()),
            _ => self.dice().word(&["fix: a leak", "chore", "", "Feat: x"]).to_owned(),
        };
        let behind = self.dice().word(&["", "", "\n\nfeat!: not the first line", "\r\nx", " more", "\r", "\u{2028}x"]);
        format!("{first}{behind}").into()
    }

    fn incident(&mut self) -> Json {
        if self.dice().percent(40) {
            return Json::Null;
        }
        let name = self.environment.name.clone();
        json!({
            "id": self.maybe(|s| s.dice().word(&["INC-7", "INC-8"]).into()),
            "state": self.maybe(|s| s.dice().word(&["open", "open", "open", "resolved"]).into()),
            "environments": self.list(3, |s| if s.dice().percent(80) { name.as_str().into() } else { "staging".into() }),
            "declared_at": self.maybe(|s| s.maker.instant().into()),
            "resolved_at": self.maybe(|s| s.maker.instant().into()),
        })
    }

    fn named(&mut self) -> Json {
        if self.dice().percent(50) {
            return Json::Null;
        }
        let hints = self.maker.hints;
        let name = match self.dice().pick(&hints.overrides) {
            Some(name) if self.dice().percent(90) => name.as_str().into(),
            _ => self.maybe(|s| s.maker.text().into()),
        };
        json!({ "name": name, "reason": "fire", "ticket": self.maybe(|s| s.maker.text().into()) })
    }

    fn members(&mut self) -> Json {
        let hints = self.maker.hints;
        let mut members = Map::new();
        for team in hints.teams.iter().map(SmolStr::as_str).chain(["others"]) {
            if !self.dice().percent(8) {
                members.insert(team.to_owned(), self.list(5, |s| s.person().into()));
            }
        }
        Json::Object(members)
    }

    fn approvals(&mut self, request: &Json) -> Json {
        let hints = self.maker.hints;
        let mut approvals = Vec::new();
        for team in &hints.teams {
            let listed = self.policy.teams.get(team).and_then(|t| t.members.clone());
            let told = request.pointer("/members").and_then(|m| m.get(team.as_str())).and_then(Json::as_array);
            let told = told.into_iter().flatten().filter_map(Json::as_str).map(SmolStr::from).collect();
            for person in listed.unwrap_or(told) {
                if self.dice().percent(75) {
                    approvals.push(self.approval(&person, request));
                }
            }
        }
        for _ in 0..self.dice().below(3) {
            let person = self.person();
            approvals.push(self.approval(&person, request));
        }
        self.dice().shuffle(&mut approvals);
        approvals.into()
    }

    fn approval(&mut self, person: &str, request: &Json) -> Json {
        let release = |key: &str| request.get("release").and_then(|r| r.get(key)).cloned().unwrap_or_default();
        let vote = match self.dice().below(12) {
            0 => "reject",
            1 => "withdraw",
            _ => "approve",
        };
        let images = if self.dice().percent(93) { release("images") } else { json!({}) };
        let environment = if self.dice().percent(95) { self.environment.name.as_str() } else { "staging" };
        let mut approval = json!({
            "person": person, "vote": vote, "environment": environment, "commit": release("commit"),
            "at": self.past() });
        if let Some(approval) = approval.as_object_mut().filter(|_| !self.maker.dice.percent(5)) {
            approval.insert("images".into(), images);
        }
        approval
    }

    /// An instant before that of the request, most of the time.
    fn past(&mut self) -> Json {
        if self.dice().percent(50) {
            let seconds = self.dice().between(0, 7200);
            let at = self.maker.at.checked_sub(SignedDuration::from_secs(seconds)).unwrap_or(self.maker.at);
            return self.maker.written(at).into();
        }
        self.maker.instant().into()
    }

    fn all_evidence(&mut self, commit: &str, images: &Json, chart: &Json, incident: &Json) -> Json {
        let hints = self.maker.hints;
        let mut all = Vec::new();
        for gate in &hints.gates {
            let count = self.dice().pick(&[0, 1, 1, 1, 1, 1, 2, 3]).copied().unwrap_or(1);
            for _ in 0..count {
                all.push(self.evidence(gate, commit, images, chart, incident));
            }
        }
        self.dice().shuffle(&mut all);
        all.into()
    }

    fn evidence(&mut self, used: &GateUse, commit: &str, images: &Json, chart: &Json, incident: &Json) -> Json {
        let declared = self.policy.gates.get(&used.gate);
        let subject = match declared.map_or(Subject::Commit, |g| g.subject) {
            _ if self.dice().percent(4) => json!({ "commit": "0000" }),
            Subject::Commit => json!({ "commit": commit }),
            Subject::Release => json!({ "release": { "images": images, "chart": chart } }),
            Subject::Deployment => json!({ "deployment": self.dice().word(&["d0", "d1", "d2"]) }),
            Subject::Environment => json!({ "environment": self.environment.name }),
            Subject::Incident => json!({ "incident": incident.get("id").and_then(Json::as_str).unwrap_or("INC-7") }),
            Subject::Policy => json!({ "policy": self.policy.name }),
        };
        let state = match self.dice().below(12) {
            0 => self.dice().word(&["failed", "running", "skipped", "error"]),
            _ => "passed",
        };
        let hints = self.maker.hints;
        let mut params = Map::new();
        for (name, value) in &used.args {
            params.insert(name.to_string(), self.maker.literal(value));
        }
        let yields: &[(SmolStr, Type)] = declared.map_or(&[], |g| &g.yields);
        let results: Map<String, Json> =
            yields.iter().map(|(name, ty)| (name.to_string(), self.maker.typed(ty))).collect();
        let team = declared.and_then(|g| match &g.proof {
            hxp_policy::Proof::People(team) => Some(team.clone()),
            _ => None,
        });
        let member = team.and_then(|t| self.policy.teams.get(&t)?.members.clone()).unwrap_or_default();
        let by = match self.dice().pick(&member) {
            Some(person) if self.dice().percent(80) => person.as_str().into(),
            _ => self.maybe(|s| s.person().into()),
        };
        let issuer = match self.dice().pick(&hints.issuers) {
            Some(issuer) if self.dice().percent(85) => issuer.as_str().into(),
            _ => self.maybe(|s| s.maker.text().into()),
        };
        json!({
            "gate": used.gate, "params": params, "subject": subject, "state": state, "results": results,
            "issuer": issuer, "by": by, "at": self.past(), "url": self.maybe(|s| format!("https://ci/{}", s.dice().below(9)).into()),
        })
    }

    fn deployments(&mut self, images: &Json, chart: &Json) -> Json {
        let hints = self.maker.hints;
        let mut environments: Vec<SmolStr> = hints.sources.clone();
        environments.dedup();
        environments.push(self.environment.name.clone());
        let mut all = Vec::new();
        for environment in environments {
            for _ in 0..self.dice().below(4) {
                let id = format!("d{}", self.dice().below(3));
                let images = if self.dice().percent(85) { images.clone() } else { json!({ "api": "sha256:00" }) };
                let chart = if self.dice().percent(90) { chart.clone() } else { Json::Null };
                let from = self.maker.moment();
                let healthy = self.list(4, |s| {
                    let from = s.maker.moment();
                    let to = s.maybe(|s| s.maker.instant().into());
                    json!({ "from": s.maker.written(from), "to": to })
                });
                all.push(json!({
                    "id": id, "environment": environment, "images": images, "chart": chart,
                    "action": self.dice().word(&["deploy", "rollback", "config"]), "revision": self.maybe(|s| s.dice().between(1, 40).into()),
                    "from": self.maker.written(from), "to": self.maybe(|s| s.maker.instant().into()),
                    "outcome": self.dice().word(&["healthy", "healthy", "healthy", "running", "failed", "rolled_back"]),
                    "healthy": healthy,
                }));
            }
        }
        self.dice().shuffle(&mut all);
        all.into()
    }

    fn triggers(&mut self) -> Json {
        let hints = self.maker.hints;
        self.list(3, |s| {
            let trigger = s.dice().pick(&hints.triggers).map_or("errors", SmolStr::as_str);
            let environment = s.dice().pick(&hints.sources).map_or(s.environment.name.as_str(), SmolStr::as_str);
            json!({ "trigger": trigger, "environment": environment,
                "state": s.dice().word(&["firing", "quiet", "quiet", "no_data"]), "since": s.maker.instant() })
        })
    }

    fn duties(&mut self) -> Json {
        self.list(3, |s| {
            json!({ "id": s.maker.text(), "due_at": s.maybe(|s| s.maker.instant().into()),
                "done_at": s.maybe(|s| s.maker.instant().into()) })
        })
    }
}
