//! Rules and conditions: that they can hold, that they can fail, and that together they leave a way.

use hxp_diagnostics::{Diagnostic, Severity, codes};
use hxp_policy::expr::{Builtin, CompareOp};
use hxp_policy::{Check, Clause, Environment, Expr, Origin, Policy, Requirement, RuleSubject, Value};

use super::logic::{self, Conflict, Judgement};
use super::{Context, Found, always, binding, names, print};

pub(super) fn check(policy: &Policy, context: &Context<'_>, found: &mut Found) {
    for rule in policy.rules.values().filter(|r| !context.is_library(r.origin)) {
        if matches!(rule.subject, RuleSubject::Policy(_)) {
            continue;
        }
        for clause in &rule.clauses {
            clause_decides(policy, context, &rule.name, clause, rule.advisory, found);
            all_over_facts(&rule.name, clause, found);
        }
    }
    for environment in policy.environments.values() {
        rule_clauses(policy, context, environment, found);
        together(policy, context, environment, found);
        gates(policy, context, environment, found);
        conditions(environment, found);
    }
}

/// The rules as each environment reads them, with its own values in place.
fn rule_clauses(policy: &Policy, context: &Context<'_>, environment: &Environment, found: &mut Found) {
    for requirement in &environment.requirements {
        if let Check::Rule { rule, clauses } = &requirement.check {
            let library = policy.rules.get(rule).is_some_and(|r| context.is_library(r.origin));
            for clause in clauses.iter().filter(|_| !library) {
                clause_decides(policy, context, rule, clause, requirement.advisory, found);
            }
        }
    }
}

/// What must hold for the clause to hold, with whether it must fail instead.
fn demand(clause: &Clause) -> (&Expr, bool) {
    (&clause.condition, clause.deny)
}

/// Whether the clause binds every release.
fn binds_always(clause: &Clause) -> bool {
    clause.when.as_ref().is_none_or(always)
}

fn clause_decides(
    policy: &Policy,
    context: &Context<'_>,
    rule: &str,
    clause: &Clause,
    advisory: bool,
    found: &mut Found,
) {
    let (condition, deny) = demand(clause);
    let (holds, conflict) = match logic::judge(condition) {
        Judgement::Always(conflict) => (!deny, conflict),
        Judgement::Never(conflict) => (deny, conflict),
        Judgement::Depends => return,
    };
    if holds {
        found.push(holds_always(rule, clause, &conflict));
        return;
    }
    if !binds_always(clause) {
        return;
    }
    let stuck: Vec<_> = policy
        .environments
        .values()
        .filter(|e| binding(policy, context, e).into_iter().any(|r| has_clause(r, clause)))
        .collect();
    let mut diagnostic = if condition.as_bool().is_some() && !stuck.is_empty() {
        let all = names(stuck.iter().map(|e| e.name.as_str()));
        let message = format!("nothing can ever be deployed to {all}: rule `{rule}` always fails");
        let mut diagnostic = Diagnostic::new(codes::NEVER_ALLOWS, clause.origin.span, message).label(if deny {
            "denies every release"
        } else {
            "no release can meet this"
        });
        for environment in &stuck {
            diagnostic = diagnostic.related(environment.origin.span, format!("bound by `{rule}`"));
        }
        diagnostic.help("give the rule a condition, or remove it; for a freeze, close a window for those days")
    } else {
        let message = format!("rule `{rule}` can never hold{}", why(&conflict));
        let mut diagnostic =
            Diagnostic::new(codes::NEVER_HOLDS, clause.origin.span, message).label(never_label(deny, &conflict));
        for environment in &stuck {
            diagnostic = diagnostic
                .related(environment.origin.span, format!("nothing can be deployed to `{}`", environment.name));
        }
        diagnostic.help("say which of the two is meant; `or` if either is enough")
    };
    if advisory {
        diagnostic.severity = Severity::Warning;
    }
    found.push(diagnostic);
}

/// Clauses are copied from a rule into the environments it binds; where they stand makes them the same.
fn has_clause(requirement: &Requirement, clause: &Clause) -> bool {
    matches!(&requirement.check, Check::Rule { clauses, .. } if clauses.iter().any(|c| c.origin == clause.origin))
}

fn why(conflict: &Conflict) -> String {
    match conflict.pair() {
        Some((a, b)) => format!(": `{a}` and `{b}` exclude each other"),
        None => conflict.parts.first().map(|(_, text)| format!(": `{text}` is never so")).unwrap_or_default(),
    }
}

fn never_label(deny: bool, conflict: &Conflict) -> String {
    match conflict.pair() {
        Some(_) if deny => "covers everything, so every release is denied".to_owned(),
        Some((a, b)) => format!("nothing is both `{a}` and `{b}`"),
        None => "never so".to_owned(),
    }
}

fn holds_always(rule: &str, clause: &Clause, conflict: &Conflict) -> Diagnostic {
    let message = if clause.deny {
        format!("rule `{rule}` never denies anything{}", why(conflict))
    } else {
        match conflict.pair() {
            // The negations exclude each other, so one of the two halves is always so.
            Some((a, b)) => format!("rule `{rule}` always holds: nothing is both `{a}` and `{b}`"),
            None => format!("rule `{rule}` always holds, so it decides nothing"),
        }
    };
    Diagnostic::new(codes::ALWAYS_HOLDS, clause.origin.span, message)
        .label(if clause.deny { "never so" } else { "true of every release" })
        .help("say what was meant, or remove it")
}

/// Conditions that hold each by itself, but not together.
fn together(policy: &Policy, context: &Context<'_>, environment: &Environment, found: &mut Found) {
    let mut all: Vec<(String, Origin, Expr)> = Vec::new();
    for requirement in binding(policy, context, environment) {
        let Check::Rule { rule, clauses } = &requirement.check else { continue };
        for clause in clauses.iter().filter(|c| binds_always(c)) {
            let (condition, deny) = demand(clause);
            let wanted = if deny { Expr::Not(Box::new(condition.clone())) } else { condition.clone() };
            if logic::contradiction(&[&wanted]).is_none() {
                all.push((rule.to_string(), clause.origin, wanted));
            }
        }
    }
    let conditions: Vec<&Expr> = all.iter().map(|(_, _, e)| e).collect();
    let Some(conflict) = logic::contradiction(&conditions) else { return };
    let parts: Vec<_> = conflict.parts.iter().filter_map(|(n, text)| all.get(*n).map(|part| (part, text))).collect();
    let [(first, first_text), (second, second_text)] = parts.as_slice() else { return };
    let message = format!(
        "nothing can ever be deployed to `{}`: `{first_text}` and `{second_text}` exclude each other",
        environment.name
    );
    found.push(
        Diagnostic::new(codes::NEVER_ALLOWS, second.1.span, message)
            .label(format!("rule `{}` asks for `{second_text}`", second.0))
            .related(first.1.span, format!("rule `{}` asks for `{first_text}`", first.0))
            .related(environment.origin.span, format!("`{}` is bound by both", environment.name))
            .help("change one of them, or bind it to other environments with `for`"),
    );
}

/// Gates that no evidence can pass.
fn gates(policy: &Policy, context: &Context<'_>, environment: &Environment, found: &mut Found) {
    for requirement in binding(policy, context, environment) {
        let Check::Gate(used) = &requirement.check else { continue };
        let Some(predicate) = &used.predicate else { continue };
        let Some(gate) = policy.gates.get(&used.gate) else { continue };
        let Judgement::Never(conflict) = logic::judge(predicate) else { continue };
        let message = format!(
            "nothing can ever be deployed to `{}`: gate `{}` can never pass{}",
            environment.name,
            used.gate,
            why(&conflict)
        );
        found.push(
            Diagnostic::new(codes::NEVER_ALLOWS, requirement.origin.span, message)
                .label(format!("asks for `{}`", print::expression(predicate)))
                .related(gate.origin.span, format!("`{}` is declared here", used.gate))
                .help("change the gate's `require`, or the arguments it is given"),
        );
    }
}

/// Conditions behind `when`, and those of triggers.
fn conditions(environment: &Environment, found: &mut Found) {
    let mut look = |condition: Option<&Expr>, origin: Origin, what: &str| {
        if let Some(condition) = condition {
            found.extend(constant(condition, origin, what));
        }
    };
    let rollback = environment.rollback.iter().flat_map(|r| &r.requirements);
    for requirement in environment.requirements.iter().chain(rollback) {
        look(requirement.when.as_ref(), requirement.origin, "binds");
        match &requirement.check {
            Check::Approve { seats, .. } => {
                for seat in seats {
                    look(seat.when.as_ref(), seat.origin, "is asked for");
                }
            }
            Check::Rule { clauses, .. } => {
                for clause in clauses {
                    look(clause.when.as_ref(), clause.origin, "binds");
                }
            }
            Check::Gate(_) | Check::After { .. } | Check::Within(_) => {}
        }
    }
    for duty in &environment.duties {
        look(duty.when.as_ref(), duty.origin, "is owed");
    }
    for notice in &environment.notices {
        look(notice.when.as_ref(), notice.origin, "is sent");
    }
}

fn constant(condition: &Expr, origin: Origin, what: &str) -> Option<Diagnostic> {
    let (word, conflict) = match logic::judge(condition) {
        Judgement::Always(conflict) => ("always", conflict),
        Judgement::Never(conflict) => ("never", conflict),
        Judgement::Depends => return None,
    };
    let why = match (word, conflict.pair()) {
        ("never", Some((a, b))) => format!(": `{a}` and `{b}` exclude each other"),
        _ => String::new(),
    };
    let help = if word == "always" {
        "remove the condition, or say what was meant"
    } else {
        "remove the statement, or say what was meant"
    };
    Some(
        Diagnostic::new(codes::CONSTANT_CONDITION, origin.span, format!("the condition here is {word} so{why}"))
            .label(format!("{word} {what}"))
            .help(help),
    )
}

/// `all` over facts of which there may be none.
fn all_over_facts(rule: &str, clause: &Clause, found: &mut Found) {
    let (condition, deny) = demand(clause);
    let mut guards = Vec::new();
    vacuous(condition, !deny, &mut guards, &mut |list| {
        let list_text = print::expression(list);
        let message = format!("rule `{rule}` holds when `{list_text}` is empty");
        found.push(
            Diagnostic::new(codes::ALL_OVER_FACTS, clause.origin.span, message)
                .label(format!("`all` over no elements is true: without any `{list_text}` nothing is asked"))
                .help(format!("if there must be some, add `count({list_text}) > 0 and …`"))
                .help("for reviews, the gate `reviewed` of `std.gates` looks at every commit"),
        );
    });
}

/// Calls `report` for each list over which `all` must hold, unless something beside it asks for an element.
fn vacuous<'a>(expr: &'a Expr, holds: bool, guards: &mut Vec<&'a Expr>, report: &mut impl FnMut(&'a Expr)) {
    match expr {
        Expr::Not(e) => vacuous(e, !holds, guards, report),
        Expr::And(es) | Expr::Or(es) => {
            let conjunction = matches!(expr, Expr::And(_)) == holds;
            let before = guards.len();
            if conjunction && holds {
                guards.extend(es.iter().filter_map(asked_for));
            }
            for e in es {
                vacuous(e, holds, guards, report);
            }
            guards.truncate(before);
        }
        Expr::Quantifier { all: true, over, body, .. } if holds => {
            // That nothing bad is among them may well be true of nothing.
            let absence = matches!(body.as_ref(), Expr::Not(_) | Expr::Compare { op: CompareOp::Ne, .. });
            if !absence && matches!(over.as_ref(), Expr::Fact { .. }) && !guards.contains(&over.as_ref()) {
                report(over);
            }
        }
        _ => {}
    }
}

/// The list that a condition says is not empty.
fn asked_for(expr: &Expr) -> Option<&Expr> {
    match expr {
        Expr::Quantifier { all: false, over, .. } => Some(over),
        Expr::Compare { op, left, right, .. } => {
            let (op, list, number) = match (left.as_ref(), right.as_ref()) {
                (Expr::Call(Builtin::Count, list), Expr::Const(Value::Int(n))) => (*op, list, *n),
                (Expr::Const(Value::Int(n)), Expr::Call(Builtin::Count, list)) => (turned(*op), list, *n),
                _ => return None,
            };
            let some = match op {
                CompareOp::Gt => number >= 0,
                CompareOp::Ge | CompareOp::Eq => number >= 1,
                CompareOp::Ne => number == 0,
                CompareOp::Lt | CompareOp::Le => false,
            };
            list.first().filter(|_| some)
        }
        _ => None,
    }
}

fn turned(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::Le => CompareOp::Ge,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::Ge => CompareOp::Le,
        same => same,
    }
}
