//! A workflow as a typed document, and its text.
//!
//! What comes from the policy goes in as text and can never become an expression; expressions are ours alone and go in
//! as such. A script never holds an expression: what it needs comes through its environment.

use hxp_emit::yaml::{self, Map, Node, Text};

use super::actions::Pin;

/// Text for a place in which GitHub evaluates expressions, an expression, or a plain truth value or number of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Text, with expressions of ours alone.
    Text(String),
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
}

impl Value {
    /// Text that stands for itself: what would begin an expression in it is taken out of GitHub's hands.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::Text(if text.contains("${{") { text.replace("${{", "${{ '${{' }}") } else { text })
    }

    /// An expression of ours.
    pub fn expression(expression: impl AsRef<str>) -> Self {
        Self::Text(format!("${{{{ {} }}}}", expression.as_ref()))
    }

    /// Several of them as one text.
    pub fn joined(parts: impl IntoIterator<Item = Value>) -> Self {
        Self::Text(parts.into_iter().map(|p| p.to_string()).collect())
    }

    fn node(self) -> Node {
        match self {
            Self::Text(text) => Node::str(text),
            Self::Bool(value) => Node::Bool(value),
            Self::Int(value) => Node::Int(value),
        }
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

/// A text inside an expression.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Clauses of which all must hold for a job or step to run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition(Vec<String>);

impl Condition {
    /// With these clauses.
    pub fn all<T: Into<String>>(clauses: impl IntoIterator<Item = T>) -> Self {
        Self(clauses.into_iter().map(Into::into).collect())
    }

    /// And this one.
    #[must_use]
    pub fn and(mut self, clause: impl Into<String>) -> Self {
        self.0.push(clause.into());
        self
    }

    /// A bare expression, a clause a line when it is long. Nothing stands around it, so that it cannot become a text,
    /// which is always true.
    fn node(&self) -> Node {
        let line = self.0.join(" && ");
        Node::str(if line.len() <= 110 && !line.contains('\n') { line } else { self.0.join(" &&\n") })
    }
}

/// What starts a workflow.
#[derive(Clone, Debug, PartialEq)]
pub enum On {
    /// Commits or tags are pushed.
    Push {
        /// Branches, as GitHub's globs.
        branches: Vec<String>,
        /// Tags, likewise.
        tags: Vec<String>,
    },
    /// A release is published.
    Release,
    /// The clock: cron lines in UTC.
    Schedule(Vec<String>),
    /// Something happens to an issue.
    Issues(Vec<&'static str>),
    /// A person asks.
    Dispatch(Vec<Input>),
}

/// What a person fills in.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub description: String,
    /// The words to choose from; `None`: any text.
    pub options: Option<Vec<String>>,
    /// What stands there at first.
    pub default: Option<String>,
    /// Whether it must be filled in.
    pub required: bool,
}

/// A permission of a job, with why it needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    /// Of what.
    pub scope: &'static str,
    /// `read` or `write`.
    pub access: &'static str,
    /// Why.
    pub why: &'static str,
}

/// Shorthand for a permission.
pub const fn may(access: &'static str, scope: &'static str, why: &'static str) -> Permission {
    Permission { scope, access, why }
}

/// A job.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Lines above it: which rules of the policy it carries.
    pub comments: Vec<String>,
    /// Jobs it waits for.
    pub needs: Vec<String>,
    /// When it runs.
    pub condition: Option<Condition>,
    /// The label of its machine.
    pub runner: String,
    /// How long it may take.
    pub minutes: u32,
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// The GitHub environment it enters, and the address to show.
    pub environment: Option<(String, Option<String>)>,
    /// Only one at a time of this name.
    pub concurrency: Option<String>,
    /// The image of the container it runs in.
    pub container: Option<String>,
    /// What later jobs read.
    pub outputs: Vec<(String, Value)>,
    /// What it does.
    pub steps: Vec<Step>,
}

/// A step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    name: String,
    id: Option<&'static str>,
    condition: Option<Condition>,
    uses: Option<Pin>,
    with: Vec<(Text, Value)>,
    env: Vec<(Text, Value)>,
    run: Option<&'static str>,
    continues: bool,
    comments: Vec<String>,
}

impl Step {
    /// A step that runs a script of ours.
    pub fn run(name: impl Into<String>, script: &'static str) -> Self {
        Self { name: name.into(), run: Some(script), ..Self::default() }
    }

    /// A step that uses an action.
    pub fn uses(name: impl Into<String>, pin: Pin) -> Self {
        Self { name: name.into(), uses: Some(pin), ..Self::default() }
    }

    /// Its id, for its outputs.
    #[must_use]
    pub fn id(mut self, id: &'static str) -> Self {
        self.id = Some(id);
        self
    }

    /// When it runs.
    #[must_use]
    pub fn when(mut self, clause: impl Into<String>) -> Self {
        self.condition = Some(self.condition.unwrap_or_default().and(clause));
        self
    }

    /// An argument of the action.
    #[must_use]
    pub fn with(mut self, key: impl Into<Text>, value: impl Into<Value>) -> Self {
        self.with.push((key.into(), value.into()));
        self
    }

    /// A variable of the script.
    #[must_use]
    pub fn env(mut self, key: impl Into<Text>, value: impl Into<Value>) -> Self {
        self.env.push((key.into(), value.into()));
        self
    }

    /// Variables of the script.
    #[must_use]
    pub fn envs(mut self, all: impl IntoIterator<Item = (String, Value)>) -> Self {
        self.env.extend(all.into_iter().map(|(key, value)| (key.into(), value)));
        self
    }

    /// Its failure does not fail the job.
    #[must_use]
    pub fn continues(mut self) -> Self {
        self.continues = true;
        self
    }

    /// A line above it.
    #[must_use]
    pub fn comment(mut self, line: impl Into<String>) -> Self {
        self.comments.push(line.into());
        self
    }

    fn map(self) -> Map {
        let mut map = Map::new();
        map.push("name", Value::text(self.name).node()).comments = self.comments.into_iter().map(Text::from).collect();
        if let Some(id) = self.id {
            map.push("id", id);
        }
        if let Some(condition) = &self.condition {
            map.push("if", condition.node());
        }
        if let Some(pin) = self.uses {
            map.push("uses", pin.reference).trail(pin.version);
        }
        if !self.with.is_empty() {
            map.push("with", pairs(self.with));
        }
        if self.continues {
            map.push("continue-on-error", true);
        }
        if !self.env.is_empty() {
            map.push("env", pairs(self.env));
        }
        if let Some(run) = self.run {
            map.push("run", run);
        }
        map
    }
}

fn pairs(all: Vec<(impl Into<Text>, Value)>) -> Map {
    all.into_iter().fold(Map::new(), |map, (key, value)| map.with(key, value.node()))
}

impl Job {
    fn map(self) -> Map {
        let mut map = Map::new().with("name", Value::text(self.name).node());
        match self.needs.len() {
            0 => {}
            1..=6 => drop(map.push("needs", Node::words(self.needs))),
            _ => drop(map.push("needs", Node::seq(self.needs.into_iter().map(Node::str)))),
        }
        if let Some(condition) = &self.condition {
            map.push("if", condition.node());
        }
        map.push("runs-on", Value::text(self.runner).node());
        map.push("timeout-minutes", i64::from(self.minutes));
        map.push("permissions", permissions(&self.permissions));
        if let Some((name, url)) = self.environment {
            let environment = Map::new().with("name", Value::text(name).node());
            map.push("environment", environment.maybe("url", url.map(|u| Value::text(u).node())));
        }
        if let Some(group) = self.concurrency {
            let group = Map::new().with("group", Value::text(group).node()).with("cancel-in-progress", false);
            map.push("concurrency", group)
                .comment("One deployment at a time; a run that waits for approval holds up nobody.");
        }
        if let Some(image) = self.container {
            map.push("container", Value::text(image).node());
        }
        if !self.outputs.is_empty() {
            map.push("outputs", pairs(self.outputs));
        }
        map.push("steps", Node::seq(self.steps.into_iter().map(|s| Node::Map(s.map()))));
        map
    }
}

fn permissions(all: &[Permission]) -> Node {
    let mut map = Map::new();
    for permission in all {
        map.push(permission.scope, permission.access).trail(permission.why);
    }
    map.into()
}

/// A workflow.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Workflow {
    /// Lines above everything.
    pub header: Vec<String>,
    /// Its name.
    pub name: String,
    /// What a run is called.
    pub run_name: Option<Value>,
    /// What starts it.
    pub on: Vec<On>,
    /// Variables of all its scripts.
    pub env: Vec<(String, Value)>,
    /// Runs of one group wait for each other.
    pub group: Option<Value>,
    /// Its jobs.
    pub jobs: Vec<Job>,
}

impl Workflow {
    /// Its text.
    pub fn print(self) -> String {
        // GitHub refuses expressions here, also the one that would stand for their own opening.
        let mut root = Map::new().with("name", self.name.replace("${{", "$ {{"));
        if let Some(name) = self.run_name {
            root.push("run-name", name.node());
        }
        root.push("on", triggers(self.on)).space();
        root.push("permissions", Map::new()).space().comment("Each job says what it may do.");
        if !self.env.is_empty() {
            root.push("env", pairs(self.env)).space();
        }
        if let Some(group) = self.group {
            let group = Map::new().with("group", group.node()).with("cancel-in-progress", false);
            root.push("concurrency", group).space();
        }
        let mut jobs = Map::new();
        for (index, mut job) in self.jobs.into_iter().enumerate() {
            let comments = std::mem::take(&mut job.comments);
            let entry = jobs.push(std::mem::take(&mut job.id), job.map());
            if index > 0 {
                entry.space();
            }
            entry.comments = comments.into_iter().map(Text::from).collect();
        }
        root.push("jobs", jobs).space();
        let header: Vec<Text> = self.header.into_iter().map(Text::from).collect();
        yaml::document(&header, &root)
    }
}

fn triggers(all: Vec<On>) -> Map {
    let mut map = Map::new();
    for on in all {
        match on {
            On::Push { branches, tags } => {
                let mut push = Map::new();
                if !branches.is_empty() {
                    push.push("branches", Node::words(branches));
                }
                if !tags.is_empty() {
                    push.push("tags", Node::words(tags));
                }
                map.push("push", push);
            }
            On::Release => {
                map.push("release", Map::new().with("types", Node::words(["published"])));
            }
            On::Schedule(lines) => {
                let lines = lines.into_iter().map(|line| Node::Map(Map::new().with("cron", line)));
                map.push("schedule", Node::seq(lines));
            }
            On::Issues(types) => {
                map.push("issues", Map::new().with("types", Node::words(types)));
            }
            On::Dispatch(inputs) => {
                let inputs = inputs.into_iter().fold(Map::new(), |map, input| map.with(input.name, input.map()));
                let dispatch = if inputs.is_empty() { Map::new() } else { Map::new().with("inputs", inputs) };
                map.push("workflow_dispatch", dispatch);
            }
        }
    }
    map
}

impl Input {
    fn map(self) -> Map {
        let mut map = Map::new().with("description", self.description);
        match self.options {
            Some(options) => {
                map.push("type", "choice");
                map.push("options", Node::words(options));
            }
            None => {
                map.push("type", "string");
            }
        }
        map.push("required", self.required);
        if let Some(default) = self.default {
            map.push("default", default);
        }
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_never_becomes_an_expression() {
        for (text, written) in [
            ("make test", "make test"),
            ("echo ${{ secrets.X }}", "echo ${{ '${{' }} secrets.X }}"),
            ("$${{x}}", "$${{ '${{' }}x}}"),
            ("${ {", "${ {"),
        ] {
            assert_eq!(Value::text(text).to_string(), written);
        }
        assert_eq!(quoted("it's"), "'it''s'");
    }

    #[test]
    fn a_long_condition_is_a_clause_a_line() {
        let short = Condition::all(["a == 'b'", "c"]);
        assert_eq!(short.node(), Node::str("a == 'b' && c"));
        let long = Condition::all((0..6).map(|n| format!("needs.gate_number_{n}.result == 'success'")));
        let Node::Str(text) = long.node() else { unreachable!("a condition is a text") };
        assert_eq!(text.lines().count(), 6);
        assert!(text.lines().take(5).all(|line| line.ends_with(" &&")));
    }
}
