//! The measurements of docs/performance.md: every number is a ratio of two times of one run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::generate;

/// Sizes of the workspaces, in services.
const SIZES: [usize; 3] = [10, 100, 1000];

/// The peer that manifests equal values, as `cargo install` names it.
const JRSONNET: (&str, &str) = ("jrsonnet", "0.5.0-pre98");

/// Measures everything and prints a table.
pub fn run() -> Result<(), String> {
    let repository = repository();
    let hxpc = build_hxpc(&repository)?;
    let jrsonnet = install_jrsonnet(&repository)?;
    let scratch = repository.join("benches/target/workspaces");

    println!("| measured | time | ratio |\n|---|---|---|");
    growth(&hxpc, &scratch)?;
    against_jrsonnet(&hxpc, &jrsonnet, &scratch)?;
    startup(&hxpc, &repository)?;
    crate::parsers::run(&repository)
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

fn succeed(command: &mut Command) -> Result<(), String> {
    let shown = format!("{command:?}");
    let output = command.stdout(Stdio::null()).stderr(Stdio::piped()).output().map_err(|e| format!("{shown}: {e}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{shown}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)))
}

fn build_hxpc(repository: &Path) -> Result<PathBuf, String> {
    succeed(Command::new("cargo").args(["build", "--release", "--package", "hxpc"]).current_dir(repository))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository.join("target"), PathBuf::from);
    Ok(target.join("release/hxpc"))
}

fn install_jrsonnet(repository: &Path) -> Result<PathBuf, String> {
    let root = repository.join(".tools");
    let program = root.join("bin").join(JRSONNET.0);
    if !program.is_file() {
        let args = ["install", "--locked", JRSONNET.0, "--version", JRSONNET.1, "--root"];
        succeed(Command::new("cargo").args(args).arg(&root))?;
    }
    Ok(program)
}

/// The shortest of several runs: what the work costs when nothing disturbs it.
fn shortest(times: usize, mut work: impl FnMut() -> Result<(), String>) -> Result<Duration, String> {
    let mut best = Duration::MAX;
    for _ in 0..times {
        let start = Instant::now();
        work()?;
        best = best.min(start.elapsed());
    }
    Ok(best)
}

fn workspace(services: usize, scratch: &Path) -> Result<PathBuf, String> {
    let dir = scratch.join(services.to_string());
    let _ = std::fs::remove_dir_all(&dir);
    generate::write(services, &dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    Ok(dir)
}

fn check(hxpc: &Path, dir: &Path) -> Result<(), String> {
    succeed(Command::new(hxpc).args(["check", "--quiet"]).arg(dir))
}

/// Compiles into an empty folder, so that every file is written.
fn compile(hxpc: &Path, dir: &Path) -> Result<(), String> {
    succeed(Command::new(hxpc).args(["compile", "--quiet"]).arg(dir))
}

/// Time against size: ten times the services in ten times the time.
fn growth(hxpc: &Path, scratch: &Path) -> Result<(), String> {
    for (verb, work) in [("check", check as fn(&Path, &Path) -> _), ("compile", compile)] {
        let mut before: Option<Duration> = None;
        for services in SIZES {
            let dir = workspace(services, scratch)?;
            let runs = if services == 1000 { 5 } else { 15 };
            let time = shortest(runs, || {
                if verb == "compile" {
                    let _ = std::fs::remove_dir_all(dir.join("out"));
                }
                work(hxpc, &dir)
            })?;
            let ratio = before.map_or(String::from("–"), |b| format!("×{:.1} of a tenth", time.as_secs_f64() / b.as_secs_f64()));
            println!("| {verb}, {services} services × 3 environments | {:.1} ms | {ratio} |", time.as_secs_f64() * 1000.0);
            before = Some(time);
        }
    }
    Ok(())
}

/// All three targets of 1,000 services against a Jsonnet that manifests the same values and nothing else.
fn against_jrsonnet(hxpc: &Path, jrsonnet: &Path, scratch: &Path) -> Result<(), String> {
    let dir = workspace(1000, scratch)?;
    let ours = shortest(5, || {
        let _ = std::fs::remove_dir_all(dir.join("out"));
        compile(hxpc, &dir)
    })?;
    let theirs = shortest(5, || {
        let _ = std::fs::remove_dir_all(dir.join("values"));
        let mut command = Command::new(jrsonnet);
        succeed(command.args(["--string", "--create-output-dirs", "--multi", "values", "values.jsonnet"]).current_dir(&dir))
    })?;
    println!("| jrsonnet, equal values of 1,000 services | {:.1} ms | 1 |", theirs.as_secs_f64() * 1000.0);
    println!(
        "| compile of all three targets | {:.1} ms | {:.3} |",
        ours.as_secs_f64() * 1000.0,
        ours.as_secs_f64() / theirs.as_secs_f64()
    );
    Ok(())
}

/// `hxpc check` on the example, from the start of the process to its exit, beside a process that does nothing.
fn startup(hxpc: &Path, repository: &Path) -> Result<(), String> {
    let nothing = shortest(50, || succeed(&mut Command::new("true")))?;
    let ours = shortest(50, || check(hxpc, &repository.join("examples/hexabase")))?;
    println!("| `true`, start to exit | {:.2} ms | 1 |", nothing.as_secs_f64() * 1000.0);
    println!(
        "| `hxpc check examples/hexabase`, start to exit | {:.2} ms | {:.1} |",
        ours.as_secs_f64() * 1000.0,
        ours.as_secs_f64() / nothing.as_secs_f64()
    );
    Ok(())
}
