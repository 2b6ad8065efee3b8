//! What changed in the demands of an environment, in words.

use hxp_policy::{
    Check, Clause, Environment, Expiry, Expr, Gate, GateUse, Label, Origin, Override, Policy, Proof, Requirement,
    Seats, Subject, Value, describe,
};
use smol_str::SmolStr;

use super::compare::changed_labels;
use super::exprs::same_label;
use super::windows;

/// A change in what is demanded.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Change {
    /// In a sentence.
    pub text: String,
    /// Which requirements it touches.
    pub touches: Touches,
    /// Where the old policy says it.
    pub old: Option<Origin>,
    /// Where the new policy says it.
    pub new: Option<Origin>,
}

/// Requirements by id.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Touches {
    /// These.
    Ids(Vec<SmolStr>),
    /// Those of rollbacks, because other releases can be gone back to.
    Rollbacks,
}

impl Change {
    fn new(text: String, ids: Vec<SmolStr>, old: Option<Origin>, new: Option<Origin>) -> Self {
        Self { text, touches: Touches::Ids(ids), old, new }
    }

    /// Whether it touches a requirement.
    pub fn touches(&self, id: &str) -> bool {
        match &self.touches {
            Touches::Ids(ids) => ids.iter().any(|other| other == id),
            Touches::Rollbacks => false,
        }
    }
}

/// Two policies and one environment of both.
struct Pairing<'p> {
    old: &'p Policy,
    new: &'p Policy,
    before: &'p Environment,
    after: &'p Environment,
}

/// What changed for an environment. What only one policy has is one change.
pub(super) fn changes(old: &Policy, new: &Policy, name: &str) -> Vec<Change> {
    let engine = || vec![SmolStr::new_static("engine.environment")];
    match (old.environments.get(name), new.environments.get(name)) {
        (Some(before), Some(after)) => Pairing { old, new, before, after }.changes(),
        (Some(before), None) => {
            let ids = before.requirements.iter().map(|r| r.id.clone()).chain(engine()).collect();
            let text = format!("environment {name} is gone: nothing can be deployed there any more");
            vec![Change::new(text, ids, Some(before.origin), None)]
        }
        (None, Some(after)) => {
            let ids = after.requirements.iter().map(|r| r.id.clone()).chain(engine()).collect();
            let text = format!("environment {name} is new: nothing could be deployed there before");
            vec![Change::new(text, ids, None, Some(after.origin))]
        }
        (None, None) => Vec::new(),
    }
}

impl Pairing<'_> {
    fn changes(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        self.requirements("", &refs(&self.before.requirements), &refs(&self.after.requirements), &mut changes);
        let (before, after) = (self.before.rollback_requirements(), self.after.rollback_requirements());
        self.requirements("rollback: ", &refs(before), &refs(after), &mut changes);
        self.keep(&mut changes);
        self.overrides(&mut changes);
        self.labels(&mut changes);
        self.teams(&mut changes);
        self.approvals_valid(&mut changes);
        changes.dedup_by(|b, a| {
            let same = a.text == b.text;
            if let (true, Touches::Ids(ids), Touches::Ids(more)) = (same, &mut a.touches, &b.touches) {
                ids.extend(more.iter().cloned());
            }
            same
        });
        changes
    }

    /// Requirements of the same id beside each other; those of one gate whose id carries other arguments too.
    fn requirements(&self, prefix: &str, old: &[&Requirement], new: &[&Requirement], changes: &mut Vec<Change>) {
        let mut taken: Vec<&SmolStr> = Vec::new();
        for before in old {
            let same = new.iter().find(|r| r.id == before.id);
            let alike = || {
                new.iter().find(|r| alike(before, r) && !old.iter().any(|o| o.id == r.id) && !taken.contains(&&r.id))
            };
            match same.or_else(alike) {
                Some(after) => {
                    taken.push(&after.id);
                    self.changed(prefix, before, after, changes);
                }
                None => {
                    let text = format!("{prefix}{}", Self::gone(before, old));
                    changes.push(Change::new(text, vec![before.id.clone()], Some(before.origin), None));
                }
            }
        }
        for after in new.iter().filter(|r| !taken.contains(&&r.id)) {
            let text = format!("{prefix}{}", Self::added(after, new));
            changes.push(Change::new(text, vec![after.id.clone()], None, Some(after.origin)));
        }
    }

    fn gone(requirement: &Requirement, among: &[&Requirement]) -> String {
        match &requirement.check {
            Check::Gate(used) => format!("gate {} no longer required", instance(used)),
            Check::Approve { team, .. } => format!("approvals: {team} {} → none", seats_of(requirement, among)),
            Check::After { environment, soaked: Some(soaked) } => format!("soak in {environment}: {soaked} → none"),
            Check::After { environment, .. } => format!("a release need no longer have been healthy in {environment}"),
            Check::Within(window) => format!("{window} no longer binds"),
            Check::Rule { rule, .. } => format!("rule {rule} no longer binds"),
        }
    }

    fn added(requirement: &Requirement, among: &[&Requirement]) -> String {
        let when = requirement.when.as_ref().map(|e| format!(" when {}", describe(e))).unwrap_or_default();
        let text = match &requirement.check {
            Check::Gate(used) => format!("gate {} required now{when}", instance(used)),
            Check::Approve { team, .. } => format!("approvals: {team} none → {}", seats_of(requirement, among)),
            Check::After { environment, soaked: Some(soaked) } => format!("soak in {environment}: none → {soaked}"),
            Check::After { environment, .. } => format!("a release must have been healthy in {environment} now"),
            Check::Within(window) => format!("{window} binds now"),
            Check::Rule { rule, .. } => format!("rule {rule} binds now"),
        };
        if requirement.advisory { format!("{text}, but only advises") } else { text }
    }

    fn changed(&self, prefix: &str, before: &Requirement, after: &Requirement, changes: &mut Vec<Change>) {
        let mut texts: Vec<String> = Vec::new();
        let name = name_of(before);
        if before.advisory != after.advisory {
            texts.push(format!("{name} {}", if after.advisory { "only advises now" } else { "decides now" }));
        }
        if before.when != after.when {
            texts.push(format!("{name} binds {} → {}", when(before.when.as_ref()), when(after.when.as_ref())));
        }
        match (&before.check, &after.check) {
            (Check::Gate(a), Check::Gate(b)) => self.gate(a, b, &mut texts),
            (Check::Approve { team, seats: a }, Check::Approve { seats: b, .. }) => {
                approvals(team, a, b, (self.before, self.after), &mut texts);
            }
            (Check::After { environment, soaked: a }, Check::After { soaked: b, .. }) if a != b => {
                let shown = |d: &Option<hxp_policy::Millis>| d.map_or("none".to_owned(), |d| d.to_string());
                texts.push(format!("soak in {environment}: {} → {}", shown(a), shown(b)));
            }
            (Check::Within(a), Check::Within(b)) => {
                for (text, old, new) in windows::differences(self.old, self.new, a, b) {
                    let ids = vec![before.id.clone(), after.id.clone()];
                    changes.push(Change::new(format!("{prefix}{text}"), ids, old, new));
                }
            }
            (Check::Rule { rule, clauses: a }, Check::Rule { clauses: b, .. }) => {
                for (text, old, new) in rule_changes(rule, a, b) {
                    let ids = vec![before.id.clone(), after.id.clone()];
                    changes.push(Change::new(format!("{prefix}{text}"), ids, old, new));
                }
            }
            _ => {}
        }
        for text in texts {
            let ids = vec![before.id.clone(), after.id.clone()];
            changes.push(Change::new(format!("{prefix}{text}"), ids, Some(before.origin), Some(after.origin)));
        }
    }

    fn gate(&self, a: &GateUse, b: &GateUse, texts: &mut Vec<String>) {
        let name = &b.gate;
        let mut args = false;
        for (param, value) in &b.args {
            let before = a.args.iter().find(|(other, _)| other == param).map(|(_, v)| v);
            if before != Some(value) {
                args = true;
                let before = before.map_or("none".to_owned(), shown);
                texts.push(format!("{name}: {param} {before} → {}", shown(value)));
            }
        }
        if !args && a.predicate != b.predicate {
            let text = |e: &Option<Expr>| e.as_ref().map_or("nothing more than passing".to_owned(), describe);
            texts.push(format!("{name}: requires {} → {}", text(&a.predicate), text(&b.predicate)));
        }
        if let (Some(a), Some(b)) = (self.old.gates.get(&a.gate), self.new.gates.get(&b.gate)) {
            gate_definition(a, b, self.old.name != self.new.name, texts);
        }
    }

    fn keep(&self, changes: &mut Vec<Change>) {
        let (a, b) = (self.before.keep(), self.after.keep());
        if a != b {
            let origin = |e: &Environment| e.rollback.as_ref().map(|r| r.origin);
            let text = format!("rollback: the last {a} → {b} healthy releases can be gone back to");
            let (old, new) = (origin(self.before), origin(self.after));
            changes.push(Change { text, touches: Touches::Rollbacks, old, new });
        }
    }

    fn overrides(&self, changes: &mut Vec<Change>) {
        let old: Vec<&Override> = self.old.overrides_of(self.before).collect();
        let new: Vec<&Override> = self.new.overrides_of(self.after).collect();
        for a in &old {
            match new.iter().find(|b| b.name == a.name) {
                Some(b) => self.override_(a, b, changes),
                None => {
                    let waives = waived(a);
                    let text = format!("override {} is gone{}", a.name, lifting(&waives));
                    changes.push(Change::new(text, self.touched(a, None), Some(a.origin), None));
                }
            }
        }
        for b in new.iter().filter(|b| !old.iter().any(|a| a.name == b.name)) {
            let text = format!("override {} is new{}", b.name, lifting(&waived(b)));
            changes.push(Change::new(text, self.touched(b, None), None, Some(b.origin)));
        }
    }

    fn override_(&self, a: &Override, b: &Override, changes: &mut Vec<Change>) {
        let name = &b.name;
        let (before, after) = (waived(a), waived(b));
        for id in after.iter().filter(|id| !before.contains(id)) {
            let origin = b.waives.iter().find(|w| w.id == *id).map(|w| w.origin);
            let text = format!("override {name} now also waives {id}");
            changes.push(Change::new(text, self.touched(b, Some(id)), Some(a.origin), origin));
        }
        for id in before.iter().filter(|id| !after.contains(id)) {
            let origin = a.waives.iter().find(|w| w.id == *id).map(|w| w.origin);
            let text = format!("override {name} no longer waives {id}");
            changes.push(Change::new(text, self.touched(a, Some(id)), origin, Some(b.origin)));
        }
        let mut all = self.touched(a, None);
        all.extend(self.touched(b, None));
        let mut whole = |text: String| {
            changes.push(Change::new(text, all.clone(), Some(a.origin), Some(b.origin)));
        };
        if a.when != b.when {
            let when = |o: &Override| o.when.as_ref().map_or("always".to_owned(), |e| format!("when {}", describe(e)));
            whole(format!("override {name} acts {} → {}", when(a), when(b)));
        }
        if a.expires != b.expires {
            whole(format!("override {name} ends {} → {}", expiry(&a.expires), expiry(&b.expires)));
        }
        let added = |o: &'_ Override, e: &Environment| o.requirements_of(e).cloned().collect::<Vec<_>>();
        let (before, after) = (added(a, self.before), added(b, self.after));
        self.requirements(&format!("override {name}: "), &refs(&before), &refs(&after), changes);
    }

    /// Requirements that an override lifts (all, or those of one id) and adds.
    fn touched(&self, o: &Override, only: Option<&SmolStr>) -> Vec<SmolStr> {
        let lifts =
            |local: &str| o.waives.iter().filter(|w| only.is_none_or(|id| w.id == *id)).any(|w| w.covers(local));
        let of = |e: &Environment| -> Vec<SmolStr> {
            let all = e.requirements.iter().chain(e.rollback_requirements());
            let mut ids: Vec<SmolStr> = all.filter(|r| lifts(r.local_id())).map(|r| r.id.clone()).collect();
            if only.is_none() {
                ids.extend(o.requirements_of(e).map(|r| r.id.clone()));
            }
            ids
        };
        // A lifted team leaves the statement whose places different people must take.
        let mut ids = of(self.before);
        ids.extend(of(self.after));
        if ids.iter().any(|id| id.contains(".approve.")) {
            let all = self.before.requirements.iter().chain(&self.after.requirements);
            ids.extend(all.filter(|r| matches!(r.check, Check::Approve { .. })).map(|r| r.id.clone()));
        }
        ids
    }

    fn labels(&self, changes: &mut Vec<Change>) {
        for name in changed_labels(self.old, self.new) {
            let ids = self.mentioning(|e| matches!(e, Expr::HasLabel(label) if *label == name));
            let (a, b) = (self.old.labels.get(&name), self.new.labels.get(&name));
            let (Some(old), Some(new)) = (a, b) else { continue };
            if ids.is_empty() || same_label(old, new) {
                continue;
            }
            let text = format!("label {name}: {}", label_change(old, new));
            changes.push(Change::new(text, ids, Some(old.origin), Some(new.origin)));
        }
        for (name, window) in &self.new.windows {
            let ids = self.mentioning(|e| matches!(e, Expr::WindowOpen(other) if other == name));
            if !ids.is_empty() && self.old.windows.contains_key(name) {
                for (text, old, new) in windows::differences(self.old, self.new, name, name) {
                    let (old, new) = (old.or(Some(window.origin)), new.or(Some(window.origin)));
                    changes.push(Change::new(text, ids.clone(), old, new));
                }
            }
        }
    }

    /// Requirements with an expression like that; with a condition of an override like that, what it lifts and adds.
    fn mentioning(&self, wanted: impl Fn(&Expr) -> bool) -> Vec<SmolStr> {
        let says = |e: &Expr| {
            let mut found = false;
            e.walk(&mut |e| found |= wanted(e));
            found
        };
        let mut ids = Vec::new();
        for (policy, environment) in [(self.old, self.before), (self.new, self.after)] {
            let own = environment.requirements.iter().chain(environment.rollback_requirements());
            let added = policy.overrides_of(environment).flat_map(|o| o.requirements_of(environment));
            for requirement in own.chain(added) {
                let mut found = false;
                crate::engine::expressions(requirement, &mut |e| found |= says(e));
                if found {
                    ids.push(requirement.id.clone());
                }
            }
            for o in policy.overrides_of(environment).filter(|o| o.when.as_ref().is_some_and(says)) {
                ids.extend(self.touched(o, None));
            }
        }
        ids
    }

    fn teams(&self, changes: &mut Vec<Change>) {
        for (name, team) in &self.new.teams {
            let Some(before) = self.old.teams.get(name).filter(|t| t.members != team.members) else { continue };
            let ids = self.of_team(name);
            if ids.is_empty() {
                continue;
            }
            let text = match (&before.members, &team.members) {
                (Some(a), Some(b)) => format!("team {name}: {}", gains(a, b, "members")),
                (None, _) => format!("team {name}: its members are listed by the policy now"),
                (_, None) => format!("team {name}: its members are no longer listed by the policy"),
            };
            changes.push(Change::new(text, ids, Some(before.origin), Some(team.origin)));
        }
    }

    /// Requirements on the people of a team.
    fn of_team(&self, name: &SmolStr) -> Vec<SmolStr> {
        let mut ids = Vec::new();
        for (policy, environment) in [(self.old, self.before), (self.new, self.after)] {
            let own = environment.requirements.iter().chain(environment.rollback_requirements());
            let added = policy.overrides_of(environment).flat_map(|o| o.requirements_of(environment));
            for requirement in own.chain(added) {
                let asks = match &requirement.check {
                    Check::Approve { team, seats } => team == name || seats.iter().any(|s| s.distinct.is_some()),
                    Check::Gate(used) => {
                        policy.gates.get(&used.gate).is_some_and(|g| g.proof == Proof::People(name.clone()))
                    }
                    _ => false,
                };
                if asks {
                    ids.push(requirement.id.clone());
                }
            }
        }
        ids
    }

    fn approvals_valid(&self, changes: &mut Vec<Change>) {
        let valid = |e: &Environment| e.properties.at("approvals.valid").and_then(Value::as_millis);
        let (a, b) = (valid(self.before), valid(self.after));
        if a == b {
            return;
        }
        let shown = |d: Option<hxp_policy::Millis>| d.map_or("ever".to_owned(), |d| d.to_string());
        let all = [(self.old, self.before), (self.new, self.after)].into_iter();
        let all = all.flat_map(|(policy, environment)| crate::baseline::all_requirements(policy, environment));
        let ids = all.filter(|r| matches!(r.check, Check::Approve { .. })).map(|r| r.id.clone()).collect();
        let origin = |e: &Environment| Some(e.properties.field("approvals").map_or(e.origin, |f| f.origin));
        let text = format!("approvals count for {} → {}", shown(a), shown(b));
        changes.push(Change::new(text, ids, origin(self.before), origin(self.after)));
    }
}

fn refs(requirements: &[Requirement]) -> Vec<&Requirement> {
    requirements.iter().collect()
}

/// Two uses of one gate with other arguments.
fn alike(a: &Requirement, b: &Requirement) -> bool {
    matches!((&a.check, &b.check), (Check::Gate(a), Check::Gate(b)) if a.gate == b.gate)
}

fn name_of(requirement: &Requirement) -> String {
    match &requirement.check {
        Check::Gate(used) => format!("gate {}", instance(used)),
        Check::Approve { team, .. } => format!("approval of {team}"),
        Check::After { environment, .. } => format!("promotion from {environment}"),
        Check::Within(window) => window.to_string(),
        Check::Rule { rule, .. } => format!("rule {rule}"),
    }
}

fn instance(used: &GateUse) -> String {
    let args: Vec<String> = used.args.iter().map(|(name, value)| format!("{name} = {}", shown(value))).collect();
    if args.is_empty() { used.gate.to_string() } else { format!("{}({})", used.gate, args.join(", ")) }
}

/// A value as the language writes it.
pub(super) fn shown(value: &Value) -> String {
    describe(&Expr::Const(value.clone()))
}

fn when(condition: Option<&Expr>) -> String {
    condition.map_or("always".to_owned(), |e| format!("when {}", describe(e)))
}

/// `1`, or `1 when change has security, 2 when …`.
fn seats_of(requirement: &Requirement, _: &[&Requirement]) -> String {
    let Check::Approve { seats, .. } = &requirement.check else { return String::new() };
    let seats: Vec<String> = seats.iter().map(seat).collect();
    seats.join(", ")
}

fn seat(seat: &Seats) -> String {
    let when = seat.when.as_ref().map(|e| format!(" when {}", describe(e))).unwrap_or_default();
    format!("{}{when}", seat.count)
}

fn approvals(
    team: &SmolStr,
    a: &[Seats],
    b: &[Seats],
    (before, after): (&Environment, &Environment),
    texts: &mut Vec<String>,
) {
    let conditions = |seats: &[Seats]| seats.iter().map(|s| s.when.clone()).collect::<Vec<_>>();
    let greatest = |seats: &[Seats], when: &Option<Expr>| {
        seats.iter().filter(|s| s.when == *when).map(|s| s.count).max().unwrap_or(0)
    };
    let mut told: Vec<Option<Expr>> = Vec::new();
    let (old_only, new_only): (Vec<_>, Vec<_>) = (
        conditions(a).into_iter().filter(|w| !conditions(b).contains(w)).collect(),
        conditions(b).into_iter().filter(|w| !conditions(a).contains(w)).collect(),
    );
    if let ([x], [y]) = (old_only.as_slice(), new_only.as_slice())
        && greatest(a, x) == greatest(b, y)
    {
        let n = greatest(a, x);
        texts.push(format!("approvals: {n} of {team} {} → {}", when(x.as_ref()), when(y.as_ref())));
        told.extend([x.clone(), y.clone()]);
    }
    for condition in conditions(a).into_iter().chain(conditions(b)) {
        if told.contains(&condition) {
            continue;
        }
        let (x, y) = (greatest(a, &condition), greatest(b, &condition));
        if x != y {
            let such = condition.as_ref().map(|e| format!(" when {}", describe(e))).unwrap_or_default();
            let number = |n: u32| if n == 0 { "none".to_owned() } else { n.to_string() };
            texts.push(format!("approvals: {team} {} → {}{such}", number(x), number(y)));
        }
        told.push(condition);
    }
    let crowd = |seats: &[Seats], e: &Environment| -> Vec<String> {
        let groups = seats.iter().filter_map(|s| s.distinct);
        groups
            .map(|g| {
                let among = hxp_policy::distinct_seats(g, &e.requirements);
                among.iter().map(|(team, n)| format!("{n} of {team}")).collect::<Vec<_>>().join(", ")
            })
            .collect()
    };
    let (x, y) = (crowd(a, before), crowd(b, after));
    match (x.is_empty(), y.is_empty()) {
        (true, false) => texts.push(format!("approvals: different people must give {} now", y.join("; "))),
        (false, true) => texts.push(format!("approvals: different people need no longer give {}", x.join("; "))),
        _ => {}
    }
}

fn rule_changes(rule: &SmolStr, a: &[Clause], b: &[Clause]) -> Vec<(String, Option<Origin>, Option<Origin>)> {
    let same = |x: &Clause, y: &Clause| x.deny == y.deny && x.condition == y.condition && x.when == y.when;
    let gone: Vec<&Clause> = a.iter().filter(|x| !b.iter().any(|y| same(x, y))).collect();
    let added: Vec<&Clause> = b.iter().filter(|y| !a.iter().any(|x| same(x, y))).collect();
    if gone.len() == added.len() {
        let pairs = gone.iter().zip(&added);
        return pairs
            .map(|(x, y)| (format!("rule {rule}: {} → {}", clause(x), clause(y)), Some(x.origin), Some(y.origin)))
            .collect();
    }
    let gone = gone.into_iter().map(|x| (format!("rule {rule} no longer says {}", clause(x)), Some(x.origin), None));
    let added = added.into_iter().map(|y| (format!("rule {rule} now also says {}", clause(y)), None, Some(y.origin)));
    gone.chain(added).collect()
}

fn clause(clause: &Clause) -> String {
    let word = if clause.deny { "deny when" } else { "require" };
    let when = clause.when.as_ref().map(|e| format!(" when {}", describe(e))).unwrap_or_default();
    format!("{word} {}{when}", describe(&clause.condition))
}

fn gate_definition(a: &Gate, b: &Gate, renamed: bool, texts: &mut Vec<String>) {
    let name = &b.name;
    if a.valid != b.valid {
        let shown = |d: Option<hxp_policy::Millis>| d.map_or("ever".to_owned(), |d| d.to_string());
        texts.push(format!("{name}: evidence counts for {} → {}", shown(a.valid), shown(b.valid)));
    }
    if a.subject != b.subject {
        texts.push(format!("{name}: evidence about the {} → {}", subject(a.subject), subject(b.subject)));
    } else if renamed && a.subject == Subject::Policy {
        texts.push(format!("{name}: evidence is about the policy, which has another name"));
    }
    if a.fails_on_no_data != b.fails_on_no_data {
        let word = if b.fails_on_no_data { "denies now, where it waited" } else { "waits now, where it denied" };
        texts.push(format!("{name}: an error or a skipped run {word}"));
    }
    match (&a.proof, &b.proof) {
        (Proof::People(x), Proof::People(y)) if x != y => texts.push(format!("{name}: signed by {x} → {y}")),
        (x, y) if std::mem::discriminant(x) != std::mem::discriminant(y) => {
            texts.push(format!("{name}: {} → {}", proof(x), proof(y)));
        }
        _ => {}
    }
    let issuer = |g: &Gate| g.properties.get("issuer").and_then(Value::as_str).map(ToOwned::to_owned);
    if issuer(a) != issuer(b) {
        let shown = |i: Option<String>| i.unwrap_or_else(|| "anyone".to_owned());
        texts.push(format!("{name}: evidence from {} → {}", shown(issuer(a)), shown(issuer(b))));
    }
    if a.key_params != b.key_params {
        texts.push(format!("{name}: other parameters take part in making the evidence"));
    }
}

fn proof(proof: &Proof) -> String {
    match proof {
        Proof::Machine { .. } => "evidence of a machine".to_owned(),
        Proof::People(team) => format!("signed by {team}"),
        Proof::Facts => "the facts alone".to_owned(),
    }
}

fn subject(subject: Subject) -> &'static str {
    match subject {
        Subject::Commit => "commit",
        Subject::Release => "release",
        Subject::Deployment => "deployment",
        Subject::Environment => "environment",
        Subject::Incident => "incident",
        Subject::Policy => "policy",
    }
}

fn waived(o: &Override) -> Vec<SmolStr> {
    let mut ids: Vec<SmolStr> = o.waives.iter().map(|w| w.id.clone()).collect();
    ids.sort();
    ids.dedup();
    ids
}

fn lifting(waives: &[SmolStr]) -> String {
    if waives.is_empty() { String::new() } else { format!(": it waives {}", waives.join(", ")) }
}

fn expiry(expiry: &Expiry) -> String {
    match expiry {
        Expiry::After(length) => format!("{length} after the incident was declared"),
        Expiry::On(date) => format!("on {date}"),
        Expiry::At(at) => format!("at {at}"),
    }
}

fn label_change(a: &Label, b: &Label) -> String {
    let mut parts = Vec::new();
    if a.files != b.files {
        parts.push(gains(&a.files, &b.files, "files"));
    }
    if a.pr != b.pr {
        let shown = |pr: &Option<SmolStr>| pr.as_ref().map_or("none".to_owned(), |p| format!("\"{p}\""));
        parts.push(format!("label of pull requests {} → {}", shown(&a.pr), shown(&b.pr)));
    }
    if a.commits != b.commits {
        let shown = |p: &Option<hxp_policy::Pattern>| {
            p.as_ref().map_or("none".to_owned(), |p| shown(&Value::Pattern(p.clone())))
        };
        parts.push(format!("commits {} → {}", shown(&a.commits), shown(&b.commits)));
    }
    parts.join("; ")
}

/// `files gain a, b and lose c`
fn gains(a: &[SmolStr], b: &[SmolStr], what: &str) -> String {
    let only = |x: &[SmolStr], y: &[SmolStr]| x.iter().filter(|e| !y.contains(e)).cloned().collect::<Vec<_>>();
    let (lost, gained) = (only(a, b), only(b, a));
    let mut parts = Vec::new();
    if !gained.is_empty() {
        parts.push(format!("gain {}", gained.join(", ")));
    }
    if !lost.is_empty() {
        parts.push(format!("lose {}", lost.join(", ")));
    }
    format!("{what} {}", if parts.is_empty() { "are in another order".to_owned() } else { parts.join(" and ") })
}
