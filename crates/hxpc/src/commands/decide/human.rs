//! A decision for people: the outcome, what decides it and why, then what is met, what will be owed and who is told.

use hxp_decide::decision::{Obligation, Reason, Told};
use hxp_decide::explain::{Because, Explained};
use hxp_decide::{Engine, Request, Verdict};
use hxp_driver::{Compilation, Outcome};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::args::Decide as Args;
use crate::render::tree::{self, Ink, Paint, WIDTH, wrap};

pub struct View<'a> {
    pub args: &'a Args,
    pub compilation: &'a Compilation,
    pub engine: &'a Engine<'a>,
    pub request: &'a Request,
    pub explained: &'a Explained,
}

impl View<'_> {
    pub fn text(&self, colored: bool) -> String {
        let paint = Paint(colored);
        let decision = &self.explained.decision;
        let mut text = self.heading(paint);
        if self.args.style.quiet {
            return text;
        }
        let pairs: Vec<(&Reason, &Because)> = decision.reasons.iter().zip(&self.explained.explanation).collect();
        let folded = |reason: &Reason| reason.verdict == Verdict::Met && !self.args.all;
        for (reason, because) in pairs.iter().filter(|(reason, _)| !folded(reason)) {
            text += &self.reason(reason, because, paint);
        }
        for because in self.explained.explanation.iter().skip(decision.reasons.len()) {
            text += &format!("\n{} {}\n", paint.ink(Ink::Yellow, "!"), paint.ink(Ink::Bold, &because.id));
            text += &block(&because.tree.text, "  ", WIDTH);
            text += &tree::children(&because.tree, "  ", &|file| self.path(file), paint);
        }
        let met: Vec<&str> =
            pairs.iter().filter(|(reason, _)| folded(reason)).map(|(reason, _)| self.local(&reason.id)).collect();
        if !met.is_empty() {
            let line = format!("met: {}", met.join(", "));
            text += &format!("\n{} ", paint.ink(Ink::Green, "✓"));
            text += block(&line, "  ", WIDTH).trim_start();
        }
        text += &self.owed(&decision.obligations, paint);
        text += &told(&decision.notify, paint);
        text
    }

    /// The outcome, of what, and when time will change it.
    fn heading(&self, paint: Paint) -> String {
        let decision = &self.explained.decision;
        let ink = match decision.outcome {
            Outcome::Allow => Ink::Green,
            Outcome::Pending => Ink::Yellow,
            Outcome::Deny => Ink::Red,
        };
        let policy = self.engine.policy();
        let zone = super::home_zone(policy, decision.environment.as_deref());
        let action = decision.action.as_deref().unwrap_or_default();
        let environment = decision.environment.as_deref().unwrap_or_default();
        let what = match action {
            "rollback" => format!("rollback in {environment}"),
            "config" => format!("change of configuration in {environment}"),
            _ => format!("deployment to {environment}"),
        };
        let mut text =
            format!("{}: {what}, {}\n", paint.ink(ink, decision.outcome.word()), spelled(self.request.at, &zone));
        let Some(judgement) = self.engine.judge(self.request) else { return text };
        let timing = judgement.timing();
        match (decision.outcome, timing.not_before, timing.valid_until) {
            (Outcome::Pending, Some(opening), _) => {
                text += &format!("  not before {}; nothing but time is missing\n", spelled(opening, &zone));
            }
            (Outcome::Pending, None, _) => text += "  time alone will not do: see below what is missing\n",
            (Outcome::Allow, _, Some(end)) => text += &format!("  until {}\n", spelled(end, &zone)),
            _ => {}
        }
        text
    }

    fn reason(&self, reason: &Reason, because: &Because, paint: Paint) -> String {
        let (mark, ink) = match reason.verdict {
            Verdict::Failed => ("✗", Ink::Red),
            Verdict::Waiting => ("◌", Ink::Yellow),
            Verdict::Waived => ("~", Ink::Yellow),
            Verdict::Advice => ("!", Ink::Yellow),
            Verdict::Met => ("✓", Ink::Green),
        };
        let place = format!("{}:{}:{}", self.path(&reason.source.file), reason.source.line, reason.source.column);
        let verdict = format!("{mark} {}", reason.verdict.word());
        let mut text = format!(
            "\n{} {}  {}\n",
            paint.ink(ink, &verdict),
            paint.ink(Ink::Bold, self.local(&reason.id)),
            paint.ink(Ink::Dim, &place)
        );
        text += &match &because.tree.value {
            Some(value) => block(&format!("{}: {value}", reason.text), "  ", WIDTH),
            None => block(&reason.text, "  ", WIDTH),
        };
        text += &tree::children(&because.tree, "  ", &|file| self.path(file), paint);
        for url in &reason.evidence {
            text += &format!("  {}\n", paint.ink(Ink::Dim, url));
        }
        text
    }

    fn owed(&self, obligations: &[Obligation], paint: Paint) -> String {
        let mut text = String::new();
        for (i, duty) in obligations.iter().enumerate() {
            if i == 0 {
                text += &format!("\n{}\n", paint.ink(Ink::Bold, "owed if this goes ahead"));
            }
            let owner = duty.owner.as_ref().map(|owner| format!(" by {owner}")).unwrap_or_default();
            let until = duty.due_at.as_ref().map(|at| format!(", until {at}")).unwrap_or_default();
            let line = format!("{}{owner} within {} of {}{until}", self.local(&duty.id), duty.due, duty.on);
            text += &block(&line, "  ", WIDTH);
        }
        text
    }

    /// An id without the environment that all of them begin with.
    fn local<'i>(&self, id: &'i str) -> &'i str {
        let environment = self.explained.decision.environment.as_deref().unwrap_or_default();
        id.strip_prefix(environment).and_then(|rest| rest.strip_prefix('.')).unwrap_or(id)
    }

    fn path(&self, file: &str) -> String {
        super::super::findings(self.compilation).path(file)
    }
}

fn told(notices: &[Told], paint: Paint) -> String {
    let mut channels: Vec<(&str, Vec<String>)> = Vec::new();
    for notice in notices {
        let due = notice.due.as_ref().map(|due| format!(" (within {due})")).unwrap_or_default();
        let event = format!("{}{due}", notice.on);
        match channels.iter_mut().find(|(channel, _)| *channel == notice.channel) {
            Some((_, events)) => events.push(event),
            None => channels.push((&notice.channel, vec![event])),
        }
    }
    if channels.is_empty() {
        return String::new();
    }
    let lines =
        channels.iter().map(|(channel, events)| block(&format!("{channel} of {}", events.join(", ")), "  ", WIDTH));
    format!("\n{}\n{}", paint.ink(Ink::Bold, "told"), lines.collect::<String>())
}

/// Wrapped and indented; what is wrapped is indented further.
fn block(text: &str, indent: &str, width: usize) -> String {
    let lines = wrap(text, width.saturating_sub(indent.len() + 2));
    let each = lines.iter().enumerate().map(|(i, line)| {
        let more = if i == 0 { "" } else { "  " };
        format!("{indent}{more}{line}\n")
    });
    each.collect()
}

/// An instant as people say it, with its zone.
fn spelled(at: Timestamp, zone: &TimeZone) -> String {
    let name = zone.iana_name().unwrap_or("UTC");
    format!("{} {name}", at.to_zoned(zone.clone()).strftime("%A %-d %B %Y %H:%M"))
}
