//! Literals that begin with a digit: one token, longest form first, nothing glued behind.

use hxp_diagnostics::{Diagnostic, Span, codes};
use smol_str::SmolStr;

use crate::ast::{Dimension, Literal, Quantity};
use crate::lexer::{TokenKind, is_word_byte};
use crate::words::{BYTE_UNITS, CPU_UNITS, DURATION_UNITS};

/// How far a literal reaches and which form it has.
pub(crate) struct Scanned {
    pub kind: TokenKind,
    pub end: usize,
}

/// Says how many bytes at the beginning have a form.
type Form = fn(&[u8]) -> Option<usize>;

/// Reads the literal at `start`, which is a digit.
pub(crate) fn scan(bytes: &[u8], start: usize) -> Scanned {
    let rest = bytes.get(start..).unwrap_or(&[]);
    let forms: [(TokenKind, Form); 7] = [
        (TokenKind::Instant, instant),
        (TokenKind::Date, date),
        (TokenKind::Time, time),
        (TokenKind::Semver, semver),
        (TokenKind::Quantity, quantity),
        (TokenKind::Decimal, decimal),
        (TokenKind::Int, int),
    ];
    for (kind, form) in forms {
        if let Some(len) = form(rest)
            && ends(rest, len)
        {
            return Scanned { kind, end: start + len };
        }
    }
    Scanned { kind: TokenKind::BadLiteral, end: start + glued(rest) }
}

/// Nothing is glued behind a literal of `len` bytes.
fn ends(b: &[u8], len: usize) -> bool {
    match b.get(len) {
        Some(c) if is_word_byte(*c) => false,
        Some(b'.' | b':' | b'-') => !b.get(len + 1).is_some_and(u8::is_ascii_digit),
        Some(b'%') => false,
        _ => true,
    }
}

/// How far the characters reach that hang together with a literal of no form.
fn glued(b: &[u8]) -> usize {
    let mut len = 0;
    loop {
        match b.get(len) {
            Some(c) if is_word_byte(*c) || *c == b'%' => len += 1,
            Some(b'.' | b':' | b'-' | b'+') if b.get(len + 1).is_some_and(u8::is_ascii_digit) => len += 1,
            _ => return len,
        }
    }
}

fn digits(b: &[u8], from: usize) -> usize {
    b.get(from..).unwrap_or(&[]).iter().take_while(|c| c.is_ascii_digit()).count()
}

/// Exactly `n` digits at `from`.
fn exact(b: &[u8], from: usize, n: usize) -> Option<usize> {
    (digits(b, from) == n).then_some(from + n)
}

/// The byte `c` at `from`.
fn byte(b: &[u8], from: usize, c: u8) -> Option<usize> {
    (b.get(from) == Some(&c)).then_some(from + 1)
}

fn int(b: &[u8]) -> Option<usize> {
    let n = digits(b, 0);
    (n > 0).then_some(n)
}

fn decimal(b: &[u8]) -> Option<usize> {
    let at = byte(b, int(b)?, b'.')?;
    let n = digits(b, at);
    (n > 0).then_some(at + n)
}

fn date(b: &[u8]) -> Option<usize> {
    let at = byte(b, exact(b, 0, 4)?, b'-')?;
    let at = byte(b, exact(b, at, 2)?, b'-')?;
    exact(b, at, 2)
}

fn time_at(b: &[u8], from: usize) -> Option<usize> {
    let at = byte(b, exact(b, from, 2)?, b':')?;
    let at = exact(b, at, 2)?;
    match byte(b, at, b':').and_then(|s| exact(b, s, 2)) {
        Some(with_seconds) => Some(with_seconds),
        None => Some(at),
    }
}

fn time(b: &[u8]) -> Option<usize> {
    time_at(b, 0)
}

/// With or without the zone, so that a missing one can be told; see [`check`].
fn instant(b: &[u8]) -> Option<usize> {
    let at = time_at(b, byte(b, date(b)?, b'T')?)?;
    let at = match b.get(at) {
        Some(b'Z') => at + 1,
        Some(b'+' | b'-') => exact(b, byte(b, exact(b, at + 1, 2)?, b':')?, 2)?,
        _ => at,
    };
    if b.get(at) != Some(&b'[') {
        return Some(at);
    }
    let zone = b.get(at + 1..)?.iter().take_while(|c| is_word_byte(**c) || b"/+-".contains(c)).count();
    let end = byte(b, at + 1 + zone, b']')?;
    (zone > 0).then_some(end)
}

fn semver(b: &[u8]) -> Option<usize> {
    let at = byte(b, release_number(b, 0)?, b'.')?;
    let at = byte(b, release_number(b, at)?, b'.')?;
    let at = release_number(b, at)?;
    let at = byte(b, at, b'-').and_then(|p| identifiers(b, p, true)).unwrap_or(at);
    Some(byte(b, at, b'+').and_then(|p| identifiers(b, p, false)).unwrap_or(at))
}

/// A number without a leading zero.
fn release_number(b: &[u8], from: usize) -> Option<usize> {
    let n = digits(b, from);
    (n > 0 && (n == 1 || b.get(from) != Some(&b'0'))).then_some(from + n)
}

/// `rc.1`: words of letters, digits and `-` with dots between them.
fn identifiers(b: &[u8], from: usize, strict: bool) -> Option<usize> {
    let mut at = identifier(b, from, strict)?;
    while let Some(next) = byte(b, at, b'.').and_then(|p| identifier(b, p, strict)) {
        at = next;
    }
    Some(at)
}

fn identifier(b: &[u8], from: usize, strict: bool) -> Option<usize> {
    let n = b.get(from..)?.iter().take_while(|c| c.is_ascii_alphanumeric() || **c == b'-').count();
    let leading_zero = n > 1 && digits(b, from) == n && b.get(from) == Some(&b'0');
    (n > 0 && !(strict && leading_zero)).then_some(from + n)
}

fn unit(b: &[u8], from: usize) -> Option<&str> {
    let n = match b.get(from) {
        Some(b'%') => 1,
        _ => b.get(from..)?.iter().take_while(|c| c.is_ascii_alphabetic()).count(),
    };
    std::str::from_utf8(b.get(from..from + n)?).ok().filter(|u| !u.is_empty())
}

/// What `unit` measures, if it is one.
pub(crate) fn dimension(unit: &str) -> Option<Dimension> {
    match unit {
        "%" => Some(Dimension::Percent),
        u if DURATION_UNITS.contains(&u) => Some(Dimension::Duration),
        u if BYTE_UNITS.contains(&u) => Some(Dimension::Bytes),
        u if CPU_UNITS.contains(&u) => Some(Dimension::Cpu),
        _ => None,
    }
}

/// A number with a unit; a duration may have several parts. A unit that does not exist is taken along, so that it can
/// be told; see [`check`].
fn quantity(b: &[u8]) -> Option<usize> {
    let number = decimal(b).or_else(|| int(b))?;
    let first = unit(b, number)?;
    let mut at = number + first.len();
    if !DURATION_UNITS.contains(&first) {
        return Some(at);
    }
    loop {
        let n = digits(b, at);
        let Some(u) = unit(b, at + n).filter(|_| n > 0) else { return Some(at) };
        at += n + u.len();
    }
}

/// The parts of a quantity: numbers and units.
fn parts(text: &str) -> Vec<(&str, &str)> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let number = rest.bytes().take_while(|c| c.is_ascii_digit() || *c == b'.').count();
        let unit = rest.bytes().skip(number).take_while(|c| !c.is_ascii_digit()).count();
        let (head, tail) = rest.split_at_checked(number + unit).unwrap_or((rest, ""));
        parts.push(head.split_at_checked(number).unwrap_or((head, "")));
        if number + unit == 0 {
            break;
        }
        rest = tail;
    }
    parts
}

/// The value of a literal that begins with a digit; `None` where [`check`] finds something wrong.
pub(crate) fn value(kind: TokenKind, text: &str) -> Option<Literal> {
    match kind {
        TokenKind::Int => text.parse().ok().map(Literal::Int),
        TokenKind::Decimal => Some(Literal::Decimal(text.into())),
        TokenKind::Quantity => quantity_value(text).map(|q| Literal::Quantity(Box::new(q))),
        TokenKind::Semver => semver_fits(text).then(|| Literal::Semver(text.into())),
        TokenKind::Date => {
            let (year, month, day) = date_value(text).ok()?;
            Some(Literal::Date { year, month, day })
        }
        TokenKind::Time => time_value(text).map(Literal::Time),
        TokenKind::Instant if text.ends_with(']') && instant_problem(text).is_none() => {
            Some(Literal::Instant(text.into()))
        }
        _ => None,
    }
}

fn quantity_value(text: &str) -> Option<Quantity> {
    let parts = parts(text);
    let unit = dimension(parts.first()?.1)?;
    if parts.iter().any(|(_, u)| dimension(u) != Some(unit)) {
        return None;
    }
    let parts = parts.into_iter().map(|(n, u)| (SmolStr::new(n), SmolStr::new(u))).collect();
    Some(Quantity { text: text.into(), unit, parts })
}

fn semver_fits(text: &str) -> bool {
    let release = text.split(['-', '+']).next().unwrap_or("");
    release.split('.').all(|n| n.parse::<u64>().is_ok())
}

fn date_value(text: &str) -> Result<(i16, i8, i8), String> {
    let mut numbers = text.split('-').map(|n| n.parse::<i16>().unwrap_or(0));
    let (year, month, day) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let (name, days) = match month {
        1 => ("January", 31),
        2 if leap => ("February", 29),
        2 => ("February", 28),
        3 => ("March", 31),
        4 => ("April", 30),
        5 => ("May", 31),
        6 => ("June", 30),
        7 => ("July", 31),
        8 => ("August", 31),
        9 => ("September", 30),
        10 => ("October", 31),
        11 => ("November", 30),
        12 => ("December", 31),
        _ => return Err("months go from 01 to 12".to_owned()),
    };
    match (i8::try_from(month), i8::try_from(day)) {
        (Ok(m), Ok(d)) if day >= 1 && day <= days => Ok((year, m, d)),
        _ if day < 1 => Err("days go from 01".to_owned()),
        _ => Err(format!("{name} {year} has {days} days")),
    }
}

/// Seconds since midnight.
fn time_value(text: &str) -> Option<u32> {
    let numbers: Vec<u32> = text.split(':').map(|n| n.parse().unwrap_or(99)).collect();
    let (h, m, s) = match numbers.as_slice() {
        [h, m] => (*h, *m, 0),
        [h, m, s] => (*h, *m, *s),
        _ => return None,
    };
    let seconds = h * 3600 + m * 60 + s;
    (m < 60 && s < 60 && seconds <= 86_400).then_some(seconds)
}

/// What is wrong with the date, the time or the offset of an instant: the code and why.
fn instant_problem(text: &str) -> Option<(hxp_diagnostics::Code, String)> {
    let date = text.get(..10)?;
    if let Err(why) = date_value(date) {
        return Some((codes::NO_SUCH_DATE, why));
    }
    let rest = text.get(11..)?;
    let len = rest.bytes().take_while(|c| c.is_ascii_digit() || *c == b':').count();
    let clock = rest.get(..len)?;
    match time_value(clock) {
        None => return Some((codes::NO_SUCH_TIME, format!("a day has no {clock}; {TIME_RULE}"))),
        Some(86_400) => {
            return Some((codes::NO_SUCH_TIME, "midnight is written 00:00 of the next day here".to_owned()));
        }
        Some(_) => {}
    }
    let offset = rest.get(len + 1..len + 6).filter(|_| rest.get(len..).is_some_and(|r| r.starts_with(['+', '-'])))?;
    let seconds = time_value(offset).filter(|s| *s < 86_400);
    seconds.is_none().then(|| (codes::NO_SUCH_TIME, "an offset from UTC is less than 24 hours".to_owned()))
}

const TIME_RULE: &str = "hours go to 23, minutes and seconds to 59, and only 24:00 ends a day";

/// What is wrong with a literal, if anything.
pub(crate) fn check(kind: TokenKind, text: &str, span: Span) -> Option<Diagnostic> {
    match kind {
        TokenKind::Int if text.parse::<i64>().is_err() => Some(too_large(text, span)),
        TokenKind::Semver if !semver_fits(text) => Some(too_large(text, span)),
        TokenKind::Date => date_value(text).err().map(|why| no_such_date(text, span, why)),
        TokenKind::Time if time_value(text).is_none() => Some(
            Diagnostic::new(codes::NO_SUCH_TIME, span, format!("there is no time {text}")).help(TIME_RULE.to_owned()),
        ),
        TokenKind::Instant => check_instant(text, span),
        TokenKind::Quantity => check_quantity(text, span),
        TokenKind::BadLiteral => Some(bad_literal(text, span)),
        _ => None,
    }
}

fn too_large(text: &str, span: Span) -> Diagnostic {
    Diagnostic::new(codes::OUT_OF_RANGE, span, format!("the number {text} is too large"))
        .help(format!("whole numbers go to {}", i64::MAX))
}

fn no_such_date(text: &str, span: Span, why: String) -> Diagnostic {
    Diagnostic::new(codes::NO_SUCH_DATE, span, format!("there is no {text}: {why}")).label(why)
}

fn check_instant(text: &str, span: Span) -> Option<Diagnostic> {
    if let Some((code, why)) = instant_problem(text) {
        let message = format!("there is no {text}: {why}");
        return Some(Diagnostic::new(code, span, message).label(why));
    }
    if text.ends_with(']') {
        return None;
    }
    let zone = if text.ends_with('Z') { "[UTC]" } else { "[America/Los_Angeles]" };
    let mut found = Diagnostic::new(codes::INSTANT_WITHOUT_ZONE, span, format!("{text} needs its time zone"))
        .label("in which zone?")
        .help(format!("write the zone behind it, as in `{text}{zone}`"));
    if text.ends_with('Z') {
        found = found.fix("write `[UTC]` behind it", span.after(), zone);
    }
    Some(found)
}

fn check_quantity(text: &str, span: Span) -> Option<Diagnostic> {
    let parts = parts(text);
    let (number, unit) = *parts
        .iter()
        .find(|(_, u)| dimension(u).is_none())
        .or(parts.iter().skip(1).find(|(_, u)| dimension(u) != Some(Dimension::Duration)))?;
    if dimension(unit).is_some() {
        return Some(
            Diagnostic::new(codes::BAD_LITERAL, span, format!("`{text}` mixes durations with something else"))
                .help("only durations have several parts, as in `1h30m`"),
        );
    }
    Some(unknown_unit(text, number, unit, span))
}

/// What people mean by units of other systems: the units nearest in meaning.
fn meant(unit: &str) -> &'static [&'static str] {
    match unit {
        "M" => &["Mi", "MB", "m"],
        "G" | "g" => &["Gi", "GB"],
        "K" | "k" | "KB" | "kb" => &["Ki", "kB"],
        "T" => &["Ti", "TB"],
        "P" => &["Pi"],
        "KiB" | "ki" => &["Ki"],
        "MiB" | "mi" => &["Mi"],
        "GiB" | "gi" | "gib" => &["Gi"],
        "TiB" | "ti" => &["Ti"],
        "mb" | "Mb" => &["MB", "Mi"],
        "gb" | "Gb" => &["GB", "Gi"],
        "tb" | "Tb" => &["TB", "Ti"],
        "b" | "byte" | "bytes" => &["B"],
        "min" | "mins" | "minute" | "minutes" => &["m"],
        "sec" | "secs" | "second" | "seconds" | "S" => &["s"],
        "hr" | "hrs" | "hour" | "hours" | "H" => &["h"],
        "day" | "days" | "D" => &["d"],
        "week" | "weeks" | "wk" | "W" => &["w"],
        "msec" | "millis" | "milliseconds" => &["ms"],
        "core" | "cores" | "vcpu" | "vCPU" | "CPU" | "cpus" => &["cpu"],
        "mcore" | "millicpu" | "millicores" | "mCPU" | "mc" => &["mcpu"],
        "percent" | "pct" | "pc" => &["%"],
        _ => &[],
    }
}

/// About how many days a part of the calendar has: it is no unit.
fn days_of(word: &str) -> Option<u32> {
    match word {
        "mo" | "month" | "months" => Some(30),
        "quarter" | "quarters" => Some(92),
        "y" | "Y" | "yr" | "yrs" | "year" | "years" => Some(365),
        _ => None,
    }
}

/// `1 month`, if the word behind the number is a part of the calendar.
pub(crate) fn calendar_unit(number: &str, word: &str, span: Span) -> Option<Diagnostic> {
    // A letter by itself is more likely a key.
    days_of(word).filter(|_| word.len() > 1).map(|_| unknown_unit(number, number, word, span))
}

/// The number of the month with that name.
pub(crate) fn month(word: &str) -> Option<usize> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let word = word.to_ascii_lowercase();
    MONTHS.iter().position(|m| *m == word || (word.len() == 3 && m.starts_with(&word))).map(|n| n + 1)
}

/// The dates that `20.12.2098`, `12/20/2098`, `2098/12/20` or `20-12-2098` may mean.
pub fn dates_meant(text: &str) -> Vec<String> {
    let numbers: Vec<&str> = text.split(['.', '/', '-']).collect();
    let &[a, b, c] = numbers.as_slice() else { return Vec::new() };
    if ![a, b, c].iter().all(|n| (1..=4).contains(&n.len()) && n.bytes().all(|d| d.is_ascii_digit())) {
        return Vec::new();
    }
    let orders: &[[&str; 3]] = match (a.len(), c.len()) {
        (4, 1 | 2) => &[[a, b, c]],
        // Dots are written where the day comes first.
        (1 | 2, 4) if text.contains('.') => &[[c, b, a]],
        (1 | 2, 4) if a == b => &[[c, b, a]],
        (1 | 2, 4) => &[[c, b, a], [c, a, b]],
        _ => &[],
    };
    let dates = orders.iter().map(|[y, m, d]| format!("{y}-{m:0>2}-{d:0>2}"));
    dates.filter(|d| d.len() == 10 && date_value(d).is_ok()).collect()
}

/// A date in another form, with what it may mean.
pub(crate) fn not_a_date(text: &str, span: Span, meant: Vec<String>) -> Diagnostic {
    let message = format!("`{text}` is not written as a date is");
    let mut found = Diagnostic::new(codes::BAD_LITERAL, span, message).help(DATE);
    for date in meant {
        // Without a year there is nothing to write.
        if date.starts_with(|c: char| c.is_ascii_digit()) {
            found = found.fix(format!("write `{date}`"), span, date);
        } else {
            found = found.help(format!("write `{date}` with the year for `YYYY`"));
        }
    }
    found
}

const DATE: &str = "a date has four digits, two and two, as in `2026-01-02`";

/// Whether `word` is a unit or what people write for one.
pub fn is_unit(word: &str) -> bool {
    dimension(word).is_some() || !meant(word).is_empty()
}

/// The unit that `word` is or means.
pub fn usual_unit(word: &str) -> &str {
    if dimension(word).is_some() { word } else { meant(word).first().copied().unwrap_or(word) }
}

fn unknown_unit(text: &str, number: &str, unit: &str, span: Span) -> Diagnostic {
    let mut found = Diagnostic::new(codes::UNKNOWN_UNIT, span, format!("there is no unit `{unit}`"));
    if text.starts_with('0') && matches!(unit.get(..1), Some("x" | "b" | "o")) && number == "0" {
        found = Diagnostic::new(codes::BAD_LITERAL, span, format!("`{text}` is not a number of the language"));
        return found.help("numbers are written in decimal");
    }
    if let Some(days) = days_of(unit) {
        let about = number.parse().map_or(days, |n: u32| n.saturating_mul(days));
        return found.help(format!("months and years have no fixed length: write days, as in `{about}d`"));
    }
    match unit {
        "am" | "pm" | "AM" | "PM" | "h30" | "uhr" | "Uhr" => {
            let hour: u32 = number.parse().unwrap_or(0);
            let later = unit.eq_ignore_ascii_case("pm") && hour < 12;
            let found = found.help("times are those of a clock with 24 hours, with two digits and two: `16:00`");
            let time = format!("{:02}:00", if later { hour + 12 } else { hour });
            return if hour <= 24 && !number.contains('.') {
                found.fix(format!("write `{time}`"), span, time)
            } else {
                found
            };
        }
        "x" => return found.help(format!("a multiple is written with `*`, as in `{number} * baseline(…)`")),
        _ => {}
    }
    let mut best: Vec<&str> = meant(unit).to_vec();
    if best.is_empty() {
        let all = DURATION_UNITS.iter().chain(BYTE_UNITS).chain(CPU_UNITS).copied();
        best.extend(hxp_diagnostics::nearest(unit, all).filter(|_| unit.len() > 1));
    }
    if !best.is_empty() {
        let forms: Vec<String> = best.iter().map(|u| format!("`{number}{u}`")).collect();
        found = found.help(format!("did you mean {}?", forms.join(" or ")));
    }
    for u in best {
        let with = text.replacen(&format!("{number}{unit}"), &format!("{number}{u}"), 1);
        found = found.fix(format!("write `{with}`"), span, with);
    }
    found.help(list_units())
}

fn list_units() -> String {
    format!(
        "units are `%`, of time {}, of memory {}, of processors {}",
        DURATION_UNITS.join(" "),
        BYTE_UNITS.join(" "),
        CPU_UNITS.join(" ")
    )
}

/// A literal that has no form: names the nearest one.
fn bad_literal(text: &str, span: Span) -> Diagnostic {
    let dates = dates_meant(text);
    if !dates.is_empty() {
        return not_a_date(text, span, dates);
    }
    let found = Diagnostic::new(codes::BAD_LITERAL, span, format!("`{text}` is not a number, date, time or version"));
    let (help, fix) = nearest_form(text);
    let found = found.help(help);
    match fix {
        Some(fix) => found.fix(format!("write `{fix}`"), span, fix),
        None => found,
    }
}

fn nearest_form(text: &str) -> (&'static str, Option<String>) {
    const TIME: &str = "a time has two digits and two, as in `09:05`";
    let numbers: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).collect();
    let plain = |separator: char| text.chars().all(|c| c.is_ascii_digit() || c == separator);
    if text.starts_with("0x") || text.starts_with("0b") || text.starts_with("0o") {
        return ("numbers are written in decimal", None);
    }
    if text.contains('_') {
        let joined = text.replace('_', "");
        let fix = joined.bytes().all(|b| b.is_ascii_digit()).then_some(joined);
        return ("digits are written without `_` between them", fix);
    }
    if text.contains('T') && text.contains(':') {
        return ("an instant is one word with its zone, as in `2026-11-27T15:30[America/Los_Angeles]`", None);
    }
    if plain('-') {
        return match numbers.as_slice() {
            [a, b] if a.len() <= 2 && b.len() <= 2 => {
                ("a subtraction needs spaces around `-`; times are written `09:00..17:00`", Some(format!("{a} - {b}")))
            }
            [a, b] => ("a subtraction needs spaces around `-`", Some(format!("{a} - {b}"))),
            _ => (DATE, None),
        };
    }
    if plain(':') {
        return match numbers.as_slice() {
            [h, m] if h.len() <= 2 && m.len() <= 2 => (TIME, Some(format!("{h:0>2}:{m:0>2}"))),
            _ => (TIME, None),
        };
    }
    if let Some((a, b)) = text.split_once('-')
        && time(a.as_bytes()) == Some(a.len())
        && time(b.as_bytes()) == Some(b.len())
    {
        return ("a range is written with `..`", Some(format!("{a}..{b}")));
    }
    if plain('.') {
        return (
            "a version has three numbers without leading zeros, as in `1.2.3`; a decimal has two, as in `1.5`",
            None,
        );
    }
    if text.contains(['e', 'E']) && text.bytes().all(|b| b.is_ascii_digit() || b"eE.+-".contains(&b)) {
        return ("numbers are written out, without an exponent", None);
    }
    if text.ends_with(|c: char| c.is_ascii_digit()) && text.contains(|c: char| c.is_ascii_alphabetic()) {
        return ("every part of a duration has its unit, as in `10m30s`; a calculation needs spaces", None);
    }
    ("nothing may be glued to a literal: put a space, or quotes around a text", None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use TokenKind as T;

    /// What is read of a text: how long, and as what.
    const FORMS: &[(&str, usize, TokenKind)] = &[
        ("42", 2, T::Int),
        ("3..10", 1, T::Int),
        ("1.5", 3, T::Decimal),
        ("1.5..2", 3, T::Decimal),
        ("70%", 3, T::Quantity),
        ("99.9%", 5, T::Quantity),
        ("1h30m", 5, T::Quantity),
        ("500mcpu", 7, T::Quantity),
        ("10M", 3, T::Quantity),
        ("1.2.3", 5, T::Semver),
        ("1.2.3-rc.1+b-7", 14, T::Semver),
        ("1.2.3..2.0.0", 5, T::Semver),
        ("01.2.3", 6, T::BadLiteral),
        ("1.2.3.4", 7, T::BadLiteral),
        ("2026-12-18", 10, T::Date),
        ("2026-12-18..2027-01-04", 10, T::Date),
        ("2026-1-2", 8, T::BadLiteral),
        ("10:00..15:00", 5, T::Time),
        ("10:00:30", 8, T::Time),
        ("10:5", 4, T::BadLiteral),
        ("2026-11-27T15:30[America/Los_Angeles]", 37, T::Instant),
        ("2026-11-01T01:30-07:00[America/Los_Angeles]", 43, T::Instant),
        ("2026-11-27T15:30", 16, T::Instant),
        ("5-3", 3, T::BadLiteral),
        ("5 - 3", 1, T::Int),
        ("10m30", 5, T::BadLiteral),
        ("5%3", 3, T::BadLiteral),
        ("0x10", 4, T::BadLiteral),
        ("1_000", 5, T::BadLiteral),
        ("10.foo", 2, T::Int),
    ];

    #[test]
    fn longest_form_first_and_nothing_glued() {
        for (text, len, kind) in FORMS {
            let scanned = scan(text.as_bytes(), 0);
            assert_eq!((scanned.kind, scanned.end), (*kind, *len), "{text}");
        }
    }

    #[test]
    fn checked_and_valued_alike() {
        for (text, _, kind) in FORMS {
            let end = scan(text.as_bytes(), 0).end;
            let text = &text[..end];
            let wrong = check(*kind, text, Span::default()).is_some();
            assert_eq!(value(*kind, text).is_none(), wrong, "{text}");
        }
    }

    #[test]
    fn dates_that_do_not_exist_say_why() {
        for (text, why) in [
            ("2027-02-30", "February 2027 has 28 days"),
            ("2028-02-30", "February 2028 has 29 days"),
            ("1900-02-29", "February 1900 has 28 days"),
            ("2026-13-01", "months go from 01 to 12"),
            ("2026-04-31", "April 2026 has 30 days"),
            ("2026-04-00", "days go from 01"),
        ] {
            let found = check(T::Date, text, Span::default()).unwrap();
            assert_eq!(found.primary.text, why, "{text}");
        }
    }
}
