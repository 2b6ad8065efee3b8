//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// The compiler for deployment policies written in hxp.
#[derive(Debug, Parser)]
#[command(name = "hxpc", version, propagate_version = true, max_term_width = 100, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Make a policy that compiles from what a repository has: workflows, charts, values
    Init(Init),
    /// Read and check the policy; write nothing
    Check(Check),
    /// Check the policy, then write the outputs of its targets
    Compile(Compile),
    /// Format the sources
    Fmt(Fmt),
    /// Show warnings and advice, and apply the fixes that keep the meaning
    Lint(Lint),
    /// Print the dependency graph
    Graph(Graph),
    /// Compare two policies: what the new one allows and the old one does not, and the other way round
    Diff(Diff),
    /// Run the policy's tests
    Test(Test),
    /// Decide on a request, and say why
    Decide(Decide),
    /// List what is owed after what happened
    Duties(Duties),
    /// Show how strongly each target enforces each demand of the policy
    Coverage(Coverage),
    /// Explain a diagnostic at length
    Explain(Explain),
    /// List overrides, waivers, advisories and duties: who, why, until when
    Report(Report),
    /// Pack the OPA policies into one file, signed with your key
    Bundle(Bundle),
    /// Show every instant at which time alone changes the decision
    Simulate(Simulate),
    /// Hold the generated Rego to the reference engine on random requests
    Verify(Verify),
    /// Serve an editor: the language server
    Lsp(Lsp),
    /// Print completions for a shell
    Completions(Completions),
}

/// Which project.
#[derive(Clone, Debug, Args)]
pub struct Project {
    /// A folder with hxp.toml, a folder with .hxp files, or one file
    #[arg(value_name = "PROJECT", default_value = ".")]
    pub project: PathBuf,
}

/// How findings are shown.
#[derive(Clone, Debug, Args)]
pub struct Show {
    /// How findings are written
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    #[command(flatten)]
    pub style: Style,
}

/// How text is shown.
#[derive(Clone, Copy, Debug, Args)]
pub struct Style {
    /// When to use colour
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    /// Say nothing but what is wrong
    #[arg(short, long)]
    pub quiet: bool,
}

/// A form of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Human,
    /// One line a finding
    Short,
    /// For programs
    Json,
    /// For code scanning
    Sarif,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The day that expiries are compared with.
#[derive(Clone, Debug, Args)]
pub struct At {
    /// Compare expiries with this day instead of today
    #[arg(long = "at", value_name = "DATE")]
    pub date: Option<String>,
}

/// `init`
#[derive(Debug, Args)]
pub struct Init {
    /// The repository
    #[arg(value_name = "REPOSITORY", default_value = ".")]
    pub repository: PathBuf,
    /// Show the files instead of writing them
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub style: Style,
}

/// `check`
#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    pub project: Project,
    #[command(flatten)]
    pub show: Show,
    #[command(flatten)]
    pub at: At,
}

/// `compile`
#[derive(Debug, Args)]
pub struct Compile {
    #[command(flatten)]
    pub project: Project,
    /// The folder to write to; by default `out` of hxp.toml, or the project's folder
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Only this target; may be repeated
    #[arg(short, long = "target", value_name = "TARGET")]
    pub targets: Vec<String>,
    /// Only this environment; may be repeated
    #[arg(short, long = "env", value_name = "ENV")]
    pub environments: Vec<String>,
    /// Write nothing; exit with 4 and show the difference when an output is stale
    #[arg(long, conflicts_with = "diff")]
    pub check: bool,
    /// Write nothing; show what would change
    #[arg(long)]
    pub diff: bool,
    /// Overwrite files that hxpc did not write, or that were edited since
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub show: Show,
    #[command(flatten)]
    pub at: At,
}

/// `fmt`
#[derive(Debug, Args)]
pub struct Fmt {
    /// A folder with hxp.toml, a folder with .hxp files, one file, or - for standard input
    #[arg(value_name = "PROJECT", default_value = ".")]
    pub project: PathBuf,
    /// Write nothing; exit with 4 when a file is not formatted
    #[arg(long)]
    pub check: bool,
    /// Write nothing; show what would change
    #[arg(long)]
    pub diff: bool,
    #[command(flatten)]
    pub style: Style,
}

/// `lint`
#[derive(Debug, Args)]
pub struct Lint {
    #[command(flatten)]
    pub project: Project,
    /// Apply the fixes that keep the meaning
    #[arg(long)]
    pub fix: bool,
    /// Exit with 1 on findings of this kind
    #[arg(long, value_enum, value_name = "KIND")]
    pub deny: Option<Deny>,
    #[command(flatten)]
    pub show: Show,
    #[command(flatten)]
    pub at: At,
}

/// What `lint` refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    /// Warnings
    Warnings,
    /// Warnings and advice
    Advice,
}

/// `graph`
#[derive(Debug, Args)]
pub struct Graph {
    #[command(flatten)]
    pub project: Project,
    /// The form of the graph
    #[arg(long, value_enum, default_value_t = GraphFormat::Mermaid)]
    pub format: GraphFormat,
    /// Only this declaration and its neighbours: `production`, `gate.coverage`
    #[arg(long, value_name = "NAME")]
    pub focus: Option<String>,
    /// Which part of the graph
    #[arg(long, value_enum, default_value_t = GraphView::Whole)]
    pub view: GraphView,
    #[command(flatten)]
    pub style: Style,
}

/// A form of the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// Graphviz
    Dot,
    /// Mermaid, as Markdown readers show it
    Mermaid,
    /// Nodes and edges
    Json,
    /// A picture
    Svg,
}

/// A part of the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphView {
    /// Everything
    Whole,
    /// Environments and what moves between them
    Promotion,
}

/// `diff`
#[derive(Debug, Args)]
pub struct Diff {
    /// A folder with hxp.toml, a folder with .hxp files, one file, or a git revision: main, HEAD~1, v1.2.0:deploy
    #[arg(value_name = "OLD")]
    pub old: String,
    /// The same; without it, the working tree
    #[arg(value_name = "NEW")]
    pub new: Option<String>,
    /// The project that revisions are read for
    #[arg(long, value_name = "PROJECT", default_value = ".")]
    pub project: PathBuf,
    /// Exit with 1 when the new policy allows anything that the old one does not
    #[arg(long)]
    pub deny_looser: bool,
    /// Write each example into this folder: the test and its request
    #[arg(long, value_name = "DIR")]
    pub witness: Option<PathBuf>,
    /// The form of the comparison
    #[arg(long, value_enum, default_value_t = DiffFormat::Human)]
    pub format: DiffFormat,
    /// Choose examples near this day instead of today
    #[command(flatten)]
    pub at: At,
    #[command(flatten)]
    pub style: Style,
}

/// A form of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For people
    Human,
    /// For programs
    Json,
}

/// `test`
#[derive(Debug, Args)]
pub struct Test {
    #[command(flatten)]
    pub project: Project,
    /// Only tests whose title contains this
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Tell what no test has seen, with tests that would see it
    #[arg(long)]
    pub coverage: bool,
    /// Exit with 1 when less than this percentage is covered
    #[arg(long, value_name = "N")]
    pub threshold: Option<u8>,
    /// Who decides: hxpc itself, the generated Rego, or both, which must agree
    #[arg(long, value_enum, default_value_t = TestEngine::Native)]
    pub engine: TestEngine,
    /// The form of the report
    #[arg(long, value_enum, default_value_t = TestFormat::Human)]
    pub format: TestFormat,
    /// Run again whenever a file changes
    #[arg(long)]
    pub watch: bool,
    #[command(flatten)]
    pub at: At,
    #[command(flatten)]
    pub style: Style,
}

/// Who decides in a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TestEngine {
    /// The engine of hxpc
    Native,
    /// The generated Rego
    Rego,
    /// Both, and they must agree
    Both,
}

/// A form of a report on tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    /// For people
    Human,
    /// For CI
    Junit,
    /// For programs
    Json,
}

/// `decide`
#[derive(Debug, Args)]
pub struct Decide {
    #[command(flatten)]
    pub project: Project,
    /// The request: a file, or - for standard input
    #[arg(long, value_name = "FILE")]
    pub request: PathBuf,
    /// The environment, when the request does not name it
    #[arg(short, long = "env", value_name = "ENV")]
    pub environment: Option<String>,
    /// Decide at this instant instead of the request's, as in 2026-11-27T15:30:00-08:00
    #[arg(long, value_name = "WHEN")]
    pub at: Option<String>,
    /// Explain what is met as well
    #[arg(long)]
    pub all: bool,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = AnswerFormat::Human)]
    pub format: AnswerFormat,
    #[command(flatten)]
    pub style: Style,
}

/// `duties`
#[derive(Debug, Args)]
pub struct Duties {
    #[command(flatten)]
    pub project: Project,
    /// The ledger of what happened: a file, or - for standard input
    #[arg(long, value_name = "FILE")]
    pub ledger: PathBuf,
    /// Only this environment
    #[arg(short, long = "env", value_name = "ENV")]
    pub environment: Option<String>,
    /// Reckon at this instant instead of the ledger's, or now, as in 2026-11-27T15:30:00-08:00
    #[arg(long, value_name = "WHEN")]
    pub at: Option<String>,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = AnswerFormat::Human)]
    pub format: AnswerFormat,
    #[command(flatten)]
    pub style: Style,
}

/// A form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AnswerFormat {
    /// For people
    Human,
    /// For programs
    Json,
}

/// `coverage`
#[derive(Debug, Args)]
pub struct Coverage {
    #[command(flatten)]
    pub project: Project,
    /// The form of the table
    #[arg(long, value_enum, default_value_t = TableFormat::Human)]
    pub format: TableFormat,
    /// Exit with 1 when something is enforced less strongly
    #[arg(long, value_enum, value_name = "STRENGTH")]
    pub min: Option<Strength>,
    #[command(flatten)]
    pub style: Style,
}

/// A form of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    /// For people
    Human,
    /// For programs
    Json,
    /// A Markdown table
    Markdown,
}

/// How strongly something is enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Strength {
    /// A notice
    Advisory,
    /// A step of a pipeline
    Soft,
    /// An API or the cluster refuses
    Hard,
}

/// `explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// The code, as in HXP0201, or its name, as in unknown-name; without it, all codes are listed
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
}

/// `report`
#[derive(Debug, Args)]
pub struct Report {
    #[command(flatten)]
    pub project: Project,
    /// The form of the report
    #[arg(long, value_enum, default_value_t = TableFormat::Human)]
    pub format: TableFormat,
    #[command(flatten)]
    pub at: At,
    #[command(flatten)]
    pub style: Style,
}

/// `bundle`
#[derive(Debug, Args)]
pub struct Bundle {
    #[command(flatten)]
    pub project: Project,
    /// The file to write
    #[arg(short, long, value_name = "FILE", default_value = "bundle.tar.gz")]
    pub output: PathBuf,
    /// Only this environment; may be repeated
    #[arg(short, long = "env", value_name = "ENV")]
    pub environments: Vec<String>,
    /// Sign with the key in this file: a private key in PEM, or the secret of an HS algorithm
    #[arg(long, value_name = "FILE")]
    pub signing_key: Option<PathBuf>,
    /// How to sign: RS256, PS256, ES256, HS256 and their longer kin
    #[arg(long, value_name = "ALGORITHM", default_value = "RS256", requires = "signing_key")]
    pub signing_alg: String,
    /// The name under which OPA knows the key
    #[arg(long, value_name = "ID", default_value = "default", requires = "signing_key")]
    pub key_id: String,
    /// The scope that OPA is told to expect
    #[arg(long, value_name = "SCOPE", requires = "signing_key")]
    pub scope: Option<String>,
    /// Overwrite a file that is no bundle
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub at: At,
    #[command(flatten)]
    pub style: Style,
}

/// `simulate`
#[derive(Debug, Args)]
pub struct Simulate {
    #[command(flatten)]
    pub project: Project,
    /// The environment
    #[arg(short, long = "env", value_name = "ENV")]
    pub environment: String,
    /// The beginning: a day, or an instant as in `2026-11-27T15:30[America/Los_Angeles]`
    #[arg(long, value_name = "WHEN")]
    pub from: String,
    /// The end: a day, which is included, or an instant, which is not
    #[arg(long, value_name = "WHEN")]
    pub to: String,
    /// The request to hold still while the clock moves, - for standard input; without it, a release that has everything
    /// the policy asks for
    #[arg(long, value_name = "FILE")]
    pub request: Option<PathBuf>,
    /// The zone to show times in; by default that of the environment's window
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = SimulateFormat::Text)]
    pub format: SimulateFormat,
    #[command(flatten)]
    pub style: Style,
}

/// A form of a simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SimulateFormat {
    /// A table, and a small calendar
    Text,
    /// For programs
    Json,
    /// For calendars: iCalendar, RFC 5545
    Ics,
    /// A picture
    Svg,
}

/// `verify`
#[derive(Debug, Args)]
pub struct Verify {
    #[command(flatten)]
    pub project: Project,
    /// What must agree with the reference engine
    #[arg(long, value_enum, default_value_t = VerifyTarget::Opa)]
    pub target: VerifyTarget,
    /// Only this environment; may be repeated
    #[arg(short, long = "env", value_name = "ENV")]
    pub environments: Vec<String>,
    /// So many requests an environment
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub pairs: usize,
    /// Which random requests; equal seeds make equal requests
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    pub seed: u64,
    /// The program `opa`, which decides too; by default the one on the path, if there is one
    #[arg(long, value_name = "PATH")]
    pub opa: Option<PathBuf>,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = VerifyFormat::Human)]
    pub format: VerifyFormat,
    #[command(flatten)]
    pub style: Style,
}

/// A target that decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum VerifyTarget {
    /// The Rego of the target `opa`
    Opa,
}

/// A form of what `verify` found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum VerifyFormat {
    /// For people
    Human,
    /// For programs
    Json,
}

/// `completions`
#[derive(Debug, Args)]
pub struct Completions {
    /// Your shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// `lsp`
#[derive(Debug, Args)]
pub struct Lsp {
    /// Wait for editors on this port of this machine instead of speaking over standard input and output; 0 takes a free
    /// port and says which
    #[arg(long, value_name = "PORT")]
    pub tcp: Option<u16>,
    /// Speak over standard input and output, as is the default; some editors say so
    #[arg(long, conflicts_with = "tcp")]
    pub stdio: bool,
}
