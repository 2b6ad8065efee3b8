//! What a declaration and what it extends say about one place, merged as text and evaluated when asked for.
//!
//! Properties replace, records merge deeply: a node holds what several blocks say about one key, the weakest first. A
//! key's node is made when it is asked for, so a value may depend on another key of the same record.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use hxp_diagnostics::{Diagnostic, Span, codes};
use hxp_policy::{Field, Record, Type, Value};
use hxp_syntax::ast::{self, Block, EntryKind, ExprKind, Ident, Property};
use indexmap::IndexMap;
use smol_str::SmolStr;

use super::{Elaborator, FrameKey, Scope, Typed, Want};
use crate::program::{DeclId, doc_text};
use crate::schema::{self, Shape};
use crate::types::{describe, of_value, record};

/// What is said about one place.
pub struct Node<'a> {
    /// Who says it, the weakest first.
    layers: Vec<Layer<'a>>,
    /// What the place may hold.
    pub shape: &'static Shape,
    resolved: OnceCell<Option<Resolved<'a>>>,
    children: RefCell<HashMap<SmolStr, Option<Rc<Node<'a>>>>>,
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Node({} layers)", self.layers.len())
    }
}

/// One say about a place.
#[derive(Clone)]
pub struct Layer<'a> {
    what: What<'a>,
    scope: Rc<Scope>,
    /// The key with which it was said.
    key: Option<Span>,
    docs: &'a [ast::Doc],
}

#[derive(Clone)]
enum What<'a> {
    /// `{ … }`
    Block(&'a Block),
    /// `b.c = …` inside `a`, after `a.` is taken off
    Tail(&'a [Ident], &'a ast::Expr),
    /// `= expression`
    Expr(&'a ast::Expr),
    /// A field of an evaluated record.
    Value(Value, Span),
}

#[derive(Clone)]
enum Resolved<'a> {
    /// The strongest layer is no record: it alone counts.
    Leaf(Layer<'a>),
    /// An evaluated leaf.
    Known(Rc<Typed>, Span),
    /// Records on top of one another.
    Fields(Rc<Fields<'a>>),
}

/// The keys of a record, in the order in which they were first said.
struct Fields<'a> {
    order: Vec<Said>,
    keys: IndexMap<SmolStr, Vec<(u32, Layer<'a>)>>,
    spreads: Vec<Spread<'a>>,
}

#[derive(Clone, Copy)]
enum Said {
    Key(usize),
    Spread(usize),
}

struct Spread<'a> {
    position: u32,
    source: SpreadSource<'a>,
    value: OnceCell<Option<Rc<Record>>>,
}

enum SpreadSource<'a> {
    Expr(&'a ast::Expr, Rc<Scope>),
    Value(Rc<Record>),
}

impl<'a> Node<'a> {
    fn new(layers: Vec<Layer<'a>>, shape: &'static Shape) -> Self {
        Self { layers, shape, resolved: OnceCell::new(), children: RefCell::new(HashMap::new()) }
    }

    /// Where the strongest say stands.
    pub fn place(&self) -> Option<Span> {
        let layer = self.layers.last()?;
        Some(match &layer.what {
            What::Expr(e) | What::Tail(_, e) => layer.key.map_or(e.span, |k| k.to(e.span)),
            What::Block(b) => layer.key.unwrap_or(b.span),
            What::Value(_, span) => *span,
        })
    }

    /// The key with which it was last said.
    pub fn key(&self) -> Option<Span> {
        self.layers.iter().rev().find_map(|l| l.key)
    }
}

/// Whether a block holds literals alone, so that it is the same wherever it is read.
fn is_plain(block: &Block) -> bool {
    fn plain(expr: &ast::Expr) -> bool {
        match &expr.kind {
            ExprKind::Literal(_) => true,
            ExprKind::Record(block) => is_plain(block),
            ExprKind::List(items) => items.iter().all(plain),
            _ => false,
        }
    }
    block.entries.iter().all(|entry| match &entry.kind {
        EntryKind::Property(property) => plain(&property.value),
        EntryKind::Spread(_) | EntryKind::Statement(_) => false,
    })
}

/// A say of a property, its first key taken off.
fn layer_of<'a>(property: &'a Property, docs: &'a [ast::Doc], scope: &Rc<Scope>) -> Option<(&'a Ident, Layer<'a>)> {
    let (first, rest) = property.keys.split_first()?;
    let what = tail(rest, &property.value);
    Some((first, Layer { what, scope: scope.clone(), key: Some(first.span), docs }))
}

fn tail<'a>(rest: &'a [Ident], value: &'a ast::Expr) -> What<'a> {
    match (&rest, &value.kind) {
        ([], ExprKind::Record(block)) => What::Block(block),
        ([], _) => What::Expr(value),
        _ => What::Tail(rest, value),
    }
}

/// Entries that can be read one by one: no spreads, no dotted keys, no key twice.
fn is_simple(block: &Block) -> bool {
    let mut seen: Vec<&str> = Vec::new();
    if block.entries.len() > 64 {
        return false;
    }
    block.entries.iter().all(|entry| match &entry.kind {
        EntryKind::Property(p) => match &*p.keys {
            [key] if !seen.contains(&key.text.as_str()) => {
                seen.push(&key.text);
                true
            }
            _ => false,
        },
        EntryKind::Spread(_) | EntryKind::Statement(_) => false,
    })
}

impl<'a> Elaborator<'a> {
    /// What a declaration says, with what it extends.
    pub fn node(&mut self, id: DeclId) -> Rc<Node<'a>> {
        if let Some(node) = self.nodes.get(&id) {
            return node.clone();
        }
        let environment = (self.program.get(id).kind == hxp_policy::Kind::Environment).then_some(id);
        let node = self.node_at(id, environment);
        self.nodes.insert(id, node.clone());
        node
    }

    /// Forgets what a declaration says. Whoever asks again gets it anew; of a thousand environments each is asked for
    /// while it is read and hardly ever after.
    pub fn forget(&mut self, id: DeclId) {
        self.nodes.remove(&id);
    }

    /// The same with an environment at hand.
    pub fn node_at(&mut self, id: DeclId, environment: Option<DeclId>) -> Rc<Node<'a>> {
        let kind = self.program.get(id).kind;
        let parameters = crate::lower::gate::parameter_names(self.program, id);
        let mut layers = Vec::new();
        for ancestor in self.program.chain(id) {
            let said = self.program.get(ancestor);
            let ast::Body::Block(block) = &said.decl.body else { continue };
            let scope = Rc::new(Scope::new(said.module).at(environment));
            layers.push(Layer { what: What::Block(block), scope, key: None, docs: &[] });
        }
        let node = Node::new(layers, schema::root_shape(kind));
        Rc::new(if parameters.is_empty() { node } else { without_parameters(node, &parameters) })
    }

    /// Runs while what an override says lies over what an environment says, as when the override is in force. What
    /// was remembered of values is set aside, since it was read without the override.
    pub fn overlaid<T>(&mut self, environment: DeclId, override_: DeclId, run: impl FnOnce(&mut Self) -> T) -> T {
        let plain = self.node(environment);
        let mut layers = plain.layers.clone();
        let said = self.program.get(override_);
        if let ast::Body::Block(block) = &said.decl.body {
            let scope = Rc::new(Scope::new(said.module).at(Some(environment)));
            layers.push(Layer { what: What::Block(block), scope, key: None, docs: &[] });
        }
        self.nodes.insert(environment, Rc::new(Node::new(layers, plain.shape)));
        let slots = std::mem::take(&mut self.slots);
        let lets = std::mem::take(&mut self.lets);
        let result = run(self);
        self.slots = slots;
        self.lets = lets;
        self.nodes.insert(environment, plain);
        result
    }

    /// What an override, a rollback block or a test says by itself.
    pub fn block_node(blocks: &[(&'a Block, Rc<Scope>)], shape: &'static Shape) -> Rc<Node<'a>> {
        let layers = blocks
            .iter()
            .map(|(block, scope)| Layer { what: What::Block(block), scope: scope.clone(), key: None, docs: &[] })
            .collect();
        Rc::new(Node::new(layers, shape))
    }

    /// A record literal.
    pub(super) fn record_literal(&mut self, block: &'a Block, want: Want<'_>, scope: &mut Scope) -> Option<Typed> {
        let shape: &'static Shape = if want.data { &Shape::Data } else { &Shape::Free };
        let typed = self.block_value(block, &Rc::new(scope.clone()), shape)?;
        match want.ty {
            Some(Type::Record(wanted)) => self.fit_record(typed, &wanted.clone(), block.span),
            _ => Some(typed),
        }
    }

    /// Checks a record literal against the record type that is expected.
    fn fit_record(&mut self, typed: Typed, wanted: &hxp_policy::RecordType, span: Span) -> Option<Typed> {
        let Some(Value::Record(values)) = typed.value() else { return Some(typed) };
        for field in &values.fields {
            if wanted.field(&field.name).is_none() {
                let message = format!("{} has no `{}`", describe(&Type::Record(wanted.clone().into())), field.name);
                let found = Diagnostic::new(codes::UNKNOWN_FIELD, field.origin.span, message);
                self.report(found.suggest(&field.name, wanted.fields.iter().map(|(n, _)| n.as_str())));
                return None;
            }
        }
        let missing = wanted.fields.iter().find(|(n, t)| !matches!(t, Type::Optional(_)) && values.get(n).is_none());
        if let Some((name, _)) = missing {
            let message = format!("`{name}` is missing");
            self.report(Diagnostic::new(codes::MISSING_PROPERTY, span, message));
            return None;
        }
        Some(typed)
    }

    /// The value of a block by itself.
    pub(super) fn block_value(&mut self, block: &'a Block, scope: &Rc<Scope>, shape: &'static Shape) -> Option<Typed> {
        if is_simple(block) {
            let shared = matches!(shape, Shape::Data).then(|| std::ptr::from_ref(block));
            if let Some(Some(known)) = shared.and_then(|key| self.plain_blocks.get(&key)) {
                return Some((**known).clone());
            }
            let typed = self.simple_record(block, scope, shape);
            if let Some(key) = shared {
                self.remember_plain(key, block, typed.as_ref());
            }
            return typed;
        }
        let layer = Layer { what: What::Block(block), scope: scope.clone(), key: None, docs: &[] };
        let node = Rc::new(Node::new(vec![layer], shape));
        self.node_value(&node)
    }

    /// Configuration that many environments inherit unchanged is evaluated twice and then copied: the first time only
    /// shows that it is there.
    fn remember_plain(&mut self, key: *const Block, block: &Block, typed: Option<&Typed>) {
        match self.plain_blocks.get_mut(&key) {
            None => {
                self.plain_blocks.insert(key, None);
            }
            Some(known) if is_plain(block) => *known = typed.cloned().map(Rc::new),
            Some(_) => {}
        }
    }

    /// A record without spreads and repeated keys, read from the tree as it stands.
    fn simple_record(&mut self, block: &'a Block, scope: &Rc<Scope>, shape: &'static Shape) -> Option<Typed> {
        let mut builder = RecordBuilder::new(shape, block.entries.len());
        for entry in &block.entries {
            let EntryKind::Property(property) = &entry.kind else { continue };
            let Some(key) = property.keys.first() else { continue };
            let Some(inner) = self.property_shape(shape, &key.text, key.span) else {
                builder.broken = true;
                continue;
            };
            let value = match &property.value.kind {
                ExprKind::Record(block) => self.block_in_shape(block, scope, inner, &key.text),
                _ => {
                    let mut scope = (**scope).clone();
                    self.shaped(&property.value, inner, &key.text, &mut scope)
                }
            };
            let origin = self.program.origin(key.span.to(property.value.span));
            builder.push(key.text.clone(), value, origin, doc_text(entry.docs()));
        }
        self.check_required(shape, block.span, |name| builder.has(name));
        builder.finish()
    }

    /// A block where a shape is expected.
    pub(super) fn block_in_shape(
        &mut self,
        block: &'a Block,
        scope: &Rc<Scope>,
        shape: &'static Shape,
        name: &str,
    ) -> Option<Typed> {
        match shape.as_record() {
            Some(shape) => self.block_value(block, scope, shape),
            None => self.not_a_block(block, shape, name),
        }
    }

    fn not_a_block(&mut self, block: &Block, shape: &Shape, name: &str) -> Option<Typed> {
        let message = format!("`{name}` is {}, not a record", shape.describe());
        self.report(Diagnostic::new(codes::TYPE_MISMATCH, block.span, message).label("a record"));
        None
    }

    /// The shape of a property; `None` with a diagnostic when there is no such property.
    pub(super) fn property_shape(&mut self, shape: &'static Shape, key: &str, span: Span) -> Option<&'static Shape> {
        match shape {
            Shape::Record(properties) => match properties.iter().find(|p| p.name == key) {
                Some(property) => Some(&property.shape),
                None => {
                    let message = format!("there is no property `{key}` here");
                    let found = Diagnostic::new(codes::UNKNOWN_PROPERTY, span, message);
                    self.report(found.suggest(key, properties.iter().map(|p| p.name)));
                    None
                }
            },
            Shape::Map(of) => Some(of),
            other => Some(other),
        }
    }

    fn check_required(&mut self, shape: &'static Shape, span: Span, has: impl Fn(&str) -> bool) {
        let Shape::Record(properties) = shape else { return };
        for property in properties.iter().filter(|p| p.required && !has(p.name)) {
            let message = format!("`{}` is missing here: {}", property.name, lower_first(property.doc));
            self.report(Diagnostic::new(codes::MISSING_PROPERTY, span, message));
        }
    }

    /// Finds out whether a place holds one value or a record, and of what.
    fn resolve(&mut self, node: &Rc<Node<'a>>) -> Option<Resolved<'a>> {
        if let Some(resolved) = node.resolved.get() {
            return resolved.clone();
        }
        let resolved = self.resolve_layers(node);
        let _ = node.resolved.set(resolved.clone());
        resolved
    }

    fn resolve_layers(&mut self, node: &Rc<Node<'a>>) -> Option<Resolved<'a>> {
        let mut records: Vec<RecordLayer<'a>> = Vec::new();
        for (index, layer) in node.layers.iter().enumerate().rev() {
            match &layer.what {
                What::Block(block) => records.push(RecordLayer::Block(block, layer.clone())),
                What::Tail(keys, value) => records.push(RecordLayer::Tail(keys, value, layer.clone())),
                What::Value(Value::Record(values), _) => records.push(RecordLayer::Known(Rc::new(values.clone()))),
                What::Value(value, span) => {
                    if records.is_empty() {
                        let typed = Typed::known(value.clone(), of_value(value));
                        return Some(Resolved::Known(Rc::new(typed), *span));
                    }
                    break;
                }
                What::Expr(_) if index == 0 && records.is_empty() => return Some(Resolved::Leaf(layer.clone())),
                What::Expr(expr) => {
                    let mut scope = (*layer.scope).clone();
                    let typed = self.shaped(expr, node.shape, "this", &mut scope)?;
                    match typed.value() {
                        Some(Value::Record(values)) => {
                            let values = said_at(values.clone(), expr, self);
                            records.push(RecordLayer::Known(Rc::new(values)));
                        }
                        _ if records.is_empty() => return Some(Resolved::Known(Rc::new(typed), expr.span)),
                        _ => break,
                    }
                }
            }
        }
        records.reverse();
        Some(Resolved::Fields(Rc::new(self.fields(records))))
    }

    fn fields(&mut self, records: Vec<RecordLayer<'a>>) -> Fields<'a> {
        let mut fields = Fields { order: Vec::new(), keys: IndexMap::new(), spreads: Vec::new() };
        let mut position = 0;
        for record in records {
            match record {
                RecordLayer::Block(block, layer) => {
                    let scope = layer.scope.clone();
                    let mut mine: HashMap<SmolStr, (Span, bool)> = HashMap::new();
                    for entry in &block.entries {
                        position += 1;
                        match &entry.kind {
                            EntryKind::Property(property) => {
                                if let Some((key, layer)) = layer_of(property, entry.docs(), &scope) {
                                    self.check_twice(key, &layer, &mut mine);
                                    fields.say(&key.text, position, layer);
                                }
                            }
                            EntryKind::Spread(expr) => {
                                fields.spread(position, SpreadSource::Expr(expr, scope.clone()));
                            }
                            EntryKind::Statement(_) => {}
                        }
                    }
                }
                RecordLayer::Tail(keys, value, layer) => {
                    position += 1;
                    if let Some((first, rest)) = keys.split_first() {
                        let what = tail(rest, value);
                        let layer = Layer { what, scope: layer.scope, key: Some(first.span), docs: layer.docs };
                        fields.say(&first.text, position, layer);
                    }
                }
                RecordLayer::Known(values) => {
                    position += 1;
                    fields.spread(position, SpreadSource::Value(values));
                }
            }
        }
        fields
    }

    /// A key given twice in one block is a mistake unless both are records.
    fn check_twice(&mut self, key: &Ident, layer: &Layer<'a>, mine: &mut HashMap<SmolStr, (Span, bool)>) {
        let is_record = !matches!(layer.what, What::Expr(_));
        if let Some((first, first_record)) = mine.get(&key.text) {
            if !(is_record && *first_record) {
                let message = format!("`{}` is given twice", key.text);
                let found = Diagnostic::new(codes::DUPLICATE_PROPERTY, key.span, message)
                    .label("given again here")
                    .related(*first, "first given here");
                self.report(found);
            }
            return;
        }
        mine.insert(key.text.clone(), (key.span, is_record));
    }

    fn spread_value(&mut self, fields: &Rc<Fields<'a>>, index: usize) -> Option<Rc<Record>> {
        let spread = fields.spreads.get(index)?;
        if let Some(value) = spread.value.get() {
            return value.clone();
        }
        let value = match &spread.source {
            SpreadSource::Value(values) => Some(values.clone()),
            SpreadSource::Expr(expr, scope) => self.evaluate_spread(expr, scope).map(Rc::new),
        };
        let _ = spread.value.set(value.clone());
        value
    }

    fn evaluate_spread(&mut self, expr: &'a ast::Expr, scope: &Rc<Scope>) -> Option<Record> {
        let mut inner = (**scope).clone();
        let typed = self.constant(expr, Want::DATA, &mut inner)?;
        match typed.value() {
            Some(Value::Record(values)) => Some(said_at(values.clone(), expr, self)),
            _ => {
                let message =
                    format!("only a record can be spread; `{}` is {}", self.text(expr.span), describe(&typed.ty));
                self.report(Diagnostic::new(codes::NOT_A_RECORD, expr.span, message));
                None
            }
        }
    }

    /// What is said about a key.
    pub fn child(&mut self, node: &Rc<Node<'a>>, key: &str) -> Option<Rc<Node<'a>>> {
        if let Some(child) = node.children.borrow().get(key) {
            return child.clone();
        }
        let child = self.find_child(node, key);
        node.children.borrow_mut().insert(key.into(), child.clone());
        child
    }

    fn find_child(&mut self, node: &Rc<Node<'a>>, key: &str) -> Option<Rc<Node<'a>>> {
        let inner: &'static Shape = match node.shape.as_record().unwrap_or(node.shape) {
            Shape::Record(properties) => properties.iter().find(|p| p.name == key).map_or(&Shape::Free, |p| &p.shape),
            Shape::Map(of) => of,
            other => other,
        };
        match self.resolve(node)? {
            Resolved::Known(typed, span) => Self::child_of_value(&typed, span, key, inner),
            Resolved::Leaf(layer) => {
                let What::Expr(expr) = layer.what else { return None };
                let typed = self.node_value(node)?;
                Self::child_of_value(&typed, expr.span, key, inner)
            }
            Resolved::Fields(fields) => {
                let layers = self.layers_of(&fields, key);
                (!layers.is_empty()).then(|| Rc::new(Node::new(layers, inner)))
            }
        }
    }

    fn child_of_value(typed: &Typed, span: Span, key: &str, shape: &'static Shape) -> Option<Rc<Node<'a>>> {
        let field = typed.value()?.as_record()?.field(key)?;
        let at = if field.origin.span.is_empty() { span } else { field.origin.span };
        let what = What::Value(field.value.clone(), at);
        let scope = Rc::new(Scope::new(crate::program::PROJECT));
        Some(Rc::new(Node::new(vec![Layer { what, scope, key: None, docs: &[] }], shape)))
    }

    /// What is said about a key, the weakest first; spreads are evaluated only as far as they matter.
    fn layers_of(&mut self, fields: &Rc<Fields<'a>>, key: &str) -> Vec<Layer<'a>> {
        let said: &[(u32, Layer<'a>)] = fields.keys.get(key).map_or(&[], Vec::as_slice);
        let mut explicit = said.iter().rev().peekable();
        let mut spreads = (0..fields.spreads.len()).rev().peekable();
        let mut layers = Vec::new();
        loop {
            let next_spread = spreads.peek().and_then(|i| fields.spreads.get(*i)).map(|s| s.position);
            let next_said = explicit.peek().map(|(p, _)| *p);
            if next_said.is_none() && next_spread.is_none() {
                break;
            }
            if next_said > next_spread {
                if let Some((_, layer)) = explicit.next() {
                    layers.push(layer.clone());
                    if is_final(layer) {
                        break;
                    }
                }
            } else if let Some(index) = spreads.next()
                && let Some(values) = self.spread_value(fields, index)
                && let Some(field) = values.field(key)
            {
                let what = What::Value(field.value.clone(), field.origin.span);
                let scope = Rc::new(Scope::new(crate::program::PROJECT));
                let is_record = matches!(field.value, Value::Record(_));
                layers.push(Layer { what, scope, key: None, docs: &[] });
                if !is_record {
                    break;
                }
            }
        }
        layers.reverse();
        layers
    }

    /// Whether a declaration or what it extends gives a property, right or wrong.
    pub fn says(&mut self, id: DeclId, property: &str) -> bool {
        let node = self.node(id);
        self.child(&node, property).is_some()
    }

    /// The keys of a place, in order.
    pub fn keys(&mut self, node: &Rc<Node<'a>>) -> Vec<SmolStr> {
        match self.resolve(node) {
            Some(Resolved::Fields(fields)) => self.keys_of(&fields),
            Some(Resolved::Known(typed, _)) => match typed.value() {
                Some(Value::Record(values)) => values.fields.iter().map(|f| f.name.clone()).collect(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn keys_of(&mut self, fields: &Rc<Fields<'a>>) -> Vec<SmolStr> {
        if fields.spreads.is_empty() {
            return fields.keys.keys().cloned().collect();
        }
        let mut keys: indexmap::IndexSet<SmolStr> = indexmap::IndexSet::new();
        for said in &fields.order {
            match said {
                Said::Key(index) => {
                    keys.extend(fields.keys.get_index(*index).map(|(k, _)| k.clone()));
                }
                Said::Spread(index) => {
                    if let Some(values) = self.spread_value(fields, *index) {
                        keys.extend(values.fields.iter().map(|f| f.name.clone()));
                    }
                }
            }
        }
        keys.into_iter().collect()
    }

    /// The value of a place.
    pub fn node_value(&mut self, node: &Rc<Node<'a>>) -> Option<Typed> {
        if let ([Layer { what: What::Block(block), scope, .. }], true) =
            (node.layers.as_slice(), node.resolved.get().is_none())
            && is_simple(block)
        {
            let (block, scope) = (*block, scope.clone());
            return self.block_in_shape(block, &scope, node.shape, "this");
        }
        match self.resolve(node)? {
            Resolved::Known(typed, _) => Some((*typed).clone()),
            Resolved::Leaf(layer) => {
                let What::Expr(expr) = layer.what else { return None };
                let name = layer.key.map_or_else(String::new, |k| self.program.sources.slice(k).to_owned());
                let mut scope = (*layer.scope).clone();
                self.shaped(expr, node.shape, &name, &mut scope)
            }
            Resolved::Fields(fields) => self.fields_value(node, &fields),
        }
    }

    fn fields_value(&mut self, node: &Rc<Node<'a>>, fields: &Rc<Fields<'a>>) -> Option<Typed> {
        let Some(shape) = node.shape.as_record() else {
            let span = node.place().unwrap_or_default();
            let message = format!("{} is expected here, not a record", node.shape.describe());
            self.report(Diagnostic::new(codes::TYPE_MISMATCH, span, message).label("a record"));
            return None;
        };
        let keys = self.keys_of(fields);
        let mut builder = RecordBuilder::new(shape, keys.len());
        for key in keys {
            let said: Vec<Span> = fields.keys.get(&key).into_iter().flatten().filter_map(|(_, l)| l.key).collect();
            let mut known = true;
            for span in said.iter().copied().chain(said.is_empty().then(|| node.place().unwrap_or_default())) {
                known &= self.property_shape(shape, &key, span).is_some();
            }
            if !known {
                builder.broken = true;
                continue;
            }
            let Some(child) = self.child(node, &key) else { continue };
            let value = self.node_value(&child);
            let origin = self.program.origin(child.place().unwrap_or_default());
            let doc = child.layers.last().and_then(|l| doc_text(l.docs));
            builder.push(key, value, origin, doc);
        }
        let span = node.key().or_else(|| node.place()).unwrap_or_default();
        if !span.is_empty() {
            self.check_required(shape, span, |name| builder.has(name));
        }
        builder.finish()
    }

    /// All properties of a declaration, merged and evaluated; broken ones are left out.
    pub fn properties(&mut self, id: DeclId) -> Record {
        let node = self.node(id);
        let mut values = Record::default();
        let program = self.program;
        let decl = program.get(id);
        let schema = schema::of(decl.kind);
        let Some(Resolved::Fields(fields)) = self.resolve(&node) else { return values };
        for key in self.keys_of(&fields) {
            let said: Vec<Span> = fields.keys.get(&key).into_iter().flatten().filter_map(|(_, l)| l.key).collect();
            if schema.property(&key).is_none() && schema.others.is_none() {
                for span in said {
                    self.unknown_property(decl.kind, &key, span);
                }
                continue;
            }
            if schema.property(&key).is_none() {
                self.near_miss(decl.kind, &key, &said);
            }
            let Some(child) = self.child(&node, &key) else { continue };
            let frame = FrameKey::Record(id, key.clone());
            let span = child.place().unwrap_or(decl.name_span);
            let name: SmolStr = format!("{}.{key}", decl.name).into();
            if let Some(Some(typed)) = self.framed(frame, name, span, |cx| cx.node_value(&child)) {
                let hxp_policy::Expr::Const(value) = typed.expr else { continue };
                let origin = program.origin(span);
                let doc = child.layers.last().and_then(|l| doc_text(l.docs));
                values.fields.push(Field { name: key, value, origin, doc });
            }
        }
        for property in schema.properties.iter().filter(|p| p.required) {
            let said = fields.keys.contains_key(property.name) || values.get(property.name).is_some();
            if !said && !self.is_abstract(id) {
                let message = format!(
                    "the {} `{}` needs `{}`: {}",
                    decl.kind.word(),
                    decl.name,
                    property.name,
                    lower_first(property.doc)
                );
                self.report(Diagnostic::new(codes::MISSING_PROPERTY, decl.name_span, message));
            }
        }
        values
    }

    /// A declaration may have properties of one's own; one that is a slip of the pen away from a known one is hardly meant.
    fn near_miss(&mut self, kind: hxp_policy::Kind, key: &str, said: &[Span]) {
        let names = || schema::of(kind).properties.iter().map(|p| p.name);
        let Some(best) = hxp_diagnostics::slip(key, names()) else { return };
        for span in said {
            let message =
                format!("`{key}` means nothing to {}: `{best}` does", crate::program::with_article(kind.word()));
            let found = Diagnostic::new(codes::NEAR_MISS, *span, message).label("kept as a property of your own");
            let found = found.help(format!("did you mean `{best}`?")).fix(format!("write `{best}`"), *span, best);
            self.report(found);
        }
    }

    fn unknown_property(&mut self, kind: hxp_policy::Kind, key: &str, span: Span) {
        let schema = schema::of(kind);
        let message = format!("{} has no property `{key}`", crate::program::with_article(kind.word()));
        let mut found = Diagnostic::new(codes::UNKNOWN_PROPERTY, span, message);
        if schema.statements.contains(&key) {
            found = found.help(format!("`{key}` is a statement: write it without `=`"));
        }
        self.report(found.suggest(key, schema.properties.iter().map(|p| p.name)));
    }
}

enum RecordLayer<'a> {
    Block(&'a Block, Layer<'a>),
    Tail(&'a [Ident], &'a ast::Expr, Layer<'a>),
    Known(Rc<Record>),
}

impl<'a> Fields<'a> {
    fn say(&mut self, key: &SmolStr, position: u32, layer: Layer<'a>) {
        let entry = self.keys.entry(key.clone());
        if let indexmap::map::Entry::Vacant(vacant) = &entry {
            self.order.push(Said::Key(vacant.index()));
        }
        entry.or_default().push((position, layer));
    }

    fn spread(&mut self, position: u32, source: SpreadSource<'a>) {
        self.order.push(Said::Spread(self.spreads.len()));
        self.spreads.push(Spread { position, source, value: OnceCell::new() });
    }
}

/// Whether nothing below a layer matters: it is a plain value.
fn is_final(layer: &Layer<'_>) -> bool {
    match &layer.what {
        What::Expr(e) => matches!(e.kind, ExprKind::Literal(_) | ExprKind::List(_) | ExprKind::Quantifier(_)),
        _ => false,
    }
}

/// A node whose blocks lose the properties that set parameters of a parent.
fn without_parameters<'a>(node: Node<'a>, parameters: &[SmolStr]) -> Node<'a> {
    let mut layers = Vec::new();
    for layer in node.layers {
        let What::Block(block) = layer.what else { continue };
        for entry in &block.entries {
            if let EntryKind::Property(property) = &entry.kind
                && let Some((key, said)) = layer_of(property, entry.docs(), &layer.scope)
                && !parameters.contains(&key.text)
            {
                let what = What::Tail(&property.keys, &property.value);
                layers.push(Layer { what, ..said });
            }
        }
    }
    Node::new(layers, node.shape)
}

/// Values that a call made were said where it is called.
fn said_at(mut values: Record, expr: &ast::Expr, cx: &Elaborator<'_>) -> Record {
    let mut inner = expr;
    while let ExprKind::Paren(e) = &inner.kind {
        inner = e;
    }
    if matches!(inner.kind, ExprKind::Call(..) | ExprKind::Binary(..)) {
        let origin = cx.program.origin(expr.span);
        set_origin(&mut values, origin);
    }
    values
}

fn set_origin(values: &mut Record, origin: hxp_policy::model::Origin) {
    for field in &mut values.fields {
        field.origin = origin;
        if let Value::Record(inner) = &mut field.value {
            set_origin(inner, origin);
        }
    }
}

/// Collects evaluated fields and their types.
struct RecordBuilder {
    fields: Vec<Field>,
    types: Vec<(SmolStr, Type)>,
    typed: bool,
    broken: bool,
    said: Vec<SmolStr>,
}

impl RecordBuilder {
    /// With room for so many fields: a large policy holds many records, and room that is never used would be most of
    /// its memory.
    fn new(shape: &Shape, fields: usize) -> Self {
        let typed = !matches!(shape, Shape::Data);
        Self { fields: Vec::with_capacity(fields), types: Vec::new(), typed, broken: false, said: Vec::new() }
    }

    fn push(&mut self, name: SmolStr, typed: Option<Typed>, origin: hxp_policy::model::Origin, doc: Option<SmolStr>) {
        if self.typed {
            self.said.push(name.clone());
        }
        let Some(Typed { expr: hxp_policy::Expr::Const(value), ty }) = typed else {
            self.broken = true;
            return;
        };
        if self.typed {
            self.types.push((name.clone(), ty));
        }
        self.fields.push(Field { name, value, origin, doc });
    }

    fn has(&self, name: &str) -> bool {
        self.said.iter().any(|n| n == name)
    }

    /// The record; what was broken is left out of it, with its diagnostic said.
    fn finish(self) -> Option<Typed> {
        if self.broken && self.fields.is_empty() {
            return None;
        }
        let ty = if self.typed { record(self.types) } else { Type::Any };
        Some(Typed::known(Value::Record(Record { fields: self.fields.into() }), ty))
    }
}

fn lower_first(doc: &str) -> String {
    let text = doc.trim_end_matches('.');
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
}
