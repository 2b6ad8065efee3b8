//! `hxpc decide`

mod human;
pub mod malformed;

use std::io::Read as _;
use std::path::Path;

use hxp_decide::document::Document;
use hxp_decide::{Engine, Malformed, Request};
use hxp_driver::system::{Disk, System as _};
use hxp_driver::{Compilation, Outcome, Policy};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned, civil};
use serde_json::Value as Json;

use super::Exit;
use crate::args::{AnswerFormat, At, Decide as Args, Format, Project};
use crate::screen::Screen;

pub fn run(args: &Args) -> Exit {
    let screen = Screen::new(args.style);
    match policy(&args.project, screen).and_then(|compilation| answer(args, &compilation, screen)) {
        Ok(exit) | Err(exit) => exit,
    }
}

/// The policy, when it has no errors.
pub fn policy(project: &Project, screen: Screen) -> Result<Compilation, Exit> {
    let request = super::request(&project.project, &At { date: None })?;
    let mut compilation = hxp_driver::compile(&Disk, &request);
    compilation.diagnostics.retain(hxp_diagnostics::Diagnostic::is_error);
    if compilation.has_errors() {
        screen.remark(&super::findings(&compilation), Format::Human);
        return Err(super::exit(&compilation));
    }
    Ok(compilation)
}

fn answer(args: &Args, compilation: &Compilation, screen: Screen) -> Result<Exit, Exit> {
    let usage = |why: String| {
        screen.warn(&format!("error: {why}"));
        Exit::Usage
    };
    let policy = &compilation.policy;
    if let Some(name) = &args.environment {
        known(policy, name).map_err(usage)?;
    }
    let bytes = read(&args.request, "request").map_err(usage)?;
    let name = args.request.display().to_string();
    let refuse = |wrong: &[Malformed]| {
        malformed::tell("request", &name, &bytes, wrong, args.format, screen);
        Exit::Usage
    };
    let mut document = Document::parse(&bytes, "the request").map_err(|wrong| refuse(&wrong))?;
    fill(args, policy, &mut document.json, &name).map_err(usage)?;
    let request = Request::from_json(&document.json).map_err(|wrong| refuse(&document.locate(wrong)))?;
    let engine = Engine::new(policy).known_as(hxp_driver::rego::digest(policy));
    let explained = engine.explain(&request);
    screen.out(&match args.format {
        AnswerFormat::Json => serde_json::to_string_pretty(&explained).unwrap_or_default() + "\n",
        AnswerFormat::Human => {
            let view = human::View { args, compilation, engine: &engine, request: &request, explained: &explained };
            view.text(screen.colored())
        }
    });
    Ok(match explained.decision.outcome {
        Outcome::Allow => Exit::Fine,
        Outcome::Pending => Exit::Pending,
        Outcome::Deny => Exit::Deny,
    })
}

/// The environment and the instant of the command line are part of the request.
fn fill(args: &Args, policy: &Policy, json: &mut Json, file: &str) -> Result<(), String> {
    let Some(root) = json.as_object_mut() else { return Ok(()) };
    if let Some(name) = &args.environment {
        match root.get("environment").and_then(Json::as_str) {
            Some(other) if other != name => {
                return Err(format!("{file} is about `{other}`, but --env is `{name}`"));
            }
            _ => drop(root.entry("environment").or_insert_with(|| name.as_str().into())),
        }
    }
    if let Some(text) = &args.at {
        let environment = root.get("environment").and_then(Json::as_str);
        let at = instant(text, &home_zone(policy, environment))?;
        root.insert("at".to_owned(), at.into());
    }
    Ok(())
}

/// The environment of that name.
pub fn known(policy: &Policy, name: &str) -> Result<(), String> {
    if policy.environments.contains_key(name) {
        return Ok(());
    }
    let known: Vec<&str> = policy.environments.keys().map(hxp_driver::Name::as_str).collect();
    let near = hxp_diagnostics::nearest(name, known.iter().copied());
    let near = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
    let names = hxp_diagnostics::list_names(&known);
    Err(format!("the policy has no environment `{name}` that anything is deployed to{near}\nvalid here: {names}"))
}

/// The zone of an environment; UTC for one that is not known.
pub fn home_zone(policy: &Policy, environment: Option<&str>) -> TimeZone {
    let environment = environment.and_then(|name| policy.environments.get(name));
    let name = environment.map(|e| policy.home_zone(e)).unwrap_or_default();
    jiff::tz::TimeZoneDatabase::bundled().get(&name).unwrap_or(TimeZone::UTC)
}

/// An instant of the command line, as a request writes it: with its zone, with its offset, or on the clock of `home`.
pub fn instant(text: &str, home: &TimeZone) -> Result<String, String> {
    let written = |zoned: Zoned| zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    let with_zone = || text.parse::<Zoned>().ok().map(written);
    // A zone that there is not must not be passed over.
    let no_zone = !text.contains('[');
    let with_offset = || text.parse::<Timestamp>().ok().filter(|_| no_zone).map(|at| at.to_string());
    let local = || {
        let local = text.parse::<civil::DateTime>().ok().filter(|_| no_zone)?;
        local.to_zoned(home.clone()).ok().map(written)
    };
    with_zone().or_else(with_offset).or_else(local).ok_or_else(|| {
        format!(
            "--at `{text}` is no instant: {}; write 2026-11-27T15:30, 2026-11-27T15:30:00-08:00 or \
             2026-11-27T15:30[America/Los_Angeles]",
            refused(text)
        )
    })
}

/// Why a text is no instant, read as what it looks most like.
fn refused(text: &str) -> String {
    let zoned = || text.parse::<Zoned>().err();
    let local = || text.parse::<civil::DateTime>().err();
    let offset = || text.parse::<Timestamp>().err();
    let why = if text.contains('[') { zoned() } else { local().or_else(offset) };
    why.map_or_else(|| "it lies outside the years that can be told".to_owned(), |why| why.to_string())
}

/// Reads a file; `-` is standard input.
pub fn read(path: &Path, what: &str) -> Result<Vec<u8>, String> {
    // One byte more than a request may have, so that what is too long is told as that.
    let limit = u64::try_from(hxp_decide::request::LONGEST).unwrap_or(u64::MAX) + 1;
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes).map(|_| bytes)
    } else {
        Disk.read(path, limit)
    };
    bytes.map_err(|error| match error.kind() {
        std::io::ErrorKind::FileTooLarge => too_large(path, what),
        _ => format!("the {what} {} cannot be read: {}", path.display(), hxp_driver::reason(&error)),
    })
}

/// How large a file is, and how large it may be.
fn too_large(path: &Path, what: &str) -> String {
    let most = hxp_decide::request::LONGEST >> 20;
    // A device has no size.
    let len = Disk.metadata(path).map_or(0, |m| m.len).div_ceil(1 << 20);
    let size = if len > 0 { format!("{len} MiB") } else { format!("more than {most} MiB") };
    format!("the {what} {} is too large: it has {size}, of at most {most} MiB", path.display())
}
