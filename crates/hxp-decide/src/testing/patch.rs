//! What a test says that differs from the baseline.

use hxp_policy::{Record, Value};
use serde_json::{Map, Value as Json, json};
use smol_str::SmolStr;

use super::Mismatch;
use crate::baseline::{Draft, Evidence, Voters, give_label, value_json};

/// Makes the attempt differ as the test says; what makes no sense comes back.
pub(crate) fn apply(draft: &mut Draft<'_>, with: &Record) -> Vec<Mismatch> {
    let mut patch = Patch { draft, wrong: Vec::new() };
    // What a label does to the change comes before what the test says of the change itself.
    if let Some(labels) = with.get("labels") {
        patch.labels(labels);
    }
    for field in &with.fields {
        match field.name.as_str() {
            "labels" => {}
            "override" => patch.invoke(&field.value),
            "approvals" | "rejections" => patch.votes(&field.name, &field.value),
            "members" => patch.members(&field.value),
            "gates" | "evidence" => patch.gates(&field.name, &field.value),
            "stays" => {
                let stays = patch.durations("stays", &field.value, "say for how long");
                patch.draft.stays.extend(stays);
            }
            "voted" => {
                let voted = patch.durations("voted", &field.value, "say how long ago");
                patch.draft.voted.extend(voted);
            }
            "triggers" => patch.triggers(&field.value),
            "deployments" => {
                if patch.list("deployments", &field.value) {
                    patch.draft.deployments = Some(value_json(&field.value));
                }
            }
            "duties" => {
                if patch.list("duties", &field.value) {
                    patch.draft.facts.insert("duties".into(), value_json(&field.value));
                }
            }
            "incident" => patch.incident(&field.value),
            "at" => patch.wrong("at", "the instant is said by `given … at`"),
            name => {
                let spot = patch.draft.facts.entry(name).or_insert(Json::Null);
                merge(spot, &field.value);
            }
        }
    }
    patch.wrong
}

/// Whether a test says something that the compiler did not hold to the form of a request.
pub(super) fn free(with: &Record) -> bool {
    const HELD: [&str; 10] =
        ["labels", "approvals", "rejections", "members", "gates", "evidence", "stays", "triggers", "action", "voted"];
    let held = |field: &hxp_policy::Field| match field.name.as_str() {
        "override" => !matches!(field.value, Value::Record(_)),
        name => HELD.contains(&name),
    };
    !with.fields.iter().all(held)
}

struct Patch<'d, 'p> {
    draft: &'d mut Draft<'p>,
    wrong: Vec<Mismatch>,
}

impl Patch<'_, '_> {
    fn wrong(&mut self, path: &str, message: &str) {
        self.wrong.push(Mismatch::Given { path: path.to_owned(), message: message.to_owned() });
    }

    fn fields<'v>(&mut self, path: &str, value: &'v Value) -> &'v [hxp_policy::Field] {
        if let Value::Record(record) = value {
            return &record.fields;
        }
        self.wrong(path, &format!("`{path}` takes a record"));
        &[]
    }

    fn list(&mut self, path: &str, value: &Value) -> bool {
        let fits = matches!(value, Value::List(_));
        if !fits {
            self.wrong(path, &format!("`{path}` takes a list of records, as in a request"));
        }
        fits
    }

    fn labels(&mut self, value: &Value) {
        let Value::List(labels) = value else { return self.wrong("labels", "`labels` takes a list of labels") };
        let plain = self.draft.unlabelled.clone();
        self.draft.facts.insert("change".into(), plain);
        for label in labels.iter().filter_map(name) {
            if let Some(label) = self.draft.policy.labels.get(&label) {
                give_label(&mut self.draft.facts, label);
            }
        }
    }

    fn invoke(&mut self, value: &Value) {
        let named = match value {
            Value::None => Json::Null,
            Value::Record(_) => {
                let mut named = json!({ "name": null, "reason": "as the test says", "ticket": null });
                merge(&mut named, value);
                named
            }
            other => match name(other) {
                Some(name) => json!({ "name": name.as_str(), "reason": "as the test says", "ticket": null }),
                None => return self.wrong("override", "`override` takes the name of an override"),
            },
        };
        self.draft.facts.insert("override".into(), named);
    }

    fn votes(&mut self, key: &str, value: &Value) {
        for field in self.fields(key, value) {
            let voters = match &field.value {
                Value::Int(n) => Voters::Count(usize::try_from(*n).unwrap_or(0)),
                Value::List(people) => Voters::Named(people.iter().filter_map(name).collect()),
                _ => {
                    self.wrong(&format!("{key}.{}", field.name), "say how many, or list who");
                    continue;
                }
            };
            let votes = if key == "approvals" { &mut self.draft.approvals } else { &mut self.draft.rejections };
            votes.insert(field.name.clone(), voters);
        }
    }

    fn members(&mut self, value: &Value) {
        for field in self.fields("members", value) {
            let path = format!("members.{}", field.name);
            if self.draft.policy.teams.get(&field.name).is_some_and(|t| t.members.is_some()) {
                self.wrong(&path, &format!("the policy lists the members of {} itself", field.name));
            } else if let Value::List(people) = &field.value {
                self.draft.members.insert(field.name.clone(), people.iter().filter_map(name).collect());
            } else {
                self.wrong(&path, "list the members");
            }
        }
    }

    fn gates(&mut self, key: &str, value: &Value) {
        for field in self.fields(key, value) {
            let path = format!("{key}.{}", field.name);
            let declared = self.draft.policy.gates.get(&field.name);
            if declared.is_some_and(|g| g.proof == hxp_policy::Proof::Facts) {
                let message = "it is judged by facts alone: say `change`, `release` or what else it reads";
                self.wrong(&path, message);
                continue;
            }
            let yields: Vec<&SmolStr> = declared.iter().flat_map(|g| g.yields.iter().map(|(name, _)| name)).collect();
            let mut wrong = Vec::new();
            for shown in self.draft.gates.iter_mut().filter(|shown| shown.gate == field.name) {
                wrong = show(shown, &field.value, &yields);
            }
            for (step, message) in wrong {
                self.wrong(&format!("{path}{step}"), &message);
            }
        }
    }

    fn durations(&mut self, key: &str, value: &Value, otherwise: &str) -> Vec<(SmolStr, i64)> {
        let mut found = Vec::new();
        for field in self.fields(key, value) {
            match field.value.as_millis() {
                Some(length) => found.push((field.name.clone(), length.0)),
                None => self.wrong(&format!("{key}.{}", field.name), otherwise),
            }
        }
        found
    }

    fn triggers(&mut self, value: &Value) {
        for field in self.fields("triggers", value) {
            let state = name(&field.value);
            match state.filter(|state| ["firing", "quiet", "no_data"].contains(&state.as_str())) {
                Some(state) => {
                    self.draft.triggers.insert(field.name.clone(), state);
                }
                None => self.wrong(&format!("triggers.{}", field.name), "a trigger is `firing`, `quiet` or `no_data`"),
            }
        }
    }

    /// An incident that is said is open, covers the environment and was declared just now, but for what is said of it.
    fn incident(&mut self, value: &Value) {
        if *value == Value::None {
            self.draft.facts.insert("incident".into(), Json::Null);
            return;
        }
        let declared = self.draft.at.checked_sub(jiff::SignedDuration::from_mins(10)).unwrap_or(self.draft.at);
        let mut incident = json!({
            "id": "incident-1", "state": "open", "environments": [self.draft.environment.name.as_str()],
            "declared_at": declared.to_string(), "resolved_at": null });
        merge(&mut incident, value);
        // A fact that is derived from the state; a request does not say it.
        if let Some(incident) = incident.as_object_mut()
            && let Some(open) = incident.shift_remove("open")
        {
            incident.insert("state".into(), if open == Json::Bool(false) { "resolved" } else { "open" }.into());
        }
        self.draft.facts.insert("incident".into(), incident);
    }
}

/// What a test says of a gate: its state, or what it yields; and how old the evidence is, who signed or issued it.
fn show(shown: &mut Evidence, value: &Value, yields: &[&SmolStr]) -> Vec<(String, String)> {
    let mut wrong = Vec::new();
    let mut state = |shown: &mut Evidence, step: &str, word: Option<SmolStr>| {
        const STATES: [&str; 5] = ["passed", "failed", "running", "skipped", "error"];
        match word {
            Some(word) if word == "missing" => shown.state = None,
            Some(word) if STATES.contains(&word.as_str()) => shown.state = Some(word),
            _ => wrong.push((step.to_owned(), "say passed, failed, running, skipped, error or missing".to_owned())),
        }
    };
    let Value::Record(record) = value else {
        state(shown, "", name(value));
        return wrong;
    };
    let mut strange = Vec::new();
    for field in &record.fields {
        match field.name.as_str() {
            name if yields.iter().any(|y| *y == name) => {
                shown.results.insert(name.to_owned(), value_json(&field.value));
            }
            "state" => state(shown, ".state", name(&field.value)),
            "age" => shown.age = field.value.as_millis().map_or(shown.age, |d| d.0),
            "by" => shown.by = name(&field.value),
            "issuer" => shown.issuer = name(&field.value),
            other => {
                let known: Vec<&str> =
                    yields.iter().map(|y| y.as_str()).chain(["state", "age", "by", "issuer"]).collect();
                let message = format!("there is no such result; there is {}", hxp_diagnostics::list_names(&known));
                strange.push((format!(".{other}"), message));
            }
        }
    }
    wrong.extend(strange);
    wrong
}

/// The name that a value says.
fn name(value: &Value) -> Option<SmolStr> {
    match value {
        Value::Ref(reference) => Some(reference.name.clone()),
        other => other.as_str().map(SmolStr::from),
    }
}

/// Records are merged field by field; anything else replaces.
fn merge(spot: &mut Json, value: &Value) {
    let Value::Record(record) = value else {
        *spot = value_json(value);
        return;
    };
    if !spot.is_object() {
        *spot = Json::Object(Map::new());
    }
    let Json::Object(fields) = spot else { return };
    for field in &record.fields {
        merge(fields.entry(field.name.as_str()).or_insert(Json::Null), &field.value);
    }
}
