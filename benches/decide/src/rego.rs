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

/// How often each program is measured; they take turns, and the best counts.
const TURNS: usize = 5;

/// A policy as files, and what is asked of it.
struct Peer {
    name: &'static str,
    files: Vec<(String, String)>,
    query: &'static str,
}

/// Prints the table; `ours` is what the reference engine takes for the decision in words, in nanoseconds.
pub fn run(root: &Path, compiled: &Compilation, request: &Value, ours: f64) -> Result<(), String> {
    let generated = outputs(compiled, "policy/");
    let hand = root.join("benches/decide/hand/production.rego");
    let by_hand = vec![("policy/production.rego".to_owned(), read(&hand)?)];
    let peers = [
        Peer { name: "the generated Rego", files: generated, query: GENERATED },
        Peer { name: "by hand", files: by_hand, query: BY_HAND },
    ];
    let mut requests = tested(compiled)?;
    requests.push(request.clone());
    same_answers(&peers, &requests)?;
    println!("\nBoth give the same answer to {} requests to production.\n", requests.len());
    println!("| | ms | ratio |\n|---|--:|--:|");
    let row = |what: &str, time: f64, ratio: f64| println!("| {what} | {:.3} | {ratio:.3} |", time / 1e6);
    let table = |program: &str, times: [f64; 2]| {
        for (peer, time) in peers.iter().zip(times) {
            row(&format!("{program}, {}", peer.name), time, time / times[1]);
        }
    };
    let here = in_regorus(&peers, request)?;
    table("regorus", here);
    row("the reference engine, the decision in words, against the generated Rego", ours, ours / here[0]);
    let Some(opa) = opa(root) else {
        println!("\nopa is not installed: `cargo xtask tools`");
        return Ok(());
    };
    table("OPA", in_opa(&opa, &peers, request)?);
    Ok(())
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

fn outputs(compiled: &Compilation, folder: &str) -> Vec<(String, String)> {
    let outputs = compiled.outputs.files.iter().filter(|(path, _)| path.starts_with(folder));
    outputs.map(|(path, output)| (path.to_string(), output.file.text.clone())).collect()
}

/// The requests to production of the policy's own tests.
fn tested(compiled: &Compilation) -> Result<Vec<Value>, String> {
    let files = outputs(compiled, "policy_test/data.json");
    let (_, text) = files.first().ok_or("the policy has no tests")?;
    let data: Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let requests = data["hxp_test"]["requests"].as_object().into_iter().flatten().map(|(_, request)| request.clone());
    Ok(requests.filter(|request| request["environment"] == "production").collect())
}

/// Both say the same of every request: the whole decision, but for the wording of reasons and the digest of the policy.
fn same_answers(peers: &[Peer; 2], requests: &[Value]) -> Result<(), String> {
    let mut engines = [engine(&peers[0])?, engine(&peers[1])?];
    for request in requests {
        let input = regorus::Value::from_json_str(&request.to_string()).map_err(|e| e.to_string())?;
        let mut answers = Vec::new();
        for (peer, engine) in peers.iter().zip(&mut engines) {
            engine.set_input(input.clone());
            let decision = engine.eval_rule(peer.query.to_owned()).map_err(|e| e.to_string())?;
            let decision = decision.to_json_str().map_err(|e| e.to_string())?;
            answers.push(answer(&serde_json::from_str(&decision).map_err(|e| e.to_string())?));
        }
        if answers.first() != answers.last() {
            return Err(format!("the two policies answer differently: {answers:#?} to {request}"));
        }
    }
    Ok(())
}

fn answer(decision: &Value) -> Value {
    let mut answer = decision.clone();
    answer["policy"]["digest"] = Value::Null;
    for reason in answer["reasons"].as_array_mut().into_iter().flatten() {
        reason["text"] = Value::Null;
    }
    answer
}

fn engine(peer: &Peer) -> Result<regorus::Engine, String> {
    let mut engine = regorus::Engine::new();
    for (path, content) in &peer.files {
        if path.ends_with(".rego") {
            engine.add_policy(path.clone(), content.clone()).map_err(|e| e.to_string())?;
        } else if path.ends_with("data.json") {
            let data = regorus::Value::from_json_str(content).map_err(|e| e.to_string())?;
            engine.add_data(data).map_err(|e| e.to_string())?;
        }
    }
    Ok(engine)
}

fn in_regorus(peers: &[Peer; 2], request: &Value) -> Result<[f64; 2], String> {
    let input = regorus::Value::from_json_str(&request.to_string()).map_err(|e| e.to_string())?;
    let mut engines = [engine(&peers[0])?, engine(&peers[1])?];
    let mut best = [f64::MAX; 2];
    for _ in 0..TURNS {
        for ((peer, engine), best) in peers.iter().zip(&mut engines).zip(&mut best) {
            let time = clock::nanoseconds(|| {
                engine.set_input(input.clone());
                let decision = engine.eval_rule(peer.query.to_owned());
                decision.is_ok_and(|d| d["outcome"] == regorus::Value::from("allow"))
            });
            *best = best.min(time);
        }
    }
    Ok(best)
}

/// OPA's own benchmark of the queries.
fn in_opa(opa: &Path, peers: &[Peer; 2], request: &Value) -> Result<[f64; 2], String> {
    let folder = std::env::temp_dir().join(format!("hxp-bench-{}", std::process::id()));
    let place = |i: usize| folder.join(i.to_string());
    for (i, peer) in peers.iter().enumerate() {
        for (path, text) in &peer.files {
            let path = place(i).join(path);
            fs::create_dir_all(path.parent().unwrap_or(&folder)).map_err(|e| e.to_string())?;
            fs::write(&path, text).map_err(|e| e.to_string())?;
        }
        fs::write(place(i).join("request.json"), request.to_string()).map_err(|e| e.to_string())?;
    }
    let mut best = [f64::MAX; 2];
    for _ in 0..TURNS {
        for (i, (peer, best)) in peers.iter().zip(&mut best).enumerate() {
            *best = best.min(opa_bench(opa, &place(i), peer.query)?);
        }
    }
    fs::remove_dir_all(&folder).map_err(|e| e.to_string())?;
    Ok(best)
}

fn opa_bench(opa: &Path, folder: &Path, query: &str) -> Result<f64, String> {
    let output = Command::new(opa)
        .current_dir(folder)
        .args(["bench", "--bundle", "policy", "--input", "request.json", "--format", "gobench", query])
        .output()
        .map_err(|e| e.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let time = text.split_whitespace().zip(text.split_whitespace().skip(1)).find(|(_, unit)| *unit == "ns/op");
    time.and_then(|(n, _)| n.parse::<f64>().ok())
        .ok_or_else(|| format!("opa bench: {text}{}", String::from_utf8_lossy(&output.stderr)))
}

fn opa(root: &Path) -> Option<PathBuf> {
    let path = root.join(".tools/bin/opa");
    path.is_file().then_some(path)
}
