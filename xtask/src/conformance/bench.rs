//! The bench on which judges sit: where they are, what they are asked, what they answered.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::test;

/// Where everything is.
pub struct Bench {
    /// The repository.
    pub root: PathBuf,
    /// The compiler under judgement.
    pub hxpc: PathBuf,
    /// Where the policies are compiled to.
    pub out: PathBuf,
    path: OsString,
}

/// A question to one judge about one policy.
pub struct Job<'a> {
    /// The target whose files are judged.
    pub target: &'static str,
    /// The judge.
    pub tool: &'static str,
    /// The policy.
    pub case: String,
    /// How many files are judged.
    pub files: usize,
    /// `None` if the judge is not there.
    pub ask: Option<Box<dyn FnOnce() -> Result<(), String> + Send + 'a>>,
}

/// What a judge answered.
pub struct Verdict {
    /// The target whose files were judged.
    pub target: &'static str,
    /// The judge.
    pub tool: &'static str,
    /// The policy.
    pub case: String,
    /// How many files were judged.
    pub files: usize,
    /// `None` if the judge was not there; else what it complained of.
    pub answer: Option<Result<(), String>>,
    /// How long it took.
    pub took: Duration,
}

impl Bench {
    /// A bench for the repository.
    pub fn new(root: &Path, hxpc: PathBuf) -> Self {
        let (root, path) = (root.to_path_buf(), test::path_with_tools(root));
        Self { out: root.join("target/conformance"), root, hxpc, path }
    }

    /// A file of the judges' own.
    pub fn file(&self, name: &str) -> PathBuf {
        self.root.join("xtask/judges").join(name)
    }

    /// A place inside `.tools`.
    pub fn tools(&self, name: &str) -> PathBuf {
        self.root.join(".tools").join(name)
    }

    /// The program on the path, the pinned ones first.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        std::env::split_paths(&self.path).map(|folder| folder.join(name)).find(|file| file.is_file())
    }

    /// A command that finds the pinned programs, too.
    pub fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(folder).env("PATH", &self.path).env("NO_COLOR", "1");
        command
    }

    /// Asks one judge, if it is there.
    pub fn ask<'a>(
        &self,
        (target, tool, program): (&'static str, &'static str, &str),
        (case, files): (&str, usize),
        question: impl FnOnce(PathBuf) -> Result<(), String> + Send + 'a,
    ) -> Job<'a> {
        let ask = self.program(program).map(|p| Box::new(move || question(p)) as Box<dyn FnOnce() -> _ + Send>);
        Job { target, tool, case: case.to_owned(), files, ask }
    }
}

/// What a program says, both ways.
pub fn said(output: &Output) -> String {
    [output.stdout.as_slice(), output.stderr.as_slice()].map(String::from_utf8_lossy).concat()
}

/// Runs a command that should be content.
pub fn content(command: &mut Command) -> Result<Output, String> {
    let output = command.output().map_err(|e| format!("{}: {e}", command.get_program().display()))?;
    if output.status.success() { Ok(output) } else { Err(format!("{}\n{}", output.status, said(&output).trim())) }
}

/// Runs a command that should be content and have nothing to say.
pub fn silent(command: &mut Command) -> Result<(), String> {
    let output = content(command)?;
    let said = said(&output);
    if said.trim().is_empty() { Ok(()) } else { Err(said.trim().to_owned()) }
}

/// Asks all questions, as many at a time as there are cores.
pub fn all(jobs: Vec<Job<'_>>) -> Vec<Verdict> {
    let waiting = Mutex::new(jobs.into_iter().enumerate().collect::<Vec<_>>());
    let answered = Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((index, job)) = waiting.lock().ok().and_then(|mut jobs| jobs.pop()) {
                    let verdict = answer(job);
                    if let Ok(mut answered) = answered.lock() {
                        answered.push((index, verdict));
                    }
                }
            });
        }
    });
    let mut answered = answered.into_inner().unwrap_or_default();
    answered.sort_by_key(|(index, _)| *index);
    answered.into_iter().map(|(_, verdict)| verdict).collect()
}

fn answer(job: Job<'_>) -> Verdict {
    let start = Instant::now();
    let answer = job.ask.map(|ask| ask());
    Verdict { target: job.target, tool: job.tool, case: job.case, files: job.files, answer, took: start.elapsed() }
}
