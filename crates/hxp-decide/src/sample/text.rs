//! Texts that a pattern matches.

use hxp_policy::Pattern;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::dice::Dice;

/// A text that the pattern matches, most of the time.
pub(crate) fn matching(pattern: &Pattern, dice: &mut Dice) -> String {
    match pattern {
        Pattern::Glob(text) => glob(text, dice),
        Pattern::Regex(text) => regex(text, dice),
        Pattern::SemverTag => dice
            .word(&["v1.2.3", "1.0.0", "v0.0.1+b.7", "v1.2.3-rc.1", "v01.2.3", "v1.2", "V1.2.3", "1.2.3-"])
            .to_owned(),
    }
}

/// A text that the glob matches, most of the time.
pub(super) fn glob(text: &str, dice: &mut Dice) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        rest = after;
        match c {
            '*' if after.starts_with('*') => {
                let behind = after.get(1..).unwrap_or_default();
                let folders = behind.starts_with('/');
                rest = if folders { behind.get(1..).unwrap_or_default() } else { behind };
                out += dice.word(if folders { &["", "a/", "a/b/", ".x/", "é/"] } else { &["", "a", "a/b", "x.y"] });
            }
            '*' => out += dice.word(&["", "x", "a.b", "-", "é", "a\nb"]),
            '?' => out += dice.word(&["x", "é", "-", "."]),
            '{' => {
                let (inside, behind) = after.split_once('}').unwrap_or((after, ""));
                let choices: Vec<&str> = inside.split(',').collect();
                out += dice.word(&choices);
                rest = behind;
            }
            '[' => {
                let (inside, behind) = after.split_once(']').unwrap_or((after, ""));
                out.extend(inside.chars().nth(dice.below(inside.chars().count())));
                rest = behind;
            }
            '\\' => {
                let mut chars = after.chars();
                out.extend(chars.next());
                rest = chars.as_str();
            }
            c => out.push(c),
        }
    }
    out
}

fn regex(text: &str, dice: &mut Dice) -> String {
    let mut out = String::new();
    if let Ok(hir) = regex_syntax::parse(text) {
        part(&hir, dice, &mut out);
    }
    out
}

fn part(hir: &Hir, dice: &mut Dice, out: &mut String) {
    const LONGEST: usize = 200;
    if out.len() > LONGEST {
        return;
    }
    match hir.kind() {
        HirKind::Literal(literal) => out.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(Class::Unicode(class)) => {
            let end = dice.percent(50);
            out.extend(dice.pick(class.ranges()).map(|range| if end { range.end() } else { range.start() }));
        }
        HirKind::Repetition(repetition) => {
            let more = usize::try_from(repetition.max.unwrap_or(3).saturating_sub(repetition.min).min(3)).unwrap_or(0);
            let times = usize::try_from(repetition.min.min(20)).unwrap_or(0) + dice.below(more + 1);
            for _ in 0..times {
                part(&repetition.sub, dice, out);
            }
        }
        HirKind::Capture(capture) => part(&capture.sub, dice, out),
        HirKind::Concat(parts) => parts.iter().for_each(|p| part(p, dice, out)),
        HirKind::Alternation(parts) => {
            if let Some(one) = dice.pick(parts) {
                part(one, dice, out);
            }
        }
        HirKind::Empty | HirKind::Look(_) | HirKind::Class(Class::Bytes(_)) => {}
    }
}
