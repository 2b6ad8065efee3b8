//! The measurements of docs/performance.md: what counts is the ratio of two times of one run.

use std::path::Path;
use std::process::Command;

use crate::floor::Files;
use crate::tools::{Memory, Time, Tools, ms, shortest, shortest_here, succeed};
use crate::{equal, parsers, phases};

/// With so many parts of each service, a values file is as large as that of a real platform: 6 KB.
pub const MANY_PARTS: usize = 13;

/// Sizes of the workspaces, in services.
const SIZES: [usize; 3] = [10, 100, 1000];

/// Measures everything and prints it as Markdown.
pub fn run() -> Result<(), String> {
    let tools = Tools::new()?;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    println!("{cores} cores, {} {}\n", std::env::consts::OS, std::env::consts::ARCH);
    equal::compare(&tools, 10, 0)?;
    equal::compare(&tools, 10, MANY_PARTS)?;
    println!("\n| | wall ms | user ms | system ms | busy cores | ratio |\n|---|--:|--:|--:|--:|--:|");
    growth(&tools)?;
    against_jrsonnet(&tools, "on the disk", &tools.out("jrsonnet"))?;
    if let Some(memory) = Memory::new() {
        against_jrsonnet(&tools, "in memory", &memory.0)?;
    }
    if let Some(memory) = Memory::new() {
        beside_jrsonnet(&tools, MANY_PARTS, "in memory, values of 6 KB", &memory.0)?;
    }
    startup(&tools)?;
    println!();
    phases::run(&tools)?;
    println!();
    parsers::run(&tools.repository)
}

fn row(what: &str, time: Time, ratio: &str) {
    let cores = time.busy().as_secs_f64() / time.wall.as_secs_f64();
    println!("| {what} | {} | {} | {} | {cores:.2} | {ratio} |", ms(time.wall), ms(time.user), ms(time.system));
}

fn ratio(one: Time, other: Time) -> f64 {
    one.wall.as_secs_f64() / other.wall.as_secs_f64()
}

/// Time against size: ten times the services in ten times the time.
fn growth(tools: &Tools) -> Result<(), String> {
    for verb in ["check", "compile"] {
        let mut before: Option<Time> = None;
        for services in SIZES {
            let dir = tools.workspace(services, 0)?;
            let runs = if services == 1000 { 5 } else { 20 };
            let time = shortest(runs, |number| match verb {
                "check" => tools.check(&dir),
                _ => tools.compile(&dir, &tools.out(&format!("grown-{services}-{number}"))),
            })?;
            let times = before.map_or(String::from("–"), |b| format!("×{:.1} for ×10", ratio(time, b)));
            row(&format!("{verb}, {services} services × 3 environments"), time, &times);
            before = Some(time);
        }
    }
    let dir = tools.workspace(1000, 0)?;
    let again = shortest(3, |_| tools.compile(&dir, &tools.out("grown-1000-0")))?;
    row("compile, 1000 services, nothing changed", again, "–");
    Ok(())
}

/// All three targets of 1,000 services against a Jsonnet that manifests the same values and nothing else, and both against
/// a program that only makes their files.
fn against_jrsonnet(tools: &Tools, place: &str, outs: &Path) -> Result<(), String> {
    let theirs = beside_jrsonnet(tools, 0, place, outs)?;
    let all = Files::read(&outs.join("targets-0-0"), |_| true)?;
    let values = Files::read(&outs.join("values-0"), |_| true)?;
    for (name, files, empty) in [
        ("the files of all three targets", &all, false),
        ("the same files, empty", &all, true),
        ("the values files", &values, false),
    ] {
        let slug = name.replace([' ', ','], "-");
        let floor = shortest_here(5, |number| files.write(&outs.join(format!("floor-{slug}-{number}")), empty))?;
        let what = format!("no compiler: {name} ({}), {place}", files.count());
        row(&what, floor, &format!("{:.2}", ratio(floor, theirs)));
    }
    Ok(())
}

/// All three targets and the values alone, against jrsonnet's time for the values, which this gives.
fn beside_jrsonnet(tools: &Tools, parts: usize, place: &str, outs: &Path) -> Result<Time, String> {
    let dir = tools.workspace(1000, parts)?;
    let theirs = shortest(5, |number| tools.manifest(&dir, &outs.join(format!("values-{number}"))))?;
    row(&format!("jrsonnet, equal values of 1000 services, {place}"), theirs, "1");
    let targets = [("all three targets", &[][..]), ("the target `helm` alone", &["--target", "helm"][..])];
    for (what, arguments) in targets {
        let ours = shortest(5, |number| {
            let out = outs.join(format!("targets-{}-{number}", arguments.len()));
            succeed(Command::new(&tools.hxpc).args(["compile", "--quiet", "--out"]).arg(out).args(arguments).arg(&dir))
        })?;
        row(&format!("compile, {what} of 1000 services, {place}"), ours, &format!("{:.2}", ratio(ours, theirs)));
    }
    Ok(theirs)
}

/// `hxpc check` on the example, from the start of the process to its exit, beside a process that does nothing.
fn startup(tools: &Tools) -> Result<(), String> {
    let nothing = shortest(50, |_| succeed(&mut Command::new("true")))?;
    row("`true`, start to exit", nothing, "1");
    let ours = shortest(50, |_| tools.check(&tools.repository.join("examples/hexabase")))?;
    row("`hxpc check examples/hexabase`, start to exit", ours, &format!("{:.1}", ratio(ours, nothing)));
    Ok(())
}
