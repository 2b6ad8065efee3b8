//! Where the time of one compilation goes: parsing, checking, printing, comparing and writing.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hxp_diagnostics::FileId;
use hxp_driver::Request;
use hxp_driver::outputs::Writer;
use hxp_driver::system::Disk;

use crate::tools::{Memory, Tools, ms};

/// The time of each step; the shortest of several runs.
struct Phases {
    parse: Duration,
    check: Duration,
    print: Duration,
    compare: Duration,
    write: Duration,
}

/// Measures the steps at 1,000 services, on the disk and in memory.
pub fn run(tools: &Tools) -> Result<(), String> {
    let dir = tools.workspace(1000, 0)?;
    println!("| 1000 services, ms | parsing | checking | printing | comparing and hashing | writing |");
    println!("|---|--:|--:|--:|--:|--:|");
    row("on the disk", &measure(&dir, &tools.out("phases"))?);
    if let Some(memory) = Memory::new() {
        row("in memory", &measure(&dir, &memory.0)?);
    }
    Ok(())
}

fn row(where_to: &str, p: &Phases) {
    let [parse, check, print, compare, write] = [p.parse, p.check, p.print, p.compare, p.write].map(ms);
    println!("| {where_to} | {parse} | {check} | {print} | {compare} | {write} |");
}

fn measure(dir: &Path, out: &Path) -> Result<Phases, String> {
    let most = Duration::MAX;
    let mut best = Phases { parse: most, check: most, print: most, compare: most, write: most };
    for number in 0..5 {
        let parse = parse(dir)?;
        let request = Request { start: dir.to_path_buf(), ..Request::default() };
        let (_, checked) = timed(|| hxp_driver::compile(&Disk, &request));
        let out: PathBuf = out.join(number.to_string());
        let request = Request { emit: true, out: Some(out), ..request };
        let (mut compilation, printed) = timed(|| hxp_driver::compile(&Disk, &request));
        let folder = compilation.folder(&request);
        let writer = Writer::open(&Disk, &folder, compilation.policy.origin.span).map_err(|d| d.message)?;
        let (plan, compare) = timed(|| compilation.plan(&Disk, &folder));
        let (written, write) = timed(|| writer.write(&plan, &request.progress));
        written.map_err(|d| d.message)?;
        best.parse = best.parse.min(parse);
        best.check = best.check.min(checked.saturating_sub(parse));
        best.print = best.print.min(printed.saturating_sub(checked));
        best.compare = best.compare.min(compare);
        best.write = best.write.min(write);
    }
    Ok(best)
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

/// Reading and parsing all files on one core.
fn parse(dir: &Path) -> Result<Duration, String> {
    let (outcome, time) = timed(|| -> std::io::Result<()> {
        let services = std::fs::read_dir(dir.join("services"))?.flatten().map(|e| e.path());
        for path in std::iter::once(dir.join("policy.hxp")).chain(services) {
            std::hint::black_box(hxp_syntax::parse(FileId(0), &std::fs::read_to_string(path)?));
        }
        Ok(())
    });
    outcome.map(|()| time).map_err(|e| e.to_string())
}
