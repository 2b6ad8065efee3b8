//! Texts of the language with any layout, for properties of the parser and of the formatter.

use proptest::prelude::*;

/// What may stand between two tokens.
fn space() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![" ", " ", " ", "  ", "\t", "\n", "\n\n\n", "\r\n", " // comment \n", "\n// alone\n"])
}

fn one_of(words: &[&'static str]) -> impl Strategy<Value = &'static str> + use<> {
    proptest::sample::select(words.to_vec())
}

/// Expressions of all kinds, with any space in them.
pub fn expr() -> impl Strategy<Value = String> {
    let leaf = one_of(&[
        "a",
        "open",
        "b . c",
        "1",
        "5%",
        "1h30m",
        "10:00",
        "2026-12-18",
        "1.2.3-rc",
        "\"s // no\"",
        "re\"x\\d\"",
        "none",
        "{ }",
        "[ ]",
        "f()",
        "2026-11-27T15:30[UTC]",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(4, 24, 3, |inner| {
        let inner = || inner.clone();
        prop_oneof![
            (inner(), space(), one_of(&["+", "-", "*", "or", "and", "/"]), space(), inner())
                .prop_map(|(a, s, op, t, b)| format!("{a}{s}{op}{t}{b}")),
            (inner(), space(), one_of(&["==", "<", ">=", "~", "in", "has", ".."]), space(), inner())
                .prop_map(|(a, s, op, t, b)| format!("({a}){s}{op}{t}({b})")),
            (space(), inner(), one_of(&["..", " .. "]), inner())
                .prop_map(|(s, a, op, b)| format!("({s}({a}){op}({b}))")),
            (one_of(&["not ", "-", "- ", "not("]), inner()).prop_map(|(op, a)| {
                let close = if op.ends_with('(') { ")" } else { "" };
                format!("({op}{a}{close})")
            }),
            (space(), inner(), space(), inner(), one_of(&["", ","]))
                .prop_map(|(s, a, t, b, c)| format!("[{s}{a},{t}{b}{s}{c}]")),
            (inner(), space(), inner()).prop_map(|(a, s, b)| format!("f({s}{a},{s}x={b})[ {a} ]")),
            (space(), inner(), one_of(&["", ",", ";", "\n"]), inner(), space())
                .prop_map(|(s, a, c, b, t)| format!("{{{s}x={a} {c}{s}/// doc\n y.\"on\"  ={b}{t}z{{{t}}}}}")),
            (inner(), space(), inner()).prop_map(|(a, s, b)| format!("(all e in{s}{a}:{s}{b})")),
            (inner(), space(), inner()).prop_map(|(a, s, b)| format!("(if {a}{s}then {b}{s}else {a})")),
            (inner(), space(), inner()).prop_map(|(a, s, b)| format!("[ {a} for{s}e in{s}{b} where{s}e]")),
        ]
    })
}

/// Entries of all kinds, with any space in them.
pub fn entry() -> impl Strategy<Value = String> {
    let head = one_of(&[
        "x =",
        "\"on\" . y=",
        "require",
        "@advisory require",
        "within(a) and",
        "deny when",
        "...",
        "/// doc\n z=",
        "open tue 10:00 ..12:00 when",
        "yields a:int, b:list < int > ?=",
        "rollback on",
        "given p at",
        "waive",
    ]);
    let end = one_of(&["", ";", "// end\n", "// end\n\n\n"]);
    (head, space(), expr(), space(), end).prop_map(|(head, s, e, t, end)| {
        let e = if e.starts_with('{') { format!("({e})") } else { e };
        format!("{head}{s}{e}{t}{end}\n")
    })
}
