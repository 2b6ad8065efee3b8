//! From a policy to its graph: the references that the analysis resolved, and what the model itself says.

use std::collections::{BTreeMap, HashMap};

use petgraph::graph::NodeIndex;
use smol_str::SmolStr;

use super::{Declaration, Dependency, Graph};
use crate::{
    Check, Environment, EventRef, Expr, Kind, Method, Node, Notice, Origin, Override, Owed, Policy, Proof, Requirement,
    Role, RuleSubject, TimeSet,
};

pub(super) fn graph(policy: &Policy) -> Graph {
    let mut builder = Builder::default();
    builder.declare_all(policy);
    for reference in &policy.references {
        builder.edge(&reference.from, &reference.to, reference.role, reference.origin);
    }
    builder.windows(policy);
    builder.gates_and_services(policy);
    builder.channels_and_triggers(policy);
    for environment in policy.environments.values() {
        builder.environment(environment);
    }
    for over in policy.overrides.values() {
        builder.over(over);
    }
    builder.rules_and_objectives(policy);
    builder.controls(policy);
    builder.finish()
}

#[derive(Default)]
struct Builder {
    nodes: Vec<Declaration>,
    numbers: HashMap<Node, usize>,
    edges: BTreeMap<(usize, usize, Role), Dependency>,
}

fn node(kind: Kind, name: &str) -> Node {
    Node { kind, name: name.into() }
}

impl Builder {
    fn declare(&mut self, kind: Kind, name: &SmolStr, origin: Origin, details: Vec<String>) {
        let node = node(kind, name);
        self.numbers.insert(node.clone(), self.nodes.len());
        self.nodes.push(Declaration { node, origin: Some(origin), details });
    }

    fn declare_all(&mut self, policy: &Policy) {
        macro_rules! declare {
            ($($kind:ident $table:ident;)*) => {
                $(for (name, declared) in &policy.$table {
                    self.declare(Kind::$kind, name, declared.origin, Vec::new());
                })*
            };
        }
        if !policy.name.is_empty() {
            self.declare(Kind::Policy, &policy.name, policy.origin, Vec::new());
        }
        declare! { Team teams; Channel channels; Label labels; Chart charts; Service services; Image images; }
        declare! { Window windows; Gate gates; Metric metrics; Trigger triggers; }
        for (name, environment) in &policy.environments {
            self.declare(Kind::Environment, name, environment.origin, details(environment));
        }
        declare! { Override overrides; Rule rules; Objective objectives; Control controls; }
        for test in &policy.tests {
            self.declare(Kind::Test, &test.title, test.origin, Vec::new());
        }
    }

    fn number(&mut self, node: &Node) -> usize {
        if let Some(number) = self.numbers.get(node) {
            return *number;
        }
        let number = self.nodes.len();
        self.numbers.insert(node.clone(), number);
        self.nodes.push(Declaration { node: node.clone(), origin: None, details: Vec::new() });
        number
    }

    fn edge(&mut self, from: &Node, to: &Node, role: Role, origin: Origin) {
        self.labelled(from, to, role, origin, None);
    }

    fn labelled(&mut self, from: &Node, to: &Node, role: Role, origin: Origin, label: Option<String>) {
        let key = (self.number(from), self.number(to), role);
        let edge = self.edges.entry(key).or_insert(Dependency { role, origin, label: None });
        if edge.label.is_none() {
            edge.label = label;
        }
    }

    /// Every declaration that an expression names.
    fn expression(&mut self, from: &Node, expr: &Expr, origin: Origin) {
        let mut found = Vec::new();
        expr.walk(&mut |e| match e {
            Expr::Metric(name) | Expr::Baseline { metric: name, .. } => found.push(node(Kind::Metric, name)),
            Expr::HasLabel(name) => found.push(node(Kind::Label, name)),
            Expr::WindowOpen(name) => found.push(node(Kind::Window, name)),
            _ => {}
        });
        for to in found {
            self.edge(from, &to, Role::Uses, origin);
        }
    }

    fn windows(&mut self, policy: &Policy) {
        for window in policy.windows.values() {
            let from = node(Kind::Window, &window.name);
            let mut todo = vec![&window.set];
            while let Some(set) = todo.pop() {
                match set {
                    TimeSet::Calendar(_) => {}
                    TimeSet::Window(name) => self.edge(&from, &node(Kind::Window, name), Role::Uses, window.origin),
                    TimeSet::And(sets) | TimeSet::Or(sets) => todo.extend(sets),
                    TimeSet::Not(set) => todo.push(set),
                }
            }
        }
    }

    fn gates_and_services(&mut self, policy: &Policy) {
        for gate in policy.gates.values() {
            if let Proof::People(team) = &gate.proof {
                let from = node(Kind::Gate, &gate.name);
                self.edge(&from, &node(Kind::Team, team), Role::Approves, gate.origin);
            }
        }
        for service in policy.services.values() {
            if let Some(chart) = &service.chart {
                let from = node(Kind::Service, &service.name);
                self.edge(&from, &node(Kind::Chart, chart), Role::Uses, service.origin);
            }
        }
    }

    fn channels_and_triggers(&mut self, policy: &Policy) {
        for trigger in policy.triggers.values() {
            let from = node(Kind::Trigger, &trigger.name);
            if let Some(team) = &trigger.raised_by {
                self.edge(&from, &node(Kind::Team, team), Role::Uses, trigger.origin);
            }
            for environment in policy.environments.values() {
                if let Some(condition) = environment.triggers.get(&trigger.name).and_then(|u| u.condition.as_ref()) {
                    self.expression(&from, condition, trigger.origin);
                }
            }
        }
    }

    fn environment(&mut self, environment: &Environment) {
        let from = node(Kind::Environment, &environment.name);
        if let Some(parent) = environment.parents.first() {
            self.edge(&from, &node(Kind::Environment, parent), Role::Extends, environment.origin);
        }
        if let Some(service) = &environment.service {
            self.edge(&from, &node(Kind::Service, service), Role::Uses, environment.origin);
        }
        for deploy in &environment.deploys {
            if let Method::Helm(helm) = &deploy.method
                && let Some(chart) = &helm.declared
            {
                self.edge(&from, &node(Kind::Chart, chart), Role::Uses, deploy.origin);
            }
        }
        self.requirements(&from, &environment.requirements);
        if let Some(rollback) = &environment.rollback {
            self.events(&from, &rollback.on, Role::RollsBackOn, rollback.origin);
            self.requirements(&from, &rollback.requirements);
        }
        self.duties(&from, &environment.duties);
        self.notices(&from, &environment.notices);
    }

    fn requirements(&mut self, from: &Node, requirements: &[Requirement]) {
        for requirement in requirements {
            let origin = requirement.origin;
            match &requirement.check {
                Check::Gate(gate) => self.edge(from, &node(Kind::Gate, &gate.gate), Role::Requires, origin),
                Check::Approve { team, seats } => {
                    self.edge(from, &node(Kind::Team, team), Role::Approves, origin);
                    for seat in seats {
                        self.when(from, seat.when.as_ref(), seat.origin);
                    }
                }
                Check::After { environment, soaked } => {
                    let label = soaked.map(|d| format!("soaked {d}"));
                    self.labelled(from, &node(Kind::Environment, environment), Role::Promotes, origin, label);
                }
                Check::Within(window) => self.edge(from, &node(Kind::Window, window), Role::Within, origin),
                Check::Rule { rule, .. } => self.edge(from, &node(Kind::Rule, rule), Role::Requires, origin),
            }
            self.when(from, requirement.when.as_ref(), origin);
        }
    }

    fn when(&mut self, from: &Node, when: Option<&Expr>, origin: Origin) {
        if let Some(when) = when {
            self.expression(from, when, origin);
        }
    }

    fn events(&mut self, from: &Node, events: &[EventRef], role: Role, origin: Origin) {
        for event in events {
            if let EventRef::Trigger(trigger) = event {
                self.edge(from, &node(Kind::Trigger, trigger), role, origin);
            }
        }
    }

    fn duties(&mut self, from: &Node, duties: &[crate::Duty]) {
        for duty in duties {
            match &duty.what {
                Owed::Gate(gate) => self.edge(from, &node(Kind::Gate, &gate.gate), Role::Requires, duty.origin),
                Owed::Notify(channel) => self.edge(from, &node(Kind::Channel, channel), Role::Notifies, duty.origin),
            }
            self.events(from, &duty.on, Role::Uses, duty.origin);
            self.when(from, duty.when.as_ref(), duty.origin);
        }
    }

    fn notices(&mut self, from: &Node, notices: &[Notice]) {
        for notice in notices {
            self.edge(from, &node(Kind::Channel, &notice.channel), Role::Notifies, notice.origin);
            self.events(from, &notice.on, Role::Uses, notice.origin);
            self.when(from, notice.when.as_ref(), notice.origin);
        }
    }

    fn over(&mut self, over: &Override) {
        let from = node(Kind::Override, &over.name);
        for environment in &over.environments {
            self.edge(&from, &node(Kind::Environment, environment), Role::Overrides, over.origin);
        }
        for waive in &over.waives {
            if let Some(to) = self.waived(&waive.id) {
                self.edge(&from, &to, Role::Overrides, waive.origin);
            }
        }
        if let Some(owner) = &over.owner {
            self.edge(&from, &node(Kind::Team, owner), Role::Uses, over.origin);
        }
        self.requirements(&from, &over.requirements);
        self.duties(&from, &over.duties);
        self.notices(&from, &over.notices);
    }

    /// The declaration that a local id (`gate.perf`, `approve.devops`, `rule.three_replicas[ui]`) is about.
    fn waived(&self, id: &str) -> Option<Node> {
        let (kind, rest) = id.split_once('.')?;
        let kind = match kind {
            "approve" => Kind::Team,
            "after" => Kind::Environment,
            other => Kind::from_word(other)?,
        };
        let name = rest.split(['.', '(', '[']).next()?;
        let found = node(kind, name);
        self.numbers.contains_key(&found).then_some(found)
    }

    fn rules_and_objectives(&mut self, policy: &Policy) {
        for rule in policy.rules.values() {
            let from = node(Kind::Rule, &rule.name);
            if !matches!(rule.subject, RuleSubject::Policy(_)) {
                for environment in &rule.environments {
                    self.edge(&from, &node(Kind::Environment, environment), Role::Uses, rule.origin);
                }
            }
            for clause in &rule.clauses {
                self.expression(&from, &clause.condition, clause.origin);
                self.when(&from, clause.when.as_ref(), clause.origin);
            }
        }
        for objective in policy.objectives.values() {
            let from = node(Kind::Objective, &objective.name);
            for environment in &objective.environments {
                self.edge(&from, &node(Kind::Environment, environment), Role::Uses, objective.origin);
            }
            for condition in &objective.conditions {
                self.expression(&from, condition, objective.origin);
            }
        }
    }

    fn controls(&mut self, policy: &Policy) {
        for control in policy.controls.values() {
            let from = node(Kind::Control, &control.name);
            if let Some(parent) = control.parents.first() {
                self.edge(&from, &node(Kind::Control, parent), Role::Extends, control.origin);
            }
            for evidence in &control.evidence {
                if let Some(to) = self.evidence(evidence) {
                    self.edge(&from, &to, Role::Uses, control.origin);
                }
            }
        }
    }

    /// `gate.two_reviews` is that gate, `production.after.staging` that environment.
    fn evidence(&self, id: &str) -> Option<Node> {
        let (first, rest) = id.split_once('.')?;
        let environment = node(Kind::Environment, first);
        if self.numbers.contains_key(&environment) {
            return Some(environment);
        }
        let found = node(Kind::from_word(first)?, rest.split(['.', '(', '[']).next()?);
        self.numbers.contains_key(&found).then_some(found)
    }

    /// A bare mention beside a proper role says nothing more, and neither does a mention of oneself.
    fn finish(mut self) -> Graph {
        let proper: Vec<_> = self.edges.keys().filter(|k| k.2 != Role::Uses).map(|k| (k.0, k.1)).collect();
        self.edges.retain(|k, _| k.2 != Role::Uses || (k.0 != k.1 && proper.binary_search(&(k.0, k.1)).is_err()));
        let mut graph = Graph::default();
        let indices: Vec<NodeIndex> = self
            .nodes
            .into_iter()
            .map(|declaration| {
                let node = declaration.node.clone();
                let index = graph.graph.add_node(declaration);
                graph.index.insert(node, index);
                index
            })
            .collect();
        for ((from, to, _), dependency) in self.edges {
            if let (Some(from), Some(to)) = (indices.get(from), indices.get(to)) {
                graph.graph.add_edge(*from, *to, dependency);
            }
        }
        graph
    }
}

/// What the box of an environment says.
fn details(environment: &Environment) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(
        environment.title.as_ref().filter(|t| !t.eq_ignore_ascii_case(&environment.name)).map(ToString::to_string),
    );
    for deploy in &environment.deploys {
        let method = match &deploy.method {
            Method::Helm(_) => "helm",
            Method::Make(_) => "make",
            Method::Command(_) => "command",
        };
        let events: Vec<_> = deploy.events.iter().map(|e| e.event.word()).collect();
        lines.push(format!("{method} on {}", events.join(", ")));
    }
    let binding = || environment.requirements.iter().filter(|r| !r.advisory);
    for requirement in binding() {
        if let Check::Within(window) = &requirement.check {
            lines.push(format!("within {window}"));
        }
    }
    let count = |what: fn(&Check) -> bool| binding().filter(|r| what(&r.check)).count();
    let gates = count(|c| matches!(c, Check::Gate(_)));
    let rules = count(|c| matches!(c, Check::Rule { .. }));
    let (mut always, mut sometimes) = (0, 0);
    for requirement in binding() {
        if let Check::Approve { seats, .. } = &requirement.check {
            let free = requirement.when.is_none() && seats.iter().any(|s| s.when.is_none());
            *if free { &mut always } else { &mut sometimes } += 1;
        }
    }
    let counted = |n: usize, one: &str, many: &str| (n > 0).then(|| format!("{n} {}", if n == 1 { one } else { many }));
    let asked: Vec<_> =
        [counted(gates, "gate", "gates"), counted(rules, "rule", "rules")].into_iter().flatten().collect();
    if !asked.is_empty() {
        lines.push(asked.join(", "));
    }
    let approvals = [
        counted(always, "approval", "approvals"),
        (sometimes > 0).then(|| format!("{sometimes} more for some changes")),
    ];
    let approvals: Vec<_> = approvals.into_iter().flatten().collect();
    if !approvals.is_empty() {
        lines.push(approvals.join(", "));
    }
    if let Some(rollback) = &environment.rollback {
        let limit = rollback.limit.map(|d| format!(" within {d}")).unwrap_or_default();
        lines.push(format!("rolls back{limit}"));
    }
    lines
}
