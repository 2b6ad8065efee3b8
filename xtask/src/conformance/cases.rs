//! The policies: the examples and the corpus, each compiled into a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};

use super::bench::{Bench, content};
use crate::{Problems, files};

/// A policy and what it compiles to.
pub struct Case {
    /// Its name, as the table says it.
    pub name: String,
    /// The folder or file that hxpc is given.
    pub source: PathBuf,
    /// The folder of its outputs.
    pub out: PathBuf,
    /// The outputs, relative to that folder.
    pub outputs: Vec<String>,
    /// The one chart that it comes with.
    pub chart: Option<PathBuf>,
}

impl Case {
    /// The outputs that a target is judged by.
    pub fn some(&self, wanted: impl Fn(&str) -> bool) -> Vec<&str> {
        self.outputs.iter().map(String::as_str).filter(|path| wanted(path)).collect()
    }

    /// The environments that have Rego of their own.
    pub fn environments(&self) -> Vec<&str> {
        let names = self.outputs.iter().filter_map(|path| path.strip_prefix("policy/")?.strip_suffix(".rego"));
        names.filter(|name| !name.contains('/') && *name != "lib").collect()
    }

    /// A name for a file of this case's.
    pub fn slug(&self) -> String {
        self.name.replace('/', "-")
    }
}

/// Whether a file is of a kind.
pub fn is(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|e| e == extension)
}

/// Compiles those whose names contain one of the words; all, if there is none.
pub fn all(bench: &Bench, words: &[&str]) -> Result<Vec<Case>, Problems> {
    let mut sources = Vec::new();
    for room in ["examples", "tests/corpus"] {
        let entries = fs::read_dir(bench.root.join(room)).map_err(|e| vec![format!("{room}: {e}")])?;
        for path in entries.flatten().map(|e| e.path()) {
            if path.is_dir() || path.extension().is_some_and(|e| e == "hxp") {
                sources.push((format!("{room}/{}", path.file_stem().unwrap_or_default().display()), path));
            }
        }
    }
    sources.retain(|(name, _)| words.is_empty() || words.iter().any(|word| name.contains(word)));
    sources.sort();
    // What another version left behind would be judged again.
    let _ = fs::remove_dir_all(&bench.out);
    let (mut cases, mut problems) = (Vec::new(), Vec::new());
    for (name, source) in sources {
        match compile(bench, name, source) {
            Ok(case) => cases.push(case),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(cases) } else { Err(problems) }
}

fn compile(bench: &Bench, name: String, source: PathBuf) -> Result<Case, String> {
    let out = bench.out.join(&name);
    fs::create_dir_all(&out).map_err(|e| format!("{}: {e}", out.display()))?;
    let mut command = bench.command(&bench.hxpc, &bench.root);
    command.arg("compile").arg(&source).args(["--quiet", "--out"]).arg(&out);
    content(&mut command).map_err(|e| format!("{name} does not compile: {e}"))?;
    let outputs = outputs(&out);
    if outputs.is_empty() {
        return Err(format!("{name} compiles to nothing"));
    }
    let chart = files(&source, "Chart.yaml").first().and_then(|file| file.parent()).map(Path::to_path_buf);
    Ok(Case { name, source, out, outputs, chart })
}

/// Every file but hxpc's own record.
fn outputs(out: &Path) -> Vec<String> {
    let paths = files(out, "");
    let relative = |path: &PathBuf| Some(path.strip_prefix(out).ok()?.to_string_lossy().replace('\\', "/"));
    paths.iter().filter_map(relative).collect()
}
