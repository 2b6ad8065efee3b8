//! The dependency graph: which declaration refers to which, and in what role.
//!
//! An edge leads from the one that refers to the one it refers to: an environment to its gates, to the environment it
//! comes after, to the teams that approve. Everything is in a fixed order, so that equal policies are drawn alike.

mod build;
mod layout;
mod svg;
mod text;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use petgraph::Direction;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use smol_str::SmolStr;

use crate::{Kind, Node, Origin, Policy, Role};

/// A declaration in the graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Declaration {
    /// Which.
    pub node: Node,
    /// Where it is declared; `None` for one that only a reference mentions (an abstract environment, a library's).
    pub origin: Option<Origin>,
    /// What a reader should see of it at once: a title, how it is deployed, how much it asks for.
    pub details: Vec<String>,
}

/// One declaration depends on another.
#[derive(Clone, Debug, PartialEq)]
pub struct Dependency {
    /// In which role.
    pub role: Role,
    /// Where it is said.
    pub origin: Origin,
    /// What more there is to say, such as `soaked 1h`.
    pub label: Option<String>,
}

/// Which part of the graph to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The kinds to show.
    pub kinds: BTreeSet<Kind>,
    /// The roles to show.
    pub roles: BTreeSet<Role>,
    /// Whether declarations that only references mention are shown.
    pub undeclared: bool,
    /// Only this declaration, what it depends on, and what depends on it: `production` or `gate.coverage`.
    pub focus: Option<SmolStr>,
}

impl Default for View {
    /// Everything that takes part in a decision.
    fn default() -> Self {
        let hidden = [Kind::Policy, Kind::Let, Kind::Test];
        let kinds = Kind::ALL.into_iter().filter(|k| !hidden.contains(k)).collect();
        Self { kinds, roles: BTreeSet::from(Role::ALL), undeclared: true, focus: None }
    }
}

impl View {
    /// Only the environments and how releases move between them.
    pub fn promotion() -> Self {
        let roles = BTreeSet::from([Role::Promotes, Role::Extends]);
        Self { kinds: BTreeSet::from([Kind::Environment]), roles, undeclared: false, focus: None }
    }
}

/// Why a focus cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FocusError {
    /// There is nothing of that name; beside it the names there are.
    Unknown(Vec<SmolStr>),
    /// Several declarations have that name; beside it their full names.
    Ambiguous(Vec<SmolStr>),
}

/// One step of a cycle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The declaration.
    pub node: Node,
    /// Where it refers to the next one of the cycle; the last one refers to the first.
    pub origin: Origin,
}

/// The dependency graph of a policy, or a part of it.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    graph: DiGraph<Declaration, Dependency>,
    index: BTreeMap<Node, NodeIndex>,
}

impl std::fmt::Display for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.kind.word(), self.name)
    }
}

impl Role {
    /// All roles, the weightiest first.
    pub const ALL: [Self; 9] = [
        Self::Promotes,
        Self::Extends,
        Self::Requires,
        Self::Approves,
        Self::Within,
        Self::Notifies,
        Self::RollsBackOn,
        Self::Overrides,
        Self::Uses,
    ];

    /// What an edge of that role says: `production` *requires* `coverage`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Extends => "extends",
            Self::Promotes => "after",
            Self::Requires => "requires",
            Self::Approves => "approved by",
            Self::Within => "within",
            Self::Notifies => "notifies",
            Self::RollsBackOn => "rolls back on",
            Self::Overrides => "overrides",
            Self::Uses => "uses",
        }
    }
}

impl Graph {
    /// The whole graph of a policy.
    pub fn of(policy: &Policy) -> Self {
        build::graph(policy)
    }

    /// The part that a view shows.
    pub fn view(&self, view: &View) -> Result<Self, FocusError> {
        let shown = |d: &Declaration| view.kinds.contains(&d.node.kind) && (view.undeclared || d.origin.is_some());
        let near = match &view.focus {
            Some(name) => Some(self.around(self.find(name, shown)?, shown)),
            None => None,
        };
        let keep = |i: NodeIndex, d: &Declaration| shown(d) && near.as_ref().is_none_or(|near| near.contains(&i));
        Ok(self.part(keep, |d| view.roles.contains(&d.role)))
    }

    fn part(&self, keep: impl Fn(NodeIndex, &Declaration) -> bool, said: impl Fn(&Dependency) -> bool) -> Self {
        let graph = self.graph.filter_map(|i, d| keep(i, d).then(|| d.clone()), |_, e| said(e).then(|| e.clone()));
        let index = graph.node_indices().filter_map(|i| Some((graph.node_weight(i)?.node.clone(), i))).collect();
        Self { graph, index }
    }

    /// The one declaration that `name` (`production`, `environment.production`) means.
    fn find(&self, name: &str, shown: impl Fn(&Declaration) -> bool) -> Result<NodeIndex, FocusError> {
        let shown: Vec<_> =
            self.graph.node_indices().filter(|i| self.graph.node_weight(*i).is_some_and(&shown)).collect();
        let named = |i: &NodeIndex| {
            self.graph.node_weight(*i).is_some_and(|d| d.node.name == name || d.node.to_string() == name)
        };
        let found: Vec<_> = shown.iter().copied().filter(named).collect();
        let names = |nodes: &[NodeIndex]| {
            nodes.iter().filter_map(|i| self.graph.node_weight(*i)).map(|d| d.node.to_string().into()).collect()
        };
        match found.as_slice() {
            [one] => Ok(*one),
            [] => Err(FocusError::Unknown(names(&shown))),
            many => Err(FocusError::Ambiguous(names(many))),
        }
    }

    /// What `start` depends on and what depends on it, at any distance.
    fn around(&self, start: NodeIndex, shown: impl Fn(&Declaration) -> bool) -> BTreeSet<NodeIndex> {
        let mut near = BTreeSet::from([start]);
        for direction in [Direction::Outgoing, Direction::Incoming] {
            let mut seen = BTreeSet::from([start]);
            let mut todo = vec![start];
            while let Some(node) = todo.pop() {
                for next in self.graph.neighbors_directed(node, direction) {
                    if self.graph.node_weight(next).is_some_and(&shown) && seen.insert(next) {
                        todo.push(next);
                    }
                }
            }
            near.extend(seen);
        }
        near
    }

    /// Every declaration, by kind and in the order of the source.
    pub fn declarations(&self) -> impl Iterator<Item = &Declaration> {
        self.graph.node_weights()
    }

    /// Every dependency: from, to, and what it is.
    pub fn dependencies(&self) -> impl Iterator<Item = (&Node, &Node, &Dependency)> {
        self.graph.edge_references().filter_map(|e| {
            let from = self.graph.node_weight(e.source())?;
            let to = self.graph.node_weight(e.target())?;
            Some((&from.node, &to.node, e.weight()))
        })
    }

    /// Whether anything refers to that declaration.
    pub fn is_used(&self, node: &Node) -> bool {
        let incoming = |i| self.graph.neighbors_directed(i, Direction::Incoming).any(|from| from != i);
        self.index.get(node).is_some_and(|i| incoming(*i))
    }

    /// The circles among dependencies that satisfy `keep` (all of one role, say): of each knot the shortest circle
    /// through its first declaration.
    pub fn cycles(&self, keep: impl Fn(&Dependency) -> bool) -> Vec<Vec<Step>> {
        let kept = self.graph.filter_map(|_, d| Some(d.clone()), |_, e| keep(e).then(|| e.clone()));
        let mut knots: Vec<Vec<NodeIndex>> = tarjan_scc(&kept);
        for knot in &mut knots {
            knot.sort_unstable();
        }
        knots.sort_unstable();
        knots.into_iter().filter_map(|knot| shortest_circle(&kept, *knot.first()?)).collect()
    }
}

/// The shortest way from `start` back to itself.
fn shortest_circle(graph: &DiGraph<Declaration, Dependency>, start: NodeIndex) -> Option<Vec<Step>> {
    let mut came: BTreeMap<NodeIndex, (NodeIndex, Origin)> = BTreeMap::new();
    let mut todo = VecDeque::from([start]);
    while let Some(node) = todo.pop_front() {
        let mut edges: Vec<_> = graph.edges(node).collect();
        edges.sort_unstable_by_key(|e| (e.target(), e.weight().role));
        for edge in edges {
            if came.contains_key(&edge.target()) {
                continue;
            }
            came.insert(edge.target(), (node, edge.weight().origin));
            if edge.target() == start {
                return Some(walk_back(graph, &came, start));
            }
            todo.push_back(edge.target());
        }
    }
    None
}

fn walk_back(
    graph: &DiGraph<Declaration, Dependency>,
    came: &BTreeMap<NodeIndex, (NodeIndex, Origin)>,
    start: NodeIndex,
) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut at = start;
    while let Some((from, origin)) = came.get(&at) {
        if let Some(declaration) = graph.node_weight(*from) {
            steps.push(Step { node: declaration.node.clone(), origin: *origin });
        }
        at = *from;
        if at == start {
            break;
        }
    }
    steps.reverse();
    steps
}
