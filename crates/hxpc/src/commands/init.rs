//! `hxpc init`

use std::path::{Path, PathBuf};

use hxp_driver::init::{Refused, Scaffold, scaffold};
use hxp_driver::system::{Disk, System as _};

use super::Exit;
use crate::args::{At, Format, Init};
use crate::screen::Screen;

pub fn run(args: &Init) -> Exit {
    let screen = Screen::new(args.style);
    let root = args.repository.as_path();
    let Ok(whole) = Disk.canonical(root) else {
        screen.warn(&format!("error: there is no folder `{}`", root.display()));
        return Exit::Usage;
    };
    let name = whole.file_name().map_or_else(|| "project".to_owned(), |n| n.to_string_lossy().into_owned());
    let today = super::day(&At { date: None }).ok();
    match scaffold(&Disk, root, &name, today) {
        Ok(begun) if args.dry_run => {
            for (path, text) in &begun.files {
                screen.out(&format!("--- {path}\n{text}\n"));
            }
            Exit::Fine
        }
        Ok(begun) => write(screen, root, &begun),
        Err(Refused::Exists(path)) => {
            screen.warn(&format!("error: `{path}` exists already; init never changes what is there"));
            Exit::Usage
        }
        Err(Refused::Errors(compilation)) => {
            screen.warn("the policy that init would write has errors; nothing was written:");
            screen.remark(&super::findings(&compilation), Format::Human);
            Exit::Errors
        }
    }
}

/// Writes the files; what was written is taken back when one of them cannot be.
fn write(screen: Screen, root: &Path, begun: &Scaffold) -> Exit {
    let mut written: Vec<PathBuf> = Vec::new();
    for (path, text) in &begun.files {
        let full = root.join(path);
        let folder = full.parent().unwrap_or(root);
        if let Err(error) = Disk.create_folder(folder).and_then(|()| Disk.write(&full, text.as_bytes(), false)) {
            screen.warn(&format!("error: {} could not be written: {}", full.display(), hxp_driver::reason(&error)));
            for path in &written {
                // It was not there before, and nobody but this run knows of it.
                drop(Disk.remove_file(path));
            }
            return Exit::Errors;
        }
        written.push(full);
    }
    for path in &written {
        screen.say(&format!("wrote {}", path.display()));
    }
    screen.say("\nfound:");
    for line in &begun.made_of {
        screen.say(&format!("  {line}"));
    }
    for note in &begun.notes {
        screen.say(&format!("note: {note}"));
    }
    screen.say("\nnext: `hxpc check`, then `hxpc compile`");
    Exit::Fine
}
