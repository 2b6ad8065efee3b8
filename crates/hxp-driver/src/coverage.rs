//! Who enforces what: every demand of the policy against every target.

use hxp_diagnostics::{Diagnostic, Severity, codes};
use hxp_policy::{Origin, Policy, RuleSubject, Value};
use hxp_targets::{Enforcement, Strength, Target};
use smol_str::{SmolStr, format_smolstr};

/// Targets that a later version will produce; a policy may ask for them already.
pub const COMING: &[&str] = &[
    "alertmanager",
    "argocd",
    "docs",
    "flagger",
    "flux",
    "gatekeeper",
    "gitlab",
    "grafana",
    "kyverno",
    "oscal",
    "precommit",
    "prometheus",
    "rollouts",
    "tekton",
    "vap",
];

/// Coming targets that judge Kubernetes objects.
const ADMISSION: &[&str] = &["gatekeeper", "kyverno", "vap"];

/// What kind of demand a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Demand {
    /// Something must be so before an action.
    Requirement,
    /// Something is owed after an event.
    Duty,
    /// Somebody is told.
    Notice,
    /// A rule over Kubernetes objects.
    Admission,
    /// A rule over the policy itself, which the compiler settles.
    Static,
}

/// One demand of the policy and who enforces it.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Row {
    /// Its id.
    pub id: SmolStr,
    /// What kind it is.
    pub demand: Demand,
    /// Evaluated and reported, never decides.
    pub advisory: bool,
    /// Where it is said: `policy.hxp:88:3`.
    pub source: String,
    /// What each target does, in the order of [`Matrix::targets`].
    pub targets: Vec<Option<Cell>>,
    /// The strongest of them.
    pub strength: Strength,
    #[serde(skip)]
    origin: Origin,
}

/// What one target does about one demand.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Cell {
    /// How strongly it enforces it.
    pub strength: Strength,
    /// The file that carries it.
    pub file: SmolStr,
    /// What it does not cover.
    pub partly: Option<String>,
}

/// The whole table.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Matrix {
    /// The targets, in the order of the columns.
    pub targets: Vec<&'static str>,
    /// The demands, in the order of the policy.
    pub rows: Vec<Row>,
}

/// Lays the demands of a policy beside what the targets say they enforce.
pub fn matrix(policy: &Policy, targets: &[(&'static dyn Target, Vec<Enforcement>)]) -> Matrix {
    let mut table = Matrix { targets: targets.iter().map(|(t, _)| t.name()).collect(), rows: Vec::new() };
    let by_id: Vec<std::collections::HashMap<&str, &Enforcement>> =
        targets.iter().map(|(_, list)| strongest_by_id(list)).collect();
    let mut add = |id: SmolStr, demand: Demand, advisory: bool, origin: Origin| {
        let cells: Vec<Option<Cell>> = by_id.iter().map(|list| cell(list, &id)).collect();
        let settled = if demand == Demand::Static { Strength::Hard } else { Strength::None };
        let strength = cells.iter().flatten().map(|c| c.strength).max().unwrap_or(settled);
        let source = policy.location(origin).to_string();
        table.rows.push(Row { id, demand, advisory, source, targets: cells, strength, origin });
    };
    for environment in policy.environments.values() {
        let rollback = environment.rollback.iter().flat_map(|r| &r.requirements);
        for requirement in environment.requirements.iter().chain(rollback) {
            add(requirement.id.clone(), Demand::Requirement, requirement.advisory, requirement.origin);
        }
        for duty in &environment.duties {
            add(duty.id.clone(), Demand::Duty, duty.advisory, duty.origin);
        }
        for notice in environment.notices.iter().filter(|n| n.due.is_none()) {
            let id = format_smolstr!("{}.notify.{}", environment.name, notice.channel);
            add(id, Demand::Notice, false, notice.origin);
        }
    }
    for break_glass in policy.overrides.values() {
        for requirement in &break_glass.requirements {
            add(requirement.id.clone(), Demand::Requirement, requirement.advisory, requirement.origin);
        }
        for duty in &break_glass.duties {
            add(duty.id.clone(), Demand::Duty, duty.advisory, duty.origin);
        }
    }
    for rule in policy.rules.values() {
        let id = format_smolstr!("rule.{}", rule.name);
        match rule.subject {
            RuleSubject::Release => {}
            RuleSubject::Policy(_) => add(id, Demand::Static, rule.advisory, rule.origin),
            RuleSubject::Kind(_) => add(id, Demand::Admission, rule.advisory, rule.origin),
        }
    }
    let mut seen = std::collections::HashSet::new();
    table.rows.retain(|row| seen.insert(row.id.clone()));
    table
}

fn strongest_by_id(list: &[Enforcement]) -> std::collections::HashMap<&str, &Enforcement> {
    let mut by_id: std::collections::HashMap<&str, &Enforcement> = std::collections::HashMap::new();
    for one in list {
        let best = by_id.entry(one.id.as_str()).or_insert(one);
        if one.strength > best.strength {
            *best = one;
        }
    }
    by_id
}

fn cell(list: &std::collections::HashMap<&str, &Enforcement>, id: &str) -> Option<Cell> {
    let found = list.get(id)?;
    Some(Cell { strength: found.strength, file: found.file.clone(), partly: found.partly.clone() })
}

impl Row {
    /// Why no target covers it whole: what the strongest ones leave out, unless another covers that.
    fn partly(&self) -> Option<(usize, &str)> {
        let strongest = |c: &&Cell| c.strength == self.strength;
        let whole = self.targets.iter().flatten().filter(strongest).any(|c| c.partly.is_none());
        if whole {
            return None;
        }
        self.targets.iter().enumerate().find_map(|(at, cell)| Some((at, cell.as_ref()?.partly.as_deref()?)))
    }
}

impl Matrix {
    /// Tells of demands that nothing enforces. An admission rule may wait for a coming target that the policy names.
    pub fn check(&self, policy: &Policy) -> Vec<Diagnostic> {
        let waits = enforced_by(policy).iter().any(|(name, _)| ADMISSION.contains(&name.as_str()));
        let lost = |row: &&Row| {
            let bare = row.strength == Strength::None && !row.advisory;
            match row.demand {
                Demand::Requirement | Demand::Duty => bare,
                Demand::Admission => bare && !waits,
                Demand::Notice | Demand::Static => false,
            }
        };
        self.rows.iter().filter(lost).map(|row| self.not_enforced(row)).collect()
    }

    fn not_enforced(&self, row: &Row) -> Diagnostic {
        let selected = match self.targets.as_slice() {
            [] => "no target is selected".to_owned(),
            [only] => format!("the only selected target is `{only}`"),
            names => format!("the selected targets are {}", hxp_diagnostics::list_names(names)),
        };
        let found = Diagnostic::new(codes::NOT_ENFORCED, row.origin.span, format!("nothing enforces `{}`", row.id))
            .label("would be said and never held");
        let found = if row.demand == Demand::Admission {
            found.help(format!("name one of the targets for admission that are coming in `enforce`: {}", {
                hxp_diagnostics::list_names(ADMISSION)
            }))
        } else {
            found.help(format!("select a target that enforces it in hxp.toml; {selected}"))
        };
        found.help("or mark it `@advisory`: reported, never deciding")
    }

    /// Tells of demands that are enforced less strongly than `minimum`.
    pub fn below(&self, minimum: Strength) -> Vec<Diagnostic> {
        let weak = |row: &&Row| row.strength < minimum && !row.advisory && row.demand != Demand::Notice;
        let word = |strength: Strength| format!("{strength:?}").to_lowercase();
        self.rows
            .iter()
            .filter(weak)
            .map(|row| {
                let message =
                    format!("`{}` is enforced {}, but {} is asked for", row.id, manner(row.strength), word(minimum));
                Diagnostic::new(codes::BELOW_MINIMUM, row.origin.span, message)
                    .help("select a target that enforces it more strongly, or mark it `@advisory`")
            })
            .collect()
    }

    /// What is enforced only in part.
    pub fn parts(&self) -> Vec<Diagnostic> {
        let part = |row: &Row| {
            let (at, why) = row.partly()?;
            let target = self.targets.get(at).copied().unwrap_or_default();
            let message = format!("`{target}` enforces `{}` in part: {why}", row.id);
            Some(Diagnostic::new(codes::PARTLY_ENFORCED, row.origin.span, message))
        };
        self.rows.iter().filter_map(part).collect()
    }
}

fn manner(strength: Strength) -> &'static str {
    match strength {
        Strength::None => "by nothing",
        Strength::Advisory => "by a notice only",
        Strength::Soft => "softly",
        Strength::Hard => "hard",
    }
}

/// The targets that the policy itself demands (`enforce = […]`), with where.
fn enforced_by(policy: &Policy) -> Vec<(SmolStr, Origin)> {
    let Some(field) = policy.properties.field("enforce") else { return Vec::new() };
    let Value::List(items) = &field.value else { return Vec::new() };
    items.iter().filter_map(|v| Some((SmolStr::new(v.as_str()?), field.origin))).collect()
}

/// Compares the targets that the policy demands with those that are selected.
pub fn check_demanded(policy: &Policy, selected: &[&'static dyn Target]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut later: Vec<SmolStr> = Vec::new();
    let mut place = Origin::default();
    for (name, origin) in enforced_by(policy) {
        if selected.iter().any(|t| t.name() == name) {
            continue;
        }
        if COMING.contains(&name.as_str()) {
            later.push(name);
            place = origin;
            continue;
        }
        if hxp_targets::find(&name).is_some() {
            let message = format!("the policy is to be enforced by `{name}`, which the project does not select");
            let help = format!("add `\"{name}\"` to `targets` under `[project]` in hxp.toml");
            found.push(Diagnostic::new(codes::ENFORCE_WITHOUT_TARGET, origin.span, message).help(help));
        } else {
            let names: Vec<&str> =
                hxp_targets::TARGETS.iter().map(|t| t.name()).chain(COMING.iter().copied()).collect();
            let message = format!("the policy is to be enforced by `{name}`, and there is no such target");
            let diagnostic = Diagnostic::new(codes::ENFORCE_WITHOUT_TARGET, origin.span, message);
            let nearest = hxp_diagnostics::nearest(&name, names.iter().copied());
            let diagnostic = match nearest {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic,
            };
            found.push(diagnostic.help(format!("targets are {}", hxp_diagnostics::list_names(&names))));
        }
    }
    if !later.is_empty() {
        let names: Vec<&str> = later.iter().map(SmolStr::as_str).collect();
        let message = format!("this version cannot produce {} yet", hxp_diagnostics::list_names(&names));
        let waiting: Vec<&str> = policy
            .rules
            .values()
            .filter(|r| matches!(r.subject, RuleSubject::Kind(_)))
            .map(|r| r.name.as_str())
            .collect();
        let mut diagnostic = Diagnostic::new(codes::NOT_YET_A_TARGET, place.span, message);
        diagnostic.severity = Severity::Warning;
        if !waiting.is_empty() && names.iter().any(|n| ADMISSION.contains(n)) {
            diagnostic = diagnostic.help(format!("these rules wait for it: {}", hxp_diagnostics::list_names(&waiting)));
        }
        found.push(diagnostic);
    }
    found
}
