//! Requests of our own, beside those of the protocol: decisions, previews, graphs, texts that lie in the compiler.

use std::sync::atomic::Ordering;

use hxp_ide::{Snapshot, preview, testing};
use serde::Deserialize;
use serde_json::{Value, json};
use tower_lsp_server::jsonrpc::{Error, Result};
use tower_lsp_server::ls_types::Uri;

use crate::server::{Server, refused};
use crate::uris;
use crate::world::{self, Moment};

/// What a command is about.
#[derive(Debug, Deserialize)]
pub struct Command {
    /// A file of the project.
    pub uri: Uri,
    /// A declaration, or a test's title.
    pub name: Option<String>,
}

/// `hxp/decision`
#[derive(Debug, Deserialize)]
pub struct Decision {
    uri: Uri,
    request: Value,
}

/// `hxp/preview`
#[derive(Debug, Deserialize)]
pub struct Preview {
    /// A file of the project.
    pub uri: Uri,
    /// Only the files in which this environment has a part.
    pub environment: Option<String>,
    /// Only this file.
    pub path: Option<String>,
}

/// `hxp/graph`
#[derive(Debug, Deserialize)]
pub struct Graph {
    /// A file of the project.
    pub uri: Uri,
    /// Only what this declaration needs and what needs it.
    pub focus: Option<String>,
}

/// `hxp/text`
#[derive(Debug, Deserialize)]
pub struct Text {
    uri: Uri,
}

impl Server {
    /// Answers with the whole policy of the project of a file, made anew where it is not kept.
    async fn with_policy<T: Send + 'static>(
        &self,
        uri: &Uri,
        answer: impl FnOnce(&Snapshot) -> T + Send + 'static,
    ) -> Result<T> {
        let (path, moment) = self.moment_of(uri);
        let world = self.settled(moment.revision).await?;
        let (system, now) = (self.system.clone(), (self.options.now)());
        tokio::task::spawn_blocking(move || {
            let (start, project) = world.around(&path)?;
            let project = if project.is_whole {
                project.compilation.clone()
            } else {
                std::sync::Arc::new(world::whole(&system, start, &moment))
            };
            Some(answer(&Snapshot { project, types: None, now }))
        })
        .await
        .map_err(|_| Error::internal_error())?
        .ok_or_else(|| refused("the file belongs to no project".to_owned()))
    }

    fn moment_of(&self, uri: &Uri) -> (std::path::PathBuf, Moment) {
        let state = self.state();
        let today = (self.options.now)().with_time_zone(jiff::tz::TimeZone::UTC).date();
        (uris::path(uri), Moment::new(&state, self.generation.load(Ordering::SeqCst), today))
    }

    /// The decision on a request, with the reasons.
    pub async fn decision(&self, params: Decision) -> Result<Value> {
        let request = params.request;
        let decided = self.with_policy(&params.uri, move |snapshot| preview::decision(snapshot, &request));
        decided.await?.map_err(refused)
    }

    /// The graph as SVG.
    pub async fn graph(&self, params: Graph) -> Result<Value> {
        let focus = params.focus;
        let drawn = self.with_policy(&params.uri, move |snapshot| preview::graph(snapshot, focus.as_deref()));
        drawn.await?.map(|svg| json!({ "svg": svg })).map_err(refused)
    }

    /// When a release can be deployed to an environment, for four weeks from now.
    pub async fn calendar(&self, uri: Uri, environment: String) -> Result<Value> {
        const DAYS: i64 = 28;
        let drawn = self.with_policy(&uri, move |snapshot| preview::calendar(snapshot, &environment, DAYS));
        drawn.await?.map_err(refused)
    }

    /// Runs one test, or all.
    pub async fn run_tests(&self, uri: Uri, title: Option<String>) -> Result<Value> {
        let ran = self.with_policy(&uri, move |snapshot| testing::run(snapshot, title.as_deref()));
        let one = |r: &testing::Report| json!({ "title": r.title, "holds": r.wrong.is_empty(), "wrong": r.wrong });
        Ok(ran.await?.iter().map(one).collect())
    }

    /// What the targets make, each file with the lines of the source that its lines come from.
    pub async fn preview(&self, params: Preview) -> Result<Value> {
        let (path, moment) = self.moment_of(&params.uri);
        let world = self.settled(moment.revision).await?;
        let system = self.system.clone();
        tokio::task::spawn_blocking(move || {
            let (start, _) = world.around(&path).ok_or_else(|| refused("the file belongs to no project".to_owned()))?;
            let made = world::emit(&system, start, &moment, params.environment.into_iter().collect());
            if made.has_errors() {
                return Err(refused("the policy has errors".to_owned()));
            }
            let root = &made.project.root;
            let mut files = preview::outputs(&made);
            files.retain(|f| params.path.as_ref().is_none_or(|p| *p == f.path));
            let one = |file: preview::Preview| {
                let map: Vec<Value> = file
                    .map
                    .iter()
                    .filter_map(|(line, source, at)| {
                        let uri = uris::uri(&root.join(source))?;
                        Some(json!({ "line": line, "uri": uri.as_str(), "sourceLine": at }))
                    })
                    .collect();
                json!({ "path": file.path, "text": file.text, "map": map })
            };
            Ok(json!({ "files": files.into_iter().map(one).collect::<Vec<_>>() }))
        })
        .await
        .map_err(|_| Error::internal_error())?
    }

    #[expect(clippy::unused_async, reason = "the router takes asynchronous functions")]
    /// The text of what lies in the compiler: `hxp:///std/gates.hxp`, `hxp:///errors/HXP0201.md`.
    pub async fn text(&self, params: Text) -> Result<Value> {
        let path = params.uri.path().to_string();
        let module = path.strip_prefix("/std/").and_then(|p| p.strip_suffix(".hxp"));
        let page = path.strip_prefix("/errors/").and_then(|p| p.strip_suffix(".md"));
        let text = match (module, page) {
            (Some(module), _) => hxp_ide::module_text(module).map(str::to_owned),
            (None, Some(page)) => (self.options.page)(page),
            (None, None) => None,
        };
        text.map(|text| json!({ "text": text })).ok_or_else(|| refused(format!("there is no `{path}`")))
    }
}
