//! Policies that are one part smaller.

use hxp_policy::{Check, Environment, Expr, Override, Policy, Requirement, Value};

/// Policies that are one part smaller than this one, the smallest first.
pub fn smaller(policy: &Policy) -> Vec<Policy> {
    let mut found = Vec::new();
    for name in policy.overrides.keys() {
        let mut less = policy.clone();
        less.overrides.shift_remove(name);
        found.push(less);
    }
    for (index, environment) in policy.environments.values().enumerate() {
        for less in environments(environment) {
            let mut changed = policy.clone();
            if let Some((_, place)) = changed.environments.get_index_mut(index) {
                *place = less;
            }
            found.push(changed);
        }
    }
    for (index, o) in policy.overrides.values().enumerate() {
        for less in overrides(o) {
            let mut changed = policy.clone();
            if let Some((_, place)) = changed.overrides.get_index_mut(index) {
                *place = less;
            }
            found.push(changed);
        }
    }
    found.extend(declarations(policy));
    found
}

/// Declarations that nobody may need.
fn declarations(policy: &Policy) -> Vec<Policy> {
    let mut found = Vec::new();
    for name in policy.gates.keys() {
        let mut less = policy.clone();
        less.gates.shift_remove(name);
        if uses_gate(policy, name) {
            continue;
        }
        found.push(less);
    }
    for (name, gate) in &policy.gates {
        for change in 0..3 {
            let mut less = gate.clone();
            match change {
                0 => less.valid = None,
                1 => less.fails_on_no_data = false,
                _ => less.properties.fields.clear(),
            }
            if less != *gate {
                let mut changed = policy.clone();
                changed.gates.insert(name.clone(), less);
                found.push(changed);
            }
        }
    }
    found
}

fn uses_gate(policy: &Policy, name: &str) -> bool {
    let of_environments =
        policy.environments.values().flat_map(|e| e.requirements.iter().chain(e.rollback_requirements()));
    let of_overrides = policy.overrides.values().flat_map(|o| &o.requirements);
    let all = of_environments.chain(of_overrides);
    let required = all.into_iter().any(|r| matches!(&r.check, Check::Gate(used) if used.gate == name));
    let owed =
        policy.environments.values().flat_map(|e| &e.duties).chain(policy.overrides.values().flat_map(|o| &o.duties));
    required || owed.into_iter().any(|d| matches!(&d.what, hxp_policy::Owed::Gate(used) if used.gate == name))
}

fn without<T: Clone>(list: &[T]) -> impl Iterator<Item = Vec<T>> + '_ {
    (0..list.len()).map(|i| {
        let mut less = list.to_vec();
        less.remove(i);
        less
    })
}

/// Lists of which one element is smaller.
fn one_smaller<T: Clone>(list: &[T], smaller: impl Fn(&T) -> Vec<T>) -> Vec<Vec<T>> {
    let mut found = Vec::new();
    for (i, element) in list.iter().enumerate() {
        for less in smaller(element) {
            let mut changed = list.to_vec();
            if let Some(place) = changed.get_mut(i) {
                *place = less;
            }
            found.push(changed);
        }
    }
    found
}

fn environments(environment: &Environment) -> Vec<Environment> {
    let mut found = Vec::new();
    let with = |change: &dyn Fn(&mut Environment)| {
        let mut changed = environment.clone();
        change(&mut changed);
        changed
    };
    for less in without(&environment.requirements) {
        found.push(with(&|e| e.requirements.clone_from(&less)));
    }
    if environment.rollback.is_some() {
        found.push(with(&|e| e.rollback = None));
    }
    for less in without(&environment.duties) {
        found.push(with(&|e| e.duties.clone_from(&less)));
    }
    for less in without(&environment.notices) {
        found.push(with(&|e| e.notices.clone_from(&less)));
    }
    if !environment.properties.is_empty() {
        found.push(with(&|e| e.properties.fields.clear()));
    }
    for less in one_smaller(&environment.requirements, requirements) {
        found.push(with(&|e| e.requirements.clone_from(&less)));
    }
    if let Some(rollback) = &environment.rollback {
        let of_rollback = without(&rollback.requirements).chain(one_smaller(&rollback.requirements, requirements));
        for less in of_rollback {
            found.push(with(&|e| {
                if let Some(rollback) = &mut e.rollback {
                    rollback.requirements.clone_from(&less);
                }
            }));
        }
    }
    for (index, duty) in environment.duties.iter().enumerate() {
        for when in conditions(duty.when.as_ref()) {
            found.push(with(&|e| {
                if let Some(duty) = e.duties.get_mut(index) {
                    duty.when.clone_from(&when);
                }
            }));
        }
    }
    for (index, notice) in environment.notices.iter().enumerate() {
        for when in conditions(notice.when.as_ref()) {
            found.push(with(&|e| {
                if let Some(notice) = e.notices.get_mut(index) {
                    notice.when.clone_from(&when);
                }
            }));
        }
    }
    found
}

fn overrides(o: &Override) -> Vec<Override> {
    let mut found = Vec::new();
    let with = |change: &dyn Fn(&mut Override)| {
        let mut changed = o.clone();
        change(&mut changed);
        changed
    };
    for less in without(&o.requirements).chain(one_smaller(&o.requirements, requirements)) {
        found.push(with(&|o| o.requirements.clone_from(&less)));
    }
    for less in without(&o.waives) {
        found.push(with(&|o| o.waives.clone_from(&less)));
    }
    for less in without(&o.duties) {
        found.push(with(&|o| o.duties.clone_from(&less)));
    }
    for less in without(&o.notices) {
        found.push(with(&|o| o.notices.clone_from(&less)));
    }
    if o.when.is_some() {
        for when in conditions(o.when.as_ref()).into_iter().flatten() {
            found.push(with(&|o| o.when = Some(when.clone())));
        }
    }
    found
}

fn requirements(requirement: &Requirement) -> Vec<Requirement> {
    let mut found = Vec::new();
    let with = |change: &dyn Fn(&mut Requirement)| {
        let mut changed = requirement.clone();
        change(&mut changed);
        changed
    };
    for when in conditions(requirement.when.as_ref()) {
        found.push(with(&|r| r.when.clone_from(&when)));
    }
    if requirement.because.is_some() {
        found.push(with(&|r| r.because = None));
    }
    if requirement.advisory {
        found.push(with(&|r| r.advisory = false));
    }
    match &requirement.check {
        Check::Gate(used) => {
            for predicate in conditions(used.predicate.as_ref()) {
                let check = Check::Gate(hxp_policy::GateUse { predicate, ..used.clone() });
                found.push(with(&|r| r.check = check.clone()));
            }
        }
        Check::Approve { team, seats } => {
            let fewer = without(seats).filter(|s| !s.is_empty());
            let simpler = one_smaller(seats, |seat| {
                conditions(seat.when.as_ref())
                    .into_iter()
                    .map(|when| hxp_policy::Seats { when, ..seat.clone() })
                    .chain((seat.count > 1).then(|| hxp_policy::Seats { count: 1, ..seat.clone() }))
                    .chain(seat.distinct.map(|_| hxp_policy::Seats { distinct: None, ..seat.clone() }))
                    .collect()
            });
            for seats in fewer.chain(simpler) {
                found.push(with(&|r| r.check = Check::Approve { team: team.clone(), seats: seats.clone() }));
            }
        }
        Check::Rule { rule, clauses } => {
            let fewer = without(clauses).filter(|c| !c.is_empty());
            let simpler = one_smaller(clauses, |clause| {
                let whens = conditions(clause.when.as_ref()).into_iter();
                let whens = whens.map(|when| hxp_policy::Clause { when, ..clause.clone() });
                let simpler = exprs(&clause.condition).into_iter();
                whens.chain(simpler.map(|condition| hxp_policy::Clause { condition, ..clause.clone() })).collect()
            });
            for clauses in fewer.chain(simpler) {
                found.push(with(&|r| r.check = Check::Rule { rule: rule.clone(), clauses: clauses.clone() }));
            }
        }
        Check::After { .. } | Check::Within(_) => {}
    }
    found
}

fn conditions(when: Option<&Expr>) -> Vec<Option<Expr>> {
    let Some(when) = when else { return Vec::new() };
    std::iter::once(None).chain(exprs(when).into_iter().map(Some)).collect()
}

/// Conditions that are one step simpler.
fn exprs(expr: &Expr) -> Vec<Expr> {
    let mut found = Vec::new();
    if !matches!(expr, Expr::Const(_)) {
        found.push(Expr::Const(Value::Bool(true)));
        found.push(Expr::Const(Value::Bool(false)));
    }
    match expr {
        Expr::And(parts) | Expr::Or(parts) => {
            let same = |parts: Vec<Expr>| if matches!(expr, Expr::And(_)) { Expr::And(parts) } else { Expr::Or(parts) };
            found.extend(parts.iter().cloned());
            found.extend(without(parts).map(same));
            found.extend(one_smaller(parts, exprs).into_iter().map(same));
        }
        Expr::Not(inner) => {
            found.push((**inner).clone());
            found.extend(exprs(inner).into_iter().map(|e| Expr::Not(Box::new(e))));
        }
        Expr::If(c, a, b) => {
            found.extend([(**a).clone(), (**b).clone(), (**c).clone()]);
            let rebuilt =
                |c: &Expr, a: &Expr, b: &Expr| Expr::If(Box::new(c.clone()), Box::new(a.clone()), Box::new(b.clone()));
            found.extend(exprs(c).iter().map(|c| rebuilt(c, a, b)));
            found.extend(exprs(a).iter().map(|a| rebuilt(c, a, b)));
            found.extend(exprs(b).iter().map(|b| rebuilt(c, a, b)));
        }
        Expr::Compare { op, left, right, ty } => {
            let parts = values(left).into_iter().map(|l| (l, (**right).clone()));
            let parts = parts.chain(values(right).into_iter().map(|r| ((**left).clone(), r)));
            found.extend(parts.map(|(l, r)| Expr::Compare {
                op: *op,
                left: Box::new(l),
                right: Box::new(r),
                ty: ty.clone(),
            }));
        }
        Expr::Quantifier { all, var, over, filter, body } => {
            let rebuilt = |filter: &Option<Box<Expr>>, body: &Expr| Expr::Quantifier {
                all: *all,
                var: var.clone(),
                over: over.clone(),
                filter: filter.clone(),
                body: Box::new(body.clone()),
            };
            if let Some(inner) = filter {
                found.push(rebuilt(&None, body));
                found.extend(exprs(inner).into_iter().map(|f| rebuilt(&Some(Box::new(f)), body)));
            }
            found.extend(exprs(body).iter().map(|body| rebuilt(filter, body)));
        }
        _ => {}
    }
    found
}

/// Values of the same type that are one step simpler.
fn values(expr: &Expr) -> Vec<Expr> {
    match expr {
        Expr::If(c, a, b) => {
            let mut found = vec![(**a).clone(), (**b).clone()];
            found.extend(exprs(c).into_iter().map(|c| Expr::If(Box::new(c), a.clone(), b.clone())));
            found.extend(values(a).into_iter().map(|a| Expr::If(c.clone(), Box::new(a), b.clone())));
            found.extend(values(b).into_iter().map(|b| Expr::If(c.clone(), a.clone(), Box::new(b))));
            found
        }
        Expr::Map { var, over, filter, body } => {
            let rebuilt = |filter: &Option<Box<Expr>>, body: &Expr| Expr::Map {
                var: var.clone(),
                over: over.clone(),
                filter: filter.clone(),
                body: Box::new(body.clone()),
            };
            let mut found = Vec::new();
            if let Some(inner) = filter {
                found.push(rebuilt(&None, body));
                found.extend(exprs(inner).into_iter().map(|f| rebuilt(&Some(Box::new(f)), body)));
            }
            found.extend(values(body).iter().map(|body| rebuilt(filter, body)));
            found
        }
        Expr::Call(builtin, parts) => {
            one_smaller(parts, values).into_iter().map(|parts| Expr::Call(*builtin, parts)).collect()
        }
        Expr::List(parts) => one_smaller(parts, values).into_iter().map(Expr::List).collect(),
        Expr::Arith { op, left, right, ty } => {
            let parts = values(left).into_iter().map(|l| (l, (**right).clone()));
            let parts = parts.chain(values(right).into_iter().map(|r| ((**left).clone(), r)));
            parts.map(|(l, r)| Expr::Arith { op: *op, left: Box::new(l), right: Box::new(r), ty: ty.clone() }).collect()
        }
        _ => Vec::new(),
    }
}
