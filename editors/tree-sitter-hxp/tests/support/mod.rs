//! The texts that all tests here read: every policy of the repository, and every block of code of its documents.
#![allow(dead_code, reason = "each test uses its part")]

pub mod classes;

use std::path::{Path, PathBuf};

use tree_sitter::{Node, Parser, Tree};

/// A text and where it stands.
pub struct Text {
    pub place: String,
    pub text: String,
}

/// The top folder of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the crate stands in editors/").to_path_buf()
}

/// Every policy and every block of code in the documents, sorted by place.
pub fn corpus() -> Vec<Text> {
    let mut found = Vec::new();
    collect(&root(), &mut found);
    found.sort_by(|a, b| a.place.cmp(&b.place));
    found
}

fn collect(folder: &Path, found: &mut Vec<Text>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the repository").flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        let place = path.strip_prefix(root()).unwrap_or(&path).to_string_lossy().into_owned();
        let skipped = name == "target" || name == "node_modules" || name.starts_with('.');
        if path.is_dir() && !skipped {
            collect(&path, found);
        } else if path.extension().is_some_and(|e| e == "hxp") {
            // Among the samples of errors is a file that is no UTF-8: it is no text for an editor either.
            found.extend(std::fs::read_to_string(&path).ok().map(|text| Text { place, text }));
        } else if path.extension().is_some_and(|e| e == "md") {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let blocks = text.split("```").skip(1).step_by(2).filter(|b| b.starts_with("hxp"));
            found.extend(blocks.enumerate().filter_map(|(number, block)| {
                let (_, text) = block.split_once('\n')?;
                Some(Text { place: format!("{place} block {}", number + 1), text: text.to_owned() })
            }));
        }
    }
}

/// All files below a folder whose names end so, sorted.
pub fn files_below(folder: &Path, suffix: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder of the repository").flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if path.is_dir() && name != "node_modules" {
            found.extend(files_below(&path, suffix));
        } else if name.ends_with(suffix) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// A parser of hxp.
pub fn parser() -> Parser {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_hxp::LANGUAGE.into()).expect("the tables are of a version that the library reads");
    parser
}

/// The tree of a text.
pub fn parse(text: &str) -> Tree {
    parser().parse(text, None).expect("parsing is never cancelled")
}

/// All nodes in the order of the text, outer ones first.
pub fn nodes(tree: &Tree) -> Vec<Node<'_>> {
    let mut cursor = tree.walk();
    let mut found = Vec::new();
    loop {
        found.push(cursor.node());
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return found;
            }
        }
    }
}

/// Where the first error of a tree stands, and what stands there.
pub fn first_error(tree: &Tree, text: &str) -> Option<String> {
    let node = nodes(tree).into_iter().find(|n| n.is_error() || n.is_missing())?;
    let line = node.start_position().row + 1;
    let shown: String = text[node.byte_range()].chars().take(60).collect();
    Some(format!("line {line}: `{shown}`"))
}
