//! Queries, judged by Prometheus itself: those that the watch over a fresh deployment asks.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::bench::{Bench, Job, content};
use super::cases::{Case, is};

/// Asks the judge of queries.
pub fn judges<'a>(bench: &'a Bench, case: &'a Case, jobs: &mut Vec<Job<'a>>) {
    let asked = queries(case);
    if asked.is_empty() {
        return;
    }
    jobs.push(bench.ask(
        ("prometheus", "promtool check rules", "promtool"),
        (&case.name, asked.len()),
        move |promtool| {
            let rules = rules(bench, case, &asked)?;
            content(
                bench.command(&promtool, &case.out).args(["check", "rules", "--lint=all", "--lint-fatal"]).arg(rules),
            )
            .map(drop)
        },
    ));
}

/// Every query that the workflows ask, each once, as they ask it.
fn queries(case: &Case) -> Vec<String> {
    let mut all = Vec::new();
    for path in case.some(|path| path.starts_with(".github/hxp/") && is(path, "json")) {
        let text = fs::read_to_string(case.out.join(path)).unwrap_or_default();
        let config: Value = serde_json::from_str(&text).unwrap_or_default();
        let of = |kind: &str| config.pointer(&format!("/watch/{kind}")).and_then(Value::as_object).cloned();
        for metric in of("metrics").unwrap_or_default().values() {
            all.extend(["query", "samples"].iter().filter_map(|key| metric.get(key)?.as_str()).map(str::to_owned));
        }
        for baseline in of("baselines").unwrap_or_default().values() {
            if let (Some(query), Some(seconds)) = (baseline["query"].as_str(), baseline["seconds"].as_u64()) {
                // As `watch.sh` asks it.
                all.push(format!("avg_over_time(({query})[{seconds}s:60s])"));
            }
        }
    }
    all.sort();
    all.dedup();
    all
}

/// A file of rules, a rule a query; JSON is YAML, too.
fn rules(bench: &Bench, case: &Case, queries: &[String]) -> Result<PathBuf, String> {
    let folder = bench.out.join("rules");
    let file = folder.join(format!("{}.yaml", case.slug()));
    let rule = |(number, query): (usize, &String)| json!({ "record": format!("hxp:query_{number}"), "expr": query });
    let rules: Vec<Value> = queries.iter().enumerate().map(rule).collect();
    let document = json!({ "groups": [{ "name": case.name, "rules": rules }] });
    let text = serde_json::to_string_pretty(&document).map_err(|e| e.to_string())?;
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&file, text))
        .map_err(|e| format!("{}: {e}", file.display()))?;
    Ok(file)
}
