//! `.hxp/outputs.json`: the files hxpc wrote, with their digests.

use std::collections::BTreeMap;
use std::io;

use hxp_diagnostics::{Diagnostic, Sources, codes};
use smol_str::SmolStr;

use super::{Folder, about_file};
use crate::system::System;

/// The record's name in the folder of hxpc.
pub const FILE: &str = "outputs.json";

/// The files hxpc wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The form of this record.
    pub hxp: u32,
    /// By path.
    pub files: BTreeMap<SmolStr, Entry>,
}

/// A file hxpc wrote.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The digest of what was written.
    pub sha256: String,
    /// The target it comes from.
    pub target: SmolStr,
}

/// The record of a folder; empty when nothing was written yet.
pub fn read(
    system: &dyn System,
    folder: &Folder,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Record, Option<String>) {
    let shown = format!("{}/{FILE}", super::OWN_FOLDER);
    let mut refuse = |sources: &mut Sources, text: &str, why: String| {
        let message = format!("the record of generated files cannot be read: {why}");
        let found = about_file(codes::BAD_MANIFEST, sources, &shown, text, message);
        diagnostics.push(found.help("restore it from version control, or delete it and pass `--force` once"));
        (Record::default(), None)
    };
    let bytes = match system.read(&folder.own().join(FILE), u64::from(u32::MAX)) {
        Ok(bytes) => bytes,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return (Record::default(), None);
        }
        Err(error) => return refuse(sources, "", crate::read::reason(&error)),
    };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    match serde_json::from_str::<Record>(&text) {
        Ok(record) if record.hxp == 1 => (record, Some(text)),
        Ok(record) => {
            refuse(sources, &text, format!("it has the form {}, which this version does not know", record.hxp))
        }
        Err(error) => refuse(sources, &text, error.to_string()),
    }
}

/// The record as it is written.
pub fn print(record: &Record) -> String {
    let mut text = serde_json::to_string_pretty(record).unwrap_or_default();
    text.push('\n');
    text
}
