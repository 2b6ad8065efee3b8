//! From bytes to text, with every way in which bytes are no policy.

use std::io;

use hxp_diagnostics::{Diagnostic, FileId, Sources, Span, codes};

/// The largest file that is read, in bytes.
pub const MAX_FILE: u64 = hxp_syntax::MAX_TEXT as u64;

/// Why something could not be done, in words.
pub fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it does not exist".into(),
        io::ErrorKind::PermissionDenied => "access is denied".into(),
        io::ErrorKind::IsADirectory => "it is a folder".into(),
        io::ErrorKind::NotADirectory => "a part of its path is no folder".into(),
        io::ErrorKind::StorageFull => "the disk is full".into(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".into(),
        _ => error.to_string(),
    }
}

/// Adds what was read to the sources; without a text when it is none.
pub fn decode(
    sources: &mut Sources,
    path: &str,
    bytes: io::Result<Vec<u8>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> (FileId, Option<String>) {
    let mut refuse = |sources: &mut Sources, shown: &str, range: (usize, usize), make: &dyn Fn(Span) -> Diagnostic| {
        let file = sources.add(path, shown);
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        diagnostics.push(make(Span::new(file, offset(range.0), offset(range.1))));
        (file, None)
    };
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            return refuse(sources, "", (0, 0), &|span| {
                Diagnostic::new(codes::FILE_TOO_LARGE, span, format!("`{path}` is larger than {} MiB", MAX_FILE >> 20))
                    .help("split the policy into several files")
            });
        }
        Err(error) => {
            return refuse(sources, "", (0, 0), &|span| {
                let message = format!("`{path}` cannot be read: {}", reason(&error));
                let found = Diagnostic::new(codes::UNREADABLE_FILE, span, message);
                if path.contains('\u{FFFD}') {
                    found.help("the name of the file is not UTF-8: rename it")
                } else {
                    found
                }
            });
        }
    };
    match String::from_utf8(bytes) {
        Ok(text) => match text.find('\0') {
            Some(at) => refuse(sources, &text, (at, at + 1), &|span| {
                Diagnostic::new(codes::NUL_BYTE, span, format!("`{path}` contains a NUL byte"))
                    .label("the NUL byte")
                    .help("a policy is plain text; this file may be binary, or UTF-16")
            }),
            None => (sources.add(path, text.as_str()), Some(text)),
        },
        Err(error) => {
            // What stands before the first bad byte keeps its place in the text that is shown.
            let at = error.utf8_error().valid_up_to();
            let shown = String::from_utf8_lossy(error.as_bytes()).into_owned();
            refuse(sources, &shown, (at, at + '\u{FFFD}'.len_utf8()), &|span| {
                Diagnostic::new(codes::INVALID_UTF8, span, format!("`{path}` is not UTF-8 text"))
                    .label("not UTF-8 from here")
                    .help("save the file in the encoding UTF-8")
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_not_to_be_text() {
        for (bytes, expected) in [
            (Ok(b"policy p {}".to_vec()), None),
            (Ok(b"ab\xFFcd".to_vec()), Some(("HXP0002", 2, 5))),
            (Ok(b"ab\0".to_vec()), Some(("HXP0003", 2, 3))),
            (Err(io::ErrorKind::FileTooLarge.into()), Some(("HXP0004", 0, 0))),
            (Err(io::ErrorKind::PermissionDenied.into()), Some(("HXP0001", 0, 0))),
        ] {
            let mut sources = Sources::default();
            let mut diagnostics = Vec::new();
            let (file, text) = decode(&mut sources, "p.hxp", bytes, &mut diagnostics);
            let found = diagnostics.first().map(|d| (d.code.id(), d.primary.span.start, d.primary.span.end));
            assert_eq!(found, expected);
            assert_eq!(text.is_some(), expected.is_none());
            assert_eq!(sources.get(file).unwrap().path(), "p.hxp");
        }
    }
}
