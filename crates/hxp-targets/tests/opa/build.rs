//! Policies by hand: small functions that read almost like the language.

use hxp_policy::facts::FACTS;
use hxp_policy::{
    Calendar, Check, Clause, CompareOp, Dimension, Expr, Gate, GateUse, Label, Millis, Origin, Pattern, Proof,
    Quantity, Requirement, Seats, Slot, Subject, Team, TimeSet, Type, Value, Window,
};
use jiff::civil::{Date, Weekday};
use smol_str::SmolStr;

pub const MINUTE: i64 = 60_000;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

pub fn at(line: u32) -> Origin {
    Origin { line, column: 3, ..Origin::default() }
}

/// A fact by its dotted path, with the type that the table of facts gives it.
pub fn fact(path: &str) -> Expr {
    let path: Vec<SmolStr> = path.split('.').map(SmolStr::from).collect();
    let mut ty = FACTS.field(&path[0]).expect("a fact").clone();
    for part in &path[1..] {
        ty = field_type(&ty, part);
    }
    Expr::Fact { path, ty }
}

fn field_type(ty: &Type, name: &str) -> Type {
    match ty {
        Type::Optional(inner) => field_type(inner, name),
        Type::Record(record) => record.field(name).expect("a field").clone(),
        Type::Semver => Type::Int,
        other => panic!("{other} has no field {name}"),
    }
}

fn element(ty: &Type) -> Type {
    match ty {
        Type::List(of) => (**of).clone(),
        other => panic!("{other} has no elements"),
    }
}

pub fn type_of(expr: &Expr) -> Type {
    match expr {
        Expr::Fact { ty, .. } | Expr::Result { ty, .. } | Expr::Var { ty, .. } | Expr::Field { ty, .. } => ty.clone(),
        other => panic!("no type for {other:?}"),
    }
}

pub fn field(base: Expr, name: &str) -> Expr {
    let ty = field_type(&type_of(&base), name);
    Expr::Field { base: Box::new(base), name: name.into(), ty }
}

pub fn int(i: i64) -> Expr {
    Expr::Const(Value::Int(i))
}

pub fn text(s: &str) -> Expr {
    Expr::Const(Value::Str(s.into()))
}

pub fn word(s: &str) -> Expr {
    Expr::Const(Value::Enum(s.into()))
}

pub fn none() -> Expr {
    Expr::Const(Value::None)
}

pub fn quantity(dimension: Dimension, amount: i64, written: &str) -> Value {
    Value::Quantity(Quantity { dimension, amount: amount.into(), written: Some(written.into()) })
}

pub fn percent(n: i64) -> Value {
    quantity(Dimension::Percent, n, &format!("{n}%"))
}

pub fn days(n: i64) -> Value {
    quantity(Dimension::Duration, n * DAY, &format!("{n}d"))
}

pub fn compare(op: CompareOp, left: Expr, right: Expr, ty: Type) -> Expr {
    Expr::Compare { op, left: Box::new(left), right: Box::new(right), ty }
}

pub fn eq(left: Expr, right: Expr) -> Expr {
    let ty = type_of(&left);
    compare(CompareOp::Eq, left, right, ty)
}

pub fn ne(left: Expr, right: Expr) -> Expr {
    let ty = type_of(&left);
    compare(CompareOp::Ne, left, right, ty)
}

pub fn label(name: &str) -> Expr {
    Expr::HasLabel(name.into())
}

pub fn not(e: Expr) -> Expr {
    Expr::Not(Box::new(e))
}

pub fn and<const N: usize>(es: [Expr; N]) -> Expr {
    Expr::And(es.to_vec())
}

pub fn or<const N: usize>(es: [Expr; N]) -> Expr {
    Expr::Or(es.to_vec())
}

pub fn choose(c: Expr, a: Expr, b: Expr) -> Expr {
    Expr::If(Box::new(c), Box::new(a), Box::new(b))
}

/// `all x in xs where c: e`; the bound variable is handed to the parts.
pub fn quantifier(
    all: bool,
    var: &str,
    over: Expr,
    filter: Option<&dyn Fn(Expr) -> Expr>,
    body: &dyn Fn(Expr) -> Expr,
) -> Expr {
    let bound = Expr::Var { name: var.into(), ty: element(&type_of(&over)) };
    Expr::Quantifier {
        all,
        var: var.into(),
        over: Box::new(over),
        filter: filter.map(|f| Box::new(f(bound.clone()))),
        body: Box::new(body(bound)),
    }
}

pub fn result(name: &str, ty: Type) -> Expr {
    Expr::Result { name: name.into(), ty }
}

pub fn team(name: &str, members: Option<&[&str]>) -> (SmolStr, Team) {
    let members = members.map(|m| m.iter().copied().map(SmolStr::from).collect());
    (name.into(), Team { name: name.into(), members, ..Team::default() })
}

pub fn labelled(name: &str, pr: Option<&str>, files: &[&str], commits: Option<&str>) -> (SmolStr, Label) {
    let label = Label {
        name: name.into(),
        pr: pr.map(Into::into),
        files: files.iter().copied().map(SmolStr::from).collect(),
        commits: commits.map(|c| Pattern::Regex(c.into())),
        ..Label::default()
    };
    (name.into(), label)
}

pub fn gate(name: &str, proof: Proof, subject: Subject) -> (SmolStr, Gate) {
    let gate = Gate {
        name: name.into(),
        doc: None,
        origin: Origin::default(),
        params: Vec::new(),
        key_params: Vec::new(),
        proof,
        subject,
        valid: None,
        yields: Vec::new(),
        fails_on_no_data: false,
        properties: hxp_policy::Record::default(),
    };
    (name.into(), gate)
}

pub fn machine() -> Proof {
    Proof::Machine { run: "make".into(), collect: None }
}

pub fn requirement(id: &str, line: u32, check: Check) -> Requirement {
    Requirement { id: id.into(), when: None, check, advisory: false, doc: None, because: None, origin: at(line) }
}

pub fn uses(gate: &str, predicate: Option<Expr>) -> Check {
    Check::Gate(GateUse { gate: gate.into(), args: Vec::new(), predicate })
}

pub fn seat(count: u32, when: Option<Expr>, distinct: Option<u32>) -> Seats {
    Seats { count, when, distinct, origin: Origin::default() }
}

pub fn approve(team: &str, seats: Vec<Seats>) -> Check {
    Check::Approve { team: team.into(), seats }
}

pub fn deny(condition: Expr, because: &str) -> Clause {
    Clause { deny: true, condition, when: None, because: Some(because.into()), origin: Origin::default() }
}

pub fn demand(condition: Expr, when: Option<Expr>, because: &str) -> Clause {
    Clause { deny: false, condition, when, because: Some(because.into()), origin: Origin::default() }
}

pub fn slot(weekdays: &[Weekday], dates: &[(&str, &str)], times: &[(u32, u32)]) -> Slot {
    let date = |s: &str| s.parse::<Date>().expect("a date");
    Slot {
        weekdays: weekdays.to_vec(),
        dates: dates.iter().map(|(a, b)| (date(a), date(b))).collect(),
        times: times.iter().map(|(a, b)| (a * 60, b * 60)).collect(),
        because: None,
        origin: Origin::default(),
    }
}

pub fn calendar(zone: &str, open: Vec<Slot>, closed: Vec<Slot>) -> TimeSet {
    TimeSet::Calendar(Calendar { zone: zone.into(), open, closed })
}

pub fn window(name: &str, set: TimeSet) -> (SmolStr, Window) {
    (name.into(), Window { name: name.into(), doc: None, origin: Origin::default(), set })
}

pub fn millis(n: i64) -> Option<Millis> {
    Some(Millis(n))
}
