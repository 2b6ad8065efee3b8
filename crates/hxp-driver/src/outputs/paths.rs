//! Paths of outputs: inside the folder, and the same file for every file system.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::OWN_FOLDER;

/// Names that Windows keeps for devices, whatever their extension.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// Says why `path` must not be written, in words that follow "the output `x` …".
pub fn check(path: &str) -> Result<(), String> {
    if path.is_empty() {
        return Err("has no name".into());
    }
    if path.starts_with('/') || path.contains(':') {
        return Err("has an absolute path".into());
    }
    if path.chars().any(|c| c == '\\' || c.is_control()) {
        return Err("has characters that no path should have".into());
    }
    for part in path.split('/') {
        match part {
            ".." => return Err("would lie outside the output folder".into()),
            "" | "." => return Err("has an empty part in its path".into()),
            _ if part.eq_ignore_ascii_case(OWN_FOLDER) || part.eq_ignore_ascii_case(".git") => {
                return Err(format!("would lie in `{part}`, which is kept"));
            }
            _ if part.ends_with(['.', ' ']) || is_device(part) => {
                return Err(format!("has the part `{part}`, which some file systems change"));
            }
            _ if part.len() > 255 => return Err("has a name longer than file systems allow".into()),
            _ => {}
        }
    }
    Ok(())
}

fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().to_ascii_lowercase();
    DEVICES.iter().any(|d| {
        stem.strip_prefix(d).is_some_and(|rest| match *d {
            "com" | "lpt" => rest.len() == 1 && rest.bytes().all(|b| b.is_ascii_digit()),
            _ => rest.is_empty(),
        })
    })
}

/// Pairs that a file system which ignores case cannot tell apart, or of which one would have to be the other's folder.
pub fn collisions<'a>(paths: impl Iterator<Item = &'a SmolStr>) -> Vec<(&'a SmolStr, &'a SmolStr)> {
    let mut folded: BTreeMap<String, &SmolStr> = BTreeMap::new();
    let mut found = Vec::new();
    for path in paths {
        if let Some(other) = folded.insert(path.to_lowercase(), path) {
            found.push((other, path));
        }
    }
    let mut free = "";
    for (key, path) in &folded {
        // Neighbours mostly share their folder: what was no file a moment ago is none now.
        let folder = key.rsplit_once('/').map_or("", |(folder, _)| folder);
        if folder == free {
            continue;
        }
        let before = found.len();
        for (at, _) in key.match_indices('/') {
            if let Some(file) = key.get(..at).and_then(|folder| folded.get(folder)) {
                found.push((*file, *path));
            }
        }
        if found.len() == before {
            free = folder;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_relative_paths() {
        for (path, good) in [
            ("helm/values-staging.yaml", true),
            (".github/workflows/deploy-a.yml", true),
            ("", false),
            ("/etc/passwd", false),
            ("../x", false),
            ("a/../../x", false),
            ("a/..", false),
            ("a//b", false),
            ("./a", false),
            ("C:/x", false),
            ("a\\b", false),
            ("a\nb", false),
            (".hxp/outputs.json", false),
            (".GIT/config", false),
            ("nul.txt", false),
            ("com1", false),
            ("common.yml", true),
            ("a./b", false),
        ] {
            assert_eq!(check(path).is_ok(), good, "{path:?}");
        }
    }

    #[test]
    fn files_that_would_be_one() {
        let paths: Vec<SmolStr> = ["a/B.yml", "a/b.yml", "c", "c/d", "e/f", "e/g"].map(SmolStr::from).to_vec();
        let found: Vec<String> = collisions(paths.iter()).iter().map(|(a, b)| format!("{a} {b}")).collect();
        assert_eq!(found, ["a/B.yml a/b.yml", "c c/d"]);
    }
}
