//! Between URIs and paths.

use std::path::{Path, PathBuf};

use tower_lsp_server::ls_types::Uri;

/// Documents that lie nowhere are given a folder that exists nowhere.
const NOWHERE: &str = "/\u{1}untitled";

/// The scheme of what lies in the compiler itself: modules of the standard library, pages about errors.
pub const SCHEME: &str = "hxp";

/// The path of a document.
pub fn path(uri: &Uri) -> PathBuf {
    let is_file = uri.scheme().as_str().eq_ignore_ascii_case("file");
    let path = uri.to_file_path().map(std::borrow::Cow::into_owned).filter(|p| is_file && p.is_absolute());
    path.unwrap_or_else(|| {
        let name: String = uri.as_str().chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
        Path::new(NOWHERE).join(format!("{name}.hxp"))
    })
}

/// The URI of a path.
pub fn uri(path: &Path) -> Option<Uri> {
    Uri::from_file_path(path)
}

/// The URI of a module of the standard library, `<std>/gates.hxp` in the sources.
pub fn std_module(path: &str) -> Option<Uri> {
    let rest = path.strip_prefix("<std>/")?;
    format!("{SCHEME}:///std/{rest}").parse().ok()
}

/// The URI of the page about an error.
pub fn page(id: &str) -> Option<Uri> {
    format!("{SCHEME}:///errors/{id}.md").parse().ok()
}

/// Whether a path is that of a document that lies nowhere.
pub fn is_nowhere(path: &Path) -> bool {
    path.starts_with(NOWHERE)
}
