//! Expressions as Rego.
//!
//! Rego has two answers where the language has three: a body holds, or it does not. So a boolean expression is written
//! down twice, as what makes it *definitely true* and as what makes it *definitely false*; while neither holds, it is
//! unknown. And turns into or, all into any, `<` into `>=`. A value that depends on an unknown fact is undefined in Rego,
//! and a comparison with it holds in neither form: that is all there is to unknown facts.

use std::collections::BTreeSet;

use hxp_policy::describe::weekday;
use hxp_policy::expr::ArithOp;
use hxp_policy::{Builtin, CompareOp, Dimension, Expr, Pattern, Type, Value, describe};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use smol_str::SmolStr;

use super::pattern;
use super::text::{Definition, Rule, is_name, mentions, quoted};

/// Alternatives, each a list of statements that must all hold. None: never. One without statements: always.
type Alternatives = Vec<Vec<String>>;

/// What stands for an expression that Rego cannot say: neither true nor false, hence unknown.
const UNDEFINED: &str = "lib.unknown";

/// An element that no variable of the policy names; no name of the language has a space.
const ELEMENT: SmolStr = SmolStr::new_static(" element");

/// Names that a variable must not hide.
const TAKEN: [&str; 18] = [
    "allow",
    "outcome",
    "decision",
    "judgement",
    "refusal",
    "policy",
    "requirement",
    "rollback_requirement",
    "override",
    "duties",
    "notices",
    "waived",
    "deny",
    "warn",
    "lib",
    "hxp",
    "input",
    "data",
];

/// A bound variable.
#[derive(Clone)]
struct Bound {
    name: SmolStr,
    rego: String,
    /// Whether its values are numbers already, not the text of the request.
    computed: bool,
    /// Whether the request's schema has checked its type.
    checked: bool,
}

/// Variables in scope.
type Scope = Vec<Bound>;

/// Writes the rules of one predicate.
pub(super) struct Predicate {
    name: String,
    /// The rule that holds the gate's evidence.
    evidence: Option<String>,
    helpers: Vec<Rule>,
    /// Closed expressions that have a helper already: what they are turned towards (`None`: a value), and its name.
    known: Vec<(Expr, Option<bool>, String)>,
    variables: BTreeSet<String>,
}

/// Rules of a three-valued predicate: `name` is true, false or null; helpers follow.
pub(super) fn predicate(name: &str, expr: &Expr, evidence: Option<&str>) -> Vec<Rule> {
    let mut writer = Predicate {
        name: name.to_owned(),
        evidence: evidence.map(ToOwned::to_owned),
        helpers: Vec::new(),
        known: Vec::new(),
        variables: BTreeSet::new(),
    };
    let yes = writer.alternatives(expr, true, &Scope::new());
    let no = writer.alternatives(expr, false, &Scope::new());
    let definitions = match yes.as_slice() {
        // Of a comparison the value is what is asked for: both answers at once.
        [only] if is_atom(expr) => vec![Definition::constant(name, only.concat())],
        _ => {
            let branches = yes.into_iter().map(|body| (None, body));
            Definition::alternatives(
                name,
                branches.chain(no.into_iter().map(|body| (Some("false".to_owned()), body))).collect(),
            )
        }
    };
    let rule =
        Rule { title: describe(expr), default: Some("null"), name: name.to_owned(), definitions, ..Rule::default() };
    std::iter::once(rule).chain(writer.helpers).collect()
}

impl Predicate {
    /// What makes `expr` definitely `want`.
    fn alternatives(&mut self, expr: &Expr, want: bool, scope: &Scope) -> Alternatives {
        match expr {
            Expr::Const(Value::Bool(b)) => constant(*b == want),
            Expr::Not(e) => self.alternatives(e, !want, scope),
            Expr::And(es) | Expr::Or(es) => {
                let all = matches!(expr, Expr::And(_)) == want;
                if all { self.every(es, want, scope) } else { self.any(es, want, scope) }
            }
            Expr::HasLabel(label) => truth(format!("lib.carries{}", access(label)), want),
            Expr::WindowOpen(window) => truth(format!("lib.open({}, lib.at)", quoted(window)), want),
            Expr::Match(text, pattern) => self.matches(text, pattern, want, scope),
            Expr::Compare { op, left, right, ty } => self.compare(*op, left, right, ty, want, scope),
            Expr::In(element, list) | Expr::Has(list, element) => self.contains(list, element, want, scope),
            Expr::If(condition, then, otherwise) => {
                let not = Expr::Not(condition.clone());
                let branches = [
                    Expr::And(vec![(**condition).clone(), toward(then, want)]),
                    Expr::And(vec![not, toward(otherwise, want)]),
                    Expr::And(vec![toward(then, want), toward(otherwise, want)]),
                ];
                self.any_of(&branches, scope)
            }
            Expr::Quantifier { all, var, over, filter, body } => {
                self.quantifier(*all, var, over, filter.as_deref(), body, want, scope)
            }
            Expr::Fact { .. } | Expr::Field { .. } | Expr::Index(..) | Expr::Var { .. } | Expr::Result { .. } => {
                let term = self.raw(expr, scope);
                vec![vec![if want { format!("{term} == true") } else { format!("{term} == false") }]]
            }
            _ => constant(false),
        }
    }

    /// Any of the alternatives of branches that are already turned towards what is wanted.
    fn any_of(&mut self, branches: &[Expr], scope: &Scope) -> Alternatives {
        self.any(branches, true, scope)
    }

    fn any(&mut self, exprs: &[Expr], want: bool, scope: &Scope) -> Alternatives {
        let mut found = Alternatives::new();
        for expr in exprs {
            for alternative in self.alternatives(expr, want, scope) {
                if alternative.is_empty() {
                    return constant(true);
                }
                if !found.contains(&alternative) {
                    found.push(alternative);
                }
            }
        }
        found
    }

    /// All of several: a part with more than one alternative becomes a rule of its own.
    fn every(&mut self, exprs: &[Expr], want: bool, scope: &Scope) -> Alternatives {
        let mut parts = Vec::new();
        for expr in exprs {
            let alternatives = self.alternatives(expr, want, scope);
            if alternatives.is_empty() {
                return constant(false);
            }
            parts.push((expr, alternatives));
        }
        let choices = parts.iter().filter(|(_, a)| a.len() > 1).count();
        if choices == 1 && parts.iter().all(|(_, a)| a.len() <= 3) {
            return product(parts.into_iter().map(|(_, a)| a));
        }
        let mut body = Vec::new();
        for (expr, mut alternatives) in parts {
            match alternatives.pop() {
                Some(only) if alternatives.is_empty() => body.extend(only),
                Some(last) => {
                    alternatives.push(last);
                    body.push(self.helper(expr, want, alternatives, scope));
                }
                None => {}
            }
        }
        vec![body]
    }

    /// A rule that holds in any of the alternatives; the statement that asks it.
    fn helper(&mut self, expr: &Expr, want: bool, alternatives: Alternatives, scope: &Scope) -> String {
        if let Some(name) = self.known(expr, Some(want)) {
            return name;
        }
        let (name, arguments) = self.new_helper(scope, |s| alternatives.iter().flatten().any(|text| mentions(text, s)));
        if arguments.is_empty() {
            self.known.push((expr.clone(), Some(want), name.clone()));
        }
        let title = if want { describe(expr) } else { format!("definitely not: {}", describe(expr)) };
        self.define(title, &name, &arguments, alternatives);
        application(&name, &arguments)
    }

    /// The helper that a closed expression already has.
    fn known(&self, expr: &Expr, want: Option<bool>) -> Option<String> {
        self.known.iter().find(|(e, w, _)| *w == want && e == expr).map(|(_, _, name)| name.clone())
    }

    fn new_helper(&self, scope: &Scope, used: impl Fn(&str) -> bool) -> (String, Vec<String>) {
        let name = format!("{}_{}", self.name, self.helpers.len() + 2);
        let arguments = scope.iter().filter(|b| used(&b.rego)).map(|b| b.rego.clone()).collect();
        (name, arguments)
    }

    fn matches(&mut self, text: &Expr, pattern: &Pattern, want: bool, scope: &Scope) -> Alternatives {
        let regex = pattern::anchored(pattern);
        let text = self.raw(text, scope);
        truth(format!("lib.matches({}, {text})", super::text::pattern(&regex)), want)
    }

    fn compare(
        &mut self,
        op: CompareOp,
        left: &Expr,
        right: &Expr,
        ty: &Type,
        want: bool,
        scope: &Scope,
    ) -> Alternatives {
        let op = if want { op } else { negated(op) };
        let sign = sign(op);
        for (one, other) in [(left, right), (right, left)] {
            if matches!(one, Expr::Const(Value::None)) {
                return vec![vec![format!("{} {sign} null", self.raw(other, scope))]];
            }
        }
        match bare(ty) {
            Type::Bool => self.compare_truth(op, left, right, scope),
            Type::Semver => {
                let (left, right) = (self.raw(left, scope), self.raw(right, scope));
                vec![vec![format!("lib.compare({left}, {right}) {sign} 0")]]
            }
            Type::Enum(words) if words.ordered && !matches!(op, CompareOp::Eq | CompareOp::Ne) => {
                let list = if words.name == "bump" { "lib.bumps".to_owned() } else { word_list(words.members) };
                let rank = |term: String| format!("lib.place({list}, {term})");
                let (left, right) = (rank(self.raw(left, scope)), rank(self.raw(right, scope)));
                vec![vec![format!("{left} {sign} {right}")]]
            }
            ty => {
                let (left, right) = (self.term(left, &ty, scope), self.term(right, &ty, scope));
                vec![vec![comparison(&left, op, &right)]]
            }
        }
    }

    /// Equality of two truth values: both, or neither.
    fn compare_truth(&mut self, op: CompareOp, left: &Expr, right: &Expr, scope: &Scope) -> Alternatives {
        let equal = match op {
            CompareOp::Eq => true,
            CompareOp::Ne => false,
            _ => return constant(false),
        };
        let branches = [
            Expr::And(vec![left.clone(), toward(right, equal)]),
            Expr::And(vec![Expr::Not(Box::new(left.clone())), toward(right, !equal)]),
        ];
        self.any_of(&branches, scope)
    }

    /// `element in list`: any of the list's elements equals it, or it lies between the ends.
    fn contains(&mut self, list: &Expr, element: &Expr, want: bool, scope: &Scope) -> Alternatives {
        if let Expr::Const(Value::Range(from, to)) = list {
            let ty = type_of_value(from);
            let below = if discrete(&ty) { CompareOp::Le } else { CompareOp::Lt };
            let end = |op, value: &Value, ty: &Type| Expr::Compare {
                op,
                left: Box::new(element.clone()),
                right: Box::new(Expr::Const(value.clone())),
                ty: ty.clone(),
            };
            let both = Expr::And(vec![end(CompareOp::Ge, from, &ty), end(below, to, &ty)]);
            return self.alternatives(&both, want, scope);
        }
        let ty = element_type(list).unwrap_or_else(|| type_of(element));
        let var = ELEMENT;
        let equal = Expr::Compare {
            op: CompareOp::Eq,
            left: Box::new(Expr::Var { name: var.clone(), ty: ty.clone() }),
            right: Box::new(element.clone()),
            ty,
        };
        self.quantifier(false, &var, list, None, &equal, want, scope)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a quantifier, its polarity and its scope")]
    fn quantifier(
        &mut self,
        all: bool,
        var: &SmolStr,
        over: &Expr,
        filter: Option<&Expr>,
        body: &Expr,
        want: bool,
        scope: &Scope,
    ) -> Alternatives {
        let list = self.raw(over, scope);
        let rego = self.variable(var);
        let mut inner = scope.clone();
        inner.push(Bound {
            name: var.clone(),
            rego: rego.clone(),
            computed: is_computed(over),
            checked: is_checked(over, scope),
        });
        // `all … where c: e` is `all …: not c or e`; `any … where c: e` is `any …: c and e`.
        let body = match filter {
            Some(filter) if all => Expr::Or(vec![Expr::Not(Box::new(filter.clone())), body.clone()]),
            Some(filter) => Expr::And(vec![filter.clone(), body.clone()]),
            None => body.clone(),
        };
        let alternatives = self.alternatives(&body, want, &inner);
        if all == want {
            let statement = self.single(&body, want, alternatives, &inner);
            let var = if mentions(&statement, &rego) { rego.as_str() } else { "_" };
            return vec![vec![format!("every {var} in {list} {{ {statement} }}")]];
        }
        let bind = |body: &Vec<String>| {
            let var = if body.iter().any(|text| mentions(text, &rego)) { rego.as_str() } else { "_" };
            std::iter::once(format!("some {var} in {list}")).chain(body.iter().cloned()).collect()
        };
        alternatives.iter().map(bind).collect()
    }

    /// One statement for all alternatives.
    fn single(&mut self, expr: &Expr, want: bool, mut alternatives: Alternatives, scope: &Scope) -> String {
        match (alternatives.pop(), alternatives.is_empty()) {
            (None, _) => "false".to_owned(),
            (Some(only), true) if only.is_empty() => "true".to_owned(),
            (Some(only), true) if only.len() == 1 && !only.concat().starts_with("every") => only.concat(),
            (Some(last), _) => {
                alternatives.push(last);
                self.helper(expr, want, alternatives, scope)
            }
        }
    }

    /// A name for a variable that nothing in the rules of this predicate has yet.
    fn variable(&mut self, var: &str) -> String {
        let var = var.trim_start();
        let base = if is_name(var) && !TAKEN.contains(&var) && !var.contains('_') {
            var.to_owned()
        } else {
            format!("each_{}", var.trim_start_matches('_'))
        };
        let name = (1..=self.variables.len() + 1)
            .map(|n| if n == 1 { base.clone() } else { format!("{base}{n}") })
            .find(|name| !self.variables.contains(name))
            .unwrap_or(base);
        self.variables.insert(name.clone());
        name
    }

    /// A value as the request has it.
    fn raw(&mut self, expr: &Expr, scope: &Scope) -> String {
        match expr {
            Expr::Const(value) => literal(value),
            Expr::Fact { path, .. } => fact(path),
            Expr::Result { name, ty } => match &self.evidence {
                Some(evidence) => {
                    let place = format!("{evidence}.results{}", access(name));
                    match bare(ty) {
                        Type::List(of) | Type::Set(of) => match form(&bare(&of)) {
                            Some(form) => format!("lib.all_of({place}, {})", quoted(form)),
                            None => place,
                        },
                        Type::String | Type::Enum(_) => format!("lib.string({place})"),
                        _ => place,
                    }
                }
                None => UNDEFINED.to_owned(),
            },
            Expr::Age => match &self.evidence {
                Some(evidence) => format!("lib.age({evidence})"),
                None => UNDEFINED.to_owned(),
            },
            Expr::Var { name, .. } => {
                scope.iter().rev().find(|b| b.name == *name).map_or_else(|| UNDEFINED.to_owned(), |b| b.rego.clone())
            }
            Expr::Field { base, name, .. } if bare(&type_of(base)) == Type::Semver => {
                format!("lib.version({}){}", self.raw(base, scope), access(name))
            }
            Expr::Field { base, name, .. } => format!("{}{}", self.raw(base, scope), access(name)),
            Expr::Index(base, key) => format!("{}[{}]", self.raw(base, scope), self.raw(key, scope)),
            Expr::List(elements) => {
                let elements: Vec<String> = elements.iter().map(|e| self.canonical(e, scope)).collect();
                format!("[{}]", elements.join(", "))
            }
            Expr::Arith { op, left, right, ty } => self.arith(*op, left, right, ty, scope),
            Expr::Call(builtin, arguments) => self.call(*builtin, arguments, scope),
            Expr::If(condition, then, otherwise) => {
                if let Some(name) = self.known(expr, None) {
                    return name;
                }
                let call = self.choice(condition, then, otherwise, scope);
                if !call.contains('(') {
                    self.known.push((expr.clone(), None, call.clone()));
                }
                call
            }
            Expr::Map { var, over, filter, body } => self.map(var, over, filter.as_deref(), body, scope),
            _ => UNDEFINED.to_owned(),
        }
    }

    /// A value to compute with: numbers for quantities and instants.
    fn canonical(&mut self, expr: &Expr, scope: &Scope) -> String {
        let ty = type_of(expr);
        self.term(expr, &ty, scope)
    }

    fn term(&mut self, expr: &Expr, ty: &Type, scope: &Scope) -> String {
        if let Expr::Const(value) = expr {
            return constant_term(value);
        }
        let raw = self.raw(expr, scope);
        if is_number_already(expr, scope) {
            return raw;
        }
        match bare(ty) {
            Type::Quantity(dimension) => format!("lib.{}({raw})", converter(dimension)),
            Type::Instant if is_checked(expr, scope) => format!("lib.instants[{raw}]"),
            Type::Instant => format!("lib.instant({raw})"),
            Type::Int | Type::Decimal if !is_checked(expr, scope) => format!("lib.number({raw})"),
            Type::Date => format!("lib.calendar_day({raw})"),
            Type::Time => format!("lib.time_of_day({raw})"),
            _ => raw,
        }
    }

    fn arith(&mut self, op: ArithOp, left: &Expr, right: &Expr, ty: &Type, scope: &Scope) -> String {
        let (lt, rt) = (bare(&type_of(left)), bare(&type_of(right)));
        let (l, r) = (self.canonical(left, scope), self.canonical(right, scope));
        let percent = Type::Quantity(Dimension::Percent);
        match op {
            ArithOp::Add if matches!(bare(ty), Type::String) => format!("concat(\"\", [{l}, {r}])"),
            ArithOp::Add if matches!(bare(ty), Type::List(_)) => format!("array.concat({l}, {r})"),
            // A share of something; but twice five percent are ten percent.
            ArithOp::Mul if lt == percent || (rt == percent && matches!(lt, Type::Quantity(_))) => match (lt, rt) {
                (Type::Quantity(_), Type::Quantity(_)) => format!("lib.share({l}, {r})"),
                _ => format!("lib.divide({l} * {r}, 100000000)"),
            },
            ArithOp::Div if rt == Type::Quantity(Dimension::Duration) && !matches!(lt, Type::Quantity(_)) => {
                format!("lib.divide({l} * 86400000000000, {r})")
            }
            ArithOp::Div if matches!(lt, Type::Quantity(_)) && !matches!(rt, Type::Quantity(_)) => {
                format!("lib.portion({l}, {r})")
            }
            ArithOp::Div => format!("lib.divide({l}, {r})"),
            op => {
                let sign = match op {
                    ArithOp::Add => "+",
                    ArithOp::Sub => "-",
                    _ => "*",
                };
                match (bare(ty), lt == Type::Decimal || rt == Type::Decimal) {
                    (Type::Decimal, _) => format!("lib.fraction({l} {sign} {r})"),
                    (Type::Quantity(_), true) => format!("round({l} {sign} {r})"),
                    _ => format!("({l} {sign} {r})"),
                }
            }
        }
    }

    fn call(&mut self, builtin: Builtin, arguments: &[Expr], scope: &Scope) -> String {
        let raw: Vec<String> = arguments.iter().map(|a| self.raw(a, scope)).collect();
        let raw = raw.join(", ");
        match builtin {
            Builtin::Count => format!("count({raw})"),
            Builtin::Sum => match arguments {
                [list] if is_computed(list) => summed(&raw, &element_type(list).unwrap_or(Type::Decimal)),
                [list] => {
                    let ty = element_type(list).unwrap_or(Type::Decimal);
                    let of = ty.clone();
                    let var = ELEMENT;
                    let element = Expr::Var { name: var.clone(), ty };
                    let numbers = self.map(&var, list, None, &element, scope);
                    summed(&numbers, &of)
                }
                _ => UNDEFINED.to_owned(),
            },
            Builtin::Min | Builtin::Max => {
                let name = if builtin == Builtin::Min { "min" } else { "max" };
                if let [list] = arguments
                    && let Some(ty) = element_type(list)
                {
                    let var = ELEMENT;
                    let element = Expr::Var { name: var.clone(), ty };
                    let list = if is_computed(list) { raw } else { self.map(&var, list, None, &element, scope) };
                    return format!("{name}({list})");
                }
                let arguments: Vec<String> = arguments.iter().map(|a| self.canonical(a, scope)).collect();
                format!("{name}([{}])", arguments.join(", "))
            }
            Builtin::Bump => format!("lib.bump({raw})"),
            Builtin::SupportLine => format!("lib.support_line({raw})"),
            Builtin::Lower => format!("lower({raw})"),
            Builtin::Keys => format!("sort(object.keys({raw}))"),
        }
    }

    /// `if c then a else b` as a rule: `a` when the condition is true, `b` when it is false, and what both have in
    /// common while it is unknown.
    fn choice(&mut self, condition: &Expr, then: &Expr, otherwise: &Expr, scope: &Scope) -> String {
        let yes = self.alternatives(condition, true, scope);
        let no = self.alternatives(condition, false, scope);
        let (a, b) = (self.canonical(then, scope), self.canonical(otherwise, scope));
        let mut branches: Vec<(String, Vec<String>)> = Vec::new();
        branches.extend(yes.into_iter().map(|body| (a.clone(), body)));
        branches.extend(no.into_iter().map(|body| (b.clone(), body)));
        if !(matches!(then, Expr::Const(_)) && matches!(otherwise, Expr::Const(_)) && a != b) {
            let (known, other) = if matches!(then, Expr::Const(_)) { (&b, &a) } else { (&a, &b) };
            branches.push((a.clone(), vec![comparison(known, CompareOp::Eq, other)]));
        }
        let (name, arguments) = self.new_helper(scope, |var| {
            branches.iter().any(|(value, body)| mentions(value, var) || body.iter().any(|text| mentions(text, var)))
        });
        let branches = branches.into_iter().map(|(value, body)| (Some(value), body)).collect();
        let definitions = Definition::chain(application(&name, &arguments), branches).into_iter().collect();
        let title = format!("if {} then {} else {}", describe(condition), describe(then), describe(otherwise));
        self.helpers.push(Rule { title, name: name.clone(), definitions, ..Rule::default() });
        application(&name, &arguments)
    }

    /// `[e for x in xs where c]` as a rule that is undefined while any element is: Rego would leave it out.
    fn map(&mut self, var: &SmolStr, over: &Expr, filter: Option<&Expr>, body: &Expr, scope: &Scope) -> String {
        let list = self.raw(over, scope);
        let rego = self.variable(var);
        let mut inner = scope.clone();
        inner.push(Bound {
            name: var.clone(),
            rego: rego.clone(),
            computed: is_computed(over),
            checked: is_checked(over, scope),
        });
        let value = self.canonical(body, &inner);
        let (mut conditions, mut settled) = (Vec::new(), vec![vec![format!("_ = {value}")]]);
        if let Some(filter) = filter {
            let yes = self.alternatives(filter, true, &inner);
            conditions.push(self.single(filter, true, yes, &inner));
            let no = self.alternatives(filter, false, &inner);
            settled = product([vec![conditions.clone()], settled].into_iter());
            settled.extend(no);
        }
        let settled = self.settled(body, settled, &inner);
        let (name, arguments) = self.new_helper(scope, |s| {
            mentions(&list, s)
                || mentions(&value, s)
                || mentions(&settled, s)
                || conditions.iter().any(|c| mentions(c, s))
        });
        let such: String = conditions.iter().flat_map(|c| ["; ", c.as_str()]).collect();
        let bound = if mentions(&value, &rego) || mentions(&such, &rego) { rego.as_str() } else { "_" };
        let each = if mentions(&settled, &rego) { rego.as_str() } else { "_" };
        let collected = format!("[{value} | some {bound} in {list}{such}]");
        let body = vec![format!("every {each} in {list} {{ {settled} }}")];
        let definition = Definition::new(head(&name, &arguments, &body, Some(&collected)), (Some(collected), body));
        let title = format!("each {} of {}", var.trim_start(), describe(over));
        self.helpers.push(Rule { title, name: name.clone(), definitions: vec![definition], ..Rule::default() });
        application(&name, &arguments)
    }

    /// The statement that an element is known, either to be left out or with its value.
    fn settled(&mut self, body: &Expr, alternatives: Alternatives, scope: &Scope) -> String {
        let (name, arguments) = self.new_helper(scope, |s| alternatives.iter().flatten().any(|text| mentions(text, s)));
        self.define(format!("{} is known", describe(body)), &name, &arguments, alternatives);
        application(&name, &arguments)
    }

    /// A rule that holds in any of the alternatives.
    fn define(&mut self, title: String, name: &str, arguments: &[String], alternatives: Alternatives) {
        let definitions = alternatives
            .into_iter()
            .map(|body| Definition::new(head(name, arguments, &body, None), (None, body)))
            .collect();
        self.helpers.push(Rule { title, name: name.to_owned(), definitions, ..Rule::default() });
    }
}

/// Whether an expression is one comparison or question, whose value in Rego is true, false, or undefined while it is unknown.
fn is_atom(expr: &Expr) -> bool {
    match expr {
        Expr::Not(e) => is_atom(e),
        Expr::Compare { ty, .. } => bare(ty) != Type::Bool,
        Expr::HasLabel(_) | Expr::WindowOpen(_) | Expr::Match(..) => true,
        _ => false,
    }
}

/// Always, or never.
fn constant(holds: bool) -> Alternatives {
    if holds { vec![Vec::new()] } else { Vec::new() }
}

/// A call that is true, false or undefined.
fn truth(call: String, want: bool) -> Alternatives {
    vec![vec![if want { call } else { format!("{call} == false") }]]
}

fn toward(expr: &Expr, want: bool) -> Expr {
    if want { expr.clone() } else { Expr::Not(Box::new(expr.clone())) }
}

fn product(parts: impl Iterator<Item = Alternatives>) -> Alternatives {
    parts.fold(constant(true), |done, part| {
        done.iter().flat_map(|d| part.iter().map(move |p| d.iter().chain(p).cloned().collect())).collect()
    })
}

/// The head of a definition, what it does not use written `_`.
fn head(name: &str, arguments: &[String], body: &[String], value: Option<&str>) -> String {
    let used =
        |var: &String| body.iter().any(|text| mentions(text, var)) || value.is_some_and(|value| mentions(value, var));
    let written: Vec<String> = arguments.iter().map(|a| if used(a) { a.clone() } else { "_".to_owned() }).collect();
    application(name, &written)
}

fn application(name: &str, arguments: &[String]) -> String {
    if arguments.is_empty() { name.to_owned() } else { format!("{name}({})", arguments.join(", ")) }
}

/// A comparison as a statement. One that begins with a bracket reads as if it belonged to the line before it.
fn comparison(left: &str, op: CompareOp, right: &str) -> String {
    let bracketed = |text: &str| text.starts_with(['(', '[', '{']);
    let left = unwrapped(left);
    let (swapped, sign) = (mirrored(op), sign(op));
    match (bracketed(left), bracketed(unwrapped(right))) {
        (false, _) => format!("{left} {sign} {right}"),
        (true, false) => format!("{} {} {left}", unwrapped(right), self::sign(swapped)),
        (true, true) if left.starts_with('(') => format!("0 + {left} {sign} {right}"),
        (true, true) => format!("array.concat([], {left}) {sign} {right}"),
    }
}

/// Without the parentheses around all of it.
fn unwrapped(text: &str) -> &str {
    let Some(inner) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) else { return text };
    let mut depth = 0_i32;
    for c in inner.chars() {
        match c {
            // Inside of text, parentheses need not match: better leave it as it is.
            '"' | '`' => return text,
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return text;
        }
    }
    inner
}

/// The operator with its sides exchanged.
fn mirrored(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::Le => CompareOp::Ge,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::Ge => CompareOp::Le,
        same => same,
    }
}

fn negated(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Eq => CompareOp::Ne,
        CompareOp::Ne => CompareOp::Eq,
        CompareOp::Lt => CompareOp::Ge,
        CompareOp::Le => CompareOp::Gt,
        CompareOp::Gt => CompareOp::Le,
        CompareOp::Ge => CompareOp::Lt,
    }
}

fn sign(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "==",
        CompareOp::Ne => "!=",
        CompareOp::Lt => "<",
        CompareOp::Le => "<=",
        CompareOp::Gt => ">",
        CompareOp::Ge => ">=",
    }
}

fn bare(ty: &Type) -> Type {
    match ty {
        Type::Optional(inner) => bare(inner),
        other => other.clone(),
    }
}

fn discrete(ty: &Type) -> bool {
    matches!(ty, Type::Int | Type::Date | Type::Weekday)
}

/// The type of an expression, as far as computing with it needs to know.
fn type_of(expr: &Expr) -> Type {
    match expr {
        Expr::Const(value) => type_of_value(value),
        Expr::Fact { ty, .. }
        | Expr::Result { ty, .. }
        | Expr::Var { ty, .. }
        | Expr::Field { ty, .. }
        | Expr::Arith { ty, .. } => ty.clone(),
        Expr::Age => Type::Quantity(Dimension::Duration),
        Expr::If(_, then, _) => type_of(then),
        Expr::Index(base, _) => element_type(base).unwrap_or(Type::Any),
        Expr::Map { body, .. } => Type::List(Box::new(type_of(body))),
        Expr::List(elements) => Type::List(Box::new(elements.first().map_or(Type::Any, type_of))),
        Expr::Call(builtin, arguments) => match builtin {
            Builtin::Count => Type::Int,
            Builtin::Sum => arguments.first().and_then(element_type).unwrap_or(Type::Decimal),
            Builtin::Min | Builtin::Max => match arguments.as_slice() {
                [list] => element_type(list).unwrap_or(Type::Any),
                _ => arguments.first().map_or(Type::Any, type_of),
            },
            Builtin::Bump | Builtin::SupportLine | Builtin::Lower => Type::String,
            Builtin::Keys => Type::List(Box::new(Type::String)),
        },
        Expr::Metric(_) | Expr::Baseline { .. } => Type::Any,
        _ => Type::Bool,
    }
}

fn type_of_value(value: &Value) -> Type {
    match value {
        Value::Bool(_) => Type::Bool,
        Value::Int(_) => Type::Int,
        Value::Decimal(_) => Type::Decimal,
        Value::Str(_) | Value::Enum(_) => Type::String,
        Value::Quantity(q) => Type::Quantity(q.dimension),
        Value::Date(_) => Type::Date,
        Value::Time(_) => Type::Time,
        Value::Instant(_) => Type::Instant,
        Value::Weekday(_) => Type::Weekday,
        Value::Semver(_) => Type::Semver,
        Value::List(values) => Type::List(Box::new(values.first().map_or(Type::Any, type_of_value))),
        _ => Type::Any,
    }
}

fn element_type(list: &Expr) -> Option<Type> {
    match bare(&type_of(list)) {
        Type::List(of) | Type::Set(of) => Some(*of),
        _ => None,
    }
}

/// Whether the elements of a list are numbers already, not the text of the request.
fn is_computed(list: &Expr) -> bool {
    match list {
        Expr::Map { .. } | Expr::List(_) => true,
        Expr::If(_, then, _) => is_computed(then),
        _ => false,
    }
}

/// Whether the request's schema has checked the type of a value: of facts, yes; of a gate's results, no.
fn is_checked(expr: &Expr, scope: &Scope) -> bool {
    match expr {
        Expr::Fact { .. } => true,
        Expr::Field { base, .. } | Expr::Index(base, _) => is_checked(base, scope),
        Expr::Var { name, .. } => scope.iter().rev().find(|b| b.name == *name).is_some_and(|b| b.checked),
        _ => false,
    }
}

/// Whether an expression's Rego is a number already.
fn is_number_already(expr: &Expr, scope: &Scope) -> bool {
    match expr {
        Expr::Arith { .. } | Expr::Call(..) | Expr::Age | Expr::If(..) => true,
        Expr::Fact { path, .. } => path.len() == 1 && path.first().is_some_and(|p| p == "at"),
        Expr::Var { name, .. } => scope.iter().rev().find(|b| b.name == *name).is_some_and(|b| b.computed),
        Expr::Field { base, .. } => bare(&type_of(base)) == Type::Semver,
        _ => false,
    }
}

/// What the library calls the elements of a list.
fn form(ty: &Type) -> Option<&'static str> {
    Some(match ty {
        Type::Bool => "truth",
        Type::Int | Type::Decimal => "number",
        Type::String | Type::Enum(_) => "text",
        Type::Semver => "version",
        Type::Instant => "instant",
        Type::Date => "calendar_day",
        Type::Time => "time_of_day",
        Type::Quantity(dimension) => converter(*dimension),
        _ => return None,
    })
}

fn summed(list: &str, of: &Type) -> String {
    if bare(of) == Type::Decimal { format!("lib.fraction(sum({list}))") } else { format!("sum({list})") }
}

fn converter(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Percent => "percent",
        Dimension::Duration => "duration",
        Dimension::Bytes => "bytes",
        Dimension::Cpu => "cpu",
    }
}

/// Where a fact is. Those that may be none as a whole are read through the library.
fn fact(path: &[SmolStr]) -> String {
    let root = match path.first().map(SmolStr::as_str) {
        Some("previous" | "incident" | "override" | "at") => "lib",
        _ => "input",
    };
    path.iter().fold(root.to_owned(), |text, part| text + &access(part))
}

pub(super) fn access(name: &str) -> String {
    if is_name(name) { format!(".{name}") } else { format!("[{}]", quoted(name)) }
}

/// A constant as the request would have it.
pub(super) fn literal(value: &Value) -> String {
    match value {
        Value::None => "null".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Int(i) => i.to_string(),
        Value::Decimal(d) => d.normalize().to_string(),
        Value::Str(s) | Value::Enum(s) | Value::PromQl(s) => quoted(s),
        Value::Quantity(q) => quoted(&q.to_string()),
        Value::Date(d) => quoted(&d.to_string()),
        Value::Time(t) => t.to_string(),
        Value::Instant(at) => quoted(&at.timestamp().to_string()),
        Value::Weekday(day) => quoted(weekday(*day)),
        Value::Semver(v) => quoted(&v.to_string()),
        Value::List(values) => format!("[{}]", values.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::Record(record) => {
            let fields = record.fields.iter().map(|f| (quoted(&f.name), literal(&f.value))).collect::<Vec<_>>();
            super::text::short_object(&fields)
        }
        Value::Ref(r) => quoted(&r.name),
        Value::Pattern(_) | Value::Range(..) => UNDEFINED.to_owned(),
    }
}

/// An instant to compute with. A request may only say those of some years, a policy any.
pub(super) fn instant(at: Timestamp) -> String {
    let year = at.to_zoned(TimeZone::UTC).year();
    if (1981..=2198).contains(&year) {
        return format!("time.parse_rfc3339_ns({})", quoted(&at.to_string()));
    }
    at.as_nanosecond().to_string()
}

/// A constant to compute with.
fn constant_term(value: &Value) -> String {
    match value {
        Value::Quantity(q) => micro(q.amount).unwrap_or_else(|| UNDEFINED.to_owned()),
        Value::Instant(at) => instant(at.timestamp()),
        other => literal(other),
    }
}

/// A quantity in millionths of its base unit, as the library has them.
fn micro(amount: Decimal) -> Option<String> {
    Some(amount.checked_mul(1_000_000.into())?.round().normalize().to_string())
}

fn word_list(members: &[(&str, &str)]) -> String {
    let words: Vec<String> = members.iter().map(|(word, _)| quoted(word)).collect();
    format!("[{}]", words.join(", "))
}
