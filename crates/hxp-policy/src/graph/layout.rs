//! Where everything goes: declarations in columns, each kind a block, lines between neighbouring columns.
//!
//! A line that passes a column runs through a lane between two blocks, never behind a box. Blocks and lanes are ordered
//! by the places of what they are joined to, in a few sweeps, of which the one with the shortest lines is kept.

use std::collections::BTreeMap;

use super::Graph;
use crate::{Kind, Role};

const ROW: f64 = 23.0;
const ROW_GAP: f64 = 6.0;
const HEADING: f64 = 24.0;
const BLOCK_GAP: f64 = 18.0;
const LANE: f64 = 1.8;
const CABLE_GAP: f64 = 8.0;
const COLUMN_GAP: f64 = 130.0;
const MARGIN: f64 = 28.0;
const PORT: f64 = 3.4;
const SWEEPS: usize = 16;

/// A point of the drawing.
pub(super) type Point = (f64, f64);

/// The box of a declaration.
#[derive(Clone, Debug)]
pub(super) struct Card {
    /// Its number among the graph's declarations.
    pub node: usize,
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Card {
    fn middle(&self) -> f64 {
        self.y + self.height / 2.0
    }
}

/// The word above a block.
#[derive(Clone, Debug)]
pub(super) struct Heading {
    pub kind: Kind,
    pub x: f64,
    pub y: f64,
}

/// A line, as the points that it passes level.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Its number among the graph's dependencies.
    pub edge: usize,
    pub shape: Shape,
}

/// How a line runs.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// Level at each point, curved between them.
    Across(Vec<Point>),
    /// Straight down or up.
    Straight(Point, Point),
    /// Out of a column's side and back into it, so far.
    Around(Point, Point, f64),
}

/// The whole drawing.
#[derive(Clone, Debug, Default)]
pub(super) struct Drawing {
    pub cards: Vec<Card>,
    pub headings: Vec<Heading>,
    pub lines: Vec<Line>,
    pub width: f64,
    pub height: f64,
}

/// How many pixels a text of that size needs at most, wide scripts included.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    let units: f64 = text
        .chars()
        .map(|c| match c {
            'i' | 'l' | 'j' | '.' | ',' | '\'' | '|' | ' ' | 't' | 'f' | 'r' | '(' | ')' => 0.36,
            'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.92,
            c if c.is_ascii_uppercase() => 0.72,
            c if u32::from(c) >= 0x1100 => 1.05,
            _ => 0.59,
        })
        .sum();
    units * size
}

/// A count as a coordinate.
pub(super) fn float(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

/// Something that takes room in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    Node(usize),
    Lane(usize),
}

/// What stands together in a column.
#[derive(Clone, Debug)]
enum Group {
    Block(Kind, Vec<usize>),
    Lanes(Vec<usize>),
}

struct Layout<'a> {
    graph: &'a Graph,
    /// Whether only environments are drawn.
    promotion: bool,
    columns: Vec<Vec<Group>>,
    column_of: Vec<usize>,
    /// The chain of each dependency from its left end to its right one; two items of one column for one inside it.
    chains: Vec<Vec<Item>>,
    /// Where each lane belongs.
    lane_column: Vec<usize>,
    /// The busier of the two boxes that a lane joins in the end.
    lane_hub: Vec<usize>,
    size: Vec<(f64, f64)>,
    node_y: Vec<f64>,
    lane_y: Vec<f64>,
}

/// Lays a graph out.
pub(super) fn layout(graph: &Graph) -> Drawing {
    let mut layout = Layout::new(graph);
    layout.order();
    layout.draw()
}

impl<'a> Layout<'a> {
    fn new(graph: &'a Graph) -> Self {
        let kinds = graph.kinds();
        let promotion = kinds == [Kind::Environment];
        let layers = promotion_layers(graph);
        let raw: Vec<usize> = graph
            .declarations()
            .zip(&layers)
            .map(|(d, layer)| if promotion { *layer } else { column_of(d.node.kind) })
            .collect();
        let mut used = raw.clone();
        used.sort_unstable();
        used.dedup();
        let column_of: Vec<usize> = raw.iter().map(|c| used.binary_search(c).unwrap_or(0)).collect();
        let mut layout = Self {
            graph,
            promotion,
            columns: Vec::new(),
            column_of,
            chains: Vec::new(),
            lane_column: Vec::new(),
            lane_hub: Vec::new(),
            size: Vec::new(),
            node_y: vec![0.0; layers.len()],
            lane_y: Vec::new(),
        };
        layout.chain_all();
        layout.fill_columns(used.len(), &kinds, &layers);
        layout.measure();
        layout.place();
        layout
    }

    fn column(&self, node: usize) -> usize {
        self.column_of.get(node).copied().unwrap_or(0)
    }

    fn chain_all(&mut self) {
        let ends: Vec<(usize, usize)> = self
            .graph
            .graph
            .edge_indices()
            .filter_map(|e| self.graph.graph.edge_endpoints(e))
            .map(|(a, b)| (a.index(), b.index()))
            .collect();
        let mut degrees: BTreeMap<usize, usize> = BTreeMap::new();
        for node in ends.iter().flat_map(|(a, b)| [*a, *b]) {
            *degrees.entry(node).or_default() += 1;
        }
        for (a, b) in ends {
            let (left, right) = if self.column(a) <= self.column(b) { (a, b) } else { (b, a) };
            let busy = |node: usize| degrees.get(&node).copied().unwrap_or(0);
            let hub = if busy(left) > busy(right) { left } else { right };
            let mut chain = vec![Item::Node(left)];
            for column in self.column(left) + 1..self.column(right) {
                chain.push(Item::Lane(self.lane_column.len()));
                self.lane_column.push(column);
                self.lane_hub.push(hub);
            }
            chain.push(Item::Node(right));
            self.chains.push(chain);
        }
        self.lane_y = vec![0.0; self.lane_column.len()];
    }

    fn fill_columns(&mut self, count: usize, kinds: &[Kind], layers: &[usize]) {
        for column in 0..count {
            let mut lanes: Vec<usize> =
                self.lane_column.iter().enumerate().filter(|(_, c)| **c == column).map(|(lane, _)| lane).collect();
            let mut groups = vec![Group::Lanes(std::mem::take(&mut lanes))];
            for kind in kinds {
                let mut nodes: Vec<usize> = self
                    .graph
                    .declarations()
                    .enumerate()
                    .filter(|(n, d)| d.node.kind == *kind && self.column(*n) == column)
                    .map(|(n, _)| n)
                    .collect();
                if nodes.is_empty() {
                    continue;
                }
                if *kind == Kind::Environment {
                    let seen: Vec<bool> = self.graph.declarations().map(|d| d.origin.is_some()).collect();
                    nodes.sort_by_key(|n| (seen.get(*n) == Some(&false), layers.get(*n).copied().unwrap_or(0)));
                    nodes = beneath_their_sources(self.graph, &nodes);
                }
                groups.push(Group::Block(*kind, nodes));
                groups.push(Group::Lanes(Vec::new()));
            }
            self.columns.push(groups);
        }
    }

    fn measure(&mut self) {
        let mut ports: BTreeMap<(usize, bool), usize> = BTreeMap::new();
        for chain in &self.chains {
            if let (Some(Item::Node(left)), Some(Item::Node(right))) = (chain.first(), chain.last()) {
                *ports.entry((*left, true)).or_default() += 1;
                *ports.entry((*right, false)).or_default() += 1;
            }
        }
        let most = |node: usize| {
            float([false, true].into_iter().filter_map(|s| ports.get(&(node, s)).copied()).max().unwrap_or(0))
        };
        self.size = self
            .graph
            .declarations()
            .enumerate()
            .map(|(n, d)| {
                let name = text_width(&shorten(&d.node.name), 13.0);
                if d.details.is_empty() {
                    return (name + 26.0, ROW);
                }
                let widest = d.details.iter().map(|l| text_width(&shorten(l), 11.0)).fold(name * 1.28, f64::max);
                let text = 34.0 + float(d.details.len()) * 16.0;
                (widest + 30.0, text.max(most(n) * PORT + 16.0))
            })
            .collect();
    }

    fn size_of(&self, node: usize) -> (f64, f64) {
        self.size.get(node).copied().unwrap_or((0.0, 0.0))
    }

    fn column_height(&self, groups: &[Group]) -> f64 {
        groups
            .iter()
            .map(|group| match group {
                Group::Lanes(lanes) => self.lane_steps(lanes).iter().sum::<f64>() + BLOCK_GAP,
                Group::Block(kind, nodes) => {
                    HEADING + nodes.iter().map(|n| self.size_of(*n).1 + gap(*kind)).sum::<f64>()
                }
            })
            .sum()
    }

    /// Stacks every column, centred on the tallest one.
    fn place(&mut self) {
        let columns = std::mem::take(&mut self.columns);
        let tallest = columns.iter().map(|c| self.column_height(c)).fold(0.0, f64::max);
        for groups in &columns {
            let mut y = (tallest - self.column_height(groups)) / 2.0;
            for group in groups {
                match group {
                    Group::Lanes(lanes) => {
                        y += BLOCK_GAP / 2.0;
                        for (lane, step) in lanes.iter().zip(self.lane_steps(lanes)) {
                            y += step;
                            if let Some(place) = self.lane_y.get_mut(*lane) {
                                *place = y;
                            }
                        }
                        y += BLOCK_GAP / 2.0;
                    }
                    Group::Block(kind, nodes) => {
                        y += HEADING;
                        for node in nodes {
                            if let Some(place) = self.node_y.get_mut(*node) {
                                *place = y;
                            }
                            y += self.size_of(*node).1 + gap(*kind);
                        }
                    }
                }
            }
        }
        self.columns = columns;
    }

    /// How far each lane lies behind the one before it: lanes that lead to one box run close together, as a cable.
    fn lane_steps(&self, lanes: &[usize]) -> Vec<f64> {
        let hub = |lane: &usize| self.lane_hub.get(*lane);
        let apart = |n: usize| n == 0 || lanes.get(n).map(hub) != n.checked_sub(1).and_then(|n| lanes.get(n)).map(hub);
        (0..lanes.len()).map(|n| if apart(n) { CABLE_GAP } else { LANE }).collect()
    }

    fn middle(&self, item: Item) -> f64 {
        match item {
            Item::Node(n) => self.node_y.get(n).copied().unwrap_or(0.0) + self.size_of(n).1 / 2.0,
            Item::Lane(l) => self.lane_y.get(l).copied().unwrap_or(0.0),
        }
    }

    /// How far all lines go up and down, which stands for how much they cross.
    fn cost(&self) -> f64 {
        let steps = self.chains.iter().flat_map(|c| c.windows(2));
        steps.map(|pair| pair.iter().map(|i| self.middle(*i)).reduce(|a, b| (a - b).abs()).unwrap_or(0.0)).sum()
    }

    fn order(&mut self) {
        let mut best = (self.cost(), self.columns.clone());
        for _ in 0..SWEEPS {
            self.sweep();
            self.place();
            let cost = self.cost();
            if cost < best.0 {
                best = (cost, self.columns.clone());
            }
        }
        self.columns = best.1;
        self.place();
    }

    /// Moves every box and lane towards the middle of what it is joined to.
    fn sweep(&mut self) {
        let mut pulls: BTreeMap<Item, (f64, f64)> = BTreeMap::new();
        for pair in self.chains.iter().flat_map(|c| c.windows(2)) {
            if let [a, b] = *pair {
                for (item, other) in [(a, b), (b, a)] {
                    let pull = pulls.entry(item).or_insert((0.0, 0.0));
                    pull.0 += self.middle(other);
                    pull.1 += 1.0;
                }
            }
        }
        let wish = |item: Item, now: f64| pulls.get(&item).map_or(now, |(sum, count)| sum / count);
        let mut columns = std::mem::take(&mut self.columns);
        for groups in &mut columns {
            let mut lanes = Vec::new();
            for group in groups.iter_mut() {
                match group {
                    Group::Block(Kind::Environment, _) => {}
                    Group::Block(_, nodes) => {
                        let place = |n: &usize| wish(Item::Node(*n), self.middle(Item::Node(*n)));
                        nodes.sort_by(|a, b| place(a).total_cmp(&place(b)).then(a.cmp(b)));
                    }
                    Group::Lanes(some) => lanes.append(some),
                }
            }
            let place = |l: usize| wish(Item::Lane(l), self.middle(Item::Lane(l)));
            let gaps = self.gaps(groups);
            for cable in self.cables(lanes, place) {
                let wished = mean(cable.iter().map(|l| place(*l)));
                let near = gaps.iter().min_by(|a, b| (a.1 - wished).abs().total_cmp(&(b.1 - wished).abs()));
                if let Some((group, _)) = near
                    && let Some(Group::Lanes(into)) = groups.get_mut(*group)
                {
                    into.extend(cable);
                }
            }
        }
        self.columns = columns;
    }

    /// Lanes by the box they lead to, each cable and all of them in the order of where they want to be.
    fn cables(&self, lanes: Vec<usize>, place: impl Fn(usize) -> f64) -> Vec<Vec<usize>> {
        let mut cables: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for lane in lanes {
            cables.entry(self.lane_hub.get(lane).copied().unwrap_or(0)).or_default().push(lane);
        }
        let mut cables: Vec<Vec<usize>> = cables.into_values().collect();
        for cable in &mut cables {
            cable.sort_by(|a, b| place(*a).total_cmp(&place(*b)).then(a.cmp(b)));
        }
        let wish = |cable: &[usize]| mean(cable.iter().map(|l| place(*l)));
        cables.sort_by(|a, b| wish(a).total_cmp(&wish(b)).then(a.cmp(b)));
        cables
    }

    /// Where lanes may run in a column: which group, and about where.
    fn gaps(&self, groups: &[Group]) -> Vec<(usize, f64)> {
        let edge = |group: Option<&Group>, bottom: bool| match group {
            Some(Group::Block(_, nodes)) => {
                let node = if bottom { nodes.last() } else { nodes.first() };
                node.map(|n| {
                    let y = self.node_y.get(*n).copied().unwrap_or(0.0);
                    if bottom { y + self.size_of(*n).1 + BLOCK_GAP } else { y - HEADING }
                })
            }
            _ => None,
        };
        let lanes = groups.iter().enumerate().filter(|(_, g)| matches!(g, Group::Lanes(_)));
        lanes
            .map(|(n, _)| {
                let above = n.checked_sub(1).and_then(|n| edge(groups.get(n), true));
                let below = edge(groups.get(n + 1), false);
                let place = match (above, below) {
                    (Some(a), Some(b)) => f64::midpoint(a, b),
                    (Some(y), None) | (None, Some(y)) => y,
                    (None, None) => 0.0,
                };
                (n, place)
            })
            .collect()
    }

    fn draw(&self) -> Drawing {
        let widths: Vec<f64> = self.columns.iter().map(|c| self.column_width(c)).collect();
        let mut xs = Vec::new();
        let mut x = MARGIN;
        for width in &widths {
            xs.push((x, x + width));
            x += width + COLUMN_GAP;
        }
        let mut drawing = Drawing { width: x - COLUMN_GAP + MARGIN, ..Drawing::default() };
        for (groups, (left, right)) in self.columns.iter().zip(&xs) {
            for group in groups {
                if let Group::Block(kind, nodes) = group {
                    self.draw_block(*kind, nodes, (*left, *right), &mut drawing);
                }
            }
        }
        drawing.cards.sort_by_key(|c| c.node);
        let bottom = drawing.cards.iter().map(|c| c.y + c.height);
        let lanes = self.lane_y.iter().copied();
        drawing.height = bottom.chain(lanes).fold(0.0, f64::max) + MARGIN;
        self.draw_lines(&xs, &mut drawing);
        drawing
    }

    fn column_width(&self, groups: &[Group]) -> f64 {
        let nodes = groups.iter().flat_map(|g| match g {
            Group::Block(_, nodes) => nodes.as_slice(),
            Group::Lanes(_) => &[],
        });
        nodes.map(|n| self.size_of(*n).0).fold(90.0, f64::max)
    }

    fn draw_block(&self, kind: Kind, nodes: &[usize], (left, right): Point, drawing: &mut Drawing) {
        for (place, node) in nodes.iter().enumerate() {
            let y = self.node_y.get(*node).copied().unwrap_or(0.0);
            if place == 0 && !self.promotion {
                drawing.headings.push(Heading { kind, x: left, y: y - 8.0 });
            }
            let height = self.size_of(*node).1;
            drawing.cards.push(Card { node: *node, x: left, y, width: right - left, height });
        }
    }

    fn draw_lines(&self, xs: &[Point], drawing: &mut Drawing) {
        let ports = self.ports(drawing);
        let mut lines = Vec::new();
        for (edge, chain) in self.chains.iter().enumerate() {
            let (Some(Item::Node(left)), Some(Item::Node(right))) = (chain.first(), chain.last()) else { continue };
            let (Some(from), Some(to)) = (drawing.cards.get(*left), drawing.cards.get(*right)) else { continue };
            let backwards = self
                .graph
                .graph
                .edge_endpoints(petgraph::graph::EdgeIndex::new(edge))
                .is_some_and(|(a, _)| a.index() != *left);
            let shape = if self.column(*left) == self.column(*right) {
                self.inside(edge, from, to, &ports)
            } else {
                let mut points = vec![(from.x + from.width, port(&ports, edge, *left, from))];
                for item in chain {
                    if let Item::Lane(lane) = item {
                        let y = self.middle(*item);
                        let column =
                            self.lane_column.get(*lane).and_then(|c| xs.get(*c)).copied().unwrap_or((0.0, 0.0));
                        points.extend([(column.0, y), (column.1, y)]);
                    }
                }
                points.push((to.x, port(&ports, edge, *right, to)));
                if backwards {
                    points.reverse();
                }
                Shape::Across(points)
            };
            lines.push(Line { edge, shape });
        }
        let reach = |line: &Line| match &line.shape {
            // A cubic curve goes three quarters of the way to its control points.
            Shape::Around(a, b, reach) => a.0.max(b.0) + reach * 0.75 + MARGIN,
            Shape::Across(_) | Shape::Straight(..) => 0.0,
        };
        drawing.width = lines.iter().map(reach).fold(drawing.width, f64::max);
        drawing.lines = lines;
    }

    /// A line between two boxes of one column.
    fn inside(&self, edge: usize, from: &Card, to: &Card, ports: &Ports) -> Shape {
        let role = self.graph.graph.edge_weight(petgraph::graph::EdgeIndex::new(edge)).map(|e| e.role);
        let beneath = (from.node != to.node) && self.neighbours(from.node, to.node);
        if role == Some(Role::Promotes) && beneath {
            let x = from.x + from.width / 2.0;
            return if from.y > to.y {
                Shape::Straight((x, from.y), (x, to.y + to.height))
            } else {
                Shape::Straight((x, from.y + from.height), (x, to.y))
            };
        }
        let (a, b) = (port(ports, edge, from.node, from), port(ports, edge, to.node, to));
        let reach = 22.0 + ((a - b).abs() * 0.12).min(70.0);
        Shape::Around((from.x + from.width, a), (to.x + to.width, b), reach)
    }

    fn neighbours(&self, a: usize, b: usize) -> bool {
        self.columns.iter().flatten().any(|group| match group {
            Group::Block(_, nodes) => nodes.windows(2).any(|pair| pair == [a, b] || pair == [b, a]),
            Group::Lanes(_) => false,
        })
    }

    /// Where lines touch the boxes: on each side in the order of where they come from, so that they do not cross there.
    fn ports(&self, drawing: &Drawing) -> Ports {
        let mut sides: BTreeMap<(usize, bool), Vec<(f64, usize)>> = BTreeMap::new();
        for (edge, chain) in self.chains.iter().enumerate() {
            let (Some(Item::Node(left)), Some(Item::Node(right))) = (chain.first(), chain.last()) else { continue };
            let inside = self.column(*left) == self.column(*right);
            let (next, last) = (chain.get(1), chain.len().checked_sub(2).and_then(|n| chain.get(n)));
            if let (Some(next), Some(last)) = (next, last) {
                sides.entry((*left, true)).or_default().push((self.middle(*next), edge));
                sides.entry((*right, inside)).or_default().push((self.middle(*last), edge));
            }
        }
        let mut ports = Ports::new();
        for ((node, _), mut lines) in sides {
            let Some(card) = drawing.cards.get(node) else { continue };
            lines.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let step = ((card.height - 8.0) / float(lines.len())).min(7.0);
            let first = card.middle() - step * (float(lines.len()) - 1.0) / 2.0;
            for (place, (_, edge)) in lines.iter().enumerate() {
                ports.insert((*edge, node), first + step * float(place));
            }
        }
        ports
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), v| (sum + v, count + 1.0));
    if count > 0.0 { sum / count } else { 0.0 }
}

/// Room between the boxes of a block.
fn gap(kind: Kind) -> f64 {
    if kind == Kind::Environment { 64.0 } else { ROW_GAP }
}

type Ports = BTreeMap<(usize, usize), f64>;

fn port(ports: &Ports, edge: usize, node: usize, card: &Card) -> f64 {
    ports.get(&(edge, node)).copied().unwrap_or_else(|| card.middle())
}

/// A text as it is drawn: not longer than a box can be.
pub(super) fn shorten(text: &str) -> String {
    const MOST: usize = 36;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(MOST - 1).collect();
    short.push('…');
    short
}

/// What environments need stands left of them, what watches over them right.
fn column_of(kind: Kind) -> usize {
    match kind {
        Kind::Policy | Kind::Let | Kind::Team | Kind::Label => 0,
        Kind::Gate | Kind::Window | Kind::Chart | Kind::Service | Kind::Image => 1,
        Kind::Environment => 2,
        Kind::Trigger | Kind::Channel | Kind::Override | Kind::Rule => 3,
        Kind::Metric | Kind::Objective | Kind::Control | Kind::Test => 4,
    }
}

/// Promotions: from which environment to which.
fn promotions(graph: &Graph) -> Vec<(usize, usize)> {
    let edges = graph.graph.edge_indices();
    edges
        .filter(|e| graph.graph.edge_weight(*e).is_some_and(|d| d.role == Role::Promotes))
        .filter_map(|e| graph.graph.edge_endpoints(e))
        .map(|(late, early)| (early.index(), late.index()))
        .collect()
}

/// The environments, sorted by their layer, so that each stands right beneath what is promoted to it wherever it can: the
/// ways of twelve services do not cross.
fn beneath_their_sources(graph: &Graph, sorted: &[usize]) -> Vec<usize> {
    let steps = promotions(graph);
    let in_block: std::collections::BTreeSet<usize> = sorted.iter().copied().collect();
    let mut heirs: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut waits_for: BTreeMap<usize, usize> = BTreeMap::new();
    for (early, late) in steps.iter().filter(|(early, late)| in_block.contains(early) && in_block.contains(late)) {
        heirs.entry(*early).or_default().push(*late);
        *waits_for.entry(*late).or_default() += 1;
    }
    let mut order: Vec<usize> = Vec::new();
    let mut placed = vec![false; graph.graph.node_count()];
    for first in sorted {
        let mut next = Some(*first);
        while let Some(node) = next {
            if std::mem::replace(placed.get_mut(node).unwrap_or(&mut true), true) {
                break;
            }
            order.push(node);
            let below = heirs.get(&node).map_or(&[][..], Vec::as_slice);
            for heir in below {
                if let Some(waits) = waits_for.get_mut(heir) {
                    *waits -= 1;
                }
            }
            next =
                below.iter().copied().find(|heir| waits_for.get(heir) == Some(&0) && placed.get(*heir) == Some(&false));
        }
    }
    order
}

/// How many promotions lie before each declaration at most; a circle is cut where it is entered.
fn promotion_layers(graph: &Graph) -> Vec<usize> {
    let count = graph.graph.node_count();
    let mut layers = vec![0; count];
    let steps = promotions(graph);
    // No way without a circle is longer than there are declarations.
    for _ in 0..count {
        let mut moved = false;
        for (early, late) in &steps {
            let behind = layers.get(*early).copied().unwrap_or(0) + 1;
            if let Some(layer) = layers.get_mut(*late)
                && *layer < behind
                && behind < count
            {
                *layer = behind;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    layers
}
