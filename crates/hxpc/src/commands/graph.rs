//! `hxpc graph`

use hxp_driver::Compilation;
use hxp_driver::graph::{FocusError, Graph, View};
use hxp_driver::system::Disk;

use super::Exit;
use crate::args::{At, Format, Graph as Args, GraphFormat, GraphView};
use crate::screen::Screen;

pub fn run(args: &Args) -> Exit {
    let screen = Screen::new(args.style);
    let request = match super::request(&args.project.project, &At { date: None }) {
        Ok(request) => request,
        Err(exit) => return exit,
    };
    let mut compilation = hxp_driver::compile(&Disk, &request);
    compilation.diagnostics.retain(hxp_diagnostics::Diagnostic::is_error);
    if compilation.has_errors() {
        screen.remark(&super::findings(&compilation), Format::Human);
        return super::exit(&compilation);
    }
    let mut view = match args.view {
        GraphView::Whole => View::default(),
        GraphView::Promotion => View::promotion(),
    };
    view.focus = args.focus.as_deref().map(Into::into);
    match Graph::of(&compilation.policy).view(&view) {
        Ok(graph) => {
            screen.out(&print(&graph, args.format, &compilation));
            Exit::Fine
        }
        Err(error) => {
            screen.warn(&complaint(&error, args.focus.as_deref().unwrap_or_default()));
            Exit::Usage
        }
    }
}

fn print(graph: &Graph, format: GraphFormat, compilation: &Compilation) -> String {
    match format {
        GraphFormat::Dot => graph.to_dot(),
        GraphFormat::Mermaid => graph.to_mermaid(),
        GraphFormat::Svg => graph.to_svg(&compilation.policy.name),
        GraphFormat::Json => {
            serde_json::to_string_pretty(&graph.to_json(&compilation.policy)).unwrap_or_default() + "\n"
        }
    }
}

fn complaint(error: &FocusError, name: &str) -> String {
    let listed = |names: &[hxp_driver::Name]| {
        hxp_diagnostics::list_names(&names.iter().map(hxp_driver::Name::as_str).collect::<Vec<_>>())
    };
    match error {
        FocusError::Ambiguous(names) => format!("error: `{name}` may mean {}", listed(names)),
        FocusError::Unknown(names) => {
            let last = |n: &hxp_driver::Name| n.rsplit_once('.').map_or(n.to_string(), |(_, last)| last.to_owned());
            let short: Vec<String> = names.iter().map(last).collect();
            let all = names.iter().map(hxp_driver::Name::as_str).chain(short.iter().map(String::as_str));
            let near = hxp_diagnostics::nearest(name, all);
            let near = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
            format!("error: the policy declares no `{name}`{near}\nvalid here: {}", listed(names))
        }
    }
}
