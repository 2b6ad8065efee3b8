//! Every policy of `tests/corpus` compiles, and has the findings that its first line names: none, if it names none.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and reads files where they lie"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use hxp_driver::system::Disk;
use hxp_driver::{Request, compile};

fn policies() -> Vec<PathBuf> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus");
    let is_policy = |path: &PathBuf| path.is_dir() || path.extension().is_some_and(|e| e == "hxp");
    std::fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).filter(is_policy).collect()
}

/// The codes in the first line, if that is a comment of codes alone.
fn expected(policy: &Path) -> BTreeSet<String> {
    let file = if policy.is_dir() { policy.join("policy.hxp") } else { policy.to_path_buf() };
    let text = std::fs::read_to_string(file).unwrap();
    let first = text.lines().next().and_then(|line| line.strip_prefix("// ")).unwrap_or_default();
    first.split(", ").filter(|word| word.starts_with("HXP")).map(str::to_owned).collect()
}

#[test]
fn each_has_the_findings_that_it_names() {
    let policies = policies();
    assert!(policies.len() >= 10, "{policies:#?}");
    for policy in policies {
        let request =
            Request { start: policy.clone(), emit: true, today: "2027-01-15".parse().ok(), ..Request::default() };
        let found = compile(&Disk, &request);
        let codes: BTreeSet<String> = found.diagnostics.iter().map(|d| d.code.id().to_owned()).collect();
        assert_eq!(codes, expected(&policy), "{}: {:#?}", policy.display(), found.diagnostics);
        assert!(!found.has_errors(), "{}", policy.display());
    }
}
