//! The graph as a picture that needs nothing else to be seen.

use std::fmt::Write as _;

use super::layout::{Card, Drawing, Line, Point, Shape, float, layout, shorten, text_width};
use super::{Declaration, Dependency, Graph};
use crate::{Kind, Role};

const TOP: f64 = 52.0;
const LEGEND_ROW: f64 = 22.0;

/// The colours of a kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Colours {
    /// Behind dark text.
    pub fill: &'static str,
    /// Of its edge, strong enough on white and on black.
    pub line: &'static str,
}

pub(super) fn colours(kind: Kind) -> Colours {
    let (fill, line) = match kind {
        Kind::Team => ("#dbeafe", "#3b82f6"),
        Kind::Channel => ("#fce7f3", "#db2777"),
        Kind::Label => ("#fef9c3", "#ca8a04"),
        Kind::Chart => ("#e0e7ff", "#6366f1"),
        Kind::Service => ("#e0f2fe", "#0284c7"),
        Kind::Image => ("#f1f5f9", "#64748b"),
        Kind::Window => ("#cffafe", "#0891b2"),
        Kind::Gate => ("#dcfce7", "#16a34a"),
        Kind::Metric => ("#ede9fe", "#8b5cf6"),
        Kind::Trigger => ("#ffedd5", "#ea580c"),
        Kind::Environment => ("#eff6ff", "#2563eb"),
        Kind::Override => ("#fee2e2", "#dc2626"),
        Kind::Rule => ("#f5f5f4", "#78716c"),
        Kind::Objective => ("#fae8ff", "#c026d3"),
        Kind::Control => ("#ecfccb", "#65a30d"),
        Kind::Policy | Kind::Let | Kind::Test => ("#f6f8fa", "#8c959f"),
    };
    Colours { fill, line }
}

pub(super) fn line_colour(role: Role) -> &'static str {
    match role {
        Role::Promotes => "#2563eb",
        Role::Requires => "#16a34a",
        Role::Approves => "#3b82f6",
        Role::Within => "#0891b2",
        Role::Notifies => "#db2777",
        Role::RollsBackOn => "#ea580c",
        Role::Overrides => "#dc2626",
        Role::Extends => "#6b7280",
        Role::Uses => "#9ca3af",
    }
}

/// A role as the name of a style class.
fn class(role: Role) -> &'static str {
    match role {
        Role::Promotes => "promotes",
        Role::Requires => "requires",
        Role::Approves => "approves",
        Role::Within => "within",
        Role::Notifies => "notifies",
        Role::RollsBackOn => "rolls-back",
        Role::Overrides => "overrides",
        Role::Extends => "extends",
        Role::Uses => "uses",
    }
}

impl Graph {
    /// A picture under that title, laid out and coloured; light or dark as the reader's screen is.
    pub fn to_svg(&self, title: &str) -> String {
        let drawing = layout(self);
        let legend = self.legend();
        let wanted = legend.iter().map(|e| e.width).fold(text_width(title, 20.0) + 60.0, f64::max);
        let width = drawing.width.max(wanted).max(420.0);
        let rows = legend_rows(&legend, width);
        let height = TOP + drawing.height + float(rows.len()) * LEGEND_ROW + 24.0;
        let mut out = String::new();
        let _ = writeln!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" role=\"img\" \
             aria-label=\"{title}\">",
            w = number(width),
            h = number(height),
            title = escape(title)
        );
        self.style(&mut out);
        let _ = writeln!(out, "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>");
        let _ = writeln!(out, "<text class=\"title\" x=\"28\" y=\"38\">{}</text>", escape(title));
        let _ = writeln!(out, "<g transform=\"translate(0 {})\">", number(TOP));
        self.lines(&drawing, &mut out);
        for heading in &drawing.headings {
            let word = plural(heading.kind);
            let (x, y) = (number(heading.x), number(heading.y));
            let _ = writeln!(out, "<text class=\"heading\" x=\"{x}\" y=\"{y}\">{word}</text>");
        }
        for (card, declaration) in drawing.cards.iter().zip(self.declarations()) {
            draw_card(card, declaration, &mut out);
        }
        self.line_labels(&drawing, &mut out);
        out.push_str("</g>\n");
        draw_legend(&rows, TOP + drawing.height + 8.0, &mut out);
        out.push_str("</svg>\n");
        out
    }

    fn roles(&self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(|r| self.dependencies().any(|(_, _, d)| d.role == *r))
    }

    fn style(&self, out: &mut String) {
        out.push_str("<defs>\n");
        for role in self.roles() {
            let (name, colour) = (class(role), line_colour(role));
            let size = if role == Role::Promotes { 4.2 } else { 6.5 };
            let _ = writeln!(
                out,
                "<marker id=\"tip-{name}\" viewBox=\"0 0 10 10\" refX=\"9.5\" refY=\"5\" markerWidth=\"{size}\" \
                 markerHeight=\"{size}\" orient=\"auto\"><path d=\"M0 0.8 L10 5 L0 9.2 z\" fill=\"{colour}\"/></marker>"
            );
        }
        out.push_str("</defs>\n<style>\n");
        out.push_str(
            "text{font-family:Inter,'Segoe UI',Helvetica,Arial,'DejaVu Sans',sans-serif;font-size:13px;fill:#1f2328}\n\
             .title{font-size:20px;font-weight:600}\n\
             .heading{font-size:11px;font-weight:600;letter-spacing:.6px;fill:#59636e}\n\
             .detail{font-size:11px;fill:#59636e}\n\
             .big{font-size:15px;font-weight:600}\n\
             .legend{font-size:11.5px}\n\
             .note{font-size:11px}\n\
             .paper,.back{fill:#ffffff}\n\
             .card{fill-opacity:.13;stroke-width:1.2;stroke-opacity:.75}\n\
             .unseen{stroke-dasharray:4 3;fill-opacity:.04}\n\
             .line{fill:none;stroke-width:1.15;stroke-opacity:.62}\n\
             .promotes{stroke-width:4;stroke-opacity:1}\n\
             .extends{stroke-dasharray:5 4}\n",
        );
        for kind in self.kinds() {
            let _ = writeln!(out, ".k-{0}{{fill:{1};stroke:{1}}}", kind.word(), colours(kind).line);
        }
        for role in self.roles() {
            let _ = writeln!(out, ".{}{{stroke:{}}}", class(role), line_colour(role));
        }
        out.push_str(
            "@media (prefers-color-scheme:dark){text{fill:#e6edf3}.heading,.detail{fill:#9198a1}\
             .paper,.back{fill:#0d1117}.card{fill-opacity:.22}}\n</style>\n",
        );
    }

    fn dependency(&self, line: &Line) -> Option<&Dependency> {
        self.graph.edge_weight(petgraph::graph::EdgeIndex::new(line.edge))
    }

    /// Thin lines first, so that promotion lies on top.
    fn lines(&self, drawing: &Drawing, out: &mut String) {
        let rank = |line: &&Line| {
            self.dependency(line)
                .map_or(0, |d| Role::ALL.len() - Role::ALL.iter().position(|r| *r == d.role).unwrap_or(0))
        };
        let mut lines: Vec<&Line> = drawing.lines.iter().collect();
        lines.sort_by_key(rank);
        let texts: Vec<_> = self.dependencies().collect();
        for line in lines {
            let Some((from, to, dependency)) = texts.get(line.edge) else { continue };
            let name = class(dependency.role);
            let path = if dependency.role == Role::Promotes { path(&line.shape.reversed()) } else { path(&line.shape) };
            let _ = writeln!(
                out,
                "<path class=\"line {name}\" marker-end=\"url(#tip-{name})\" d=\"{path}\"><title>{}</title></path>",
                escape(&format!("{from} {} {to}", dependency.role.word()))
            );
        }
    }

    fn line_labels(&self, drawing: &Drawing, out: &mut String) {
        for line in &drawing.lines {
            let Some(label) = self.dependency(line).and_then(|d| d.label.as_ref()) else { continue };
            let (x, y) = line.shape.middle();
            let text = escape(label);
            if matches!(line.shape, Shape::Across(_)) {
                // On the line itself, which makes room for it.
                let width = text_width(label, 11.0) + 10.0;
                let (left, top, width) = (number(x - width / 2.0), number(y - 9.0), number(width));
                let _ = write!(
                    out,
                    "<rect class=\"back\" x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"18\" rx=\"4\"/>"
                );
                let (x, y) = (number(x), number(y + 4.0));
                let _ = writeln!(out, "<text class=\"note\" x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{text}</text>");
            } else {
                let (x, y) = (number(x + 8.0), number(y + 4.0));
                let _ = writeln!(out, "<text class=\"note\" x=\"{x}\" y=\"{y}\">{text}</text>");
            }
        }
    }

    fn legend(&self) -> Vec<Entry> {
        let kinds = self.kinds().into_iter().map(|k| Entry::new(Sign::Kind(k), k.word()));
        let roles = self.roles().map(|r| Entry::new(Sign::Role(r), r.word()));
        kinds.chain(roles).collect()
    }
}

impl Shape {
    fn reversed(&self) -> Self {
        match self {
            Self::Across(points) => Self::Across(points.iter().rev().copied().collect()),
            Self::Straight(a, b) => Self::Straight(*b, *a),
            Self::Around(a, b, reach) => Self::Around(*b, *a, *reach),
        }
    }

    fn middle(&self) -> Point {
        match self {
            Self::Straight(a, b) => (f64::midpoint(a.0, b.0), f64::midpoint(a.1, b.1)),
            Self::Around(a, b, reach) => (a.0.max(b.0) + reach * 0.75, f64::midpoint(a.1, b.1)),
            Self::Across(points) => match (points.first(), points.last()) {
                (Some(a), Some(b)) => (f64::midpoint(a.0, b.0), f64::midpoint(a.1, b.1)),
                _ => (0.0, 0.0),
            },
        }
    }
}

fn path(shape: &Shape) -> String {
    let mut out = String::new();
    match shape {
        Shape::Straight(a, b) => {
            let _ = write!(out, "M{} {}L{} {}", number(a.0), number(a.1), number(b.0), number(b.1));
        }
        Shape::Around(a, b, reach) => {
            let x = a.0.max(b.0) + reach;
            let (a0, a1, b0, b1, x) = (number(a.0), number(a.1), number(b.0), number(b.1), number(x));
            let _ = write!(out, "M{a0} {a1}C{x} {a1} {x} {b1} {b0} {b1}");
        }
        Shape::Across(points) => {
            for (n, point) in points.iter().enumerate() {
                let (x, y) = (number(point.0), number(point.1));
                let Some(last) = n.checked_sub(1).and_then(|n| points.get(n)) else {
                    let _ = write!(out, "M{x} {y}");
                    continue;
                };
                if (last.1 - point.1).abs() < 0.05 {
                    let _ = write!(out, "L{x} {y}");
                } else {
                    let half = number(f64::midpoint(last.0, point.0));
                    let _ = write!(out, "C{half} {} {half} {y} {x} {y}", number(last.1));
                }
            }
        }
    }
    out
}

fn draw_card(card: &Card, declaration: &Declaration, out: &mut String) {
    let kind = declaration.node.kind.word();
    let unseen = if declaration.origin.is_none() { " unseen" } else { "" };
    let big = kind == Kind::Environment.word() && !declaration.details.is_empty();
    let frame = format!(
        "x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\"",
        number(card.x),
        number(card.y),
        number(card.width),
        number(card.height),
        if big { 9 } else { 5 }
    );
    let _ = write!(out, "<g><title>{}</title>", escape(&declaration.node.to_string()));
    let _ = write!(out, "<rect class=\"back\" {frame}/><rect class=\"card k-{kind}{unseen}\" {frame}/>");
    let (lines, x) = (&declaration.details, card.x + 13.0);
    let text = if big { 20.0 + float(lines.len()) * 16.0 } else { 13.0 };
    let top = card.y + (card.height - text) / 2.0;
    let style = if big { " class=\"big\"" } else { "" };
    let name = escape(&shorten(&declaration.node.name));
    let _ = write!(
        out,
        "<text{style} x=\"{}\" y=\"{}\">{name}</text>",
        number(x),
        number(top + if big { 14.0 } else { 11.0 })
    );
    for (n, line) in lines.iter().enumerate().filter(|_| big) {
        let y = number(top + 33.0 + float(n) * 16.0);
        let _ = write!(out, "<text class=\"detail\" x=\"{}\" y=\"{y}\">{}</text>", number(x), escape(&shorten(line)));
    }
    out.push_str("</g>\n");
}

/// A sign of the legend.
#[derive(Clone, Copy, Debug)]
enum Sign {
    Kind(Kind),
    Role(Role),
}

#[derive(Clone, Debug)]
struct Entry {
    sign: Sign,
    word: &'static str,
    width: f64,
}

impl Entry {
    fn new(sign: Sign, word: &'static str) -> Self {
        let sign_width = if matches!(sign, Sign::Kind(_)) { 18.0 } else { 34.0 };
        Self { sign, word, width: sign_width + text_width(word, 11.5) + 22.0 }
    }
}

/// Kinds and roles on rows of their own, no wider than the picture.
fn legend_rows(entries: &[Entry], width: f64) -> Vec<Vec<Entry>> {
    let mut rows: Vec<Vec<Entry>> = Vec::new();
    let (mut used, mut of_kinds) = (f64::INFINITY, true);
    for entry in entries {
        let kind = matches!(entry.sign, Sign::Kind(_));
        if used + entry.width > width - 56.0 || kind != of_kinds {
            rows.push(Vec::new());
            used = 0.0;
        }
        of_kinds = kind;
        used += entry.width;
        if let Some(row) = rows.last_mut() {
            row.push(entry.clone());
        }
    }
    rows
}

fn draw_legend(rows: &[Vec<Entry>], top: f64, out: &mut String) {
    for (n, row) in rows.iter().enumerate() {
        let y = top + float(n) * LEGEND_ROW;
        let mut x = 28.0;
        for entry in row {
            let text = match entry.sign {
                Sign::Kind(kind) => {
                    let _ = write!(
                        out,
                        "<rect class=\"card k-{}\" x=\"{}\" y=\"{}\" width=\"13\" height=\"13\" rx=\"3\"/>",
                        kind.word(),
                        number(x),
                        number(y)
                    );
                    x + 18.0
                }
                Sign::Role(role) => {
                    let name = class(role);
                    let _ = write!(
                        out,
                        "<path class=\"line {name}\" marker-end=\"url(#tip-{name})\" d=\"M{} {y}H{}\"/>",
                        number(x),
                        number(x + 28.0),
                        y = number(y + 7.0)
                    );
                    x + 34.0
                }
            };
            let _ = writeln!(
                out,
                "<text class=\"legend\" x=\"{}\" y=\"{}\">{}</text>",
                number(text),
                number(y + 11.0),
                entry.word
            );
            x += entry.width;
        }
    }
}

fn plural(kind: Kind) -> String {
    let word = kind.word();
    if word == "policy" { "POLICY".to_owned() } else { format!("{}S", word.to_uppercase()) }
}

/// At most one decimal, so that the text is short and the same everywhere.
fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

/// As text of XML, in an element or an attribute; characters that XML forbids become spaces.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
