//! The graph as text: Graphviz, Mermaid, JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Graph, svg};
use crate::{Kind, Node, Origin, Policy, Role};

impl Graph {
    /// For Graphviz.
    pub fn to_dot(&self) -> String {
        let mut out = String::from("digraph policy {\n  rankdir=LR;\n  node [shape=box, style=\"rounded,filled\", ");
        out.push_str(
            "fontname=\"Helvetica\", fontsize=11, color=\"#8c959f\"];\n  edge [fontname=\"Helvetica\", fontsize=9];\n",
        );
        for kind in self.kinds() {
            let _ = writeln!(out, "  subgraph cluster_{} {{", kind.word());
            let _ = writeln!(
                out,
                "    label=\"{}s\"; color=\"#d0d7de\"; fontname=\"Helvetica\"; fontsize=10;",
                kind.word()
            );
            for declaration in self.declarations().filter(|d| d.node.kind == kind) {
                let mut label = dot_label(&declaration.node.name);
                for line in &declaration.details {
                    label.push_str("\\n");
                    label.push_str(&dot_label(line));
                }
                let dashed = if declaration.origin.is_none() { ", style=\"rounded,dashed\"" } else { "" };
                let id = dot_escape(&declaration.node.to_string());
                let fill = svg::colours(kind).fill;
                let _ = writeln!(out, "    \"{id}\" [label=\"{label}\", fillcolor=\"{fill}\"{dashed}];");
            }
            out.push_str("  }\n");
        }
        for (from, to, dependency) in self.dependencies() {
            // Promotion is drawn the way the release goes.
            let (tail, head) = if dependency.role == Role::Promotes { (to, from) } else { (from, to) };
            let mut attributes = vec![format!("color=\"{}\"", svg::line_colour(dependency.role))];
            if dependency.role == Role::Promotes {
                attributes.push("penwidth=3".to_owned());
            }
            let text = dependency.label.as_deref().unwrap_or(dependency.role.word());
            attributes.push(format!("tooltip=\"{}\"", dot_escape(dependency.role.word())));
            if dependency.role == Role::Promotes || dependency.role == Role::Extends {
                attributes.push(format!("label=\"{}\"", dot_label(text)));
            }
            let (tail, head) = (dot_escape(&tail.to_string()), dot_escape(&head.to_string()));
            let _ = writeln!(out, "  \"{tail}\" -> \"{head}\" [{}];", attributes.join(", "));
        }
        out.push_str("}\n");
        out
    }

    /// For Mermaid, as Markdown renders it.
    pub fn to_mermaid(&self) -> String {
        let mut out = String::from("flowchart LR\n");
        let ids: BTreeMap<&Node, String> =
            self.declarations().enumerate().map(|(n, d)| (&d.node, format!("n{n}"))).collect();
        let id = |node: &Node| ids.get(node).cloned().unwrap_or_default();
        for kind in self.kinds() {
            let _ = writeln!(out, "  subgraph kind_{0}[\"{0}s\"]", kind.word());
            for declaration in self.declarations().filter(|d| d.node.kind == kind) {
                let lines = std::iter::once(declaration.node.name.as_str())
                    .chain(declaration.details.iter().map(String::as_str))
                    .map(mermaid_escape)
                    .collect::<Vec<_>>();
                let _ = writeln!(out, "    {}[\"{}\"]:::{}", id(&declaration.node), lines.join("<br/>"), kind.word());
            }
            out.push_str("  end\n");
        }
        for (from, to, dependency) in self.dependencies() {
            let text = mermaid_escape(dependency.label.as_deref().unwrap_or(dependency.role.word()));
            let _ = match dependency.role {
                Role::Promotes => writeln!(out, "  {} ==>|\"{text}\"| {}", id(to), id(from)),
                Role::Extends => writeln!(out, "  {} -.->|\"{text}\"| {}", id(from), id(to)),
                _ => writeln!(out, "  {} -->|\"{text}\"| {}", id(from), id(to)),
            };
        }
        for kind in self.kinds() {
            let colours = svg::colours(kind);
            let _ =
                writeln!(out, "  classDef {} fill:{},stroke:{},color:#1f2328", kind.word(), colours.fill, colours.line);
        }
        out
    }

    /// For other tools: `nodes` and `edges`, with where each is said.
    pub fn to_json(&self, policy: &Policy) -> Value {
        let place = |origin: Origin| {
            let at = policy.location(origin);
            json!({ "file": at.path.as_str(), "line": at.line, "column": at.column })
        };
        let nodes: Vec<_> = self
            .declarations()
            .map(|d| {
                json!({
                    "id": d.node.to_string(),
                    "kind": d.node.kind.word(),
                    "name": d.node.name.as_str(),
                    "details": d.details,
                    "source": d.origin.map(place),
                })
            })
            .collect();
        let edges: Vec<_> = self
            .dependencies()
            .map(|(from, to, dependency)| {
                json!({
                    "from": from.to_string(),
                    "to": to.to_string(),
                    "role": dependency.role.word(),
                    "label": dependency.label,
                    "source": place(dependency.origin),
                })
            })
            .collect();
        json!({ "policy": policy.name.as_str(), "nodes": nodes, "edges": edges })
    }

    /// The kinds there are, in the order a reader meets them.
    pub(super) fn kinds(&self) -> Vec<Kind> {
        Kind::ALL.into_iter().filter(|k| self.declarations().any(|d| d.node.kind == *k)).collect()
    }
}

/// Inside a quoted string of Graphviz.
fn dot_escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\r', "")
}

/// Inside a quoted label of Graphviz, which knows the character references of HTML.
fn dot_label(text: &str) -> String {
    dot_escape(&text.replace('&', "&amp;"))
}

/// Inside a quoted label of Mermaid, which knows only its own character references; Markdown and HTML mean nothing.
fn mermaid_escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '#' | '<' | '>' | '&' | '`' | '*' | '\\' | ';' | '|' | '{' | '}' | '[' | ']' | '%' => {
                let _ = write!(out, "#{};", u32::from(c));
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
