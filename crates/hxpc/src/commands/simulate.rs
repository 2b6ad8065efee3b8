//! `hxpc simulate`

use std::path::Path;

use hxp_decide::document::Document;
use hxp_decide::simulate::{Attempt, MOST_WEEKS, SimulateError, Simulation, simulate};
use hxp_decide::{Engine, Malformed, Request};
use hxp_driver::Compilation;
use hxp_driver::system::Disk;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, Zoned};
use serde_json::Value as Json;

use super::Exit;
use super::decide::{malformed, read};
use crate::args::{AnswerFormat, At, Format, Simulate as Args, SimulateFormat};
use crate::screen::Screen;

pub fn run(args: &Args) -> Exit {
    let screen = Screen::new(args.style);
    let request = match super::request(&args.project.project, &At { date: None }) {
        Ok(request) => request,
        Err(exit) => return exit,
    };
    let mut compilation = hxp_driver::compile(&Disk, &request);
    compilation.diagnostics.retain(hxp_diagnostics::Diagnostic::is_error);
    if compilation.has_errors() {
        screen.remark(&super::findings(&compilation), Format::Human);
        return super::exit(&compilation);
    }
    match answer(args, &compilation) {
        Ok(text) => {
            screen.out(&text);
            Exit::Fine
        }
        Err(Refused::Question(why)) => {
            screen.warn(&format!("error: {why}"));
            Exit::Usage
        }
        Err(Refused::Request { file, text, wrong }) => {
            malformed::tell("request", &file, &text, &wrong, AnswerFormat::Human, screen);
            Exit::Usage
        }
    }
}

/// Why there is no answer.
enum Refused {
    /// The command line asks for what there is not.
    Question(String),
    /// The request is none.
    Request { file: String, text: Vec<u8>, wrong: Vec<Malformed> },
}

impl From<String> for Refused {
    fn from(why: String) -> Self {
        Self::Question(why)
    }
}

fn answer(args: &Args, compilation: &Compilation) -> Result<String, Refused> {
    let policy = &compilation.policy;
    let Some(environment) = policy.environments.get(args.environment.as_str()) else {
        let known: Vec<&str> = policy.environments.keys().map(hxp_driver::Name::as_str).collect();
        return Err(unknown("environment that anything is deployed to", &args.environment, &known).into());
    };
    let name = args.zone.clone().unwrap_or_else(|| policy.home_zone(environment).to_string());
    let zone = zone(&name)?;
    let (from, to) = (beginning(&args.from, &zone)?, end(&args.to, &zone)?);
    let engine = Engine::new(policy);
    let given = args.request.as_deref().map(request).transpose()?;
    let attempt = given.as_ref().map_or(Attempt::Satisfied, Attempt::Request);
    let found = simulate(&engine, &args.environment, from, to, attempt);
    let mut simulation = found.map_err(|why| complaint(&why, args))?;
    simulation.zone = name.into();
    Ok(print(&simulation, args.format)?)
}

fn print(simulation: &Simulation, format: SimulateFormat) -> Result<String, String> {
    Ok(match format {
        SimulateFormat::Text => simulation.to_text(),
        SimulateFormat::Json => serde_json::to_string_pretty(&simulation.to_json()).unwrap_or_default() + "\n",
        SimulateFormat::Ics => simulation.to_ics(),
        SimulateFormat::Svg => simulation.to_svg().ok_or_else(|| {
            format!("a picture of more than {MOST_WEEKS} weeks cannot be read; ask about a shorter span, or for text")
        })?,
    })
}

fn complaint(why: &SimulateError, args: &Args) -> String {
    let file = args.request.as_deref().map_or_else(String::new, |path| path.display().to_string());
    match why {
        SimulateError::OtherEnvironment(other) => {
            format!("{file} is about `{other}`, but --env is `{}`", args.environment)
        }
        SimulateError::Backwards => {
            format!("nothing lies between --from {} and --to {}: the span must end after it begins", args.from, args.to)
        }
        other => other.to_string(),
    }
}

fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    let near = hxp_diagnostics::nearest(name, known.iter().copied());
    let near = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
    format!("the policy has no {what} named `{name}`{near}\nvalid here: {}", hxp_diagnostics::list_names(known))
}

fn zone(name: &str) -> Result<TimeZone, String> {
    let database = jiff::tz::TimeZoneDatabase::bundled();
    if let Ok(zone) = database.get(name)
        && !name.is_empty()
    {
        return Ok(zone);
    }
    let names: Vec<String> = database.available().map(|n| n.as_str().to_owned()).collect();
    let wanted = name.replace(' ', "_");
    let place = |name: &str| name.rsplit('/').next().unwrap_or(name).to_lowercase();
    let same_place = names.iter().map(String::as_str).find(|n| place(n) == place(&wanted));
    let near = same_place.or_else(|| hxp_diagnostics::nearest(&wanted, names.iter().map(String::as_str)));
    let near = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
    Err(format!(
        "there is no time zone `{name}`{near}\nzones have the names of the IANA database: `Europe/Berlin`, \
         `America/New_York`, `Etc/UTC`"
    ))
}

/// The instant that `--from` names: a day begins with it.
fn beginning(text: &str, zone: &TimeZone) -> Result<Timestamp, String> {
    check_zone_in(text)?;
    match day(text) {
        Some(day) => midnight(day, zone).ok_or_else(|| no_instant("--from", text)),
        None => instant(text, zone).ok_or_else(|| no_instant("--from", text)),
    }
}

/// The instant that `--to` names: a day belongs to the span.
fn end(text: &str, zone: &TimeZone) -> Result<Timestamp, String> {
    check_zone_in(text)?;
    match day(text) {
        // The last day that there is ends with time itself.
        Some(day) => Ok(day.checked_add(1.day()).ok().and_then(|next| midnight(next, zone)).unwrap_or(Timestamp::MAX)),
        None => instant(text, zone).ok_or_else(|| no_instant("--to", text)),
    }
}

/// A zone that an instant names itself must be there.
fn check_zone_in(text: &str) -> Result<(), String> {
    let named = text.split_once('[').and_then(|(_, rest)| rest.strip_suffix(']'));
    named.map_or(Ok(()), |name| zone(name).map(|_| ()))
}

fn no_instant(option: &str, text: &str) -> String {
    format!(
        "{option} `{text}` is no day and no instant; write 2026-11-27, 2026-11-27T15:30, 2026-11-27T15:30:00-08:00 or \
         2026-11-27T15:30[America/Los_Angeles]"
    )
}

fn day(text: &str) -> Option<Date> {
    text.chars().all(|c| c.is_ascii_digit() || c == '-').then(|| text.parse().ok()).flatten()
}

fn midnight(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    day.to_zoned(zone.clone()).ok().map(|z| z.timestamp())
}

/// With its zone, with its offset, or on the clock of the calendar.
fn instant(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let with_zone = || text.parse::<Zoned>().ok().map(|z| z.timestamp());
    let with_offset = || text.parse::<Timestamp>().ok();
    let local = || text.parse::<DateTime>().ok()?.to_zoned(zone.clone()).ok().map(|z| z.timestamp());
    with_zone().or_else(with_offset).or_else(local)
}

/// Reads the request that shall be moved through time; `-` is standard input.
fn request(path: &Path) -> Result<Json, Refused> {
    let text = read(path, "request")?;
    let found = Document::parse(&text, "the request").and_then(|document| match Request::from_json(&document.json) {
        Ok(_) => Ok(document.json),
        Err(wrong) => Err(document.locate(wrong)),
    });
    found.map_err(|wrong| Refused::Request { file: path.display().to_string(), text, wrong })
}
