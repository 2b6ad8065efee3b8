//! Literals.

use std::str::FromStr;

use hxp_diagnostics::{Diagnostic, Span, codes};
use hxp_policy::{Dimension, Pattern, Quantity, Type, Value};
use hxp_syntax::ast::{self, Literal, StrLit};
use jiff::civil::DateTime;
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::TimeZoneDatabase;
use jiff::{SignedDuration, Zoned};
use rust_decimal::Decimal;
use smol_str::SmolStr;

use super::{Elaborator, Typed, Want};
use crate::types::of_dimension;

impl Elaborator<'_> {
    pub(super) fn literal(&mut self, literal: &Literal, span: Span, want: Want<'_>) -> Option<Typed> {
        let (value, ty) = match literal {
            Literal::Bool(b) => (Value::Bool(*b), Type::Bool),
            Literal::None => (Value::None, Type::None),
            Literal::Str(s) => return self.string(s, want),
            Literal::Int(i) => (Value::Int(*i), Type::Int),
            Literal::Decimal(text) => match Decimal::from_str(text) {
                Ok(d) => (Value::Decimal(d), Type::Decimal),
                Err(_) => return self.out_of_range(span, text),
            },
            Literal::Quantity(q) => match quantity(q) {
                Some(q) => {
                    let ty = Type::Quantity(q.dimension);
                    (Value::Quantity(q), ty)
                }
                None => return self.out_of_range(span, &q.text),
            },
            Literal::Semver(text) => match semver::Version::parse(text) {
                Ok(v) => (Value::Semver(v), Type::Semver),
                Err(_) => return self.out_of_range(span, text),
            },
            Literal::Date { year, month, day } => match jiff::civil::Date::new(*year, *month, *day) {
                Ok(date) => (Value::Date(date), Type::Date),
                Err(_) => return self.out_of_range(span, "this date"),
            },
            Literal::Time(seconds) => (Value::Time(*seconds), Type::Time),
            Literal::Instant(text) => return self.instant(text, span),
        };
        Some(Typed::known(value, ty))
    }

    fn out_of_range(&mut self, span: Span, text: &str) -> Option<Typed> {
        let message = format!("`{text}` is larger than a policy can reckon with");
        self.report(Diagnostic::new(codes::OUT_OF_RANGE, span, message));
        None
    }

    fn string(&mut self, text: &StrLit, want: Want<'_>) -> Option<Typed> {
        let value = text.value.clone();
        match text.tag.as_ref().map(|tag| tag.as_str()) {
            None => {
                let pattern = matches!(want.ty, Some(Type::Pattern))
                    || matches!(want.ty, Some(Type::Optional(t)) if **t == Type::Pattern);
                if pattern {
                    self.check_glob(&value, text.span)?;
                    return Some(Typed::known(Value::Pattern(Pattern::Glob(value)), Type::Pattern));
                }
                Some(Typed::known(Value::Str(value), Type::String))
            }
            Some("re") => {
                let value = self.regular_expression(&value, text.span)?;
                Some(Typed::known(Value::Pattern(Pattern::Regex(value)), Type::Pattern))
            }
            Some("promql") => {
                if let Err(error) = promql_parser::parser::parse(&value) {
                    let message = format!("the query cannot be understood: {}", last_line(&error));
                    let mut found = Diagnostic::new(codes::BAD_PROMQL, text.span, message);
                    // The tag's text is raw: a backslash stays one.
                    if value.contains("\\\"") && !value.contains('\'') {
                        let single = value.replace("\\\"", "'");
                        found = found.help("text inside a query stands in single quotes: `{code=~'5..'}`");
                        if promql_parser::parser::parse(&single).is_ok() {
                            found = found.fix("write single quotes", text.span, format!("promql\"{single}\""));
                        }
                    }
                    self.report(found);
                    return None;
                }
                Some(Typed::known(Value::PromQl(value), Type::PromQl))
            }
            Some("pattern") if value == "semver_tag" => {
                Some(Typed::known(Value::Pattern(Pattern::SemverTag), Type::Pattern))
            }
            Some(tag) => {
                let message = format!("there is no kind of text `{tag}\"…\"`");
                self.report(
                    Diagnostic::new(codes::BAD_PATTERN, text.span, message)
                        .help("valid here: `re\"…\"` (a regular expression) and `promql\"…\"` (a query)"),
                );
                None
            }
        }
    }

    /// A regular expression as all engines read it.
    fn regular_expression(&mut self, value: &str, span: Span) -> Option<SmolStr> {
        let portable = super::regex::portable(value).map_err(|problem| {
            // The text is raw: behind `re"` its bytes are those of the file.
            let at =
                |offset: usize| span.start.saturating_add(u32::try_from(offset + 3).unwrap_or(u32::MAX)).min(span.end);
            let place = Span::new(span.file, at(problem.range.start), at(problem.range.end));
            let message = format!("the regular expression cannot be understood: {}", problem.message);
            let found = Diagnostic::new(codes::BAD_PATTERN, place, message);
            match problem.help {
                Some(help) => found.help(help),
                None => found,
            }
        });
        let portable = match portable {
            Ok(portable) => portable,
            Err(found) => {
                self.report(found);
                return None;
            }
        };
        if let Err(error) = regex::Regex::new(&format!("^(?:{portable})$")) {
            let message = format!("the regular expression cannot be understood: {}", last_line(&error.to_string()));
            self.report(Diagnostic::new(codes::BAD_PATTERN, span, message));
            return None;
        }
        Some(portable.into())
    }

    /// Refuses globs that no matcher understands.
    pub fn check_glob(&mut self, glob: &str, span: Span) -> Option<()> {
        match globset::GlobBuilder::new(glob).literal_separator(true).build() {
            Ok(_) => Some(()),
            Err(error) => {
                let message = format!("the pattern `{glob}` cannot be understood: {}", error.kind());
                self.report(
                    Diagnostic::new(codes::BAD_PATTERN, span, message)
                        .help("`*` stops at `/`, `**` does not, `{a,b}` is either, `re\"…\"` is a regular expression"),
                );
                None
            }
        }
    }

    fn instant(&mut self, text: &SmolStr, span: Span) -> Option<Typed> {
        let zone = text.split_once('[').and_then(|(_, rest)| rest.strip_suffix(']'));
        if let Some(zone) = zone {
            self.check_zone(zone.trim_start_matches('!'), span)?;
        }
        match DateTimeParser::new().parse_zoned_with(&bundled(), text.as_str()) {
            Ok(zoned) => {
                if let Some(found) = skipped(text, &zoned, span) {
                    self.report(found);
                    return None;
                }
                Some(Typed::known(Value::Instant(Box::new(zoned)), Type::Instant))
            }
            Err(_) if zone.is_none() => {
                let message = format!("`{text}` does not say in which time zone");
                self.report(
                    Diagnostic::new(codes::INSTANT_WITHOUT_ZONE, span, message)
                        .help("write the zone in brackets: `2026-11-27T15:30[America/Los_Angeles]`"),
                );
                None
            }
            Err(error) => {
                let found = wrong_offset(text, span).unwrap_or_else(|| {
                    let message = format!("`{text}` does not exist: {}", last_line(&error.to_string()));
                    Diagnostic::new(codes::NO_SUCH_TIME, span, message)
                });
                self.report(found);
                None
            }
        }
    }

    /// Refuses zones that the bundled time zone database does not know.
    pub fn check_zone(&mut self, zone: &str, span: Span) -> Option<()> {
        let database = bundled();
        if database.get(zone).is_ok() && !zone.is_empty() {
            return Some(());
        }
        let names: Vec<String> = database.available().map(|n| n.as_str().to_owned()).collect();
        let mut found = Diagnostic::new(codes::UNKNOWN_ZONE, span, format!("there is no time zone `{zone}`"));
        let place = |name: &str| name.rsplit('/').next().unwrap_or(name).to_lowercase();
        let wanted = zone.replace(' ', "_");
        let same_place = names.iter().find(|n| place(n) == place(&wanted));
        let near = near_zone(&wanted, &names);
        let offset = wanted.to_uppercase();
        if ["UTC", "GMT", "+", "-"].iter().any(|p| offset.strip_prefix(p).is_some_and(|r| r.contains(char::is_numeric)))
        {
            found =
                found.help("an offset is no zone: name the place whose clock is meant, then daylight saving is right");
        } else if let Some(best) = same_place.map(String::as_str).or(near) {
            let text = self.program.sources.slice(span).replace(zone, best);
            found = found.help(format!("did you mean `{best}`?")).fix(format!("write `{best}`"), span, text);
        }
        self.report(
            found.help("zones have the names of the IANA database: `Europe/Berlin`, `America/New_York`, `Etc/UTC`"),
        );
        None
    }
}

/// The zone of which this is a slip: in the region that is written, when one is.
fn near_zone<'n>(wanted: &str, names: &'n [String]) -> Option<&'n str> {
    let Some((region, place)) = wanted.rsplit_once('/') else {
        return hxp_diagnostics::nearest(wanted, names.iter().map(String::as_str));
    };
    let there = |n: &'n String| n.strip_prefix(region).and_then(|rest| rest.strip_prefix('/'));
    let best = hxp_diagnostics::nearest(place, names.iter().filter_map(there));
    match best {
        Some(best) => names.iter().find(|n| there(n) == Some(best)).map(String::as_str),
        // The region may be the slip.
        None if names.iter().any(|n| there(n).is_some()) => None,
        None => hxp_diagnostics::nearest(wanted, names.iter().map(String::as_str)),
    }
}

/// The time zones that come with the compiler, the same on every machine.
fn bundled() -> TimeZoneDatabase {
    static DATABASE: std::sync::LazyLock<TimeZoneDatabase> = std::sync::LazyLock::new(TimeZoneDatabase::bundled);
    DATABASE.clone()
}

/// The value of a quantity in its base unit; `None` when it is too large.
pub fn quantity(written: &ast::Quantity) -> Option<Quantity> {
    let mut amount = Decimal::ZERO;
    for (number, unit) in &written.parts {
        let part = Decimal::from_str(number).ok()?.checked_mul(factor(unit)?)?;
        amount = amount.checked_add(part)?;
    }
    let dimension = of_dimension(written.unit);
    if dimension != Dimension::Percent && i64::try_from(amount.trunc()).is_err() {
        return None;
    }
    Some(Quantity { dimension, amount: amount.normalize(), written: Some(written.text.clone()) })
}

fn factor(unit: &str) -> Option<Decimal> {
    let factor: i64 = match unit {
        "%" | "ms" | "mcpu" | "B" => 1,
        "s" | "cpu" | "kB" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        "w" => 604_800_000,
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        "Ti" => 1 << 40,
        "Pi" => 1 << 50,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        "PB" => 1_000_000_000_000_000,
        _ => return None,
    };
    Some(Decimal::from(factor))
}

fn last_line(text: &str) -> String {
    text.lines().rfind(|l| !l.trim().is_empty()).unwrap_or(text).trim().trim_start_matches("error: ").to_owned()
}

/// An instant whose offset is not that of its zone then.
fn wrong_offset(text: &str, span: Span) -> Option<Diagnostic> {
    let (clock, zone) = text.split_once('[')?;
    let at = clock.rfind(['+', '-', 'Z']).filter(|at| *at > clock.find('T').unwrap_or(0))?;
    let (clock, offset) = clock.split_at_checked(at)?;
    let without = format!("{clock}[{zone}");
    let zoned = DateTimeParser::new().parse_zoned_with(&bundled(), without.as_str()).ok()?;
    if let Some(found) = skipped(&without, &zoned, span) {
        return Some(found);
    }
    let name = zone.trim_end_matches(']');
    let message = format!("the offset of {name} is not {offset} on {}", zoned.date());
    Some(
        Diagnostic::new(codes::NO_SUCH_TIME, span, message).label(format!("it is {} then", zoned.strftime("%:z"))).fix(
            format!("write `{without}`"),
            span,
            without,
        ),
    )
}

/// An hour that the clock skips is no instant; `zoned` is what comes as long after the clock was changed.
fn skipped(text: &str, zoned: &Zoned, span: Span) -> Option<Diagnostic> {
    let said: DateTime = DateTimeParser::new().parse_datetime(text).ok()?;
    if said == zoned.datetime() {
        return None;
    }
    let zone = zoned.time_zone();
    let change = zone.preceding(zoned.timestamp()).next()?.timestamp();
    let just_before = change.checked_sub(SignedDuration::from_secs(1)).ok()?;
    let to = zone.to_datetime(change);
    let from = zone.to_datetime(just_before).checked_add(SignedDuration::from_secs(1)).ok()?;
    // Once in a while a whole day is skipped.
    let form = if from.date() == to.date() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    let clock = |at: DateTime| at.strftime(form).to_string();
    let name = zone.iana_name().unwrap_or("its zone");
    let message = format!("there is no {} on {} in {name}", said.strftime("%H:%M"), said.date());
    let right = format!("{}[{name}]", zoned.datetime().strftime("%Y-%m-%dT%H:%M"));
    Some(
        Diagnostic::new(codes::NO_SUCH_TIME, span, message)
            .label(format!("the clock goes from {} straight to {}", clock(from), clock(to)))
            .fix(format!("write `{right}`"), span, right),
    )
}
