//! The user's own `opa`, asked for decisions.
//!
//! The built-in engine is another program than the one that will run in production; whoever has that one can hold the
//! generated Rego to it as well.

use std::path::{Path, PathBuf};
use std::process::Command;

use hxp_driver::OutputTree;
use hxp_driver::system::{Disk, System as _};
use serde_json::{Value as Json, json};

/// A program, and a folder with the generated files.
pub struct Opa {
    program: PathBuf,
    folder: tempfile::TempDir,
}

impl Opa {
    /// The program that is named, otherwise the one on the path.
    pub fn find(named: Option<&Path>) -> Option<PathBuf> {
        if let Some(named) = named {
            return Some(named.to_path_buf());
        }
        #[expect(clippy::disallowed_methods, reason = "which programs there are is the command line's business")]
        let path = std::env::var_os("PATH")?;
        let name = if cfg!(windows) { "opa.exe" } else { "opa" };
        std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
    }

    /// Makes the program ready to decide by the generated files.
    pub fn new(program: PathBuf, files: &OutputTree) -> Result<Self, String> {
        // It runs in another folder; a bare name is looked for on the path.
        let named_by_path = program.components().count() > 1;
        let absolute = named_by_path.then(|| std::path::absolute(&program).ok()).flatten();
        let program = absolute.unwrap_or(program);
        let folder = tempfile::tempdir().map_err(|e| format!("no temporary folder can be made: {e}"))?;
        for (path, file) in files {
            write(&folder.path().join(path.as_str()), &file.text)?;
        }
        Ok(Self { program, folder })
    }

    /// The decisions on many requests, in one run.
    pub fn decide(&self, environment: &str, requests: &[Json]) -> Result<Vec<Json>, String> {
        let cases = self.folder.path().join("cases.json");
        // That of the run before, if there was one.
        drop(Disk.remove_file(&cases));
        write(&cases, &json!({ "cases": requests }).to_string())?;
        let query = format!(
            "[d | some request in data.cases; d := object.get(data.hxp, [\"{environment}\", \"decision\"], null) with input as request]"
        );
        let arguments = ["eval", "--data", "policy", "--data", "cases.json", "--format", "raw", &query];
        #[expect(clippy::disallowed_methods, reason = "this module is the fence that the lint protects")]
        let run = Command::new(&self.program).args(arguments).current_dir(self.folder.path()).output();
        let output = run.map_err(|e| format!("`{}` cannot be run: {e}", self.program.display()))?;
        let decisions: Option<Vec<Json>> = serde_json::from_slice(&output.stdout).ok();
        match decisions {
            Some(decisions) if decisions.len() == requests.len() => Ok(decisions),
            _ => {
                let said = String::from_utf8_lossy(&output.stderr);
                let said = if said.trim().is_empty() { String::from_utf8_lossy(&output.stdout) } else { said };
                Err(format!("`{}` does not decide: {}", self.program.display(), said.trim()))
            }
        }
    }
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let wrong = |e: std::io::Error| format!("`{}` cannot be written: {e}", path.display());
    if let Some(folder) = path.parent() {
        Disk.create_folder(folder).map_err(wrong)?;
    }
    Disk.write(path, text.as_bytes(), false).map_err(wrong)
}
