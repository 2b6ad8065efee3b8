//! `hxpc duties`

use hxp_decide::document::Document;
use hxp_decide::duties::{Account, Owed, Standing};
use hxp_decide::ledger::Ledger;
use hxp_decide::{Engine, Malformed};
use hxp_driver::Compilation;
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::{Exit, decide};
use crate::args::{AnswerFormat, Duties as Args};
use crate::render::tree::{Ink, Paint, WIDTH, wrap};
use crate::screen::Screen;

pub fn run(args: &Args) -> Exit {
    let screen = Screen::new(args.style);
    match decide::policy(&args.project, screen).and_then(|compilation| answer(args, &compilation, screen)) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn answer(args: &Args, compilation: &Compilation, screen: Screen) -> Result<Exit, Exit> {
    let usage = |why: String| {
        screen.warn(&format!("error: {why}"));
        Exit::Usage
    };
    let policy = &compilation.policy;
    if let Some(name) = &args.environment {
        decide::known(policy, name).map_err(usage)?;
    }
    let bytes = decide::read(&args.ledger, "ledger").map_err(usage)?;
    let name = args.ledger.display().to_string();
    let refuse = |wrong: &[Malformed]| {
        decide::malformed::tell("ledger", &name, &bytes, wrong, args.format, screen);
        Exit::Usage
    };
    let document = Document::parse(&bytes, "the ledger").map_err(|wrong| refuse(&wrong))?;
    let ledger = Ledger::from_json(&document.json).map_err(|wrong| refuse(&document.locate(wrong)))?;
    let at = instant(args, compilation, &ledger).map_err(usage)?;
    let mut account = Engine::new(policy).owed(&ledger, at, args.environment.as_deref());
    account.remarks = document.locate(account.remarks);
    for remark in account.remarks.iter().filter(|_| args.format == AnswerFormat::Human) {
        let place = remark.spot.map(|s| format!(":{}:{}", s.line, s.column)).unwrap_or_default();
        screen.warn(&format!("warning: {name}{place}: {remark}"));
    }
    screen.out(&match args.format {
        AnswerFormat::Json => {
            serde_json::to_string_pretty(&machine(&account, at, compilation)).unwrap_or_default() + "\n"
        }
        AnswerFormat::Human => human(&account, args, compilation, Paint(screen.colored())),
    });
    let overdue = account.owed.iter().any(|duty| duty.state == Standing::Overdue && !duty.advisory);
    Ok(if overdue { Exit::Deny } else { Exit::Fine })
}

fn instant(args: &Args, compilation: &Compilation, ledger: &Ledger) -> Result<Timestamp, String> {
    let Some(text) = &args.at else { return Ok(ledger.at.unwrap_or_else(super::now)) };
    let home = decide::home_zone(&compilation.policy, args.environment.as_deref());
    let written = decide::instant(text, &home)?;
    written.parse().map_err(|_| format!("--at `{text}` is no instant"))
}

/// `duties` as a request takes them, and `owed` with all that is known of each.
fn machine(account: &Account, at: Timestamp, compilation: &Compilation) -> Json {
    let policy = &compilation.policy;
    let duties: Vec<Json> =
        account.owed.iter().map(|d| json!({ "id": d.id, "due_at": d.due_at, "done_at": d.done_at })).collect();
    let remarks: Vec<Json> = account
        .remarks
        .iter()
        .map(|r| {
            json!({
                "path": r.path,
                "message": r.message,
                "line": r.spot.map(|s| s.line),
                "column": r.spot.map(|s| s.column),
            })
        })
        .collect();
    json!({
        "hxp": 1,
        "policy": { "name": policy.name, "version": policy.version.as_ref().map(ToString::to_string) },
        "at": at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "duties": duties,
        "owed": account.owed,
        "remarks": remarks,
    })
}

fn human(account: &Account, args: &Args, compilation: &Compilation, paint: Paint) -> String {
    let mut text = String::new();
    let count = |state: Standing| account.owed.iter().filter(|d| d.state == state).count();
    for duty in &account.owed {
        if args.style.quiet && duty.state != Standing::Overdue {
            continue;
        }
        text += &line(duty, compilation, paint);
    }
    let counted: Vec<String> = [Standing::Overdue, Standing::Open, Standing::Late, Standing::Met]
        .into_iter()
        .filter(|state| count(*state) > 0)
        .map(|state| format!("{} {}", count(state), state.word()))
        .collect();
    if args.style.quiet {
        return text;
    }
    if counted.is_empty() { "nothing is owed\n".to_owned() } else { format!("{text}\n{}\n", counted.join(", ")) }
}

fn line(duty: &Owed, compilation: &Compilation, paint: Paint) -> String {
    let (mark, ink) = match duty.state {
        Standing::Overdue => ("✗", Ink::Red),
        Standing::Open => ("◌", Ink::Yellow),
        Standing::Late => ("!", Ink::Yellow),
        Standing::Met => ("✓", Ink::Green),
    };
    let path = super::findings(compilation).path(&duty.source.file);
    let place = format!("{path}:{}:{}", duty.source.line, duty.source.column);
    let head = paint.ink(ink, &format!("{mark} {:<7}", duty.state.word()));
    let advisory = if duty.advisory { ", only advised" } else { "" };
    let owner = duty.owner.as_ref().map(|owner| format!("owed by {owner}; ")).unwrap_or_default();
    let mut text = format!("{head} {}{advisory}  {}\n", paint.ink(Ink::Bold, &duty.id), paint.ink(Ink::Dim, &place));
    let since = duty.since.parse::<Timestamp>().map_or_else(
        |_| duty.since.to_string(),
        |at| {
            let zone = decide::home_zone(&compilation.policy, Some(&duty.environment));
            at.to_zoned(zone).strftime("%A %-d %B %Y %H:%M %Z").to_string()
        },
    );
    let said = format!("{owner}{}; {} was {} {since}", duty.text, duty.event, duty.on);
    for part in wrap(&said, WIDTH - 10) {
        text += &format!("          {part}\n");
    }
    text
}
