//! Values as the language writes them.

use hxp_policy::Value;
use hxp_policy::value::{Pattern, Ref};
use smol_str::SmolStr;

/// A value in hxp.
pub fn value(value: &Value) -> String {
    match value {
        Value::None => "none".into(),
        Value::Bool(b) => b.to_string(),
        Value::Int(i) => i.to_string(),
        Value::Decimal(d) => d.to_string(),
        Value::Str(s) => format!("\"{}\"", s.escape_debug()),
        Value::Quantity(q) => q.to_string(),
        Value::Date(d) => d.to_string(),
        Value::Time(seconds) => {
            let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
            if s == 0 { format!("{h:02}:{m:02}") } else { format!("{h:02}:{m:02}:{s:02}") }
        }
        Value::Instant(zoned) => zoned.to_string(),
        Value::Weekday(day) => {
            let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
            let index = usize::try_from(day.to_monday_zero_offset()).unwrap_or_default();
            names.get(index).copied().unwrap_or_default().into()
        }
        Value::Semver(v) => v.to_string(),
        Value::Enum(word) => word.to_string(),
        Value::Pattern(Pattern::Glob(g)) => format!("\"{g}\""),
        Value::Pattern(Pattern::Regex(r)) => format!("re\"{r}\""),
        Value::Pattern(Pattern::SemverTag) => "semver_tag".into(),
        Value::PromQl(q) => format!("promql\"{q}\""),
        Value::List(items) => format!("[{}]", items.iter().map(self::value).collect::<Vec<_>>().join(", ")),
        Value::Range(a, b) => format!("{}..{}", self::value(a), self::value(b)),
        Value::Record(record) => {
            let fields: Vec<String> =
                record.fields.iter().map(|f| format!("{} = {}", f.name, self::value(&f.value))).collect();
            if fields.is_empty() { "{}".into() } else { format!("{{ {} }}", fields.join(", ")) }
        }
        Value::Ref(r) => reference(r),
    }
}

/// A reference with its arguments.
pub fn reference(r: &Ref) -> String {
    format!("{}{}", r.name, arguments(&r.args))
}

/// Arguments in parentheses, by name; nothing when there are none.
pub fn arguments(args: &[(SmolStr, Value)]) -> String {
    if args.is_empty() {
        return String::new();
    }
    let args: Vec<String> = args.iter().map(|(n, v)| format!("{n} = {}", value(v))).collect();
    format!("({})", args.join(", "))
}
