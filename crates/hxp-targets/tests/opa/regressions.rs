//! Cases on which the engines once differed, found over random policies: each by name, judged by the reference engine,
//! regorus and OPA, which must say the same, and what is right.

use hxp_policy::expr::ArithOp;
use hxp_policy::{
    Builtin, Check, Clause, CompareOp, Dimension, Expiry, Expr, GateUse, Millis, Override, Policy, Proof, Record,
    Subject, Type, Value as Known, Waive,
};
use serde_json::{Value, json};

use crate::build::*;
use crate::{decisions::edit, engines, fixture};

const PERCENT: Type = Type::Quantity(Dimension::Percent);
const DURATION: Type = Type::Quantity(Dimension::Duration);

struct Case {
    what: &'static str,
    policy: Policy,
    edits: Vec<(&'static str, Value)>,
    verdict: &'static str,
}

/// A policy of a single requirement; the fixture's request knows its gate, `unit_tests`.
fn policy(check: Check) -> Policy {
    let mut policy = fixture::policy();
    policy.overrides.clear();
    policy.environments.retain(|name, _| name == "production" || name == "staging");
    let production = &mut policy.environments["production"];
    production.requirements = vec![requirement("production.rule.one", 1, check)];
    (production.rollback, production.duties, production.notices) = (None, Vec::new(), Vec::new());
    policy
}

fn rule(condition: Expr) -> Policy {
    let clause = Clause { deny: false, condition, when: None, because: None, origin: hxp_policy::Origin::default() };
    policy(Check::Rule { rule: "one".into(), clauses: vec![clause] })
}

/// A gate whose evidence is that of `unit_tests`.
fn gate(yields: &[(&str, Type)], predicate: Expr) -> Policy {
    let mut policy =
        policy(Check::Gate(GateUse { gate: "unit_tests".into(), args: Vec::new(), predicate: Some(predicate) }));
    let (_, mut gate) =
        crate::build::gate("unit_tests", Proof::Machine { run: "make".into(), collect: None }, Subject::Commit);
    gate.yields = yields.iter().map(|(name, ty)| ((*name).into(), ty.clone())).collect();
    policy.gates.insert("unit_tests".into(), gate);
    policy
}

fn arith(op: ArithOp, left: Expr, right: Expr, ty: Type) -> Expr {
    Expr::Arith { op, left: Box::new(left), right: Box::new(right), ty }
}

fn decimal(text: &str) -> Expr {
    Expr::Const(Known::Decimal(text.parse().expect("a number")))
}

fn each(over: Expr, body: Expr) -> Expr {
    Expr::Map { var: "x".into(), over: Box::new(over), filter: None, body: Box::new(body) }
}

fn cases() -> Vec<Case> {
    let results = "/evidence/0/results";
    let case = |what, policy, edits, verdict| Case { what, policy, edits, verdict };
    let tenths = || {
        compare(
            CompareOp::Eq,
            arith(ArithOp::Add, result("a", Type::Decimal), result("b", Type::Decimal), Type::Decimal),
            decimal("0.3"),
            Type::Decimal,
        )
    };
    let both = [("a", Type::Decimal), ("b", Type::Decimal)];
    let change = || {
        compare(
            CompareOp::Le,
            arith(ArithOp::Sub, result("after", PERCENT), result("before", PERCENT), PERCENT),
            Expr::Const(Known::Quantity(hxp_policy::Quantity {
                dimension: Dimension::Percent,
                amount: "0.5".parse().expect("a number"),
                written: Some("0.5%".into()),
            })),
            PERCENT,
        )
    };
    let shares = [("after", PERCENT), ("before", PERCENT)];
    let third = || {
        compare(
            CompareOp::Eq,
            arith(ArithOp::Div, result("n", Type::Int), int(3), Type::Decimal),
            decimal("0.333333"),
            Type::Decimal,
        )
    };
    let least = || {
        compare(
            CompareOp::Ge,
            Expr::Call(Builtin::Min, vec![result("numbers", Type::List(Box::new(Type::Int)))]),
            int(2),
            Type::Int,
        )
    };
    let numbers = [("numbers", Type::List(Box::new(Type::Int)))];
    let named = || compare(CompareOp::Ne, result("who", Type::String), text("ada"), Type::String);
    let who = [("who", Type::String)];
    let has_a = || Expr::In(Box::new(text("a")), Box::new(result("names", Type::List(Box::new(Type::String)))));
    let names = [("names", Type::List(Box::new(Type::String)))];
    let none_spent = || {
        compare(
            CompareOp::Eq,
            Expr::Call(Builtin::Sum, vec![each(fact("change.pull_requests"), Expr::Const(days(1)))]),
            Expr::Const(quantity(Dimension::Duration, 0, "0s")),
            DURATION,
        )
    };
    let old_duty = || {
        quantifier(false, "d", fact("duties"), None, &|d| {
            compare(
                CompareOp::Gt,
                arith(ArithOp::Sub, fact("at"), field(d, "due_at"), DURATION),
                Expr::Const(days(1)),
                DURATION,
            )
        })
    };
    // A variable of the policy with the name that the generated code might give its own.
    let element = || {
        quantifier(false, "element", fact("change.commits"), None, &|c| {
            Expr::Has(Box::new(fact("release.ancestors")), Box::new(field(c, "id")))
        })
    };
    let mut one_character = rule(label("named"));
    one_character.labels = [labelled("named", None, &["v?.?"], None)].into_iter().collect();
    let after = || policy(Check::After { environment: "staging".into(), soaked: None });
    vec![
        case(
            "tenths add up as they are written",
            gate(&both, tenths()),
            vec![(results, json!({ "a": 0.1, "b": 0.2 }))],
            "met",
        ),
        case(
            "half a percent is half a percent",
            gate(&shares, change()),
            vec![(results, json!({ "after": "83.1%", "before": "82.6%" }))],
            "met",
        ),
        case(
            "zeros before and behind a number mean nothing",
            gate(&shares, change()),
            vec![(results, json!({ "after": "00.50%", "before": "0%" }))],
            "met",
        ),
        case(
            "more than six digits behind the point are not read",
            gate(&shares, change()),
            vec![(results, json!({ "after": "0.1234567%", "before": "0%" }))],
            "waiting",
        ),
        case("a third has six digits", gate(&[("n", Type::Int)], third()), vec![(results, json!({ "n": 1 }))], "met"),
        case(
            "the least of a list is one of its elements",
            gate(&numbers, least()),
            vec![(results, json!({ "numbers": [3, 2] }))],
            "met",
        ),
        case(
            "the least of a list may be too little",
            gate(&numbers, least()),
            vec![(results, json!({ "numbers": [3, 1] }))],
            "failed",
        ),
        case(
            "an empty list has no least element",
            gate(&numbers, least()),
            vec![(results, json!({ "numbers": [] }))],
            "waiting",
        ),
        case(
            "a number is no other text but unknown",
            gate(&who, named()),
            vec![(results, json!({ "who": 5 }))],
            "waiting",
        ),
        case(
            "null is no other text but unknown",
            gate(&who, named()),
            vec![(results, json!({ "who": null }))],
            "waiting",
        ),
        case(
            "a list with a wrong element is unknown",
            gate(&names, has_a()),
            vec![(results, json!({ "names": ["a", 5] }))],
            "waiting",
        ),
        case(
            "the sum of no durations is no time",
            rule(none_spent()),
            vec![("/change/pull_requests", json!([]))],
            "met",
        ),
        case(
            "a difference begins no statement with a bracket",
            rule(old_duty()),
            vec![("/duties", json!([{ "id": "x", "due_at": "2026-11-20T00:00:00Z", "done_at": null }]))],
            "met",
        ),
        case("a variable may be called element", rule(element()), vec![("/release/ancestors", json!(["9f3c"]))], "met"),
        case(
            "a healthy stretch that ends before it begins is none",
            after(),
            vec![
                ("/deployments/0/outcome", json!("failed")),
                (
                    "/deployments/0/healthy",
                    json!([
                { "from": "2026-12-01T09:30:00Z", "to": "2026-12-01T09:00:00Z" },
                { "from": "2026-12-01T10:00:00Z", "to": "2026-12-01T09:30:00Z" }]),
                ),
            ],
            "waiting",
        ),
    ]
}

fn judge(case: &Case) -> (Value, Value) {
    let mut request = fixture::request();
    for (pointer, value) in &case.edits {
        edit(&mut request, pointer, Some(value.clone()));
    }
    let ours = engines::reference(&hxp_decide::Engine::new(&case.policy), &request).expect("a request");
    (request, ours)
}

#[test]
fn what_once_was_judged_differently_is_not_any_more() {
    let opa = engines::opa();
    for case in cases() {
        let (request, ours) = judge(&case);
        assert_eq!(ours["reasons"][0]["verdict"], case.verdict, "{}: {}", case.what, ours["reasons"][0]["text"]);
        let files = engines::emit(&case.policy);
        let theirs = engines::decide(&mut engines::regorus(&files), "production", &request);
        assert_eq!(engines::difference(Some(&ours), &theirs), None, "{}", case.what);
        if let Some(opa) = &opa {
            let theirs = engines::decide_all(opa, &files, "production", &[request]);
            assert_eq!(engines::difference(Some(&ours), &theirs[0]), None, "{} by OPA", case.what);
        }
    }
}

#[test]
fn a_waiver_until_the_end_of_time_is_not_said_to_end() {
    let mut policy = policy(uses("unit_tests", None));
    let forever = Override {
        name: "forever".into(),
        doc: None,
        origin: at(1),
        environments: Vec::new(),
        when: None,
        expires: Expiry::At(Box::new("2300-01-01T00:00:00[UTC]".parse().expect("an instant"))),
        waives: vec![Waive { id: "rule.one".into(), because: None, origin: at(1) }],
        requirements: Vec::new(),
        duties: Vec::new(),
        notices: Vec::new(),
        owner: None,
        ticket: None,
        properties: Record::default(),
    };
    policy.gates["unit_tests"].valid = Some(Millis(400 * 365 * DAY));
    policy.overrides.insert("forever".into(), forever);
    let mut request = fixture::request();
    edit(&mut request, "/evidence/0/state", Some(json!("failed")));
    let ours = engines::reference(&hxp_decide::Engine::new(&policy), &request).expect("a request");
    assert_eq!((&ours["outcome"], &ours["valid_until"]), (&json!("allow"), &Value::Null));
    let theirs = engines::decide(&mut engines::regorus(&engines::emit(&policy)), "production", &request);
    assert_eq!(engines::difference(Some(&ours), &theirs), None);
}

#[test]
fn what_no_engine_can_hold_is_refused_by_all() {
    for (pointer, value) in [
        ("/release/version", json!("18446744073709551615.0.0")),
        ("/release/version", json!("1.2.3-99999999999999999999")),
        ("/at", json!("2200-01-01T00:00:00Z")),
        ("/at", json!("1979-12-31T23:59:59Z")),
    ] {
        let mut request = fixture::request();
        edit(&mut request, pointer, Some(value.clone()));
        let policy = rule(fact("release.prerelease"));
        assert_eq!(engines::reference(&hxp_decide::Engine::new(&policy), &request), None, "{value}");
        let theirs = engines::decide(&mut engines::regorus(&engines::emit(&policy)), "production", &request);
        assert_eq!(engines::difference(None, &theirs), None, "{value}");
    }
}
