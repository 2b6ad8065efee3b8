//! What is made of a policy, beside its source: outputs, decisions, calendars, graphs.

use hxp_decide::simulate::{Attempt, simulate};
use hxp_decide::{Engine, Request};
use hxp_driver::Compilation;
use hxp_driver::graph::{Graph, View};
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

use crate::Snapshot;

/// A generated file with the places of the source that its lines come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// Its path in the output folder.
    pub path: String,
    /// Its text.
    pub text: String,
    /// From a line (from 0) of the text to a file of the project and a line (from 0) in it.
    pub map: Vec<(u32, String, u32)>,
}

/// The generated files of a compilation that made its outputs.
pub fn outputs(made: &Compilation) -> Vec<Preview> {
    let one = |(path, output): (&hxp_driver::Name, &hxp_driver::outputs::Output)| {
        let text = output.file.text.clone();
        Preview { path: path.to_string(), map: source_map(&text), text }
    };
    made.outputs.files.iter().map(one).collect()
}

/// The places that a text names, such as `policy.hxp:88:3`: generated blocks say where they come from.
fn source_map(text: &str) -> Vec<(u32, String, u32)> {
    let mut map = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let Some(at) = line.find(".hxp:") else { continue };
        let before = line.get(..at).unwrap_or_default();
        let start = before.rfind(|c: char| c.is_whitespace() || "\"'(`[,".contains(c)).map_or(0, |s| s + 1);
        let path = format!("{}.hxp", before.get(start..).unwrap_or_default());
        let rest = line.get(at + ".hxp:".len()..).unwrap_or_default();
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        if let (Ok(source), Ok(number)) = (digits.parse::<u32>(), u32::try_from(number)) {
            map.push((number, path, source.saturating_sub(1)));
        }
    }
    map
}

/// The decision on a request, with its explanation.
pub fn decision(snapshot: &Snapshot, request: &Value) -> Result<Value, String> {
    sound(snapshot)?;
    let request = Request::from_json(request).map_err(|wrong| {
        let lines: Vec<String> = wrong.iter().map(ToString::to_string).collect();
        lines.join("\n")
    })?;
    let engine = Engine::new(&snapshot.project.policy);
    serde_json::to_value(engine.explain(&request)).map_err(|e| e.to_string())
}

/// When a release that has everything else can be deployed to an environment, from now on: text and, for a span that can
/// be drawn, a picture.
pub fn calendar(snapshot: &Snapshot, environment: &str, days: i64) -> Result<Value, String> {
    sound(snapshot)?;
    let engine = Engine::new(&snapshot.project.policy);
    let from: Timestamp = snapshot.now.timestamp();
    let to = from.checked_add((days.clamp(1, 366) * 24).hours()).map_err(|e| e.to_string())?;
    let found = simulate(&engine, environment, from, to, Attempt::Satisfied).map_err(|e| e.to_string())?;
    Ok(json!({ "text": found.to_text(), "svg": found.to_svg() }))
}

/// The policy's declarations and what binds them, as a picture.
pub fn graph(snapshot: &Snapshot, focus: Option<&str>) -> Result<String, String> {
    let view = View { focus: focus.map(Into::into), ..View::default() };
    let policy = &snapshot.project.policy;
    let graph = Graph::of(policy).view(&view).map_err(|_| "the policy declares nothing of that name".to_owned())?;
    Ok(graph.to_svg(&policy.name))
}

fn sound(snapshot: &Snapshot) -> Result<(), String> {
    if snapshot.project.has_errors() { Err("the policy has errors".to_owned()) } else { Ok(()) }
}
