//! Writes `src/` from `grammar.js`, or with `--check` says whether it is what `grammar.js` gives. Needs Node.js.

use std::path::Path;
use std::process::ExitCode;

use tree_sitter_generate::{GenerateError, OptLevel, generate_parser_in_directory};

/// The version of the parser's tables: that of tree-sitter 0.25 and later, the first that knows reserved words.
const ABI: usize = 15;

fn generate(into: &Path) -> Result<(), GenerateError> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    generate_parser_in_directory(
        folder,
        Some(into),
        None::<&Path>,
        ABI,
        None,
        Some("node"),
        true,
        OptLevel::default(),
        &mut found,
    )?;
    for diagnostic in &found {
        println!("{diagnostic}");
    }
    Ok(())
}

fn main() -> ExitCode {
    let there = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let check = std::env::args().any(|a| a == "--check");
    let fresh =
        if check { std::env::temp_dir().join(format!("hxp-grammar-{}", std::process::id())) } else { there.clone() };
    if let Err(e) = generate(&fresh) {
        eprintln!("{e}");
        return ExitCode::FAILURE;
    }
    if !check {
        return ExitCode::SUCCESS;
    }
    let read = |folder: &Path, file: &str| std::fs::read_to_string(folder.join(file)).ok();
    let stale: Vec<&str> = ["grammar.json", "node-types.json", "parser.c"]
        .into_iter()
        .filter(|file| read(&fresh, file) != read(&there, file))
        .collect();
    let _ = std::fs::remove_dir_all(&fresh);
    if stale.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "editors/tree-sitter-hxp/src is not what grammar.js gives ({}): run `cargo xtask editors`",
        stale.join(", ")
    );
    ExitCode::FAILURE
}
