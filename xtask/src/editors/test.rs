//! `cargo xtask editors --test`: the grammars, the extension and the plugins, in the real editors with the real server.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use super::words_and_queries;
use crate::Problems;

/// Runs everything and says at the end what failed. An editor that is not there is a failure in CI and skipped elsewhere.
pub fn run(root: &Path) -> Result<(), Problems> {
    let mut tests = Tests { root, work: root.join("target/editors"), problems: Vec::new() };
    std::fs::create_dir_all(&tests.work).map_err(|e| vec![format!("{}: {e}", tests.work.display())])?;
    tests.step("words and queries", |t| t.problems.extend(words_and_queries(t.root, true).err().unwrap_or_default()));
    tests.step("extension", Tests::extension);
    tests.step("compiler", |t| t.run("hxpc", t.cargo(&["build", "--quiet", "--package", "hxpc"])));
    tests.step("bundle", Tests::bundle);
    tests.step("extension host", Tests::extension_host);
    tests.step("neovim", Tests::neovim);
    tests.step("emacs", Tests::emacs);
    if tests.problems.is_empty() { Ok(()) } else { Err(tests.problems) }
}

struct Tests<'a> {
    root: &'a Path,
    /// Where copies of the project and installed tools are.
    work: PathBuf,
    problems: Problems,
}

impl Tests<'_> {
    fn step(&mut self, name: &str, check: impl FnOnce(&mut Self)) {
        println!("── {name}");
        let (start, before) = (Instant::now(), self.problems.len());
        check(self);
        let outcome = if self.problems.len() == before { "fine" } else { "FAILED" };
        println!("── {name}: {outcome}, {} s", start.elapsed().as_secs());
    }

    fn run(&mut self, what: &str, mut command: Command) {
        match command.status() {
            Ok(status) if status.success() => {}
            Ok(status) => self.problems.push(format!("{what}: {status}")),
            Err(e) => self.problems.push(format!("{what}: {e}")),
        }
    }

    fn cargo(&self, args: &[&str]) -> Command {
        let mut command = Command::new("cargo");
        command.args(args).current_dir(self.root);
        command
    }

    fn npm(&self, args: &[&str]) -> Command {
        let mut command = Command::new("npm");
        command.args(args).current_dir(self.root.join("editors/vscode"));
        command
    }

    /// Whether a program answers; if not, that is said, and in CI it is a problem.
    fn has(&mut self, program: &Path, what: &str) -> bool {
        let there = Command::new(program).arg("--version").output().is_ok_and(|o| o.status.success());
        if !there && crate::is_ci() {
            self.problems.push(format!("{what} is not there"));
        } else if !there {
            println!("SKIPPED: {what} is not there");
        }
        there
    }

    /// The parser is what `grammar.js` gives; the extension compiles and packs; its grammar colours the corpus.
    fn extension(&mut self) {
        if !self.has(Path::new("npm"), "Node.js with npm") {
            return;
        }
        let check = ["run", "--quiet", "--package", "tree-sitter-hxp", "--example", "generate", "--", "--check"];
        self.run("grammar.js", self.cargo(&check));
        self.install();
        for script in ["check", "package"] {
            self.run(&format!("npm run {script}"), self.npm(&["run", "--silent", script]));
        }
        let classes = self.work.join("classes.jsonl");
        let example = ["run", "--quiet", "--package", "tree-sitter-hxp", "--example", "classes"];
        match self.cargo(&example).output() {
            Ok(output) if output.status.success() => match std::fs::write(&classes, output.stdout) {
                Ok(()) => {
                    let mut test = self.npm(&["run", "--silent", "test:textmate"]);
                    test.env("HXP_CLASSES", &classes);
                    self.run("the TextMate grammar", test);
                }
                Err(e) => self.problems.push(format!("{}: {e}", classes.display())),
            },
            other => self.problems.push(format!("the classes of the corpus: {other:?}")),
        }
    }

    /// The packages that the lock file names, unless they are those of the last time.
    fn install(&mut self) {
        let lock = std::fs::read(self.root.join("editors/vscode/package-lock.json")).unwrap_or_default();
        let marker = self.root.join("editors/vscode/node_modules/.hxp-lock");
        if std::fs::read(&marker).is_ok_and(|m| m == lock) {
            return;
        }
        let before = self.problems.len();
        self.run("npm ci", self.npm(&["ci", "--silent"]));
        if self.problems.len() == before
            && let Err(e) = std::fs::write(&marker, lock)
        {
            self.problems.push(format!("{}: {e}", marker.display()));
        }
    }

    /// A fresh copy of the project that the editors open.
    fn project(&mut self, name: &str) -> PathBuf {
        let copy = self.work.join(name);
        let _ = std::fs::remove_dir_all(&copy);
        let made = std::fs::create_dir_all(&copy).and_then(|()| {
            for file in std::fs::read_dir(self.root.join("editors/test/project"))?.flatten() {
                std::fs::copy(file.path(), copy.join(file.file_name()))?;
            }
            Ok(())
        });
        if let Err(e) = made {
            self.problems.push(format!("{}: {e}", copy.display()));
        }
        copy
    }

    /// What a test in an editor is told, and folders for what the editor writes.
    fn environment(&mut self, command: &mut Command, name: &str) {
        command.env("HXP_PROGRAM", self.root.join("target/debug/hxpc")).env("HXP_PROJECT", self.project(name));
        for (variable, folder) in [
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_CACHE_HOME", "cache"),
        ] {
            command.env(variable, self.work.join("xdg").join(folder));
        }
    }

    /// The packed extension's code against the server.
    fn bundle(&mut self) {
        if !self.root.join("editors/vscode/out/extension.js").is_file() {
            println!("SKIPPED: there is no bundle");
            return;
        }
        let mut test = self.npm(&["run", "--silent", "test:bundle"]);
        self.environment(&mut test, "vscode");
        self.run("the bundle", test);
    }

    /// The packed extension in the real extension host, opened by a browser without a screen.
    fn extension_host(&mut self) {
        let editor = self.root.join(".tools/vscode");
        let there = self.root.join("editors/vscode/out/hxp.vsix").is_file() && editor.join("node_modules").is_dir();
        if !there && crate::is_ci() {
            self.problems.push("the extension host of Visual Studio Code is not there: run `cargo xtask tools`".into());
        } else if !there {
            println!("SKIPPED: the extension host of Visual Studio Code is not there: run `cargo xtask tools`");
        }
        if there {
            let mut test = self.npm(&["run", "--silent", "test:host"]);
            self.environment(&mut test, "host");
            test.env("HXP_EDITOR", editor);
            self.run("the extension host", test);
        }
    }

    /// The plugin in the Neovim of the system, whatever its version, and in the one that is pinned here.
    fn neovim(&mut self) {
        let parser = self.work.join("site/parser/hxp.so");
        if let Some(folder) = parser.parent() {
            let _ = std::fs::create_dir_all(folder);
        }
        let grammar = self.root.join("editors/tree-sitter-hxp/src");
        let mut compile = Command::new("cc");
        compile
            .args(["-shared", "-fPIC", "-O1", "-I"])
            .arg(&grammar)
            .arg(grammar.join("parser.c"))
            .arg("-o")
            .arg(&parser);
        self.run("the parser of tree-sitter", compile);
        if self.has(Path::new("nvim"), "Neovim") {
            self.neovim_with(Path::new("nvim"), None);
        }
        let pinned = self.pinned_neovim();
        if self.has(&pinned, "the pinned Neovim") {
            self.neovim_with(&pinned, Some("1"));
        }
    }

    fn pinned_neovim(&mut self) -> PathBuf {
        let venv = self.work.join("python");
        let program = venv.join("bin/nvim");
        if !program.is_file() {
            let mut create = Command::new("python3");
            create.args(["-m", "venv"]).arg(&venv);
            self.run("python3 -m venv", create);
            let mut install = Command::new(venv.join("bin/pip"));
            install.args(["install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"]);
            install.arg(self.root.join("editors/test/requirements.txt"));
            self.run("pip install", install);
        }
        program
    }

    fn neovim_with(&mut self, program: &Path, parser: Option<&str>) {
        let plugin = self.root.join("editors/neovim");
        let mut path = format!("set rtp^={}", plugin.display());
        if parser.is_some() {
            path += &format!(" rtp^={}", self.work.join("site").display());
        }
        let mut test = Command::new(program);
        test.args(["--clean", "--headless", "--cmd", &path, "-c", "filetype plugin on | syntax on", "-S"]);
        test.arg(plugin.join("test/run.lua"));
        if let Some(parser) = parser {
            test.env("HXP_PARSER", parser);
        }
        self.environment(&mut test, "neovim");
        self.run("Neovim", test);
    }

    fn emacs(&mut self) {
        if !self.has(Path::new("emacs"), "Emacs") {
            return;
        }
        let folder = self.root.join("editors/emacs");
        let mut test = Command::new("emacs");
        test.args(["--batch", "-L"]).arg(&folder).arg("-l").arg(folder.join("test/run.el"));
        self.environment(&mut test, "emacs");
        self.run("Emacs", test);
    }
}
