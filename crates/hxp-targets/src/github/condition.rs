//! Conditions of triggers and of gates that are owed as jq programs over readings and results, by the definitions of
//! `scripts/logic.jq`.

use std::collections::BTreeSet;

use hxp_policy::expr::ArithOp;
use hxp_policy::{Builtin, CompareOp, Dimension, Expr, Type, Value};
use rust_decimal::Decimal;
use smol_str::SmolStr;

/// A condition as jq, with what it reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// The program.
    pub jq: String,
    /// Metrics whose current value it reads.
    pub metrics: BTreeSet<SmolStr>,
    /// Metrics over so many seconds before the deployment.
    pub baselines: BTreeSet<(SmolStr, i64)>,
}

/// The condition as jq; `None` if it needs what a watching job cannot know.
pub fn compile(expr: &Expr) -> Option<Condition> {
    let mut condition = Condition::default();
    condition.jq = condition.expr(expr)?;
    Some(condition)
}

/// The key of a baseline among the readings.
pub fn baseline_key(metric: &str, seconds: i64) -> String {
    format!("{metric}:{seconds}")
}

impl Condition {
    fn expr(&mut self, expr: &Expr) -> Option<String> {
        Some(match expr {
            Expr::Const(value) => constant(value)?,
            Expr::Metric(name) => {
                self.metrics.insert(name.clone());
                format!("$metric[{}]", string(name))
            }
            Expr::Baseline { metric, window } => {
                self.baselines.insert((metric.clone(), window.seconds()));
                format!("$baseline[{}]", string(&baseline_key(metric, window.seconds())))
            }
            Expr::Fact { path, .. } => match path.iter().map(SmolStr::as_str).collect::<Vec<_>>().as_slice() {
                ["deployment", "healthy"] => "$deployment.healthy".to_owned(),
                ["deployment", "age"] => "$deployment.age".to_owned(),
                _ => return None,
            },
            Expr::Result { name, ty } => result(name, ty)?,
            Expr::Not(e) => format!("({} | not3)", self.expr(e)?),
            Expr::And(es) => format!("([{}] | and3)", self.list(es)?),
            Expr::Or(es) => format!("([{}] | or3)", self.list(es)?),
            Expr::Compare { op, left, right, .. } => {
                format!("compare({}; {}; {})", string(comparison(*op)), self.expr(left)?, self.expr(right)?)
            }
            Expr::Arith { op, left, right, .. } => {
                format!("calculate({}; {}; {})", string(calculation(*op)), self.expr(left)?, self.expr(right)?)
            }
            Expr::If(c, a, b) => format!("({} | if3({}; {}))", self.expr(c)?, self.expr(a)?, self.expr(b)?),
            Expr::In(e, range) => self.within(e, range)?,
            Expr::Call(Builtin::Min, es) if es.len() == 2 => self.extreme("min", es)?,
            Expr::Call(Builtin::Max, es) if es.len() == 2 => self.extreme("max", es)?,
            _ => return None,
        })
    }

    fn list(&mut self, es: &[Expr]) -> Option<String> {
        Some(es.iter().map(|e| self.expr(e)).collect::<Option<Vec<_>>>()?.join(", "))
    }

    fn extreme(&mut self, which: &str, es: &[Expr]) -> Option<String> {
        Some(format!("([{}] | if any(.[]; . == null) then null else {which} end)", self.list(es)?))
    }

    fn within(&mut self, e: &Expr, range: &Expr) -> Option<String> {
        let Expr::Const(Value::Range(from, to)) = range else { return None };
        // Discrete ends are included, continuous ones are excluded on the right.
        let closed = matches!(**to, Value::Int(_));
        Some(format!("within({}; {}; {}; {closed})", self.expr(e)?, constant(from)?, constant(to)?))
    }
}

/// A result that a gate yields, in the unit that the policy reckons in.
fn result(name: &str, ty: &Type) -> Option<String> {
    let read = format!("$result[{}]", string(name));
    match ty {
        Type::Quantity(Dimension::Percent) => Some(format!("percent({read})")),
        Type::Quantity(Dimension::Duration) => Some(format!("duration({read})")),
        Type::Int | Type::Decimal | Type::Bool | Type::String => Some(read),
        _ => None,
    }
}

fn constant(value: &Value) -> Option<String> {
    Some(match value {
        Value::None => "null".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Int(n) => n.to_string(),
        Value::Decimal(d) => d.normalize().to_string(),
        Value::Quantity(q) => q.amount.normalize().to_string(),
        Value::Str(s) | Value::Enum(s) => string(s),
        _ => return None,
    })
}

/// A string literal of jq: that of JSON, in which a backslash before a parenthesis cannot occur.
fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn comparison(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "==",
        CompareOp::Ne => "!=",
        CompareOp::Lt => "<",
        CompareOp::Le => "<=",
        CompareOp::Gt => ">",
        CompareOp::Ge => ">=",
    }
}

fn calculation(op: ArithOp) -> &'static str {
    match op {
        ArithOp::Add => "+",
        ArithOp::Sub => "-",
        ArithOp::Mul => "*",
        ArithOp::Div => "/",
    }
}

/// By what the raw number of a query is multiplied to be in the unit that the policy reckons in: percent, milliseconds,
/// thousandths of a processor, bytes, or plain numbers.
pub fn factor(unit: &str, dimension: Option<Dimension>) -> Decimal {
    match (unit, dimension) {
        ("ratio", Some(Dimension::Percent)) => Decimal::from(100),
        ("seconds", Some(Dimension::Duration)) => Decimal::from(1000),
        ("minutes", Some(Dimension::Duration)) => Decimal::from(60_000),
        (_, Some(Dimension::Cpu)) if unit != "millicores" => Decimal::from(1000),
        _ => Decimal::ONE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hxp_policy::{Millis, Quantity, Type};

    fn percent(amount: i64) -> Expr {
        Expr::Const(Value::Quantity(Quantity {
            dimension: Dimension::Percent,
            amount: Decimal::from(amount),
            written: None,
        }))
    }

    #[test]
    fn conditions_compile() {
        let rate = || Expr::Metric("error_rate".into());
        let ty = || Type::Quantity(Dimension::Percent);
        let compare = |left: Expr, right: Expr| Expr::Compare {
            op: CompareOp::Gt,
            left: Box::new(left),
            right: Box::new(right),
            ty: ty(),
        };
        let baseline = Expr::Baseline { metric: "error_rate".into(), window: Millis(86_400_000) };
        let twice = Expr::Arith {
            op: ArithOp::Mul,
            left: Box::new(Expr::Const(Value::Int(2))),
            right: Box::new(baseline),
            ty: ty(),
        };
        let healthy = Expr::Fact { path: vec!["deployment".into(), "healthy".into()], ty: Type::Bool };
        for (expr, jq) in [
            (compare(rate(), percent(5)), r#"compare(">"; $metric["error_rate"]; 5)"#),
            (
                compare(rate(), twice),
                r#"compare(">"; $metric["error_rate"]; calculate("*"; 2; $baseline["error_rate:86400"]))"#,
            ),
            (Expr::Not(Box::new(healthy)), "($deployment.healthy | not3)"),
            (
                compare(Expr::Result { name: "line".into(), ty: ty() }, percent(70)),
                r#"compare(">"; percent($result["line"]); 70)"#,
            ),
        ] {
            assert_eq!(compile(&expr).map(|c| c.jq).as_deref(), Some(jq));
        }
        assert_eq!(compile(&Expr::HasLabel("security".into())), None);
    }
}
