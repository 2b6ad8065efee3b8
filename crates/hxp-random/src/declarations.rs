//! Random declarations.

use hxp_decide::sample::Dice;
use hxp_policy::{
    Check, Clause, Dimension, Duty, Environment, Event, EventRef, Expiry, Expr, Field, Gate, GateUse, Label, Millis,
    Notice, Origin, Override, Owed, Pattern, Policy, Proof, Quantity, Record, Requirement, Rollback, Seats, Subject,
    Table, Team, TriggerUse, Type, Value, Waive, facts,
};
use jiff::civil::date;
use smol_str::{SmolStr, format_smolstr};

use crate::ENVIRONMENT;
use crate::exprs::{self, Maker, Names};
use crate::windows;

const SECOND: i64 = 1000;
const HOUR: i64 = 3600 * SECOND;
const DAY: i64 = 24 * HOUR;
const SPANS: [i64; 9] = [SECOND, 90 * SECOND, HOUR, 36 * HOUR, DAY, 7 * DAY, 92 * DAY, 1, 1500];
const TEAMS: [&str; 3] = ["devops", "managers", "dba"];
/// How deep conditions go.
const DEPTH: usize = 3;

fn at(dice: &mut Dice) -> Origin {
    Origin { line: 1 + u32::try_from(dice.below(200)).unwrap_or(0), column: 3, ..Origin::default() }
}

fn span(dice: &mut Dice) -> Millis {
    Millis(dice.pick(&SPANS).copied().unwrap_or(HOUR))
}

/// A policy in which requests go to [`ENVIRONMENT`].
pub(crate) fn policy(dice: &mut Dice) -> Policy {
    let mut policy = Policy {
        name: "random".into(),
        edition: 2026,
        version: dice.percent(70).then(|| semver::Version::new(1, 0, 0)),
        files: vec!["policy.hxp".into()],
        windows: windows::table(dice),
        labels: labels(dice),
        teams: TEAMS.into_iter().map(|name| (name.into(), team(dice, name))).collect(),
        ..Policy::default()
    };
    policy.gates = gates(dice);
    let names = Names {
        labels: policy.labels.keys().cloned().collect(),
        windows: policy.windows.keys().cloned().collect(),
        ..Names::default()
    };
    let mut staging = Environment { name: "staging".into(), origin: at(dice), ..Environment::default() };
    // Rego looks for the next opening day by day, which takes a hundred times longer than all else.
    let within = dice.percent(30);
    if let Some(window) = dice.pick(&names.windows).cloned()
        && within
        && dice.percent(30)
    {
        staging.requirements.push(requirement(dice, "staging.window", &window, Check::Within(window.clone())));
    }
    let made = {
        let mut maker = Declarations { dice, policy: &policy, names: &names, within };
        (maker.environment(), maker.overrides())
    };
    let (production, overrides) = made;
    policy.environments = [staging, production].into_iter().map(|e| (e.name.clone(), e)).collect();
    policy.overrides = overrides;
    policy
}

fn team(dice: &mut Dice, name: &str) -> Team {
    let listed = dice.percent(35);
    let mut people: Vec<SmolStr> =
        ["ada", "bob", "eve", "kim", "joe", "deploy[bot]"].into_iter().map(Into::into).collect();
    dice.shuffle(&mut people);
    people.truncate(dice.below(5));
    Team { name: name.into(), members: listed.then_some(people), ..Team::default() }
}

fn labels(dice: &mut Dice) -> Table<Label> {
    (0..dice.below(4))
        .map(|i| {
            let name = format_smolstr!("label_{i}");
            let glob = |dice: &mut Dice| match exprs::pattern(dice) {
                Pattern::Glob(glob) => glob,
                _ => dice.word(&["**/auth/**", "*.sql", "src/*"]).into(),
            };
            let label = Label {
                name: name.clone(),
                pr: dice.percent(50).then(|| dice.word(&["security", "breaking", "é"]).into()),
                files: (0..dice.below(3)).map(|_| glob(dice)).collect(),
                commits: dice.percent(50).then(|| match dice.below(3) {
                    0 => exprs::pattern(dice),
                    _ => Pattern::Regex(dice.word(&["feat", r"[a-z]+(\(.+\))?!:", "fix", "(?i)sec"]).into()),
                }),
                ..Label::default()
            };
            (name, label)
        })
        .collect()
}

/// What gates may yield.
fn yields(dice: &mut Dice) -> Vec<(SmolStr, Type)> {
    let quantity = Type::Quantity;
    let list = |of: Type| Type::List(Box::new(of));
    let all = [
        ("count", Type::Int),
        ("total", Type::Int),
        ("ratio", Type::Decimal),
        ("ok", Type::Bool),
        ("who", Type::String),
        ("line", quantity(Dimension::Percent)),
        ("took", quantity(Dimension::Duration)),
        ("used", quantity(Dimension::Bytes)),
        ("load", quantity(Dimension::Cpu)),
        ("built", Type::Semver),
        ("since", Type::Instant),
        ("level", Type::Enum(&facts::BUMP)),
        ("names", list(Type::String)),
        ("numbers", list(Type::Int)),
        ("shares", list(quantity(Dimension::Percent))),
        ("times", list(quantity(Dimension::Duration))),
        ("versions", list(Type::Semver)),
    ];
    let count = dice.below(5);
    (0..count).filter_map(|_| dice.pick(&all).cloned()).map(|(name, ty)| (name.into(), ty)).collect()
}

fn gates(dice: &mut Dice) -> Table<Gate> {
    (0..=dice.below(4))
        .map(|i| {
            let name = format_smolstr!("gate_{i}");
            let proof = match dice.below(6) {
                0 => Proof::People(dice.word(&TEAMS).into()),
                1 => Proof::Facts,
                _ => Proof::Machine { run: "make".into(), collect: None },
            };
            let subjects = [
                Subject::Commit,
                Subject::Commit,
                Subject::Release,
                Subject::Deployment,
                Subject::Environment,
                Subject::Incident,
                Subject::Policy,
            ];
            let mut properties = Record::default();
            if dice.percent(25) {
                let value = Value::Str("repo:hexabase/kaas".into());
                properties.fields.push(Field { name: "issuer".into(), value, origin: Origin::default(), doc: None });
            }
            let params: Vec<(SmolStr, Type)> = match dice.below(4) {
                0 => vec![("tolerance".into(), Type::Quantity(Dimension::Percent))],
                1 => vec![("least".into(), Type::Int), ("name".into(), Type::String)],
                2 => vec![("over".into(), Type::Quantity(Dimension::Duration))],
                _ => Vec::new(),
            };
            let mut yields = yields(dice);
            let mut seen: Vec<SmolStr> = Vec::new();
            yields.retain(|(name, _)| {
                let new = !seen.contains(name);
                seen.push(name.clone());
                new
            });
            let gate = Gate {
                name: name.clone(),
                doc: None,
                origin: Origin::default(),
                key_params: params.iter().map(|(name, _)| name.clone()).filter(|_| dice.percent(50)).collect(),
                params,
                subject: dice.pick(&subjects).copied().unwrap_or(Subject::Commit),
                valid: dice.percent(40).then(|| span(dice)),
                yields: if proof == Proof::Facts { Vec::new() } else { yields },
                proof,
                fails_on_no_data: dice.percent(25),
                properties,
            };
            (name, gate)
        })
        .collect()
}

fn requirement(dice: &mut Dice, kind: &str, name: &str, check: Check) -> Requirement {
    Requirement {
        id: format_smolstr!("{kind}.{name}"),
        when: None,
        check,
        advisory: dice.percent(8),
        doc: None,
        because: dice.percent(20).then(|| "it matters".into()),
        origin: at(dice),
    }
}

struct Declarations<'a> {
    dice: &'a mut Dice,
    policy: &'a Policy,
    names: &'a Names,
    /// Whether windows are required, not only asked about.
    within: bool,
}

impl Declarations<'_> {
    fn condition(&mut self) -> Expr {
        let depth = self.dice.below(DEPTH + 1);
        Maker::new(self.dice, self.names).condition(depth)
    }

    fn when(&mut self, percent: usize) -> Option<Expr> {
        self.dice.percent(percent).then(|| self.condition())
    }

    fn environment(&mut self) -> Environment {
        let mut properties = Record::default();
        if self.dice.percent(35) {
            let quantity = Quantity { dimension: Dimension::Duration, amount: span(self.dice).0.into(), written: None };
            let field = |name: &str, value| Field { name: name.into(), value, origin: Origin::default(), doc: None };
            let valid = Record { fields: vec![field("valid", Value::Quantity(quantity))].into() };
            properties.fields.push(field("approvals", Value::Record(valid)));
        }
        let requirements = self.requirements(6, "");
        let rollback = self.dice.percent(50).then(|| Rollback {
            on: Vec::new(),
            requirements: self.requirements(3, ""),
            keep: self.dice.percent(70).then(|| u32::try_from(self.dice.below(4)).unwrap_or(1)),
            ..Rollback::default()
        });
        let trigger = TriggerUse { trigger: "errors".into(), condition: None, meanwhile: Table::default() };
        Environment {
            name: ENVIRONMENT.into(),
            origin: at(self.dice),
            properties,
            requirements,
            rollback,
            duties: (0..self.dice.below(3)).map(|_| self.duty()).collect(),
            notices: (0..self.dice.below(3)).map(|_| self.notice()).collect(),
            triggers: [("errors".into(), trigger)].into_iter().collect(),
            ..Environment::default()
        }
    }

    /// Requirements with ids that no other has.
    fn requirements(&mut self, most: usize, prefix: &str) -> Vec<Requirement> {
        let mut all: Vec<Requirement> = Vec::new();
        for _ in 0..=self.dice.below(most) {
            for requirement in self.requirement(prefix) {
                if !all.iter().any(|r| r.id == requirement.id) {
                    all.push(requirement);
                }
            }
        }
        self.dice.shuffle(&mut all);
        all
    }

    fn requirement(&mut self, prefix: &str) -> Vec<Requirement> {
        let kind = |word: &str| format!("{ENVIRONMENT}.{prefix}{word}");
        let when = self.when(15);
        let mut made = match self.dice.below(12) {
            0 | 1 if self.within => {
                let window = self.dice.pick(&self.names.windows).cloned().unwrap_or_default();
                vec![requirement(self.dice, &kind("window"), &window, Check::Within(window.clone()))]
            }
            2 | 3 => {
                let soaked = span(self.dice);
                let after = |soaked| Check::After { environment: "staging".into(), soaked };
                let mut both = vec![requirement(self.dice, &kind("after"), "staging", after(None))];
                if self.dice.percent(70) {
                    both.push(requirement(self.dice, &kind("after.staging"), "soaked", after(Some(soaked))));
                }
                both
            }
            4..7 => return self.approvals(&kind("approve")),
            7..9 => {
                let clauses = (0..=self.dice.below(3)).map(|_| self.clause()).collect();
                let name = format_smolstr!("rule_{}", self.dice.below(3));
                let check = Check::Rule { rule: name.clone(), clauses };
                vec![requirement(self.dice, &kind("rule"), &name, check)]
            }
            _ => {
                let used = self.gate_use();
                let name = if used.args.is_empty() {
                    used.gate.to_string()
                } else {
                    let args: Vec<String> = used.args.iter().map(|(name, value)| argument(name, value)).collect();
                    format!("{}({})", used.gate, args.join(", "))
                };
                vec![requirement(self.dice, &kind("gate"), &name, Check::Gate(used))]
            }
        };
        for requirement in &mut made {
            requirement.when.clone_from(&when);
        }
        made
    }

    /// One or several statements that ask for teams; those with `distinct` share a number.
    fn approvals(&mut self, kind: &str) -> Vec<Requirement> {
        let mut teams = TEAMS.to_vec();
        self.dice.shuffle(&mut teams);
        teams.truncate(1 + self.dice.below(3));
        let distinct = self.dice.percent(50);
        let shared = self.when(20);
        let mut all = Vec::new();
        for team in teams {
            let mut seats: Vec<Seats> = Vec::new();
            if distinct {
                seats.push(self.seats(shared.clone(), Some(1)));
            }
            if !distinct || self.dice.percent(30) {
                for _ in 0..=self.dice.below(2) {
                    let when = self.when(40);
                    seats.push(self.seats(when, None));
                }
            }
            all.push(requirement(self.dice, kind, team, Check::Approve { team: team.into(), seats }));
        }
        all
    }

    fn seats(&mut self, when: Option<Expr>, distinct: Option<u32>) -> Seats {
        let count = u32::try_from(1 + self.dice.below(3)).unwrap_or(1);
        Seats { count, when, distinct, origin: Origin::default() }
    }

    fn clause(&mut self) -> Clause {
        let deny = self.dice.percent(50);
        Clause {
            deny,
            condition: self.condition(),
            when: if deny { None } else { self.when(30) },
            because: self
                .dice
                .percent(60)
                .then(|| self.dice.word(&["a reason", "\"quoted\" & é", "50%d of {x}"]).into()),
            origin: Origin::default(),
        }
    }

    fn gate_use(&mut self) -> GateUse {
        let gates: Vec<&Gate> = self.policy.gates.values().collect();
        let Some(gate) = self.dice.pick(&gates).copied() else {
            return GateUse { gate: "gate_0".into(), args: Vec::new(), predicate: None };
        };
        let facts = gate.proof == Proof::Facts;
        let names = Names { results: gate.yields.clone(), evidence: !facts, ..self.names.clone() };
        let depth = self.dice.below(DEPTH + 1);
        let predicate = (facts || self.dice.percent(70)).then(|| Maker::new(self.dice, &names).condition(depth));
        let args = gate.params.iter().map(|(name, ty)| (name.clone(), Maker::new(self.dice, &names).constant(ty)));
        GateUse { gate: gate.name.clone(), args: args.collect(), predicate }
    }

    fn duty(&mut self) -> Duty {
        let channel = self.dice.percent(30);
        let used = self.gate_use();
        let (id, what) = if channel {
            (format_smolstr!("{ENVIRONMENT}.notify.status"), Owed::Notify("status".into()))
        } else {
            (format_smolstr!("{ENVIRONMENT}.gate.{}", used.gate), Owed::Gate(used))
        };
        Duty {
            id,
            what,
            on: self.events(),
            due: span(self.dice),
            when: self.when(40),
            owner: self.dice.percent(50).then(|| "devops".into()),
            advisory: self.dice.percent(10),
            origin: at(self.dice),
        }
    }

    fn notice(&mut self) -> Notice {
        Notice {
            channel: self.dice.word(&["status", "team", "customers"]).into(),
            on: self.events(),
            when: self.when(40),
            due: self.dice.percent(30).then(|| span(self.dice)),
            origin: at(self.dice),
        }
    }

    fn events(&mut self) -> Vec<EventRef> {
        let count = 1 + self.dice.below(2);
        let event = |dice: &mut Dice| match dice.below(5) {
            0 => EventRef::Trigger("errors".into()),
            1 => EventRef::Event(Event::IncidentDeclared),
            2 => EventRef::Event(Event::IncidentResolved),
            _ => EventRef::Event(dice.pick(&Event::ALL).copied().unwrap_or(Event::Deployed)),
        };
        (0..count).map(|_| event(self.dice)).collect()
    }

    fn overrides(&mut self) -> Table<Override> {
        (0..self.dice.below(3)).map(|i| self.exception(i)).map(|o| (o.name.clone(), o)).collect()
    }

    fn exception(&mut self, number: usize) -> Override {
        let name = format_smolstr!("override_{number}");
        let expires = match self.dice.below(3) {
            0 => Expiry::After(span(self.dice)),
            1 => Expiry::On(date(2026, 12, 10)),
            _ => {
                let texts = [
                    "2026-12-01T11:00:00-08:00[America/Los_Angeles]",
                    "2027-03-28T01:30:00+01:00[Europe/Berlin]",
                    "2300-01-01T00:00:00[UTC]",
                ];
                self.dice.word(&texts).parse().map_or(Expiry::On(date(2027, 1, 1)), |at| Expiry::At(Box::new(at)))
            }
        };
        let when = self.when(60);
        let ids = [
            "window",
            "gate",
            "gate.gate_0",
            "gate.gate_1",
            "approve.devops",
            "approve",
            "rule.rule_0",
            "after",
            "after.staging.soaked",
            "window.window_0",
            "rule",
            "approve.dba",
        ];
        let waives = (0..self.dice.below(4)).map(|_| Waive {
            id: self.dice.word(&ids).into(),
            because: None,
            origin: Origin::default(),
        });
        let waives = waives.collect();
        let requirements = if self.dice.percent(50) { self.requirements(2, "") } else { Vec::new() };
        Override {
            name: name.clone(),
            doc: None,
            origin: at(self.dice),
            environments: match self.dice.below(4) {
                0 => Vec::new(),
                1 => vec!["staging".into(), ENVIRONMENT.into()],
                2 if self.dice.percent(30) => vec!["staging".into()],
                _ => vec![ENVIRONMENT.into()],
            },
            when,
            expires,
            waives,
            requirements,
            duties: (0..self.dice.below(2)).map(|_| self.duty()).collect(),
            notices: (0..self.dice.below(2)).map(|_| self.notice()).collect(),
            owner: None,
            ticket: None,
            properties: Record::default(),
        }
    }
}

/// `min = 70%`, as ids write it.
fn argument(name: &str, value: &Value) -> String {
    let text = match value {
        Value::Int(i) => i.to_string(),
        Value::Str(text) => format!("{text:?}"),
        Value::Quantity(q) => q.to_string(),
        _ => "?".to_owned(),
    };
    format!("{name} = {text}")
}
