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
        // Taken before the tests run, lest what changes meanwhile goes unnoticed.
        let before = project(args);
        let (exit, compilation) = super::once(args);
        let Some(compilation) = compilation else { return exit };
        let read = beside(&compilation, &before);
        screen.say("waiting for a change; interrupt to end");
        while project(args) == before && beside(&compilation, &before) == read {
            std::thread::sleep(PAUSE);
        }
        screen.say("");
    }
}

/// What files hold; `None` for one that cannot be read.
type Held = BTreeMap<PathBuf, Option<Vec<u8>>>;

/// What the files that make up the project hold now, its manifest included.
fn project(args: &Args) -> Held {
    let mut sources = hxp_diagnostics::Sources::default();
    let project = hxp_driver::project::discover(&Disk, &args.project.project, &mut sources, &mut Vec::new());
    let files = project.files.iter().map(|file| project.root.join(file));
    held(files.chain([project.root.join("hxp.toml")]))
}

/// What the other files hold that were read: values and schemas of charts, for one.
fn beside(compilation: &Compilation, project: &Held) -> Held {
    let read = compilation.sources.iter().map(|(_, file)| compilation.project.root.join(file.path().as_str()));
    held(read.filter(|path| !project.contains_key(path)))
}

fn held(files: impl Iterator<Item = PathBuf>) -> Held {
    files.map(|path| (path.clone(), Disk.read(&path, LONGEST).ok())).collect()
}
