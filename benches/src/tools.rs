//! The programs that are measured, where they work, and how their time is taken.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

use crate::generate;

/// The peer that manifests equal values, as `cargo install` names it.
const JRSONNET: (&str, &str) = ("jrsonnet", "0.5.0-pre98");

/// A file system in memory, where the machine has one.
const MEMORY: &str = "/dev/shm";

/// A folder of this process in memory. It goes when it is dropped.
pub struct Memory(pub PathBuf);

impl Memory {
    /// `None` where the machine has no file system in memory.
    pub fn new() -> Option<Self> {
        let folder = Path::new(MEMORY).join(format!("hxp-bench-{}", std::process::id()));
        std::fs::create_dir(&folder).is_ok().then(|| Self(folder))
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // What cannot be removed is gone after the next start of the machine.
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// The programs, and a folder for what they make.
pub struct Tools {
    pub repository: PathBuf,
    pub hxpc: PathBuf,
    pub jrsonnet: PathBuf,
    pub scratch: PathBuf,
}

impl Tools {
    /// Builds or installs what is missing and empties the scratch folder.
    pub fn new() -> Result<Self, String> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let repository = here.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf);
        let hxpc = build_hxpc(&repository)?;
        let jrsonnet = install_jrsonnet(&repository)?;
        let scratch = repository.join("benches/target/workspaces");
        if std::fs::remove_dir_all(&scratch).is_ok() {
            // For five seconds ext4 passes by the inodes of removed files, one by one, whenever it makes a new one. No
            // measurement removes files for that reason, and none follows a removal.
            std::thread::sleep(Duration::from_secs(10));
        }
        std::fs::create_dir_all(scratch.join("outputs")).map_err(|e| e.to_string())?;
        Ok(Self { repository, hxpc, jrsonnet, scratch })
    }

    /// A workspace of so many services with so many parts each.
    pub fn workspace(&self, services: usize, parts: usize) -> Result<PathBuf, String> {
        let dir = self.scratch.join(format!("{services}-{parts}"));
        if !dir.is_dir() {
            generate::write(services, parts, &dir).map_err(|e| format!("{}: {e}", dir.display()))?;
        }
        Ok(dir)
    }

    /// A folder for outputs that is not there yet.
    pub fn out(&self, name: &str) -> PathBuf {
        self.scratch.join("outputs").join(name)
    }

    pub fn check(&self, dir: &Path) -> Result<(), String> {
        succeed(Command::new(&self.hxpc).args(["check", "--quiet"]).arg(dir))
    }

    pub fn compile(&self, dir: &Path, out: &Path) -> Result<(), String> {
        succeed(Command::new(&self.hxpc).args(["compile", "--quiet", "--out"]).arg(out).arg(dir))
    }

    pub fn manifest(&self, dir: &Path, out: &Path) -> Result<(), String> {
        let mut command = Command::new(&self.jrsonnet);
        command.args(["--string", "--create-output-dirs", "--multi"]).arg(out).arg("values.jsonnet");
        succeed(command.current_dir(dir))
    }
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

pub fn succeed(command: &mut Command) -> Result<(), String> {
    let shown = format!("{command:?}");
    let output = command.stdout(Stdio::null()).stderr(Stdio::piped()).output().map_err(|e| format!("{shown}: {e}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{shown}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)))
}

/// How long something took, and for how long it kept processors busy.
#[derive(Clone, Copy)]
pub struct Time {
    pub wall: Duration,
    pub user: Duration,
    pub system: Duration,
}

impl Time {
    /// In both modes together.
    pub fn busy(&self) -> Duration {
        self.user + self.system
    }
}

/// The times that this process, or the processes that it has waited for, kept processors busy.
fn busy(whose: UsageWho) -> Result<(Duration, Duration), String> {
    let usage = getrusage(whose).map_err(|e| e.to_string())?;
    let duration = |time: nix::sys::time::TimeVal| {
        let micros = i128::from(time.tv_sec()) * 1_000_000 + i128::from(time.tv_usec());
        Duration::from_micros(u64::try_from(micros).unwrap_or_default())
    };
    Ok((duration(usage.user_time()), duration(usage.system_time())))
}

/// The shortest of several runs of a process: what the work costs when nothing disturbs it. `work` is told its number.
pub fn shortest(times: usize, work: impl FnMut(usize) -> Result<(), String>) -> Result<Time, String> {
    shortest_of(UsageWho::RUSAGE_CHILDREN, times, work)
}

/// The same for work of this process.
pub fn shortest_here(times: usize, work: impl FnMut(usize) -> Result<(), String>) -> Result<Time, String> {
    shortest_of(UsageWho::RUSAGE_SELF, times, work)
}

fn shortest_of(
    whose: UsageWho,
    times: usize,
    mut work: impl FnMut(usize) -> Result<(), String>,
) -> Result<Time, String> {
    let mut best: Option<Time> = None;
    for number in 0..times {
        let before = busy(whose)?;
        let start = Instant::now();
        work(number)?;
        let wall = start.elapsed();
        let after = busy(whose)?;
        let time = Time { wall, user: after.0 - before.0, system: after.1 - before.1 };
        if best.is_none_or(|b| time.wall < b.wall) {
            best = Some(time);
        }
    }
    best.ok_or_else(|| "nothing was run".to_owned())
}

/// Milliseconds, as the tables show them.
pub fn ms(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}
