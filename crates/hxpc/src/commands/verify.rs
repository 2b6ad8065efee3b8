//! `hxpc verify`

use hxp_decide::Engine;
use hxp_decide::agreement::{self, Difference};
use hxp_decide::sample::{Dice, Sampler, minimal};
use hxp_driver::Compilation;
use hxp_driver::rego::Rego;
use hxp_driver::system::Disk;
use serde::Serialize;
use serde_json::Value as Json;

use super::Exit;
use crate::args::{At, Format, Verify, VerifyFormat};
use crate::opa::Opa;
use crate::screen::Screen;

/// Requests that OPA decides in one run.
const BATCH: usize = 500;

/// What was tried, and the first request that two engines judge differently.
#[derive(Debug, Default, Serialize)]
struct Outcome {
    seed: u64,
    /// Requests that the reference engine and the generated Rego decided alike.
    pairs: usize,
    /// Of those, how many OPA decided too; null without it.
    opa: Option<usize>,
    environments: Vec<String>,
    disagreement: Option<Disagreement>,
}

/// Two engines differ.
#[derive(Debug, Serialize)]
struct Disagreement {
    environment: String,
    /// `rego`: the generated Rego in the built-in engine; `opa`: in OPA.
    engine: &'static str,
    /// The least request that shows it.
    request: Json,
    differences: Vec<Told>,
}

/// Where two decisions differ.
#[derive(Debug, Serialize)]
struct Told {
    place: String,
    native: Json,
    rego: Json,
}

impl From<Difference> for Told {
    fn from(d: Difference) -> Self {
        Self { place: d.place, native: d.ours, rego: d.theirs }
    }
}

pub fn run(args: &Verify) -> Exit {
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
    match verify(args, &compilation) {
        Ok(outcome) => {
            match args.format {
                VerifyFormat::Json => {
                    screen.out(&(serde_json::to_string_pretty(&outcome).unwrap_or_default() + "\n"));
                }
                VerifyFormat::Human => print(screen, &outcome),
            }
            if outcome.disagreement.is_none() { Exit::Fine } else { Exit::Errors }
        }
        Err(why) => {
            screen.warn(&format!("error: {why}"));
            Exit::Usage
        }
    }
}

fn verify(args: &Verify, compilation: &Compilation) -> Result<Outcome, String> {
    let policy = &compilation.policy;
    let known: Vec<&str> = policy.environments.keys().map(hxp_driver::Name::as_str).collect();
    let mut environments: Vec<&str> = args.environments.iter().map(String::as_str).collect();
    if let Some(other) = environments.iter().find(|name| !known.contains(name)) {
        let near = hxp_diagnostics::nearest(other, known.iter().copied());
        let near = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
        return Err(format!("the policy has no environment `{other}` that anything is deployed to{near}"));
    }
    if environments.is_empty() {
        environments = known;
    }
    let mut rego = Rego::new(policy)?;
    let opa = Opa::find(args.opa.as_deref()).map(|program| Opa::new(program, rego.files())).transpose()?;
    let engine = Engine::new(policy).known_as(rego.digest());
    let mut outcome = Outcome {
        seed: args.seed,
        opa: opa.as_ref().map(|_| 0),
        environments: environments.iter().map(ToString::to_string).collect(),
        ..Outcome::default()
    };
    for (number, name) in environments.iter().enumerate() {
        let Some(environment) = policy.environments.get(*name) else { continue };
        let sampler = Sampler::new(&engine, environment);
        let mut dice = Dice::of(args.seed, u64::try_from(number).unwrap_or(0));
        let mut decided: Vec<(Json, Option<Json>)> = Vec::new();
        for _ in 0..args.pairs {
            let request = sampler.request(&mut dice);
            let ours = agreement::reference(&engine, &request);
            if !differences(ours.as_ref(), rego.decide(name, &request)).is_empty() {
                let mut theirs = |request: &Json| rego.decide(name, request);
                outcome.disagreement = Some(least(&engine, name, "rego", &request, &mut theirs));
                return Ok(outcome);
            }
            outcome.pairs += 1;
            if opa.is_some() {
                decided.push((request, ours));
            }
        }
        let Some(opa) = &opa else { continue };
        for batch in decided.chunks(BATCH) {
            let requests: Vec<Json> = batch.iter().map(|(request, _)| request.clone()).collect();
            for ((request, ours), theirs) in batch.iter().zip(opa.decide(name, &requests)?) {
                if !agreement::differences(ours.as_ref(), &theirs).is_empty() {
                    let mut theirs = |request: &Json| {
                        opa.decide(name, std::slice::from_ref(request)).map(|mut d| d.pop().unwrap_or_default())
                    };
                    outcome.disagreement = Some(least(&engine, name, "opa", request, &mut theirs));
                    return Ok(outcome);
                }
                outcome.opa = outcome.opa.map(|n| n + 1);
            }
        }
    }
    Ok(outcome)
}

/// What differs; an engine that cannot decide differs as a whole.
fn differences(ours: Option<&Json>, theirs: Result<Json, String>) -> Vec<Difference> {
    match theirs {
        Ok(theirs) => agreement::differences(ours, &theirs),
        Err(why) => {
            let ours = ours.cloned().unwrap_or_default();
            vec![Difference { place: String::new(), ours, theirs: why.into() }]
        }
    }
}

/// The least request that shows a disagreement.
fn least(
    engine: &Engine<'_>,
    environment: &str,
    name: &'static str,
    request: &Json,
    theirs: &mut impl FnMut(&Json) -> Result<Json, String>,
) -> Disagreement {
    let mut differ = |request: &Json| differences(agreement::reference(engine, request).as_ref(), theirs(request));
    let request = minimal(request, &mut |request| !differ(request).is_empty());
    let differences = differ(&request).into_iter().map(Told::from).collect();
    Disagreement { environment: environment.to_owned(), engine: name, request, differences }
}

fn print(screen: Screen, outcome: &Outcome) {
    if let Some(found) = &outcome.disagreement {
        let other = if found.engine == "opa" { "OPA" } else { "the generated Rego" };
        let mut text = format!(
            "after {} pairs, {other} decides otherwise than the reference engine for {}:\n",
            outcome.pairs, found.environment
        );
        for d in &found.differences {
            let place = if d.place.is_empty() { "the decision" } else { d.place.as_str() };
            text += &format!("  {place}\n    reference engine: {}\n    {other}: {}\n", d.native, d.rego);
        }
        text += &format!("the least request that shows it (seed {}):\n{:#}\n", outcome.seed, found.request);
        text += "Please report this: the engines must agree on every request.\n";
        screen.out(&text);
        return;
    }
    let opa = match outcome.opa {
        Some(n) => format!("; OPA decided {n} of them alike, too"),
        None => "; `opa` is not on the path, so it was not asked".to_owned(),
    };
    screen.say(&format!(
        "{} random requests to {} are decided alike by the reference engine and the generated Rego{opa}",
        outcome.pairs,
        outcome.environments.join(", ")
    ));
}
