//! Runs the tests again whenever a file of the project changes. An interrupt ends it: nothing is held that would have to be
//! put back.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use hxp_driver::Compilation;
use hxp_driver::system::{Disk, System as _};

use crate::args::Test as Args;
use crate::commands::Exit;
use crate::screen::Screen;

/// How often files are looked at.
const PAUSE: Duration = Duration::from_millis(300);

/// A file longer than this is no source.
const LONGEST: u64 = 16 << 20;

pub fn run(args: &Args) -> Exit {
    let screen = Screen::new(args.style);
    loop {
        let (exit, compilation) = super::once(args);
        let Some(compilation) = compilation else { return exit };
        screen.say("waiting for a change; interrupt to end");
        let before = snapshot(args, &compilation);
        while snapshot(args, &compilation) == before {
            std::thread::sleep(PAUSE);
        }
        screen.say("");
    }
}

/// What the project's files hold, those that were read and those that are there now.
fn snapshot(args: &Args, compilation: &Compilation) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut sources = hxp_diagnostics::Sources::default();
    let project = hxp_driver::project::discover(&Disk, &args.project.project, &mut sources, &mut Vec::new());
    let now = project.files.iter().map(|file| project.root.join(file));
    let manifest = [compilation.project.root.join("hxp.toml")];
    let read = compilation.sources.iter().map(|(_, file)| compilation.project.root.join(file.path().as_str()));
    let all = now.chain(manifest).chain(read);
    all.map(|path| (path.clone(), Disk.read(&path, LONGEST).ok())).collect()
}
