//! Random well-typed expressions.

use hxp_decide::sample::Dice;
use hxp_policy::expr::ArithOp;
use hxp_policy::facts::{self, FACTS};
use hxp_policy::{Builtin, CompareOp, Dimension, Expr, Pattern, Quantity, Type, Value};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use smol_str::{SmolStr, format_smolstr};

/// What an expression may name.
#[derive(Clone, Default)]
pub(crate) struct Names {
    pub labels: Vec<SmolStr>,
    pub windows: Vec<SmolStr>,
    /// What the gate yields, in a gate's predicate.
    pub results: Vec<(SmolStr, Type)>,
    /// Whether the gate's evidence may be asked for its age.
    pub evidence: bool,
}

/// A bound variable.
#[derive(Clone)]
struct Var {
    name: SmolStr,
    ty: Type,
}

/// Makes expressions.
pub(crate) struct Maker<'a> {
    pub dice: &'a mut Dice,
    pub names: &'a Names,
    vars: Vec<Var>,
}

const INTS: [i64; 9] = [0, 1, 2, 3, 5, 10, 100, -1, 1_000_000];
const TEXTS: [&str; 14] =
    ["main", "develop", "hotfix/oom", "ada", "bob", "eve", "9f3c", "0001", "INC-7", "A\"b\\c", "é", "", "a\nb", "x`y"];

impl<'a> Maker<'a> {
    pub fn new(dice: &'a mut Dice, names: &'a Names) -> Self {
        Self { dice, names, vars: Vec::new() }
    }

    fn one_of(&mut self, types: &[Type]) -> Type {
        self.dice.pick(types).cloned().unwrap_or(Type::Bool)
    }

    /// A condition.
    pub fn condition(&mut self, depth: usize) -> Expr {
        if depth == 0 {
            return self.simple();
        }
        match self.dice.below(22) {
            0..3 => {
                let count = 2 + self.dice.below(2);
                let parts = (0..count).map(|_| self.condition(depth - 1)).collect();
                if self.dice.percent(50) { Expr::And(parts) } else { Expr::Or(parts) }
            }
            3 | 4 => Expr::Not(Box::new(self.condition(depth - 1))),
            5 => Expr::If(
                Box::new(self.condition(depth - 1)),
                Box::new(self.condition(depth - 1)),
                Box::new(self.condition(depth - 1)),
            ),
            6..9 => self.quantifier(depth - 1),
            9..11 => self.guarded(depth - 1),
            11 => {
                let (left, right) = (self.condition(depth - 1), self.condition(depth - 1));
                let op = if self.dice.percent(50) { CompareOp::Eq } else { CompareOp::Ne };
                compare(op, left, right, Type::Bool)
            }
            12..14 => self.membership(depth - 1),
            _ => self.comparison(depth - 1),
        }
    }

    /// One without parts that are conditions.
    fn simple(&mut self) -> Expr {
        match self.dice.below(10) {
            0 => fact(self.dice.word(&["release.prerelease", "actor.bot", "incident.open"])),
            1 | 2 if !self.names.labels.is_empty() => {
                Expr::HasLabel(self.dice.pick(&self.names.labels).cloned().unwrap_or_default())
            }
            3 if !self.names.windows.is_empty() => {
                Expr::WindowOpen(self.dice.pick(&self.names.windows).cloned().unwrap_or_default())
            }
            4 => {
                let text = self.value(&Type::String, 0);
                if matches!(text, Expr::Const(_)) {
                    return Expr::Const(Value::Bool(self.dice.percent(50)));
                }
                Expr::Match(Box::new(text), pattern(self.dice))
            }
            5 => match self.leaf(&Type::Bool) {
                Some(leaf) => leaf,
                None => Expr::Const(Value::Bool(self.dice.percent(50))),
            },
            _ => self.comparison(0),
        }
    }

    fn comparison(&mut self, depth: usize) -> Expr {
        let ty = self.one_of(&[
            Type::Int,
            Type::Int,
            Type::Decimal,
            Type::String,
            Type::String,
            Type::Quantity(Dimension::Percent),
            Type::Quantity(Dimension::Duration),
            Type::Quantity(Dimension::Duration),
            Type::Quantity(Dimension::Bytes),
            Type::Quantity(Dimension::Cpu),
            Type::Semver,
            Type::Semver,
            Type::Instant,
            Type::Instant,
            Type::Enum(&facts::BUMP),
            Type::Enum(&facts::SUPPORT_LINE),
            Type::Enum(&facts::ACTION),
            Type::List(Box::new(Type::String)),
            Type::List(Box::new(Type::Int)),
        ]);
        let left = self.value(&ty, depth);
        if matches!(left, Expr::Const(_)) {
            return self.simple_fact();
        }
        let right = if self.dice.percent(60) { Expr::Const(self.constant(&ty)) } else { self.value(&ty, depth) };
        let unordered = matches!(&ty, Type::List(_)) || matches!(&ty, Type::Enum(words) if !words.ordered);
        let ops = [CompareOp::Eq, CompareOp::Ne, CompareOp::Lt, CompareOp::Le, CompareOp::Gt, CompareOp::Ge];
        let op = ops.get(self.dice.below(if unordered { 2 } else { 6 })).copied().unwrap_or(CompareOp::Eq);
        // Whole and decimal numbers may meet.
        let right = match &ty {
            Type::Decimal if self.dice.percent(30) => self.value(&Type::Int, depth),
            _ => right,
        };
        if self.dice.percent(15) && !matches!(right, Expr::Const(_)) {
            return compare(op, right, left, ty);
        }
        compare(op, left, right, ty)
    }

    fn simple_fact(&mut self) -> Expr {
        fact(self.dice.word(&["release.prerelease", "actor.bot", "incident.open"]))
    }

    /// A place that may be none, and what asks for it only when it is there.
    fn guarded(&mut self, depth: usize) -> Expr {
        let paths = [
            "release.branch",
            "release.publisher",
            "previous.commit",
            "previous.version",
            "previous.values_digest",
            "event.tag",
            "event.branch",
            "event.published",
            "incident.id",
            "incident.state",
            "incident.declared_at",
            "incident.resolved_at",
            "override.name",
            "override.ticket",
            "previous.chart",
        ];
        let fields: Vec<Expr> = self.vars.iter().flat_map(optional_fields).collect();
        let place = match self.dice.pick(&fields) {
            Some(field) if self.dice.percent(60) => field.clone(),
            _ => fact(self.dice.word(&paths)),
        };
        let none = |op| compare(op, place.clone(), Expr::Const(Value::None), type_of(&place));
        if self.dice.percent(30) {
            return none(if self.dice.percent(50) { CompareOp::Eq } else { CompareOp::Ne });
        }
        let body = self.about(&place, depth);
        match self.dice.below(4) {
            0 => Expr::Or(vec![none(CompareOp::Eq), body]),
            1 => Expr::If(Box::new(none(CompareOp::Ne)), Box::new(body), Box::new(self.condition(depth))),
            2 => Expr::If(Box::new(none(CompareOp::Eq)), Box::new(self.condition(depth)), Box::new(body)),
            _ => Expr::And(vec![none(CompareOp::Ne), body]),
        }
    }

    /// A condition on a place that is known not to be none.
    fn about(&mut self, place: &Expr, depth: usize) -> Expr {
        let ty = plain(&type_of(place)).clone();
        let here = place.clone();
        match &ty {
            Type::Bool => here,
            Type::Record(record) => match self.dice.pick(&record.fields).cloned() {
                Some((name, _)) => {
                    let field = field_of(&here, &name);
                    self.about(&field, depth)
                }
                None => self.simple(),
            },
            Type::String if self.dice.percent(40) => Expr::Match(Box::new(here), pattern(self.dice)),
            Type::String if self.dice.percent(20) => Expr::Has(Box::new(fact("release.ancestors")), Box::new(here)),
            Type::Semver if self.dice.percent(40) => {
                let words = [Type::Enum(&facts::BUMP)];
                let bump = Expr::Call(Builtin::Bump, vec![here, self.value(&Type::Semver, 0)]);
                compare(CompareOp::Ge, bump, self.value(&words[0], depth), words[0].clone())
            }
            Type::Instant if self.dice.percent(40) => {
                let since =
                    Expr::Arith { op: ArithOp::Sub, left: Box::new(fact("at")), right: Box::new(here), ty: DURATION };
                compare(CompareOp::Lt, since, Expr::Const(self.constant(&DURATION)), DURATION)
            }
            _ => {
                let other =
                    if self.dice.percent(60) { Expr::Const(self.constant(&ty)) } else { self.value(&ty, depth) };
                let ordered = !matches!(&ty, Type::Enum(words) if !words.ordered);
                let ops = [CompareOp::Eq, CompareOp::Ne, CompareOp::Lt, CompareOp::Ge];
                let op = ops.get(self.dice.below(if ordered { 4 } else { 2 })).copied().unwrap_or(CompareOp::Eq);
                compare(op, here, other, ty)
            }
        }
    }

    fn membership(&mut self, depth: usize) -> Expr {
        if self.dice.percent(30) {
            let ty = self.one_of(&[
                Type::Int,
                Type::Decimal,
                DURATION,
                Type::Quantity(Dimension::Percent),
                Type::Semver,
                Type::Instant,
            ]);
            let element = self.value(&ty, depth);
            if matches!(element, Expr::Const(_)) {
                return self.simple_fact();
            }
            let (a, b) = (self.constant(&ty), self.constant(&ty));
            return Expr::In(Box::new(element), Box::new(Expr::Const(Value::Range(Box::new(a), Box::new(b)))));
        }
        let ty = self.one_of(&[
            Type::String,
            Type::String,
            Type::Int,
            Type::Semver,
            Type::Quantity(Dimension::Percent),
            Type::Enum(&facts::ACTION),
        ]);
        let list = match self.value(&Type::List(Box::new(ty.clone())), depth) {
            Expr::Const(_) => {
                let count = self.dice.below(4);
                Expr::Const(Value::List((0..count).map(|_| self.constant(&ty)).collect()))
            }
            list => list,
        };
        let element = self.value(&ty, depth);
        if matches!((&element, &list), (Expr::Const(_), Expr::Const(_))) {
            return self.simple_fact();
        }
        if self.dice.percent(50) {
            Expr::In(Box::new(element), Box::new(list))
        } else {
            Expr::Has(Box::new(list), Box::new(element))
        }
    }

    /// A list of facts or results to go through.
    fn list(&mut self) -> (Expr, Type) {
        let mut lists: Vec<Expr> = [
            "change.files",
            "change.commits",
            "change.commits",
            "change.pull_requests",
            "change.pull_requests",
            "release.authors",
            "release.ancestors",
            "published_versions",
            "incident.environments",
            "duties",
        ]
        .into_iter()
        .map(fact)
        .collect();
        for (name, ty) in &self.names.results {
            if matches!(ty, Type::List(_)) {
                lists.push(Expr::Result { name: name.clone(), ty: ty.clone() });
            }
        }
        for var in &self.vars {
            if let Type::Record(record) = &var.ty {
                let of = record.fields.iter().filter(|(_, ty)| matches!(ty, Type::List(_)));
                lists.extend(of.map(|(name, _)| field_of(&expr_of(var), name)));
            }
        }
        let list = self.dice.pick(&lists).cloned().unwrap_or_else(|| fact("change.files"));
        let of = element(&type_of(&list));
        (list, of)
    }

    fn bind<T>(&mut self, ty: Type, make: impl FnOnce(&mut Self) -> T) -> (SmolStr, T) {
        let depth = self.vars.len();
        // Now and then a name that is used already, or that Rego has plans for.
        let name: SmolStr = match self.dice.below(6) {
            0 => self.dice.word(&["input", "data", "element", "lib", "commits", "deny"]).into(),
            1 => "x".into(),
            _ => format_smolstr!("v{depth}"),
        };
        self.vars.retain(|v| v.name != name);
        self.vars.push(Var { name: name.clone(), ty });
        let made = make(self);
        self.vars.retain(|v| v.name != name);
        (name, made)
    }

    fn quantifier(&mut self, depth: usize) -> Expr {
        let before = self.vars.clone();
        let (over, of) = self.list();
        let all = self.dice.percent(50);
        let filtered = self.dice.percent(40);
        let (var, (filter, body)) = self.bind(of.clone(), |s| {
            let filter = filtered.then(|| Box::new(s.of_var(&of, depth)));
            (filter, Box::new(s.of_var(&of, depth)))
        });
        self.vars = before;
        Expr::Quantifier { all, var, over: Box::new(over), filter, body }
    }

    /// A condition on the innermost variable, most of the time.
    fn of_var(&mut self, of: &Type, depth: usize) -> Expr {
        let Some(var) = self.vars.last().cloned() else { return self.condition(depth) };
        match self.dice.below(5) {
            0 => self.condition(depth),
            1 if matches!(of, Type::Record(_)) => self.guarded(depth),
            _ => {
                let mut place = expr_of(&var);
                if let Type::Record(record) = of {
                    let plain: Vec<&SmolStr> = record
                        .fields
                        .iter()
                        .filter(|(_, ty)| !matches!(ty, Type::Optional(_) | Type::List(_)))
                        .map(|(name, _)| name)
                        .collect();
                    if let Some(name) = self.dice.pick(&plain) {
                        place = field_of(&place, name);
                    }
                }
                self.about(&place, depth)
            }
        }
    }

    fn map(&mut self, body_type: &Type, depth: usize) -> Expr {
        let before = self.vars.clone();
        let (over, of) = self.list();
        let filtered = self.dice.percent(40);
        let (var, (filter, body)) = self.bind(of.clone(), |s| {
            let filter = filtered.then(|| Box::new(s.of_var(&of, depth)));
            (filter, Box::new(s.value(body_type, depth)))
        });
        self.vars = before;
        Expr::Map { var, over: Box::new(over), filter, body }
    }

    /// A value of a type.
    pub fn value(&mut self, ty: &Type, depth: usize) -> Expr {
        if depth == 0 || self.dice.percent(50) {
            return self.leaf(ty).unwrap_or_else(|| Expr::Const(self.constant(ty)));
        }
        let d = depth - 1;
        if self.dice.percent(15) {
            let (a, b) = (self.value(ty, d), self.value(ty, d));
            let condition = self.condition(d);
            return if a == b { a } else { Expr::If(Box::new(condition), Box::new(a), Box::new(b)) };
        }
        let arith = |op, left: Expr, right: Expr, ty: &Type| Expr::Arith {
            op,
            left: Box::new(left),
            right: Box::new(right),
            ty: ty.clone(),
        };
        let made = match ty {
            Type::Int => match self.dice.below(6) {
                0 | 1 => {
                    let list = self.any_list(d);
                    Expr::Call(Builtin::Count, vec![list])
                }
                2 => {
                    let list = self.map(&Type::Int, d);
                    Expr::Call(Builtin::Sum, vec![list])
                }
                3 => self.extreme(ty, d),
                4 => {
                    let version = self.plain_version();
                    field_of(&version, self.dice.word(&["major", "minor", "patch"]))
                }
                _ => {
                    let op =
                        self.dice.pick(&[ArithOp::Add, ArithOp::Sub, ArithOp::Mul]).copied().unwrap_or(ArithOp::Add);
                    arith(op, self.value(ty, d), self.value(ty, d), ty)
                }
            },
            Type::Decimal => match self.dice.below(6) {
                0 => arith(ArithOp::Div, self.value(&Type::Int, d), self.value(&Type::Int, d), ty),
                1 => arith(ArithOp::Div, self.value(&DURATION, d), self.value(&DURATION, d), ty),
                2 => arith(ArithOp::Div, self.value(&Type::Int, d), self.value(&DURATION, d), ty),
                3 => arith(ArithOp::Mul, self.value(&PERCENT, d), self.value(&Type::Int, d), ty),
                4 => self.extreme(ty, d),
                _ => {
                    let op =
                        self.dice.pick(&[ArithOp::Add, ArithOp::Sub, ArithOp::Mul]).copied().unwrap_or(ArithOp::Add);
                    let other = if self.dice.percent(50) { Type::Int } else { Type::Decimal };
                    arith(op, self.value(ty, d), self.value(&other, d), ty)
                }
            },
            Type::Quantity(dimension) => match self.dice.below(8) {
                0 => arith(ArithOp::Add, self.value(ty, d), self.value(ty, d), ty),
                1 => arith(ArithOp::Sub, self.value(ty, d), self.value(ty, d), ty),
                2 => arith(ArithOp::Mul, self.value(ty, d), self.value(&Type::Int, d), ty),
                3 => arith(ArithOp::Mul, self.value(&PERCENT, d), self.value(ty, d), ty),
                4 => arith(ArithOp::Div, self.value(ty, d), self.value(&Type::Int, d), ty),
                5 => self.extreme(ty, d),
                6 => {
                    let list = self.map(ty, d);
                    Expr::Call(Builtin::Sum, vec![list])
                }
                _ if *dimension == Dimension::Duration => {
                    arith(ArithOp::Sub, self.value(&Type::Instant, d), self.value(&Type::Instant, d), ty)
                }
                _ => arith(ArithOp::Mul, self.value(&Type::Int, d), self.value(ty, d), ty),
            },
            Type::Instant => {
                let op = if self.dice.percent(50) { ArithOp::Add } else { ArithOp::Sub };
                arith(op, self.value(ty, d), self.value(&DURATION, d), ty)
            }
            Type::String => Expr::Call(Builtin::Lower, vec![self.value(ty, d)]),
            Type::Enum(words) if words.name == "bump" => {
                Expr::Call(Builtin::Bump, vec![self.value(&Type::Semver, d), self.value(&Type::Semver, d)])
            }
            Type::Enum(words) if words.name == "support line" => {
                let published = self.value(&Type::List(Box::new(Type::Semver)), d);
                Expr::Call(Builtin::SupportLine, vec![self.value(&Type::Semver, d), published])
            }
            Type::List(of) => match self.dice.below(3) {
                0 => {
                    let elements: Vec<Expr> = (0..=self.dice.below(3)).map(|_| self.value(of, d)).collect();
                    if elements.iter().all(|e| matches!(e, Expr::Const(_))) {
                        self.map(of, d)
                    } else {
                        Expr::List(elements)
                    }
                }
                _ => self.map(of, d),
            },
            _ => return self.leaf(ty).unwrap_or_else(|| Expr::Const(self.constant(ty))),
        };
        folded(made)
    }

    /// The lesser or greater of two, or of a list that only a request knows.
    fn extreme(&mut self, ty: &Type, depth: usize) -> Expr {
        let builtin = if self.dice.percent(50) { Builtin::Min } else { Builtin::Max };
        if self.dice.percent(30) {
            return Expr::Call(builtin, vec![self.map(ty, depth)]);
        }
        Expr::Call(builtin, vec![self.value(ty, depth), self.value(ty, depth)])
    }

    fn any_list(&mut self, depth: usize) -> Expr {
        if self.dice.percent(70) {
            return self.list().0;
        }
        let ty = self.one_of(&[Type::String, Type::Int, Type::Semver]);
        self.map(&ty, depth)
    }

    fn plain_version(&mut self) -> Expr {
        self.leaf(&Type::Semver).unwrap_or_else(|| fact("release.version"))
    }

    /// A fact, result or variable of a type, or a constant.
    fn leaf(&mut self, ty: &Type) -> Option<Expr> {
        let mut found: Vec<Expr> = Vec::new();
        let paths: &[&str] = match ty {
            Type::Bool => &["release.prerelease", "actor.bot", "incident.open"],
            Type::String => {
                &["release.commit", "release.values_digest", "actor.id", "event.kind", "release.chart.name"]
            }
            Type::Semver => &["release.version", "release.chart.version"],
            Type::Instant => &["at"],
            Type::Enum(words) if words.name == "action" => &["action"],
            Type::List(of) => match **of {
                Type::String => &["release.authors", "release.ancestors", "change.files", "incident.environments"],
                Type::Semver => &["published_versions"],
                _ => &[],
            },
            _ => &[],
        };
        found.extend(paths.iter().map(|path| fact(path)));
        for (name, result) in &self.names.results {
            if result == ty {
                let result = Expr::Result { name: name.clone(), ty: ty.clone() };
                found.extend([result.clone(), result]);
            }
            if let (Type::List(of), true) = (result, self.dice.percent(20))
                && **of == *ty
            {
                let list = Expr::Result { name: name.clone(), ty: result.clone() };
                let index = self.dice.between(0, 2);
                found.push(Expr::Index(Box::new(list), Box::new(Expr::Const(Value::Int(index)))));
            }
        }
        if *ty == Type::String && self.dice.percent(10) {
            let index = self.dice.between(0, 2);
            found.push(Expr::Index(Box::new(fact("release.authors")), Box::new(Expr::Const(Value::Int(index)))));
        }
        if self.names.evidence && *ty == DURATION {
            found.push(Expr::Age);
        }
        for var in &self.vars {
            if var.ty == *ty {
                found.extend([expr_of(var), expr_of(var), expr_of(var)]);
            }
            if let Type::Record(record) = &var.ty {
                let of = record.fields.iter().filter(|(_, field)| field == ty);
                let of: Vec<Expr> = of.map(|(name, _)| field_of(&expr_of(var), name)).collect();
                found.extend(of.iter().cloned());
                found.extend(of);
            }
        }
        if self.dice.percent(15) {
            return Some(Expr::Const(self.constant(ty)));
        }
        self.dice.pick(&found).cloned()
    }

    /// A known value of a type.
    pub fn constant(&mut self, ty: &Type) -> Value {
        match ty {
            Type::Bool => Value::Bool(self.dice.percent(50)),
            Type::Int => Value::Int(self.dice.pick(&INTS).copied().unwrap_or(0)),
            Type::Decimal => {
                let (number, scale) = self
                    .dice
                    .pick(&[(5, 1), (15, 1), (1, 1), (25, 2), (0, 0), (3, 0), (-5, 1)])
                    .copied()
                    .unwrap_or((1, 0));
                Value::Decimal(Decimal::new(number, scale))
            }
            Type::Quantity(dimension) => self.quantity(*dimension),
            Type::Semver => {
                let text =
                    self.dice.word(&["1.2.3", "1.2.2", "1.0.0", "2.0.0", "1.2.3-rc.1", "1.2.3-rc.2", "1.2.3+b.7"]);
                text.parse().map_or(Value::None, Value::Semver)
            }
            Type::Instant => {
                let texts =
                    ["2026-12-01T19:00:00Z", "2026-11-01T09:00:00Z", "2027-01-01T00:00:00Z", "2026-12-01T18:59:59.5Z"];
                let at: Timestamp = self.dice.word(&texts).parse().unwrap_or(Timestamp::UNIX_EPOCH);
                Value::Instant(Box::new(at.to_zoned(TimeZone::UTC)))
            }
            Type::Enum(words) => {
                let members: Vec<&str> = words.members.iter().map(|(word, _)| *word).collect();
                Value::Enum(self.dice.word(&members).into())
            }
            Type::List(of) => {
                let count = 1 + self.dice.below(3);
                Value::List((0..count).map(|_| self.constant(of)).collect())
            }
            _ => Value::Str(self.dice.word(&TEXTS).into()),
        }
    }

    fn quantity(&mut self, dimension: Dimension) -> Value {
        let (text, amount): (&str, Decimal) = match dimension {
            Dimension::Percent => {
                let all = [("5%", 50), ("20%", 200), ("83.1%", 831), ("100%", 1000), ("0%", 0), ("0.5%", 5)];
                let (text, tenths) = self.dice.pick(&all).copied().unwrap_or(("5%", 50));
                (text, Decimal::new(tenths, 1))
            }
            Dimension::Duration => {
                let all = [
                    ("1h", 3_600_000),
                    ("90m", 5_400_000),
                    ("60s", 60_000),
                    ("2d", 172_800_000),
                    ("1500ms", 1500),
                    ("0s", 0),
                    ("1h30m", 5_400_000),
                ];
                let (text, ms) = self.dice.pick(&all).copied().unwrap_or(("1h", 3_600_000));
                (text, ms.into())
            }
            Dimension::Bytes => {
                let all = [("512Mi", 512_i64 << 20), ("1Gi", 1 << 30), ("1000B", 1000), ("2Ki", 2048)];
                let (text, bytes) = self.dice.pick(&all).copied().unwrap_or(("1Gi", 1 << 30));
                (text, bytes.into())
            }
            Dimension::Cpu => {
                let all = [("500mcpu", 500), ("1cpu", 1000), ("2cpu", 2000)];
                let (text, milli) = self.dice.pick(&all).copied().unwrap_or(("1cpu", 1000));
                (text, milli.into())
            }
        };
        let written = self.dice.percent(70).then(|| text.into());
        Value::Quantity(Quantity { dimension, amount, written })
    }
}

const DURATION: Type = Type::Quantity(Dimension::Duration);
const PERCENT: Type = Type::Quantity(Dimension::Percent);

/// A pattern of the language.
pub(crate) fn pattern(dice: &mut Dice) -> Pattern {
    match dice.below(5) {
        0 => Pattern::SemverTag,
        1 | 2 => Pattern::Glob(
            dice.word(&[
                "hotfix/*",
                "**/migrations/**",
                "release/[0-9].*",
                "*.{yml,yaml}",
                "a+b(c)",
                "v?.?",
                "*",
                "**",
                "main",
                "[!a-z]*",
                "a/**/b",
                "é*",
                "**/*.rs",
                "src/**",
                "",
                "{a,b}/**",
            ])
            .into(),
        ),
        _ => Pattern::Regex(
            dice.word(&[
                "main|develop",
                r"hotfix/\w+",
                r"[a-z]+(\(.+\))?!:.*",
                "feat.*",
                r"\d+\.\d+",
                "a.b",
                "(?i)MAIN",
                "é?",
                ".*",
                "",
                r"[^/]+/[^/]+",
                r"x\b.*",
                "a$|^b",
                "(?s)a.b",
            ])
            .into(),
        ),
    }
}

/// What is known already is reckoned by the analysis: nothing of it is left for the engines.
fn folded(expr: Expr) -> Expr {
    let nothing = |ty: &Type| match ty {
        Type::Int => Expr::Const(Value::Int(0)),
        Type::Decimal => Expr::Const(Value::Decimal(Decimal::ONE)),
        Type::Quantity(dimension) => {
            Expr::Const(Value::Quantity(Quantity { dimension: *dimension, amount: Decimal::ONE, written: None }))
        }
        _ => fact("at"),
    };
    let known = |e: &Expr| matches!(e, Expr::Const(_));
    match &expr {
        Expr::Arith { left, right, ty, .. } if known(left) && known(right) => nothing(ty),
        Expr::Arith { op: ArithOp::Div, right, ty, .. } if is_zero(right) => nothing(ty),
        Expr::Call(Builtin::Bump, parts) if parts.iter().all(known) => Expr::Const(Value::Enum("same".into())),
        Expr::Call(Builtin::SupportLine, parts) if parts.iter().all(known) => Expr::Const(Value::Enum("older".into())),
        Expr::Call(Builtin::Lower | Builtin::Min | Builtin::Max, parts) if parts.iter().all(known) => {
            parts.first().cloned().unwrap_or(expr)
        }
        _ => expr,
    }
}

fn is_zero(expr: &Expr) -> bool {
    match expr {
        Expr::Const(Value::Int(i)) => *i == 0,
        Expr::Const(Value::Decimal(d)) => d.is_zero(),
        Expr::Const(Value::Quantity(q)) => q.amount.is_zero(),
        _ => false,
    }
}

pub(crate) fn compare(op: CompareOp, left: Expr, right: Expr, ty: Type) -> Expr {
    Expr::Compare { op, left: Box::new(left), right: Box::new(right), ty }
}

/// A fact by its dotted path, with the type that the table of facts gives it.
pub(crate) fn fact(path: &str) -> Expr {
    let path: Vec<SmolStr> = path.split('.').map(SmolStr::from).collect();
    let mut steps = path.iter();
    let first = steps.next().and_then(|root| FACTS.field(root)).cloned();
    let ty = steps.fold(first.unwrap_or(Type::Any), |ty, step| field_type(&ty, step));
    Expr::Fact { path, ty }
}

fn plain(ty: &Type) -> &Type {
    match ty {
        Type::Optional(inner) => plain(inner),
        other => other,
    }
}

fn field_type(ty: &Type, name: &str) -> Type {
    match plain(ty) {
        Type::Record(record) => record.field(name).cloned().unwrap_or(Type::Any),
        Type::Semver => Type::Int,
        _ => Type::Any,
    }
}

/// A field, of a fact as the analysis writes it: by a longer path.
fn field_of(base: &Expr, name: &str) -> Expr {
    let ty = field_type(&type_of(base), name);
    match base {
        Expr::Fact { path, ty: of } if !matches!(plain(of), Type::Semver) => {
            let mut path = path.clone();
            path.push(name.into());
            Expr::Fact { path, ty }
        }
        _ => Expr::Field { base: Box::new(base.clone()), name: name.into(), ty },
    }
}

fn element(ty: &Type) -> Type {
    match ty {
        Type::List(of) | Type::Set(of) => (**of).clone(),
        _ => Type::Any,
    }
}

fn expr_of(var: &Var) -> Expr {
    Expr::Var { name: var.name.clone(), ty: var.ty.clone() }
}

fn optional_fields(var: &Var) -> Vec<Expr> {
    let Type::Record(record) = &var.ty else { return Vec::new() };
    let optional = record.fields.iter().filter(|(_, ty)| matches!(ty, Type::Optional(_)));
    optional.map(|(name, _)| field_of(&expr_of(var), name)).collect()
}

fn type_of(expr: &Expr) -> Type {
    match expr {
        Expr::Fact { ty, .. }
        | Expr::Result { ty, .. }
        | Expr::Var { ty, .. }
        | Expr::Field { ty, .. }
        | Expr::Arith { ty, .. } => ty.clone(),
        _ => Type::Any,
    }
}
