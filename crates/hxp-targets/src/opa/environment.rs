//! The package of one environment.

use std::collections::BTreeSet;

use hxp_policy::{
    Check, Clause, Duty, Environment, EventRef, Expiry, Expr, Gate, GateUse, Notice, Origin, Override, Policy, Proof,
    Requirement, Seats, describe, distinct_seats,
};
use indexmap::IndexMap;
use jiff::tz::TimeZone;
use smol_str::SmolStr;

use super::expr::{access, instant, literal, predicate};
use super::tables::{Keyed, keyed};
use super::text::{
    Definition, Rule, array, duration, is_name, mentions, name_of, nanoseconds, object, quoted, short_object,
};

/// Just the answer.
const ALLOW: &str = r#"default allow := false

allow if outcome == "allow""#;

/// The answer, as a word.
const OUTCOME: &str = r#"default outcome := "deny"

outcome := judgement.outcome if not refusal"#;

/// The answer with its reasons; the default is that of a policy that could not be evaluated.
const DECISION: &str = r#"default decision := {
	"hxp": 1,
	"outcome": "deny",
	"reasons": [{"id": "engine.limit", "verdict": "failed", "text": "the policy could not be evaluated"}],
	"not_before": null,
	"valid_until": null,
	"obligations": [],
	"notify": [],
}

decision := refusal

decision := lib.decide(policy, judgement) if not refusal"#;

/// Entry points by the names that conftest asks for. Nobody waits in a check of files, so what waits refuses.
const CONFTEST: &str = r#"# METADATA
# title: What keeps the release from going there now
deny contains lib.message(reason) if {
	some reason in decision.reasons
	reason.verdict in {"failed", "waiting"}
}

# METADATA
# title: What should be known, though it keeps nothing from going there
warn contains lib.message(reason) if {
	some reason in decision.reasons
	reason.verdict in {"waived", "advice"}
}"#;

/// The text of `policy/<environment>.rego`.
pub(super) fn package(policy: &Policy, environment: &Environment) -> String {
    let mut writer = Package { policy, environment, names: BTreeSet::new(), out: String::new() };
    writer.head();
    let Keyed { own, rollback, additions } = keyed(policy, environment);
    writer.section("What a deployment needs", !own.is_empty());
    writer.requirements("requirement", "", &own);
    writer.section("What a rollback needs", !rollback.is_empty());
    writer.requirements("rollback_requirement", "rollback_", &rollback);
    writer.section("What lifts requirements for a while", !additions.is_empty());
    writer.lifted();
    for (o, added) in policy.overrides_of(environment).zip(&additions) {
        writer.exception(o, added);
    }
    writer.section("What is owed afterwards", !environment.duties.is_empty());
    writer.duties("duties", "duty_", &environment.duties);
    writer.section("Who is told", !environment.notices.is_empty());
    writer.notices("notices", "notice_", &environment.notices);
    let mut text = writer.out.trim_end().to_owned();
    text.push('\n');
    text
}

struct Package<'p> {
    policy: &'p Policy,
    environment: &'p Environment,
    names: BTreeSet<String>,
    out: String,
}

impl Package<'_> {
    fn head(&mut self) {
        let environment = self.environment;
        let name = environment.name.as_str();
        let header = super::header(self.policy);
        let package = if is_name(name) { format!("hxp.{name}") } else { format!("hxp[{}]", quoted(name)) };
        let annotation = Rule {
            title: environment.title.as_deref().unwrap_or(name).to_owned(),
            description: environment.doc.as_deref().map(ToOwned::to_owned),
            source: Some(self.place(environment.origin)),
            ..Rule::default()
        };
        self.out.push_str(&header);
        annotation.print(&mut self.out);
        self.out.push_str(&format!("package {package}\n\nimport data.hxp.lib\n\n"));
        let or_empty = |given: bool, name: &str, empty: &str| if given { name.to_owned() } else { empty.to_owned() };
        let rollback = environment.rollback.as_ref();
        let keep = environment.keep();
        let grants: Vec<&Override> = self.policy.overrides_of(environment).collect();
        let any_rollback = rollback.is_some_and(|r| !r.requirements.is_empty());
        let fields = [
            ("keep", keep.to_string()),
            ("requirements", or_empty(!environment.requirements.is_empty(), "requirement", "{}")),
            ("rollback", or_empty(any_rollback, "rollback_requirement", "{}")),
            ("overrides", or_empty(!grants.is_empty(), "override", "{}")),
            (
                "additions",
                object(&grants.iter().map(|o| (quoted(&o.name), additions(o, environment))).collect::<Vec<_>>()),
            ),
            ("duties", or_empty(owes(&environment.duties), "duties", "set()")),
            ("notices", or_empty(tells(&environment.notices), "notices", "set()")),
        ];
        let fields: Vec<(String, String)> = fields.into_iter().map(|(k, v)| (quoted(k), v)).collect();
        self.entry_points(name);
        let judged = Rule {
            title: "What the requirements say".into(),
            definitions: vec![Definition::constant("judgement", "lib.judge(policy)")],
            ..Rule::default()
        };
        let refused = Rule {
            title: "Why nothing is judged, if nothing is".into(),
            definitions: vec![Definition::constant("refusal", format!("lib.refusal({})", quoted(name)))],
            ..Rule::default()
        };
        let parts = Rule {
            title: "What the policy is made of".into(),
            definitions: vec![Definition::constant("policy", object(&fields))],
            ..Rule::default()
        };
        self.print(&[judged, refused, parts]);
    }

    /// What a reader asks the package for, from the least to the most.
    fn entry_points(&mut self, name: &str) {
        let entry = |title: String, description: &str| {
            let mut text = String::new();
            let entry = Rule { title, description: Some(description.into()), entrypoint: true, ..Rule::default() };
            entry.print(&mut text);
            text
        };
        let allow = entry(format!("The release may go to {name}"), "Nothing is denied and nothing is waited for.");
        let outcome = entry("How it comes out: allow, pending or deny".into(), "The worst of what is required.");
        let decision = entry(
            format!("Whether the release may go to {name}, and why"),
            "Everything that is required, with reasons. Denied if it cannot be evaluated.",
        );
        self.out.push_str(&format!("{allow}{ALLOW}\n\n{outcome}{OUTCOME}\n\n{decision}{DECISION}\n\n{CONFTEST}\n\n"));
    }

    fn section(&mut self, title: &str, any: bool) {
        if any {
            let line = "-".repeat(112_usize.saturating_sub(title.len()));
            self.out.push_str(&format!("# {line} {title}\n\n"));
        }
    }

    fn place(&self, origin: Origin) -> String {
        let place = self.policy.location(origin);
        format!("{}:{}", place.path, place.line)
    }

    /// A rule's name that is still free.
    fn name(&mut self, wanted: &str) -> String {
        let numbered = |n: usize| if n == 1 { wanted.to_owned() } else { format!("{wanted}_again_{n}") };
        let free = (1..=self.names.len() + 1).map(numbered).find(|name| !self.names.contains(name));
        let name = free.unwrap_or_else(|| wanted.to_owned());
        self.names.insert(name.clone());
        name
    }

    fn print(&mut self, rules: &[Rule]) {
        for rule in rules {
            rule.print(&mut self.out);
        }
    }

    /// The three-valued rule of a condition: its name, or what it is when everything is known. Its text goes to `rules`.
    fn condition(&mut self, wanted: &str, condition: &Expr, evidence: Option<&str>, rules: &mut Vec<Rule>) -> String {
        if let Some(known) = condition.as_bool() {
            return known.to_string();
        }
        let name = self.name(wanted);
        rules.extend(predicate(&name, condition, evidence));
        name
    }

    fn when(&mut self, wanted: &str, when: Option<&Expr>, rules: &mut Vec<Rule>) -> String {
        when.map_or_else(|| "true".to_owned(), |when| self.condition(wanted, when, None, rules))
    }

    fn requirements(&mut self, rule: &str, prefix: &str, keyed: &[(String, &Requirement)]) {
        let requirements: Vec<&Requirement> = keyed.iter().map(|(_, requirement)| *requirement).collect();
        for (key, requirement) in keyed {
            let base = format!("{prefix}{}", name_of(requirement.local_id()));
            let mut helpers = Vec::new();
            let check = self.check(&base, requirement, &requirements, &mut helpers);
            let applies = self.when(&format!("{base}_applies"), requirement.when.as_ref(), &mut helpers);
            let value = if applies == "true" { check } else { format!("lib.when({applies}, {check})") };
            let words = requirement.because.as_deref().or(requirement.doc.as_deref());
            let head = Rule {
                title: requirement.local_id().to_owned(),
                description: words.map(ToOwned::to_owned),
                id: Some(requirement.id.to_string()),
                source: Some(self.place(requirement.origin)),
                definitions: vec![Definition::constant(format!("{rule}[{}]", quoted(key)), value)],
                ..Rule::default()
            };
            self.print(&[head]);
            self.print(&helpers);
        }
    }

    fn check(
        &mut self,
        base: &str,
        requirement: &Requirement,
        siblings: &[&Requirement],
        rules: &mut Vec<Rule>,
    ) -> String {
        match &requirement.check {
            Check::Within(window) => format!("lib.within({})", quoted(window)),
            Check::After { environment, soaked } => {
                let soak = soaked.map_or_else(|| "0s".to_owned(), duration);
                let length = nanoseconds(soaked.unwrap_or_default());
                format!("lib.after({}, {}, {length})", quoted(environment), quoted(&soak))
            }
            Check::Approve { team, seats } => {
                let seats: Vec<String> =
                    seats.iter().enumerate().map(|(i, seat)| self.seat(base, i, team, seat, siblings, rules)).collect();
                format!("lib.approve({}, {})", quoted(team), array(&seats))
            }
            Check::Gate(gate) => self.gate(base, gate, rules),
            Check::Rule { rule, clauses } => {
                let clauses: Vec<String> =
                    clauses.iter().enumerate().map(|(i, clause)| self.clause(base, i, clause, rules)).collect();
                format!("lib.rule({}, {})", quoted(rule), array(&clauses))
            }
        }
    }

    fn seat(
        &mut self,
        base: &str,
        number: usize,
        team: &SmolStr,
        seat: &Seats,
        siblings: &[&Requirement],
        rules: &mut Vec<Rule>,
    ) -> String {
        let wanted = if number == 0 { format!("{base}_binds") } else { format!("{base}_seat_{}_binds", number + 1) };
        let applies = self.when(&wanted, seat.when.as_ref(), rules);
        let among = match seat.distinct {
            Some(group) => distinct_seats(group, siblings.iter().copied()),
            None => IndexMap::from([(team.clone(), seat.count)]),
        };
        let among: Vec<(String, String)> =
            among.iter().map(|(team, count)| (quoted(team), count.to_string())).collect();
        let teams = short_object(&among);
        // A waived team leaves the statement; what an override adds cannot be waived.
        let waivable = among.len() > 1 && self.can_be_waived(base);
        let among = if waivable { format!("lib.standing({teams}, waived)") } else { teams };
        short_object(&[(quoted("applies"), applies), (quoted("among"), among)])
    }

    /// Whether anything waives requirements here, and those of this rule are not an override's own.
    fn can_be_waived(&self, base: &str) -> bool {
        !base.starts_with("override_") && self.policy.overrides_of(self.environment).any(|o| !o.waives.is_empty())
    }

    fn gate(&mut self, base: &str, gate: &GateUse, rules: &mut Vec<Rule>) -> String {
        let declared = self.policy.gates.get(&gate.gate);
        if let (Some(Gate { proof: Proof::Facts, .. }), Some(holds)) = (declared, &gate.predicate) {
            let holds = self.condition(&format!("{base}_holds"), holds, None, rules);
            return format!("lib.fact({}, {holds})", quoted(&gate.gate));
        }
        let Evidence { standing, proof } = evidence(gate, declared);
        let Some(holds) = gate.predicate.as_ref().filter(|p| p.as_bool() != Some(true)) else {
            return standing;
        };
        let found = self.name(&format!("{base}_proof"));
        rules.push(Rule {
            title: format!("What proves {}", gate.gate),
            definitions: vec![Definition::constant(found.clone(), proof)],
            ..Rule::default()
        });
        let holds = self.condition(&format!("{base}_holds"), holds, Some(&found), rules);
        format!("lib.measured({}, {standing}, {holds})", quoted(&gate.gate))
    }

    fn clause(&mut self, base: &str, number: usize, clause: &Clause, rules: &mut Vec<Rule>) -> String {
        let wanted = if number == 0 { format!("{base}_holds") } else { format!("{base}_clause_{}_holds", number + 1) };
        let condition = clause.condition.clone();
        let asked = if clause.deny { Expr::Not(Box::new(condition)) } else { condition };
        let asked = match &clause.when {
            Some(when) => Expr::Or(vec![Expr::Not(Box::new(when.clone())), asked]),
            None => asked,
        };
        let holds = self.condition(&wanted, &asked, None, rules);
        let because = clause.because.as_deref().map_or_else(|| default_because(clause), ToOwned::to_owned);
        short_object(&[(quoted("holds"), holds), (quoted("because"), quoted(&because))])
    }

    /// What is waived, for statements whose places different people must take.
    fn lifted(&mut self) {
        if !mentions(&self.out, "waived") {
            return;
        }
        let call = "lib.waived_ids(override)";
        let rule = Rule {
            title: "What is waived at the moment".into(),
            definitions: vec![Definition::constant("waived", call)],
            ..Rule::default()
        };
        self.print(&[rule]);
    }

    fn exception(&mut self, o: &Override, added: &[(String, &Requirement)]) {
        let base = format!("override_{}", name_of(&o.name));
        let mut rules = Vec::new();
        let when = o.when.as_ref().map(|when| self.condition(&format!("{base}_when"), when, None, &mut rules));
        let duties: Vec<Duty> = o.duties_of(self.environment).cloned().collect();
        let [requirement, owed, told] = names_of_additions(o);
        let waives: Vec<String> = o.waives.iter().map(|w| quoted(&w.id)).collect();
        let fields = [
            ("when", when.unwrap_or_else(|| quoted("always"))),
            ("expires", expiry(&o.expires)),
            ("waives", array(&waives)),
        ];
        let fields: Vec<(String, String)> = fields.into_iter().map(|(k, v)| (quoted(k), v)).collect();
        let because = o.waives.iter().find_map(|w| w.because.as_deref());
        let head = Rule {
            title: format!("override {}", o.name),
            description: o.doc.as_deref().or(because).map(ToOwned::to_owned),
            id: Some(format!("override.{}", o.name)),
            source: Some(self.place(o.origin)),
            definitions: vec![Definition::constant(format!("override[{}]", quoted(&o.name)), object(&fields))],
            ..Rule::default()
        };
        self.print(&[head]);
        self.print(&rules);
        self.requirements(&requirement, &format!("{base}_"), added);
        self.duties(&owed, &format!("{base}_duty_"), &duties);
        self.notices(&told, &format!("{base}_notice_"), &o.notices);
    }

    fn duties(&mut self, set: &str, prefix: &str, duties: &[Duty]) {
        let mut rules = Vec::new();
        for duty in duties.iter().filter(|duty| !duty.on.is_empty()) {
            let local = duty.id.split_once('.').map_or(duty.id.as_str(), |(_, rest)| rest);
            let when = self.when(&format!("{prefix}{}_when", name_of(local)), duty.when.as_ref(), &mut rules);
            let row = |event: &EventRef| {
                short_object(&[
                    (quoted("id"), quoted(&duty.id)),
                    (quoted("on"), word(event)),
                    (quoted("due"), quoted(&duration(duty.due))),
                    (quoted("owner"), duty.owner.as_deref().map_or_else(|| "null".to_owned(), quoted)),
                ])
            };
            let head = Rule {
                title: format!("{local} is owed"),
                id: Some(duty.id.to_string()),
                source: Some(self.place(duty.origin)),
                definitions: duty.on.iter().map(|event| member(set, &row(event), &when)).collect(),
                ..Rule::default()
            };
            self.print(&[head]);
        }
        self.print(&rules);
    }

    fn notices(&mut self, set: &str, prefix: &str, notices: &[Notice]) {
        let mut rules = Vec::new();
        for notice in notices.iter().filter(|notice| !notice.on.is_empty()) {
            let wanted = format!("{prefix}{}_when", name_of(&notice.channel));
            let when = self.when(&wanted, notice.when.as_ref(), &mut rules);
            let row = |event: &EventRef| {
                short_object(&[
                    (quoted("channel"), quoted(&notice.channel)),
                    (quoted("on"), word(event)),
                    (quoted("due"), notice.due.map_or_else(|| "null".to_owned(), |due| quoted(&duration(due)))),
                ])
            };
            let head = Rule {
                title: format!("{} is told", notice.channel),
                id: Some(format!("{}.notify.{}", self.environment.name, notice.channel)),
                source: Some(self.place(notice.origin)),
                definitions: notice.on.iter().map(|event| member(set, &row(event), &when)).collect(),
                ..Rule::default()
            };
            self.print(&[head]);
        }
        self.print(&rules);
    }
}

/// Where the library says how a gate stands, and what proves it.
struct Evidence {
    standing: String,
    proof: String,
}

fn evidence(gate: &GateUse, declared: Option<&Gate>) -> Evidence {
    let in_key = |name: &SmolStr| declared.is_some_and(|g| g.key_params.contains(name));
    let params: Vec<(String, String)> =
        gate.args.iter().filter(|(name, _)| in_key(name)).map(|(name, value)| (quoted(name), literal(value))).collect();
    if params.is_empty() {
        let name = access(&gate.gate);
        let proof = format!("lib.proof({})", quoted(&gate.gate));
        return Evidence { standing: format!("lib.gates{name}"), proof };
    }
    let asked = format!("({}, {})", quoted(&gate.gate), short_object(&params));
    Evidence { standing: format!("lib.gate_with{asked}"), proof: format!("lib.proof_with{asked}") }
}

/// The rules that hold what an override adds: requirements, duties, notices.
fn names_of_additions(o: &Override) -> [String; 3] {
    let base = format!("override_{}", name_of(&o.name));
    ["requirement", "duties", "notices"].map(|part| format!("{base}_{part}"))
}

/// Whether anything ever makes one of the duties due.
fn owes(duties: &[Duty]) -> bool {
    duties.iter().any(|duty| !duty.on.is_empty())
}

/// Whether anything ever makes one of the notices due.
fn tells(notices: &[Notice]) -> bool {
    notices.iter().any(|notice| !notice.on.is_empty())
}

/// What an override adds to an environment.
fn additions(o: &Override, environment: &Environment) -> String {
    let [requirement, duties, notices] = names_of_additions(o);
    let owed: Vec<Duty> = o.duties_of(environment).cloned().collect();
    let or_empty = |given: bool, name: String, empty: &str| if given { name } else { empty.to_owned() };
    object(&[
        (quoted("requirements"), or_empty(o.requirements_of(environment).next().is_some(), requirement, "{}")),
        (quoted("duties"), or_empty(owes(&owed), duties, "set()")),
        (quoted("notices"), or_empty(tells(&o.notices), notices, "set()")),
    ])
}

/// An element of a set, unless its condition is known to be false.
fn member(set: &str, element: &str, when: &str) -> Definition {
    let condition = match when {
        "true" => None,
        "false" => Some("false".to_owned()),
        when => Some(format!("{when} != false")),
    };
    Definition { body: condition.into_iter().collect(), ..Definition::member(set, element) }
}

fn word(event: &EventRef) -> String {
    match event {
        EventRef::Event(event) => quoted(event.word()),
        EventRef::Trigger(name) => quoted(name),
    }
}

fn expiry(expiry: &Expiry) -> String {
    match expiry {
        Expiry::After(length) => format!("lib.after_declared({})", nanoseconds(*length)),
        Expiry::On(date) => date.to_zoned(TimeZone::UTC).map_or_else(
            |_| format!("time.parse_rfc3339_ns({})", quoted(&format!("{date}T00:00:00Z"))),
            |at| instant(at.timestamp()),
        ),
        Expiry::At(at) => instant(at.timestamp()),
    }
}

/// What a clause says when the policy gives no reason.
fn default_because(clause: &Clause) -> String {
    let words = describe(&clause.condition);
    if clause.deny { format!("denied: {words}") } else { format!("does not hold: {words}") }
}
