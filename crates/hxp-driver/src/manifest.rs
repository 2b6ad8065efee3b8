//! `hxp.toml`: what belongs to a project and what is made of it.

use std::collections::BTreeMap;
use std::ops::Range;

use hxp_diagnostics::{Code, Diagnostic, FileId, Severity, Span, Spanned, codes};
use smol_str::SmolStr;
use toml::Spanned as TomlSpanned;
use toml::de::{DeTable, DeValue};

/// The manifest's file name.
pub const FILE: &str = "hxp.toml";

/// The sources of a project whose manifest names none.
pub const DEFAULT_SOURCES: &str = "**/*.hxp";

/// A manifest. Each word that a diagnostic may be about knows where it stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifest {
    /// Its file; `None` when the project has none and every default holds.
    pub file: Option<FileId>,
    /// `[project] sources`: globs of the policy's files, relative to the manifest.
    pub sources: Vec<Spanned<String>>,
    /// `[project] out`: the output folder, relative to the manifest.
    pub out: Option<Spanned<String>>,
    /// `[targets.github] root`: the folder of the project in its repository, when it is not the root.
    pub root: Option<Spanned<String>>,
    /// `[targets.github] repository`: whose workflows give the evidence.
    pub repository: Option<Spanned<String>>,
    /// `[project] targets`, in the order of the book; all when it is not given.
    pub targets: Option<Vec<Spanned<SmolStr>>>,
    /// `[modules]`: libraries by name, each a folder relative to the manifest.
    pub modules: Vec<Library>,
    /// `[targets.<name>]`
    pub options: BTreeMap<SmolStr, serde_json::Map<String, serde_json::Value>>,
    /// `[lints]`: `None` is `off`.
    pub lints: Vec<(Code, Option<Severity>)>,
}

/// A folder of modules.
#[derive(Clone, Debug, PartialEq)]
pub struct Library {
    /// The first word of its modules' names.
    pub name: Spanned<SmolStr>,
    /// The folder.
    pub folder: Spanned<String>,
}

/// Reads a manifest; what cannot be read is left at its default, with a diagnostic.
pub fn read(file: FileId, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Manifest {
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader { file, diagnostics, broken: !errors.is_empty() };
    for error in errors {
        let span = reader.span(error.span().unwrap_or_default());
        reader.bad(span, &format!("the manifest is not valid TOML: {}", error.message().trim_end_matches('.')));
    }
    reader.manifest(document.get_ref())
}

/// How a manifest's text turns a lint off: bytes to replace, and what shall stand there. A new line has a place for the
/// reason; where a level stands already, it alone is replaced.
///
/// `None` where the text is no TOML, or says its lints in another way than below `[lints]`.
pub fn silence(text: &str, lint: &str) -> Option<(Range<usize>, String)> {
    let document = DeTable::parse(text).ok()?;
    let end_of_line = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let line = format!("{lint} = \"off\" # because: {end_of_line}");
    let Some((key, value)) = document.get_ref().iter().find(|(key, _)| key.get_ref() == "lints") else {
        let gap = if text.trim().is_empty() {
            String::new()
        } else if text.ends_with('\n') {
            end_of_line.to_owned()
        } else {
            end_of_line.repeat(2)
        };
        return Some((text.len()..text.len(), format!("{gap}[lints]{end_of_line}{line}")));
    };
    let DeValue::Table(lints) = value.get_ref() else { return None };
    if let Some((_, level)) = lints.iter().find(|(key, _)| key.get_ref() == lint) {
        return Some((level.span(), "\"off\"".to_owned()));
    }
    let header = text.get(..key.span().start)?.trim_end_matches([' ', '\t']).ends_with('[');
    let rest = text.get(key.span().end..)?;
    let below = key.span().end + rest.find('\n').map_or(rest.len(), |at| at + 1);
    let line = if text.get(..below)?.ends_with('\n') { line } else { format!("{end_of_line}{line}") };
    header.then_some((below..below, line))
}

struct Reader<'d> {
    file: FileId,
    diagnostics: &'d mut Vec<Diagnostic>,
    /// The text is not TOML: where a key stands is a guess, and not worth a word.
    broken: bool,
}

type Entry<'t> = (&'t TomlSpanned<std::borrow::Cow<'t, str>>, &'t TomlSpanned<DeValue<'t>>);

impl Reader<'_> {
    fn manifest(&mut self, document: &DeTable<'_>) -> Manifest {
        let mut manifest = Manifest { file: Some(self.file), ..Manifest::default() };
        for (key, value) in in_order(document) {
            match key.get_ref().as_ref() {
                "project" => self.project(value, &mut manifest),
                "modules" => self.modules(value, &mut manifest),
                "targets" => self.target_options(value, &mut manifest),
                "lints" => self.lints(value, &mut manifest),
                _ => self.unknown(key, &["project", "modules", "targets", "lints"], "the manifest"),
            }
        }
        self.layout(&mut manifest);
        manifest
    }

    /// `owner/name`, as GitHub spells it.
    fn is_repository(&mut self, name: &Spanned<String>) -> bool {
        let known = |part: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        };
        let is = name.node.split_once('/').is_some_and(|(owner, repository)| known(owner) && known(repository));
        if !is {
            let message = format!("`{}` is no repository of GitHub", name.node);
            let found = Diagnostic::new(codes::BAD_MANIFEST, name.span, message);
            self.diagnostics.push(found.help("write `owner/name`: `repository = \"acme/shop\"`"));
        }
        is
    }

    /// The output folder lies in the project, or in the repository of which the project is a folder.
    fn layout(&mut self, manifest: &mut Manifest) {
        let mut depth = 0;
        if let Some(root) = &manifest.root {
            match lexical(&root.node) {
                Some((0, below)) => depth = below,
                _ => {
                    let message = format!("`{}` is no folder of a repository", root.node);
                    let found = Diagnostic::new(codes::BAD_MANIFEST, root.span, message);
                    let help = "name the project's folder as seen from the repository's root: `root = \"policy\"`";
                    self.diagnostics.push(found.help(help));
                    manifest.root = None;
                }
            }
        }
        let Some(out) = &manifest.out else { return };
        let problem = match lexical(&out.node) {
            None => format!("`out` must be relative to the folder of hxp.toml, but `{}` is not", out.node),
            Some((climbs, _)) if climbs > depth && depth > 0 => {
                format!("`out = \"{}\"` leads out of the repository, in which the project lies {depth} deep", out.node)
            }
            Some((climbs, _)) if climbs > depth => format!("`out = \"{}\"` leads out of the project", out.node),
            Some(_) => return,
        };
        let found = Diagnostic::new(codes::BAD_MANIFEST, out.span, problem).label("outputs would lie elsewhere");
        self.diagnostics.push(found.help(
            "outputs stay below the project; of a project in a folder of a larger repository say which folder that is \
             (`[targets.github] root = \"policy\"`), and they may go to the repository's root (`out = \"..\"`); any other \
             folder can be named on the command line (`--out`)",
        ));
        manifest.out = None;
    }

    fn project(&mut self, value: &TomlSpanned<DeValue<'_>>, manifest: &mut Manifest) {
        let Some(table) = self.table(value, "project") else { return };
        for (key, value) in in_order(table) {
            match key.get_ref().as_ref() {
                "sources" => manifest.sources = self.strings(value, "sources"),
                "out" => manifest.out = self.string(value, "out"),
                "targets" => {
                    let names = self.strings(value, "targets");
                    manifest.targets = Some(names.into_iter().filter_map(|n| self.target(n)).collect());
                }
                _ => self.unknown(key, &["sources", "out", "targets"], "`[project]`"),
            }
        }
    }

    /// The name of a target that exists.
    fn target(&mut self, name: Spanned<String>) -> Option<Spanned<SmolStr>> {
        if hxp_targets::find(&name.node).is_some() {
            return Some(Spanned { node: name.node.into(), span: name.span });
        }
        let found = Diagnostic::new(codes::UNKNOWN_TARGET, name.span, format!("there is no target `{}`", name.node));
        let names: Vec<String> = hxp_targets::TARGETS.iter().map(|t| format!("\"{}\"", t.name())).collect();
        let written = format!("\"{}\"", name.node);
        self.diagnostics.push(found.label("not a target").suggest(&written, names.iter().map(String::as_str)));
        None
    }

    fn modules(&mut self, value: &TomlSpanned<DeValue<'_>>, manifest: &mut Manifest) {
        let Some(table) = self.table(value, "modules") else { return };
        for (key, value) in in_order(table) {
            let name = Spanned { node: SmolStr::new(key.get_ref()), span: self.span(key.span()) };
            if name.node == "std" {
                self.bad(name.span, "`std` is the standard library and cannot be a library of the project");
            } else if let Some(folder) = self.string(value, &name.node) {
                manifest.modules.push(Library { name, folder });
            }
        }
    }

    fn target_options(&mut self, value: &TomlSpanned<DeValue<'_>>, manifest: &mut Manifest) {
        let Some(table) = self.table(value, "targets") else { return };
        for (key, value) in in_order(table) {
            let Some(target) = hxp_targets::find(key.get_ref()) else {
                let names: Vec<&str> = hxp_targets::TARGETS.iter().map(|t| t.name()).collect();
                self.unknown(key, &names, "`[targets]`");
                continue;
            };
            let Some(options) = self.table(value, target.name()) else { continue };
            let mut known = serde_json::Map::new();
            for (option, value) in in_order(options) {
                if target.name() == "github" && option.get_ref() == "root" {
                    manifest.root = self.string(value, "root");
                }
                if target.name() == "github" && option.get_ref() == "repository" {
                    manifest.repository = self.string(value, "repository").filter(|name| self.is_repository(name));
                }
                if target.options().contains(&option.get_ref().as_ref()) {
                    known.insert(option.get_ref().to_string(), json(value.get_ref()));
                } else {
                    self.unknown(option, target.options(), &format!("`[targets.{}]`", target.name()));
                }
            }
            manifest.options.insert(target.name().into(), known);
        }
    }

    fn lints(&mut self, value: &TomlSpanned<DeValue<'_>>, manifest: &mut Manifest) {
        let Some(table) = self.table(value, "lints") else { return };
        for (key, value) in in_order(table) {
            let known = Code::find(key.get_ref()).filter(|c| c.severity() != Severity::Error);
            let Some(code) = known else {
                let names: Vec<String> =
                    codes::ALL.iter().filter(|c| c.severity() != Severity::Error).map(|c| c.name()).collect();
                self.unknown(key, &names.iter().map(String::as_str).collect::<Vec<_>>(), "`[lints]`");
                continue;
            };
            let Some(level) = self.string(value, key.get_ref()) else { continue };
            match level.node.as_str() {
                "off" => manifest.lints.push((code, None)),
                "advice" => manifest.lints.push((code, Some(Severity::Advice))),
                "warning" => manifest.lints.push((code, Some(Severity::Warning))),
                "error" => manifest.lints.push((code, Some(Severity::Error))),
                other => {
                    let found = format!("a lint cannot be set to `{other}`");
                    let diagnostic = Diagnostic::new(codes::BAD_MANIFEST, level.span, found);
                    let valid = ["\"off\"", "\"advice\"", "\"warning\"", "\"error\""];
                    self.diagnostics.push(diagnostic.suggest(&format!("\"{other}\""), valid));
                }
            }
        }
    }

    fn table<'t>(&mut self, value: &'t TomlSpanned<DeValue<'t>>, name: &str) -> Option<&'t DeTable<'t>> {
        match value.get_ref() {
            DeValue::Table(table) => Some(table),
            other => self.wrong_type(value, name, "a table", other),
        }
    }

    fn string(&mut self, value: &TomlSpanned<DeValue<'_>>, name: &str) -> Option<Spanned<String>> {
        match value.get_ref() {
            DeValue::String(text) => Some(Spanned { node: text.to_string(), span: self.span(value.span()) }),
            other => self.wrong_type(value, name, "a string", other),
        }
    }

    fn strings(&mut self, value: &TomlSpanned<DeValue<'_>>, name: &str) -> Vec<Spanned<String>> {
        match value.get_ref() {
            DeValue::Array(items) => items.iter().filter_map(|v| self.string(v, name)).collect(),
            other => self.wrong_type(value, name, "a list of strings", other).unwrap_or_default(),
        }
    }

    fn wrong_type<T>(
        &mut self,
        value: &TomlSpanned<DeValue<'_>>,
        name: &str,
        expected: &str,
        found: &DeValue<'_>,
    ) -> Option<T> {
        let span = self.span(value.span());
        self.bad(span, &format!("`{name}` must be {expected}, but this is {}", type_name(found)));
        None
    }

    fn unknown(&mut self, key: &TomlSpanned<std::borrow::Cow<'_, str>>, valid: &[&str], place: &str) {
        if self.broken {
            return;
        }
        let span = self.span(key.span());
        let name = key.get_ref();
        let found = Diagnostic::new(codes::UNKNOWN_MANIFEST_KEY, span, format!("{place} has no key `{name}`"));
        let found = found.label("means nothing here");
        self.diagnostics.push(if valid.is_empty() {
            found.help(format!("{place} takes no keys"))
        } else {
            found.suggest(name, valid.iter().copied())
        });
    }

    fn bad(&mut self, span: Span, message: &str) {
        self.diagnostics.push(Diagnostic::new(codes::BAD_MANIFEST, span, message));
    }

    fn span(&self, range: Range<usize>) -> Span {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span::new(self.file, offset(range.start), offset(range.end))
    }
}

/// How many folders a relative path climbs, and how deep it then goes down; `None` if it is not relative.
pub fn lexical(path: &str) -> Option<(usize, usize)> {
    let (mut climbs, mut below) = (0, 0_usize);
    for part in std::path::Path::new(path).components() {
        match part {
            std::path::Component::Normal(_) => below += 1,
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => match below.checked_sub(1) {
                Some(less) => below = less,
                None => climbs += 1,
            },
            std::path::Component::RootDir | std::path::Component::Prefix(_) => return None,
        }
    }
    Some((climbs, below))
}

/// The entries as written; the table itself is sorted by key.
fn in_order<'t>(table: &'t DeTable<'t>) -> Vec<Entry<'t>> {
    let mut entries: Vec<Entry<'t>> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn json(value: &DeValue<'_>) -> serde_json::Value {
    use serde_json::Value;
    match value {
        DeValue::String(text) => Value::from(text.as_ref()),
        DeValue::Integer(number) => number.to_string().parse::<i64>().map_or(Value::Null, Value::from),
        DeValue::Float(number) => number.to_string().parse::<f64>().map_or(Value::Null, Value::from),
        DeValue::Boolean(flag) => Value::from(*flag),
        DeValue::Datetime(at) => Value::from(at.to_string()),
        DeValue::Array(items) => items.iter().map(|v| json(v.get_ref())).collect(),
        DeValue::Table(table) => Value::Object(
            in_order(table).into_iter().map(|(k, v)| (k.get_ref().to_string(), json(v.get_ref()))).collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hxp_diagnostics::Sources;

    /// The manifest and, a line each: code, underlined text, message.
    fn read_text(text: &str) -> (Manifest, Vec<String>) {
        let mut sources = Sources::default();
        let file = sources.add(FILE, text);
        let mut diagnostics = Vec::new();
        let manifest = read(file, text, &mut diagnostics);
        let lines = diagnostics
            .iter()
            .map(|d| format!("{} <{}> {}", d.code, sources.slice(d.primary.span), d.message))
            .collect();
        (manifest, lines)
    }

    #[test]
    fn reads_everything() {
        let (manifest, found) = read_text(
            "[project]\nsources = [\"policy/**/*.hxp\"]\nout = \"gen\"\ntargets = [\"helm\"]\n\
             [modules]\nshared = \"../shared\"\n[lints]\nnaming = \"off\"\nunused = \"error\"\n",
        );
        assert_eq!(found, Vec::<String>::new());
        assert_eq!(manifest.sources[0].node, "policy/**/*.hxp");
        assert_eq!(manifest.out.unwrap().node, "gen");
        assert_eq!(manifest.targets.unwrap()[0].node, "helm");
        assert_eq!(manifest.modules[0].name.node, "shared");
        assert_eq!(manifest.lints, [(codes::NAMING, None), (codes::UNUSED, Some(Severity::Error))]);
    }

    #[test]
    fn a_lint_is_turned_off_where_lints_are_set() {
        for (text, expected) in [
            ("", Some("[lints]\nnaming = \"off\" # because: \n")),
            ("[project]\n", Some("[project]\n\n[lints]\nnaming = \"off\" # because: \n")),
            ("[project]", Some("[project]\n\n[lints]\nnaming = \"off\" # because: \n")),
            ("[project]\r\n", Some("[project]\r\n\r\n[lints]\r\nnaming = \"off\" # because: \r\n")),
            (
                "[ lints ] # ours\nunused = \"error\"\n\n[project]\n",
                Some("[ lints ] # ours\nnaming = \"off\" # because: \nunused = \"error\"\n\n[project]\n"),
            ),
            ("[lints]", Some("[lints]\nnaming = \"off\" # because: \n")),
            ("[lints]\nnaming = \"advice\" # soon\n", Some("[lints]\nnaming = \"off\" # soon\n")),
            ("lints.naming = \"advice\"\n", Some("lints.naming = \"off\"\n")),
            ("lints.unused = \"advice\"\n", None),
            ("lints = { unused = \"off\" }\n", None),
            ("[lints\n", None),
        ] {
            let after = silence(text, "naming").map(|(place, new)| {
                let mut after = text.to_owned();
                after.replace_range(place, &new);
                after
            });
            assert_eq!(after.as_deref(), expected, "{text}");
            if let Some(after) = after {
                let (manifest, found) = read_text(&after);
                assert_eq!(found, Vec::<String>::new());
                assert!(manifest.lints.contains(&(codes::NAMING, None)), "{after}");
            }
        }
    }

    #[test]
    fn mistakes_point_at_the_word() {
        for (text, expected) in [
            ("[project]\nsorces = []\n", "HXP0008 <sorces> `[project]` has no key `sorces`"),
            ("[projct]\n", "HXP0008 <projct> the manifest has no key `projct`"),
            ("[project]\nsources = 3\n", "HXP0007 <3> `sources` must be a list of strings, but this is an integer"),
            ("[project]\ntargets = [\"halm\"]\n", "HXP0010 <\"halm\"> there is no target `halm`"),
            ("[targets.gitlab]\n", "HXP0008 <gitlab> `[targets]` has no key `gitlab`"),
            ("[targets.helm]\nnope = 1\n", "HXP0008 <nope> `[targets.helm]` has no key `nope`"),
            ("[lints]\nnaming = \"of\"\n", "HXP0007 <\"of\"> a lint cannot be set to `of`"),
            ("[lints]\nunknown-name = \"off\"\n", "HXP0008 <unknown-name> `[lints]` has no key `unknown-name`"),
            (
                "[modules]\nstd = \"x\"\n",
                "HXP0007 <std> `std` is the standard library and cannot be a library of the project",
            ),
        ] {
            assert_eq!(read_text(text).1, [expected], "{text}");
        }
    }

    #[test]
    fn a_repository_has_an_owner_and_a_name() {
        for (text, is) in [("acme/shop.io", true), ("shop", false), ("a/b/c", false), ("https://github.com/a/b", false)]
        {
            let (manifest, found) = read_text(&format!("[targets.github]\nrepository = \"{text}\"\n"));
            assert_eq!((manifest.repository.is_some(), found.is_empty()), (is, is), "{text}: {found:?}");
        }
    }

    #[test]
    fn outputs_stay_in_the_project_or_its_repository() {
        let out = |out: &str, root: &str| {
            let root = if root.is_empty() { String::new() } else { format!("[targets.github]\nroot = \"{root}\"\n") };
            let (manifest, found) = read_text(&format!("[project]\nout = \"{out}\"\n{root}"));
            (manifest.out.map(|o| o.node), found.first().map(|f| f.split(' ').take(2).collect::<Vec<_>>().join(" ")))
        };
        let refused = |text: &str| (None, Some(format!("HXP0007 <\"{text}\">")));
        for (path, root, allowed) in [
            ("gen", "", true),
            ("a/../gen", "", true),
            (".", "policy", true),
            ("..", "policy", true),
            ("../../gen", "services/shop", true),
            ("..", "", false),
            ("../../x", "", false),
            ("a/../../x", "", false),
            ("../..", "policy", false),
            ("/tmp/x", "", false),
        ] {
            let expected = if allowed { (Some(path.to_owned()), None) } else { refused(path) };
            assert_eq!(out(path, root), expected, "{path} {root}");
        }
        for root in ["../x", "/x"] {
            let (manifest, found) = read_text(&format!("[targets.github]\nroot = \"{root}\"\n"));
            assert_eq!((manifest.root, found.len()), (None, 1), "{root}");
        }
    }

    #[test]
    fn broken_toml_is_told_and_the_rest_is_read() {
        let (_, found) = read_text("[project\nout = \"x\"\nhello = 1\n");
        assert!(found[0].starts_with("HXP0007"), "{found:?}");
        assert_eq!(found.len(), 1, "what the broken line leaves behind is no second mistake: {found:?}");
    }
}
