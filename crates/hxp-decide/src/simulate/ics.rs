//! A simulation as a calendar file, RFC 5545: an event for each stretch in which a release is allowed, and for each in
//! which it is denied. Between them it is pending, so every change of the outcome begins or ends an event.

use hxp_policy::Outcome;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Simulation, Stretch, subject, text};

/// A line has at most so many octets, its end not counted.
const LONGEST: usize = 75;

impl Simulation {
    /// The calendar file. It is the same for the same simulation: its stamp is the beginning of the span.
    pub fn to_ics(&self) -> String {
        let mut file = File::default();
        file.line("BEGIN", "VCALENDAR");
        file.line("VERSION", "2.0");
        file.line("PRODID", "-//hxp//hxpc simulate//EN");
        file.line("CALSCALE", "GREGORIAN");
        let name = format!("{} of {}", self.environment, self.policy);
        file.text("NAME", &name);
        file.text("X-WR-CALNAME", &name);
        file.line("X-WR-TIMEZONE", &self.zone);
        for stretch in self.stretches.iter().filter(|s| s.outcome != Outcome::Pending) {
            self.event(stretch, &mut file);
        }
        file.line("END", "VCALENDAR");
        file.text
    }

    fn event(&self, stretch: &Stretch, file: &mut File) {
        let outcome = stretch.outcome.word();
        let start = utc(stretch.from, false);
        file.line("BEGIN", "VEVENT");
        file.text("UID", &format!("{start}-{outcome}-{}@{}.hxp", self.environment, self.policy));
        file.line("DTSTAMP", &utc(self.from, false));
        file.line("DTSTART", &start);
        file.line("DTEND", &utc(stretch.to, true));
        file.text("SUMMARY", &format!("{}: {outcome}", self.title));
        file.text("DESCRIPTION", &self.description(stretch));
        file.text("CATEGORIES", outcome);
        file.line("TRANSP", "TRANSPARENT");
        file.line("END", "VEVENT");
    }

    fn description(&self, stretch: &Stretch) -> String {
        let mut said = format!("{}\nbegins: {}", subject(self), text::reasons(stretch));
        let next = self.stretches.iter().find(|s| s.from == stretch.to);
        if let Some(next) = next {
            said += &format!("\nends: {}", text::reasons(next));
        }
        said
    }
}

/// An instant in UTC. What is finer than a second is rounded, so that no event is empty.
fn utc(at: Timestamp, up: bool) -> String {
    let floor = super::calendar::floor(at);
    let second = if up && at.subsec_nanosecond() != 0 { floor + 1 } else { floor };
    let at = Timestamp::from_second(second).unwrap_or(at);
    at.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Lines of a calendar file.
#[derive(Default)]
struct File {
    text: String,
}

impl File {
    /// A property whose value is written as it is.
    fn line(&mut self, name: &str, value: &str) {
        let mut room = LONGEST;
        for c in format!("{name}:{value}").chars() {
            let size = c.len_utf8();
            if size > room {
                self.text.push_str("\r\n ");
                room = LONGEST - 1;
            }
            self.text.push(c);
            room -= size;
        }
        self.text.push_str("\r\n");
    }

    /// A property whose value is text.
    fn text(&mut self, name: &str, value: &str) {
        let mut escaped = String::with_capacity(value.len());
        for c in value.chars() {
            match c {
                '\\' | ';' | ',' => escaped.extend(['\\', c]),
                '\n' => escaped.push_str("\\n"),
                c if c.is_control() => {}
                c => escaped.push(c),
            }
        }
        self.line(name, &escaped);
    }
}
