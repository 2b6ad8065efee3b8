//! What is kept between two compilations of one project.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use hxp_diagnostics::{FileId, SourceFile, Sources};
use hxp_syntax::Parsed;

use crate::front::File;

/// The texts of the last compilation with their trees.
///
/// A tree is taken again when its file has the same text *and* the same number: every span in it names the file by its
/// number.
#[derive(Debug, Default)]
pub struct Memo {
    files: HashMap<FileId, (SourceFile, Arc<Parsed>)>,
}

impl Memo {
    /// The file's tree, if it was parsed before from these bytes; the sources grow by the file then.
    pub fn recall(
        &self,
        sources: &mut Sources,
        path: &str,
        bytes: &io::Result<Vec<u8>>,
    ) -> Option<(FileId, Arc<Parsed>)> {
        let (source, parsed) = self.files.get(&sources.next())?;
        let same = bytes.as_ref().is_ok_and(|b| b == source.text().as_bytes()) && source.path() == path;
        same.then(|| (sources.add_again(source.clone()), parsed.clone()))
    }

    /// Takes over the trees of edits made since, so that no text is parsed twice and no file has two trees.
    pub fn learn(&mut self, known: &crate::Compilation) {
        for file in &known.files {
            let differs = self.files.get(&file.id).is_none_or(|(_, parsed)| !Arc::ptr_eq(parsed, &file.parsed));
            if let (true, Some(source)) = (differs, known.sources.get(file.id)) {
                self.files.insert(file.id, (source.clone(), file.parsed.clone()));
            }
        }
    }

    /// Remembers what was parsed.
    pub fn keep(&mut self, sources: &Sources, files: &[File]) {
        let one = |file: &File| Some((file.id, (sources.get(file.id)?.clone(), file.parsed.clone())));
        self.files = files.iter().filter_map(one).collect();
    }
}
