//! The generated Rego beside a careful one by hand, in regorus and in OPA, and beside the reference engine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use hxp_driver::Compilation;
use serde_json::Value;

use crate::clock;

/// What is asked of each.
const GENERATED: &str = "data.hxp.production.decision";
const BY_HAND: &str = "data.hand.production.decision";

/// Prints the table; `ours` is what the reference engine takes, in nanoseconds.
pub fn run(root: &Path, compiled: &Compilation, request: &Value, ours: f64) -> Result<(), String> {
    let generated: Vec<(String, String)> = compiled
        .outputs
        .files
        .iter()
        .filter(|(path, _)| path.starts_with("policy/"))
        .map(|(path, output)| (path.to_string(), output.file.text.clone()))
        .collect();
    let hand = root.join("benches/decide/hand");
    let by_hand = vec![("policy/production.rego".to_owned(), read(&hand.join("production.rego"))?)];
    let generated_here = in_regorus(&generated, GENERATED, request)?;
    let by_hand_here = in_regorus(&by_hand, BY_HAND, request)?;
    println!("\n| | ms | ratio |\n|---|--:|--:|");
    let row = |what: &str, time: f64, ratio: f64| println!("| {what} | {:.3} | {ratio:.4} |", time / 1e6);
    row("regorus, the generated Rego", generated_here, 1.0);
    row("regorus, by hand", by_hand_here, by_hand_here / generated_here);
    row("the reference engine", ours, ours / generated_here);
    let Some(opa) = opa(root) else {
        println!("\nopa is not installed: `cargo xtask tools`");
        return Ok(());
    };
    let generated_there = in_opa(&opa, &generated, GENERATED, request)?;
    let by_hand_there = in_opa(&opa, &by_hand, BY_HAND, request)?;
    row("OPA, the generated Rego", generated_there, 1.0);
    row("OPA, by hand", by_hand_there, by_hand_there / generated_there);
    Ok(())
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

fn in_regorus(files: &[(String, String)], query: &str, request: &Value) -> Result<f64, String> {
    let mut engine = regorus::Engine::new();
    for (path, content) in files {
        if path.ends_with(".rego") {
            engine.add_policy(path.clone(), content.clone()).map_err(|e| e.to_string())?;
        } else if path.ends_with("data.json") {
            let data = regorus::Value::from_json_str(content).map_err(|e| e.to_string())?;
            engine.add_data(data).map_err(|e| e.to_string())?;
        }
    }
    let input = regorus::Value::from_json_str(&request.to_string()).map_err(|e| e.to_string())?;
    let ask = |engine: &mut regorus::Engine| {
        engine.set_input(input.clone());
        let decision = engine.eval_rule(query.to_owned());
        decision.is_ok_and(|d| d["outcome"] == regorus::Value::from("allow"))
    };
    if !ask(&mut engine) {
        let said = engine.eval_rule(query.to_owned()).map(|d| d.to_string());
        return Err(format!("{query} does not allow the satisfied request in regorus: {said:?}"));
    }
    Ok(clock::nanoseconds(|| ask(&mut engine)))
}

/// OPA's own benchmark of the query.
fn in_opa(opa: &Path, files: &[(String, String)], query: &str, request: &Value) -> Result<f64, String> {
    let folder = std::env::temp_dir().join(format!("hxp-bench-{}-{}", std::process::id(), query.len()));
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap_or(&folder)).map_err(|e| e.to_string())?;
        fs::write(&path, text).map_err(|e| e.to_string())?;
    }
    fs::write(folder.join("request.json"), request.to_string()).map_err(|e| e.to_string())?;
    let best = (0..3).map(|_| {
        let output = Command::new(opa)
            .current_dir(&folder)
            .args(["bench", "--bundle", "policy", "--input", "request.json", "--format", "gobench", query])
            .output()
            .map_err(|e| e.to_string())?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let time = text.split_whitespace().zip(text.split_whitespace().skip(1)).find(|(_, unit)| *unit == "ns/op");
        time.and_then(|(n, _)| n.parse::<f64>().ok())
            .ok_or_else(|| format!("opa bench: {text}{}", String::from_utf8_lossy(&output.stderr)))
    });
    let times = best.collect::<Result<Vec<f64>, String>>()?;
    fs::remove_dir_all(&folder).map_err(|e| e.to_string())?;
    times.into_iter().min_by(f64::total_cmp).ok_or_else(|| "no run".to_owned())
}

fn opa(root: &Path) -> Option<PathBuf> {
    let path = root.join(".tools/bin/opa");
    path.is_file().then_some(path)
}
