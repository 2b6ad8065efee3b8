//! Quantities as a request writes them: in strings, as literals of the language.

use hxp_policy::{Dimension, Quantity};
use rust_decimal::Decimal;

/// The quantity of that dimension which a text says: `83.1%`, `1h30m`, `512Mi`, `250mcpu`.
pub fn read(text: &str, dimension: Dimension) -> Option<Quantity> {
    let amount = match dimension {
        Dimension::Percent => percent(text)?,
        Dimension::Duration => duration(text)?,
        Dimension::Bytes => units(
            text,
            &[("B", 1), ("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30), ("Ti", 1 << 40), ("Pi", 1 << 50)],
        )?,
        Dimension::Cpu => units(text, &[("mcpu", 1), ("cpu", 1000)])?,
    };
    Some(Quantity { dimension, amount, written: Some(text.into()) })
}

/// The quantity that a text says, whatever its dimension.
pub fn any(text: &str) -> Option<Quantity> {
    [Dimension::Percent, Dimension::Duration, Dimension::Bytes, Dimension::Cpu].into_iter().find_map(|d| read(text, d))
}

fn percent(text: &str) -> Option<Decimal> {
    let number = text.strip_suffix('%')?;
    match number.strip_prefix('-') {
        Some(number) => plain(number).map(|n| -n),
        None => plain(number),
    }
}

/// Milliseconds of `1h30m`.
fn duration(text: &str) -> Option<Decimal> {
    let mut rest = text;
    let mut sum = Decimal::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, behind) = rest.split_at_checked(digits)?;
        let letters = behind.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at_checked(letters)?;
        let size = match unit {
            "ms" => 1_i64,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 604_800_000,
            _ => return None,
        };
        sum = sum.checked_add(plain(number)?.checked_mul(size.into())?)?;
        rest = behind;
    }
    (!text.is_empty()).then_some(sum)
}

fn units(text: &str, units: &[(&str, i64)]) -> Option<Decimal> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at_checked(digits)?;
    let (_, size) = units.iter().find(|(name, _)| *name == unit)?;
    plain(number)?.checked_mul((*size).into())
}

/// Most digits before the point, and behind it: so many can every engine hold.
const MOST_DIGITS: (usize, usize) = (15, 6);

/// Digits, perhaps a point and digits.
fn plain(text: &str) -> Option<Decimal> {
    let (whole, part) = text.split_once('.').map_or((text, None), |(whole, part)| (whole, Some(part)));
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    (digits(whole) && part.is_none_or(digits)).then_some(())?;
    (whole.len() <= MOST_DIGITS.0 && part.is_none_or(|p| p.len() <= MOST_DIGITS.1)).then_some(())?;
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_in_their_base_unit() {
        for (text, amount) in [
            ("83.1%", Some("83.1")),
            ("-2%", Some("-2")),
            ("1h30m", Some("5400000")),
            ("0.5s", Some("500.0")),
            ("512Mi", Some("536870912")),
            ("250mcpu", Some("250")),
            ("1.5cpu", Some("1500.0")),
            ("", None),
            ("h", None),
            ("5", None),
            ("5 m", None),
            ("1h30", None),
            ("1..5h", None),
            (".5h", None),
            ("5M", None),
            ("00.50%", Some("0.50")),
            ("0.1234567%", None),
            ("1234567890123456B", None),
        ] {
            assert_eq!(any(text).map(|q| q.amount.to_string()).as_deref(), amount, "{text:?}");
        }
    }
}
