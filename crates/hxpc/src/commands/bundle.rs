//! `hxpc bundle`

use std::path::Path;

use hxp_driver::bundle::{Signer, bundle};
use hxp_driver::system::{Disk, System as _};
use hxp_driver::{OutputTree, Request};

use super::Exit;
use crate::args::{Bundle as Args, Format};
use crate::screen::Screen;

/// A key longer than this is none.
const LONGEST_KEY: u64 = 1 << 16;

/// What a gzipped file begins with (RFC 1952, section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

pub fn run(args: &Args) -> Exit {
    let screen = Screen::new(args.style);
    let signer = match signer(args) {
        Ok(signer) => signer,
        Err(why) => {
            screen.warn(&format!("error: {why}"));
            return Exit::Usage;
        }
    };
    let today = match super::day(&args.at) {
        Ok(day) => day,
        Err(exit) => return exit,
    };
    let request = Request {
        start: args.project.project.clone(),
        today: Some(today),
        emit: true,
        targets: vec!["opa".to_owned()],
        environments: args.environments.clone(),
        ..Request::default()
    };
    let mut compilation = hxp_driver::compile(&Disk, &request);
    compilation.diagnostics.retain(|d| d.severity != hxp_diagnostics::Severity::Advice);
    screen.remark(&super::findings(&compilation), Format::Human);
    if compilation.has_errors() {
        return super::exit(&compilation);
    }
    let files: OutputTree =
        compilation.outputs.files.iter().map(|(path, output)| (path.clone(), (*output.file).clone())).collect();
    let written = bundle(&files, signer.as_ref()).map_err(|e| e.to_string());
    match written.and_then(|bytes| write(&args.output, &bytes, args.force)) {
        Ok(()) => {
            let signed = if signer.is_some() { "a signed" } else { "an unsigned" };
            screen.say(&format!("wrote {signed} bundle of {} files to {}", files.len(), args.output.display()));
            Exit::Fine
        }
        Err(why) => {
            screen.warn(&format!("error: {why}"));
            Exit::Usage
        }
    }
}

fn signer(args: &Args) -> Result<Option<Signer>, String> {
    let Some(path) = &args.signing_key else { return Ok(None) };
    let key = Disk.read(path, LONGEST_KEY).map_err(|e| format!("the signing key {}: {e}", path.display()))?;
    Signer::new(&args.signing_alg, &key, &args.key_id, args.scope.as_deref()).map(Some).map_err(|e| e.to_string())
}

/// In one step, and over nothing but an older bundle.
fn write(path: &Path, bytes: &[u8], force: bool) -> Result<(), String> {
    let told = |e: std::io::Error| format!("{}: {e}", path.display());
    match Disk.metadata(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Disk.write(path, bytes, false).map_err(told),
        Err(e) => Err(told(e)),
        Ok(_) => {
            let old = Disk.read(path, u64::MAX).map_err(told)?;
            if !force && !old.starts_with(&GZIP) {
                return Err(format!("{} is there and is no bundle; --force overwrites it", path.display()));
            }
            Disk.replace(path, bytes).map_err(told)
        }
    }
}
