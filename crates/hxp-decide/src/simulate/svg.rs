//! A simulation as a picture: weeks are rows, days are columns, hours run downwards.

use std::fmt::Write as _;

use hxp_policy::Outcome;
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::calendar::{self, DAY, Day, Days, Part, Pass};
use super::{Simulation, Stretch, subject, text};

/// A picture of more weeks than these (two years) is not read at a glance.
pub const MOST_WEEKS: usize = 106;

const LEFT: f64 = 92.0;
const RIGHT: f64 = 28.0;
const TOP: f64 = 104.0;
const COLUMN: f64 = 112.0;
const GUTTER: f64 = 5.0;
/// The line with a day's date.
const DATE: f64 = 18.0;
const BETWEEN: f64 = 12.0;
/// A block lower than this has no room for words, and one lower than that only for small ones.
const WORDS: f64 = 9.0;
const LARGE_WORDS: f64 = 13.0;

/// Where things go.
struct Grid {
    /// How high a day is.
    height: f64,
}

impl Grid {
    /// Fewer weeks are drawn larger.
    fn new(weeks: usize) -> Self {
        Self {
            height: match weeks {
                0..=6 => 120.0,
                7..=16 => 84.0,
                _ => 60.0,
            },
        }
    }

    fn row(&self) -> f64 {
        DATE + self.height + BETWEEN
    }

    fn top(&self, week: usize) -> f64 {
        TOP + float(week) * self.row()
    }

    /// How far below the beginning of its day a second of the wall clock is.
    fn down(&self, second: i64) -> f64 {
        self.height * seconds(second) / seconds(DAY)
    }
}

fn float(n: usize) -> f64 {
    u32::try_from(n).map_or(f64::MAX, f64::from)
}

fn seconds(n: i64) -> f64 {
    i32::try_from(n).map_or(0.0, f64::from)
}

fn column(day: usize) -> f64 {
    LEFT + float(day) * COLUMN
}

impl Simulation {
    /// The picture; `None` when it would have more than [`MOST_WEEKS`] rows.
    pub fn to_svg(&self) -> Option<String> {
        let days = calendar::days(self);
        let mondays = calendar::mondays(&days);
        if mondays.len() > MOST_WEEKS {
            return None;
        }
        let grid = Grid::new(mondays.len());
        let legend = self.legend(&days);
        let width = column(7) + RIGHT;
        let bottom = grid.top(mondays.len());
        let height = bottom + 22.0 * float(legend.len().div_ceil(3)) + 24.0;
        let mut out = String::new();
        let _ = writeln!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" role=\"img\" \
             aria-labelledby=\"title summary\">",
            w = number(width),
            h = number(height),
        );
        let _ = writeln!(out, "<title id=\"title\">{}</title>", escape(&self.headline()));
        let _ = writeln!(out, "<desc id=\"summary\">{}</desc>", escape(&self.in_words()));
        out.push_str(STYLE);
        out.push_str("<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n");
        let _ = writeln!(out, "<text class=\"title\" x=\"28\" y=\"38\">{}</text>", escape(&self.headline()));
        let _ = writeln!(out, "<text class=\"detail\" x=\"28\" y=\"60\">{}</text>", escape(&self.detail(&days)));
        for (place, name) in
            ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"].into_iter().enumerate()
        {
            let (x, y) = (number(column(place)), number(TOP - 14.0));
            let _ = writeln!(out, "<text class=\"heading\" x=\"{x}\" y=\"{y}\">{name}</text>");
        }
        for (row, monday) in mondays.iter().enumerate() {
            self.week(*monday, row, &days, &grid, &mut out);
        }
        draw_legend(&legend, bottom + 8.0, &mut out);
        out.push_str("</svg>\n");
        Some(out)
    }

    fn headline(&self) -> String {
        let what =
            if self.given { format!("when this {} may go", self.action) } else { "when a release may go".into() };
        format!("{}: {what}", self.title)
    }

    fn detail(&self, days: &Days<'_>) -> String {
        let (first, last) = (days.first_key_value(), days.last_key_value());
        let day = |date: &Date| date.strftime("%-d %B %Y").to_string();
        let span = match (first, last) {
            (Some((first, _)), Some((last, _))) => format!("{} to {}", day(first), day(last)),
            _ => String::new(),
        };
        format!("{} · {span} · clock of {} · {}", self.policy, self.zone, subject(self))
    }

    /// What the picture shows, for who cannot see it.
    fn in_words(&self) -> String {
        const MOST: usize = 20;
        let zone = calendar::zone(self);
        let open: Vec<&Stretch> = self.stretches_of(Outcome::Allow).collect();
        if open.is_empty() {
            return "Never allowed in this span.".to_owned();
        }
        let told = |s: &&Stretch| format!("{} to {}", calendar::spelled(s.from, &zone), calendar::spelled(s.to, &zone));
        let mut words: Vec<String> = open.iter().take(MOST).map(told).collect();
        if open.len() > MOST {
            words.push(format!("and {} times more", open.len() - MOST));
        }
        format!("Allowed {}.", words.join("; "))
    }

    fn week(&self, monday: Date, row: usize, days: &Days<'_>, grid: &Grid, out: &mut String) {
        let top = grid.top(row);
        let body = top + DATE;
        let _ = writeln!(
            out,
            "<text class=\"weekno\" x=\"28\" y=\"{}\">W{}</text>",
            number(top + 12.0),
            monday.iso_week_date().week()
        );
        for hour in [0, 6, 12, 18, 24] {
            let y = number(body + grid.down(hour * 3600) + 3.0);
            let x = number(LEFT - 8.0);
            let _ = writeln!(out, "<text class=\"hour\" x=\"{x}\" y=\"{y}\" text-anchor=\"end\">{hour:02}:00</text>");
        }
        for place in 0..7_u8 {
            let Ok(date) = monday.checked_add(i64::from(place).days()) else { continue };
            let x = column(usize::from(place));
            if let Some(day) = days.get(&date) {
                draw_day(self, date, day, (x, top), grid, out);
            }
        }
    }

    /// What the legend explains: the class of the sign, and what it means.
    fn legend(&self, days: &Days<'_>) -> Vec<(&'static str, &'static str)> {
        let outcomes = [Outcome::Allow, Outcome::Pending, Outcome::Deny];
        let met = outcomes.into_iter().filter(|o| self.stretches_of(*o).next().is_some());
        let mut legend: Vec<_> = met.map(|o| (class(o), meaning(o))).collect();
        if days.values().any(|d| !d.skipped.is_empty()) {
            legend.push(("skipped", "hours that the clock skips"));
        }
        if days.values().any(|d| d.parts.iter().any(|p| p.pass != Pass::Only)) {
            legend.push(("twice", "hours that come twice: side by side"));
        }
        legend
    }
}

fn class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allow => "allow",
        Outcome::Pending => "pending",
        Outcome::Deny => "deny",
    }
}

fn meaning(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allow => "allowed, with its hours",
        Outcome::Pending => "pending",
        Outcome::Deny => "denied",
    }
}

fn draw_day(simulation: &Simulation, date: Date, day: &Day<'_>, at: (f64, f64), grid: &Grid, out: &mut String) {
    let (x, top) = at;
    let body = top + DATE;
    let width = COLUMN - GUTTER;
    let weekend = if date.weekday().to_monday_zero_offset() > 4 { " weekend" } else { "" };
    let first = if date.day() == 1 { " first" } else { "" };
    let label = date.strftime("%-d %b").to_string();
    let _ =
        writeln!(out, "<text class=\"date{first}\" x=\"{}\" y=\"{}\">{label}</text>", number(x), number(top + 12.0));
    let _ = writeln!(
        out,
        "<rect class=\"day{weekend}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
        number(x),
        number(body),
        number(width),
        number(grid.height)
    );
    for (start, end) in &day.skipped {
        block(
            "skipped",
            "hours that the clock skips",
            (x, body + grid.down(*start)),
            (width, grid.down(end - start)),
            out,
        );
    }
    for hour in [6, 12, 18] {
        let y = number(body + grid.down(hour * 3600));
        let _ = writeln!(out, "<path class=\"rule\" d=\"M{} {y}h{}\"/>", number(x), number(width));
    }
    for part in &day.parts {
        draw_part(simulation, date, part, (x, body), grid, out);
    }
    for part in &day.parts {
        words_of(part, (x, body), grid, out);
    }
}

/// Where a part lies across its day: hours that come twice share it.
fn across(part: &Part<'_>, x: f64) -> (f64, f64) {
    let width = COLUMN - GUTTER;
    match part.pass {
        Pass::Only => (x, width),
        Pass::First => (x, width / 2.0 - 0.5),
        Pass::Second => (x + width / 2.0 + 0.5, width / 2.0 - 0.5),
    }
}

fn draw_part(simulation: &Simulation, date: Date, part: &Part<'_>, at: (f64, f64), grid: &Grid, out: &mut String) {
    let (x, width) = across(part, at.0);
    let outcome = part.stretch.outcome;
    let zone = calendar::zone(simulation);
    let told = format!(
        "{}, {} to {}: {}. From {} to {}: {}",
        date.strftime("%A %-d %B %Y"),
        calendar::clock(part.start),
        calendar::clock(part.end),
        outcome.word(),
        calendar::spelled(part.stretch.from, &zone),
        calendar::spelled(part.stretch.to, &zone),
        text::reasons(part.stretch),
    );
    let size = (width, grid.down(part.end - part.start));
    let place = (x, at.1 + grid.down(part.start));
    block(class(outcome), &told, place, size, out);
    if part.pass != Pass::Only {
        frame(place, size, out);
    }
}

fn block(class: &str, told: &str, at: (f64, f64), size: (f64, f64), out: &mut String) {
    let (x, y, width, height) = (number(at.0), number(at.1), number(size.0), number(size.1));
    let told = escape(told);
    let _ = writeln!(
        out,
        "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"><title>{told}</title></rect>"
    );
}

/// Hours that come twice are framed, so that they are seen side by side whatever comes out.
fn frame(at: (f64, f64), size: (f64, f64), out: &mut String) {
    let (x, y, width, height) = (number(at.0), number(at.1), number(size.0), number(size.1));
    let _ = writeln!(out, "<rect class=\"again\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>");
}

/// The hours of a part that is allowed; the word for one that is denied.
fn words_of(part: &Part<'_>, at: (f64, f64), grid: &Grid, out: &mut String) {
    let height = grid.down(part.end - part.start);
    if height < WORDS || part.pass != Pass::Only {
        return;
    }
    let (class, words) = match part.stretch.outcome {
        Outcome::Allow if (part.start, part.end) == (0, DAY) => ("hours", "all day".to_owned()),
        Outcome::Allow => ("hours", format!("{} – {}", calendar::clock(part.start), calendar::clock(part.end))),
        Outcome::Deny => ("refusal", "denied".to_owned()),
        Outcome::Pending => return,
    };
    let x = number(at.0 + (COLUMN - GUTTER) / 2.0);
    let (small, below) = if height < LARGE_WORDS { (" small", 3.2) } else { ("", 4.0) };
    let y = number(at.1 + grid.down(part.start) + height / 2.0 + below);
    let _ = writeln!(out, "<text class=\"{class}{small}\" x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{words}</text>");
}

fn draw_legend(legend: &[(&str, &str)], top: f64, out: &mut String) {
    for (place, (class, meaning)) in legend.iter().enumerate() {
        let x = LEFT + 250.0 * float(place % 3);
        let y = top + 22.0 * float(place / 3);
        if *class == "twice" {
            frame((x, y), (13.5, 14.0), out);
            frame((x + 14.5, y), (13.5, 14.0), out);
        } else {
            block(class, meaning, (x, y), (28.0, 14.0), out);
        }
        let (x, y) = (number(x + 36.0), number(y + 11.0));
        let _ = writeln!(out, "<text class=\"legend\" x=\"{x}\" y=\"{y}\">{meaning}</text>");
    }
}

/// Allowed is filled, pending is dotted, denied is crossed: the signs differ without their colours.
const STYLE: &str = "<defs>\n\
<pattern id=\"dots\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\"><circle class=\"dot\" cx=\"3\" cy=\"3\" r=\"0.8\"/></pattern>\n\
<pattern id=\"crosses\" width=\"12\" height=\"12\" patternUnits=\"userSpaceOnUse\"><rect class=\"ground\" width=\"12\" height=\"12\"/><path class=\"cross\" d=\"M3.5 3.5l5 5M8.5 3.5l-5 5\"/></pattern>\n\
<pattern id=\"strokes\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\"><path class=\"stroke\" d=\"M0 5L5 0\"/></pattern>\n\
</defs>\n<style>\n\
text{font-family:Inter,'Segoe UI',Helvetica,Arial,'DejaVu Sans',sans-serif;font-size:12px;fill:#1f2328}\n\
.title{font-size:20px;font-weight:600}\n\
.detail{font-size:12.5px;fill:#59636e}\n\
.heading{font-size:12px;font-weight:600;fill:#59636e}\n\
.weekno{font-size:11px;font-weight:600;fill:#59636e}\n\
.date{font-size:11px;fill:#59636e}\n\
.first{font-weight:700;fill:#1f2328}\n\
.hour{font-size:9px;fill:#59636e}\n\
.legend{font-size:12px}\n\
.hours{font-size:11px;font-weight:600;fill:#ffffff}\n\
.refusal{font-size:11px;font-weight:600;fill:#82071e;paint-order:stroke;stroke:#ffebe9;stroke-width:5px}\n\
.small{font-size:9px}\n\
.paper{fill:#ffffff}\n\
.day{fill:#f6f8fa}\n\
.weekend{fill:#eaeef2}\n\
.allow{fill:#1a7f37}\n\
.pending{fill:url(#dots)}\n\
.deny{fill:url(#crosses)}\n\
.skipped{fill:url(#strokes)}\n\
.again{fill:none;stroke:#59636e;stroke-width:.8}\n\
.rule{stroke:#d1d9e0;stroke-width:.6;stroke-opacity:.7;fill:none}\n\
.dot{fill:#9198a1}\n\
.ground{fill:#ffebe9}\n\
.cross{stroke:#cf222e;stroke-width:1.2;stroke-opacity:.75;fill:none}\n\
.stroke{stroke:#59636e;stroke-width:.9;fill:none}\n\
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.detail,.heading,.weekno,.date,.hour{fill:#9198a1}\
.first{fill:#e6edf3}.hours{fill:#ffffff}.refusal{fill:#ffaba8;stroke:#25171c}.ground{fill:#25171c}.paper{fill:#0d1117}.day{fill:#151b23}\
.weekend{fill:#1c232c}.allow{fill:#238636}.rule{stroke:#3d444d}.dot{fill:#656c76}}\n</style>\n";

fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}
