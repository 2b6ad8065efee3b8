//! What can stand at the cursor, by what the place allows.

use std::collections::BTreeSet;

use hxp_analysis::{BUILTINS, event_fields, schema, stdlib};
use hxp_diagnostics::{Edit, FileId, Span};
use hxp_policy::facts::{DEPLOYMENT, EVENT, FACTS};
use hxp_policy::{Dimension, EnumType, Kind, RecordType, Type};
use hxp_syntax::ast::{Body, EntryKind, ItemKind, Param};
use hxp_syntax::words::{BYTE_UNITS, CPU_UNITS, DURATION_UNITS};
use jiff::tz::TimeZoneDatabase;

use crate::context::{Context, Position, context};
use crate::names::{Declared, Names};
use crate::{Place, Snapshot, chart, kubernetes, shape, words};

/// Something that can be put at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What is shown and, without `insert`, put there.
    pub label: String,
    /// What it is.
    pub what: What,
    /// A word or two beside the label.
    pub detail: String,
    /// A snippet with `$1`, `$0` in place of the label.
    pub insert: Option<String>,
    /// Where the declaration's comment is found, when it is asked for.
    pub about: About,
    /// The `use` that the name needs.
    pub import: Option<Edit>,
    /// Lower comes first.
    pub rank: u8,
}

/// What a completion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A word of the language.
    Keyword,
    /// A key.
    Property,
    /// A word of a closed list.
    Member,
    /// A declaration.
    Declaration(Kind),
    /// A function.
    Function,
    /// A unit.
    Unit,
    /// A module.
    Module,
    /// Anything else with a value.
    Value,
}

/// Where more is said about a completion, looked up only when it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// Nothing more.
    Nothing,
    /// This text.
    Text(&'static str),
    /// A declaration of that kind and name.
    Declaration(Kind, String),
}

/// Everything that can stand at a place, and the span that it replaces.
pub fn completion(snapshot: &Snapshot, place: Place) -> (Span, Vec<Completion>) {
    let text = snapshot.text(place.file);
    let context = context(text, place.offset);
    let names = Names::of(snapshot);
    let mut offers = Offers { snapshot, names: &names, file: place.file, found: Vec::new() };
    offers.fill(&context);
    let mut start = context.start;
    if let Position::Unit(number) = context.position {
        let digits = number.trim_end_matches(|c: char| c.is_alphabetic() || c == '%').len();
        start += u32::try_from(digits).unwrap_or(0);
    }
    if let Position::Text(typed) = &context.position {
        start = place.offset - u32::try_from(typed.len()).unwrap_or(0);
    }
    let mut seen = BTreeSet::new();
    offers.found.retain(|c| seen.insert(c.label.clone()));
    (Span::new(place.file, start, place.offset), offers.found)
}

/// The text about a completion.
pub fn resolve(snapshot: &Snapshot, about: &About) -> Option<String> {
    match about {
        About::Nothing => None,
        About::Text(text) => Some((*text).to_owned()),
        About::Declaration(kind, name) => {
            let names = Names::of(snapshot);
            let found = names.find(*kind, name)?;
            let doc: Vec<&str> = found.item.docs.iter().map(|d| d.text.as_str()).collect();
            let head = format!("```hxp\n{}\n```", head(snapshot, &found));
            Some(if doc.is_empty() { head } else { format!("{head}\n\n{}", doc.join("\n")) })
        }
    }
}

/// The head of a declaration: `gate coverage(min: percent)`.
fn head(snapshot: &Snapshot, declared: &Declared<'_>) -> String {
    let params = declared.decl.params.as_ref().map(|params| {
        let params: Vec<&str> = params.iter().map(|p| snapshot.slice(p.span)).collect();
        format!("({})", params.join(", "))
    });
    format!("{} {}{}", declared.kind.word(), declared.name, params.unwrap_or_default())
}

struct Offers<'s> {
    snapshot: &'s Snapshot,
    names: &'s Names<'s>,
    file: FileId,
    found: Vec<Completion>,
}

impl Offers<'_> {
    fn fill(&mut self, context: &Context<'_>) {
        match &context.position {
            Position::Top => self.top(),
            Position::NewName | Position::Nothing => {}
            Position::Header(kind) => self.headers(*kind),
            Position::Parent(kind) => self.declarations(*kind, 0, false),
            Position::Subject => self.subjects(),
            Position::Type => self.types(),
            Position::Module(path) => self.modules(path),
            Position::Imported(module) => self.imported(module),
            Position::Key => self.keys(context),
            Position::Value => self.value(context),
            Position::Statement(head) => self.statement(head, context),
            Position::Unit(number) => self.units(number, context),
            Position::Field(path) => self.fields(path, context),
            Position::Argument(callee) => self.arguments(callee, context),
            Position::Events => self.events(),
            Position::Label => {
                self.declarations(Kind::Label, 0, true);
                self.constants(None, 3);
            }
            Position::Expression => self.expression(context),
            Position::Text(_) => self.text(context),
        }
    }

    fn add(&mut self, label: &str, what: What, detail: &str, about: About, rank: u8) {
        self.found.push(Completion {
            label: label.to_owned(),
            what,
            detail: detail.to_owned(),
            insert: None,
            about,
            import: None,
            rank,
        });
    }

    fn snippet(&mut self, label: &str, insert: &str, what: What, about: &'static str, rank: u8) {
        self.add(label, what, "", About::Text(about), rank);
        if let Some(last) = self.found.last_mut() {
            last.insert = Some(insert.to_owned());
        }
    }

    /// The kinds of declarations, each with what it needs at least.
    fn top(&mut self) {
        for known in schema::SCHEMAS {
            let word = known.kind.word();
            self.snippet(word, skeleton(known.kind), What::Keyword, known.doc, 0);
        }
        self.snippet("use", "use ${1:std.gates}.{$0}", What::Keyword, "brings names of a module here", 0);
    }

    fn headers(&mut self, kind: Kind) {
        for header in schema::of(kind).headers {
            let about = words::about(header).unwrap_or_default();
            self.snippet(header, &format!("{header} $0"), What::Keyword, about, 0);
        }
    }

    fn subjects(&mut self) {
        for (word, about) in words::SUBJECTS {
            self.snippet(word, word, What::Keyword, about, 0);
        }
        for kind in kubernetes::KINDS {
            self.add(kind, What::Value, "Kubernetes", About::Nothing, 1);
        }
    }

    fn types(&mut self) {
        for (name, about) in words::TYPES {
            self.add(name, What::Keyword, "type", About::Text(about), 0);
        }
        for kind in Kind::ALL {
            self.add(kind.word(), What::Keyword, "type", About::Text(schema::of(kind).doc), 1);
        }
        // Some are only ever written as values and have no name that can be written as a type.
        for list in schema::enums::ENUMS.iter().filter(|list| !list.name.contains(' ')) {
            self.add(list.name, What::Keyword, "enumeration", About::Nothing, 1);
        }
    }

    fn modules(&mut self, path: &str) {
        let own = self.snapshot.project.modules.iter().map(|m| m.path.to_string());
        let all: BTreeSet<String> = stdlib::names().iter().map(ToString::to_string).chain(own).collect();
        let prefix = path.rfind('.').map_or("", |at| path.get(..=at).unwrap_or_default());
        for module in all.iter().filter(|m| *m != stdlib::PRELUDE) {
            if let Some(rest) = module.strip_prefix(prefix) {
                let shown = if prefix.is_empty() { module.as_str() } else { rest };
                self.snippet(shown, &format!("{shown}.{{$0}}"), What::Module, "", 0);
            }
        }
    }

    fn imported(&mut self, module: &str) {
        for declared in module_names(self.snapshot, module) {
            self.add(&declared.1, What::Declaration(declared.0), declared.0.word(), About::Nothing, 0);
        }
    }

    /// Keys that are not given yet, and the statements of the kind.
    fn keys(&mut self, context: &Context<'_>) {
        let block = self.given(context);
        let is_given = |name: &str| context.given.contains(&name) || block.iter().any(|g| g == name);
        if let Some(shape) = context.shape {
            for property in properties(shape) {
                if !is_given(property.name) {
                    let insert = assignment(property.name, &property.shape);
                    self.add(property.name, What::Property, &property.shape.describe(), About::Text(property.doc), 1);
                    if let Some(last) = self.found.last_mut() {
                        last.insert = Some(insert);
                        last.rank = if property.required { 0 } else { 2 };
                    }
                }
            }
        }
        if context.at_root
            && let Some(kind) = context.kind
        {
            for statement in schema::of(kind).statements {
                let about = words::about(statement).unwrap_or_default();
                self.snippet(statement, statement_snippet(statement), What::Keyword, about, 1);
            }
        }
        if matches!(context.head, Some("deny" | "waive" | "closed")) {
            self.snippet("because", "because \"$0\"", What::Keyword, "why the statement above is there", 1);
        }
        if context.path.first() == Some(&"values") {
            for (name, about) in chart::keys(self.snapshot, context.name, context.path.get(1..).unwrap_or_default()) {
                if !is_given(&name) {
                    self.add(&name, What::Property, &about, About::Nothing, 0);
                }
            }
        }
    }

    /// The keys that the block around the cursor gives, before it and behind.
    fn given(&self, context: &Context<'_>) -> Vec<String> {
        let offset = context.start;
        let Some(tree) = self.snapshot.tree(self.file) else { return Vec::new() };
        let path = crate::node::path(tree, offset);
        let around = shape::record_around(&path, offset);
        around.map(|r| shape::given(r.block).into_iter().map(str::to_owned).collect()).unwrap_or_default()
    }

    fn value(&mut self, context: &Context<'_>) {
        if context.path.first() == Some(&"values") {
            let path = context.path.get(1..).unwrap_or_default();
            for value in chart::values(self.snapshot, context.name, path) {
                self.add(&value, What::Value, "by the chart's schema", About::Nothing, 0);
            }
        }
        let Some(shape) = context.shape else { return self.expression(context) };
        if context.path.last() == Some(&"zone") {
            for name in TimeZoneDatabase::bundled().available() {
                self.add(&format!("\"{name}\""), What::Value, "time zone", About::Nothing, 1);
            }
        }
        self.shaped(shape);
        self.locals(context);
        self.constants(Some(shape), 3);
    }

    /// Constants and functions that a place may take, as far as their text says what they are.
    fn constants(&mut self, shape: Option<&'static schema::Shape>, rank: u8) {
        for declared in self.names.all().into_iter().filter(|d| d.kind == Kind::Let) {
            if Names::in_scope(self.snapshot, &declared) && shape::may_take(shape, &declared.decl.body) {
                self.declared(&declared, rank, true);
            }
        }
    }

    /// What a shape allows.
    fn shaped(&mut self, shape: &'static schema::Shape) {
        use schema::Shape;
        match shape {
            Shape::Bool => self.booleans(),
            Shape::Enum(list) => self.members(list),
            Shape::Decl(kind) => self.declarations(*kind, 0, true),
            Shape::Quantity(dimension) => {
                for (value, about) in quantities(*dimension) {
                    self.add(value, What::Value, about, About::Nothing, 1);
                }
            }
            Shape::List(of) => self.shaped(of),
            Shape::Either(shapes) => {
                for shape in *shapes {
                    self.shaped(shape);
                }
            }
            Shape::PromQl => self.snippet("promql", "promql\"$0\"", What::Value, "a PromQL query", 0),
            Shape::Pattern => self.snippet("re", "re\"$0\"", What::Value, "a regular expression", 0),
            Shape::Free | Shape::Data | Shape::Id => {
                self.booleans();
                for kind in Kind::ALL {
                    self.declarations(kind, 4, false);
                }
            }
            _ => {}
        }
    }

    fn booleans(&mut self) {
        self.add("true", What::Keyword, "", About::Nothing, 1);
        self.add("false", What::Keyword, "", About::Nothing, 1);
    }

    fn members(&mut self, list: &'static EnumType) {
        for (word, about) in list.members {
            self.add(word, What::Member, list.name, About::Text(about), 0);
        }
    }

    /// Declarations of a kind, in scope or, with `far`, in modules that can be imported.
    fn declarations(&mut self, kind: Kind, rank: u8, far: bool) {
        for declared in self.names.all().into_iter().filter(|d| d.kind == kind) {
            let in_scope = Names::in_scope(self.snapshot, &declared);
            if in_scope || far {
                self.declared(&declared, rank, in_scope);
            }
        }
        if far {
            for (of, name, module) in std_names() {
                if of == kind && self.names.find(kind, &name).is_none() {
                    self.add(&name, What::Declaration(kind), &module, About::Nothing, rank + 2);
                    let import = self.import(&module, &name);
                    if let Some(last) = self.found.last_mut() {
                        last.import = Some(import);
                    }
                }
            }
        }
    }

    fn declared(&mut self, declared: &Declared<'_>, rank: u8, in_scope: bool) {
        let what = match declared.decl.params {
            Some(_) => What::Function,
            None => What::Declaration(declared.kind),
        };
        let about = About::Declaration(declared.kind, declared.name.to_string());
        let detail = if declared.module.is_empty() { declared.kind.word() } else { declared.module };
        self.add(declared.name, what, detail, about, if in_scope { rank } else { rank + 2 });
        let import = (!in_scope).then(|| self.import(declared.module, declared.name));
        if let Some(last) = self.found.last_mut() {
            last.import = import;
            last.insert = declared.decl.params.as_ref().map(|params| call(declared.name, params));
        }
    }

    /// The edit that imports a name: into the `use` of its module, or as another `use`.
    fn import(&self, module: &str, name: &str) -> Edit {
        import_edit(self.snapshot, self.file, module, name)
    }

    fn statement(&mut self, head: &str, context: &Context<'_>) {
        match head {
            "require" if context.kind == Some(Kind::Rule) || context.kind == Some(Kind::Gate) => {
                self.expression(context);
            }
            "require" => {
                self.declarations(Kind::Gate, 0, true);
                self.constants(Some(&GATES), 1);
            }
            "approve" => self.snippet("1 of", "1 of $0", What::Keyword, "one person of a team", 0),
            "of" => self.declarations(Kind::Team, 0, false),
            "after" | "given" | "for" => self.declarations(Kind::Environment, 0, false),
            "within" => self.declarations(Kind::Window, 0, true),
            "notify" => self.declarations(Kind::Channel, 0, true),
            "deploy" => self.snippet("with", "with $0", What::Keyword, "how", 0),
            "with" => {
                self.snippet("helm", "helm(${1:chart}.path, wait = true)", What::Function, "with Helm", 0);
                self.snippet("make", "make(\"$1\")", What::Function, "with make", 0);
                self.snippet("command", "command(\"$1\")", What::Function, "with a shell command", 0);
            }
            "waive" | "because" => self.ids(),
            "due" => self.shaped(&schema::Shape::Quantity(Dimension::Duration)),
            "open" | "closed" => {
                for (day, about) in words::DAYS {
                    self.add(day, What::Member, "weekday", About::Text(about), 0);
                }
            }
            "expect" => {
                for (word, about) in words::OUTCOMES {
                    self.add(word, What::Member, "outcome", About::Text(about), 0);
                }
            }
            "rollback" => self.snippet("on", "on $0", What::Keyword, "what starts it", 0),
            "deny" => self.snippet("when", "when $0", What::Keyword, "while this holds", 0),
            _ => self.expression(context),
        }
    }

    /// Requirements by their ids.
    fn ids(&mut self) {
        for (word, about) in words::IDS {
            self.add(word, What::Keyword, about, About::Nothing, 1);
        }
        let mut ids: BTreeSet<&str> = BTreeSet::new();
        for environment in self.snapshot.project.policy.environments.values() {
            ids.extend(environment.requirements.iter().map(hxp_policy::Requirement::local_id));
        }
        for id in ids {
            self.add(id, What::Value, "requirement", About::Nothing, 0);
        }
    }

    /// Units behind a number: those of what is wanted there, or all when that is not known.
    fn units(&mut self, number: &str, context: &Context<'_>) {
        let digits = number.trim_end_matches(|c: char| c.is_alphabetic() || c == '%');
        if digits.contains([':', '-']) || digits.is_empty() {
            return;
        }
        let wanted = self.dimensions(context);
        for dimension in DIMENSIONS.into_iter().filter(|d| wanted.is_empty() || wanted.contains(d)) {
            for unit in units_of(dimension) {
                self.add(unit, What::Unit, unit_name(unit), About::Nothing, 0);
            }
        }
    }

    /// What a quantity at the cursor may measure; nothing when that is not known.
    fn dimensions(&self, context: &Context<'_>) -> Vec<Dimension> {
        if let Some((callee, named)) = &context.call {
            let params = callee.last().and_then(|n| self.names.get(n).iter().find_map(|d| d.decl.params.as_ref()));
            let param = params.and_then(|params| match named {
                Some(name) => params.iter().find(|p| p.name.text == *name),
                None => params.first(),
            });
            let ty = param.map(|p| self.snapshot.slice(p.ty.span).trim_end_matches('?').to_owned());
            return ty
                .and_then(|ty| DIMENSIONS.into_iter().find(|d| Type::Quantity(*d).to_string() == ty))
                .into_iter()
                .collect();
        }
        match context.head {
            // `soaked 1h`, `due 30m`; in a condition anything may be compared.
            Some("after" | "notify") => vec![Dimension::Duration],
            Some(_) => Vec::new(),
            None => context.shape.map(shape::dimensions).unwrap_or_default(),
        }
    }

    /// What a record or a declaration has behind a dot.
    fn fields(&mut self, path: &[&str], context: &Context<'_>) {
        if let [word] = path
            && let Some(kind) = Kind::from_word(word)
        {
            return self.declarations(kind, 0, false);
        }
        if path.first() == Some(&"approve") {
            return self.declarations(Kind::Team, 0, false);
        }
        if let Some(ty) = fact(path) {
            return self.record(&ty);
        }
        if path == ["deployment"] {
            return self.record(&Type::Record(std::sync::Arc::new(DEPLOYMENT.clone())));
        }
        if let Some(object) = &context.object {
            for field in kubernetes::fields(object, path) {
                self.add(field, What::Property, "Kubernetes", About::Nothing, 0);
            }
        }
        self.declared_fields(path);
    }

    /// The properties of a declaration: `production.values`, `kaas.path`.
    fn declared_fields(&mut self, path: &[&str]) {
        let Some((first, rest)) = path.split_first() else { return };
        let environment = (*first == "environment").then_some(Kind::Environment);
        let declared = self.names.get(first).first().map(|d| d.kind);
        let Some(kind) = environment.or(declared) else { return };
        let mut shape = Some(schema::root_shape(kind));
        for key in rest {
            shape = shape.and_then(|s| shape::inner(s, key));
        }
        for property in shape.map(properties).unwrap_or_default() {
            self.add(property.name, What::Property, &property.shape.describe(), About::Text(property.doc), 0);
        }
        self.given_fields(first, rest);
    }

    /// The keys that a declaration gives itself, whatever its kind knows.
    fn given_fields(&mut self, name: &str, rest: &[&str]) {
        let Some(found) = self.names.get(name).first() else { return };
        let Body::Block(block) = &found.decl.body else { return };
        let mut at = block;
        for key in rest {
            let inner = at.entries.iter().find_map(|e| match &e.kind {
                EntryKind::Property(p) if p.keys.first().is_some_and(|k| k.text == *key) => match &p.value.kind {
                    hxp_syntax::ast::ExprKind::Record(block) => Some(block),
                    _ => None,
                },
                _ => None,
            });
            let Some(inner) = inner else { return };
            at = inner;
        }
        for key in shape::given(at) {
            self.add(key, What::Property, "", About::Nothing, 1);
        }
    }

    fn record(&mut self, ty: &Type) {
        let inner = match ty {
            Type::Optional(inner) => inner,
            other => other,
        };
        if let Type::Record(record) = inner {
            self.record_fields(record);
        }
    }

    fn record_fields(&mut self, record: &RecordType) {
        for (name, ty) in &record.fields {
            self.add(name, What::Property, &ty.to_string(), About::Nothing, 0);
        }
    }

    /// Names of parameters not given yet, and what an argument may be.
    fn arguments(&mut self, callee: &[&str], context: &Context<'_>) {
        if let Some(name) = callee.last() {
            let params = self.names.get(name).iter().find_map(|d| d.decl.params.as_ref());
            for param in params.into_iter().flatten() {
                self.add(&param.name.text, What::Property, self.snapshot.slice(param.ty.span), About::Nothing, 0);
                if let Some(last) = self.found.last_mut() {
                    last.insert = Some(format!("{} = $0", param.name.text));
                }
            }
            for (field, _, about) in event_fields(name) {
                self.add(field, What::Property, "of the event", About::Text(about), 0);
            }
        }
        self.expression(context);
    }

    fn events(&mut self) {
        for (word, about) in EVENT.members {
            self.add(word, What::Member, "event", About::Text(about), 0);
        }
        self.snippet("push", "push(branch == \"${1:main}\")", What::Member, "commits were pushed", 0);
        self.declarations(Kind::Trigger, 1, false);
    }

    fn locals(&mut self, context: &Context<'_>) {
        for name in &context.locals {
            self.add(name, What::Value, "", About::Nothing, 0);
        }
    }

    /// Facts, functions, names of the policy.
    fn expression(&mut self, context: &Context<'_>) {
        self.locals(context);
        if matches!(context.kind, Some(Kind::Trigger | Kind::Objective)) {
            self.declarations(Kind::Metric, 0, true);
        }
        if context.kind == Some(Kind::Window) {
            self.declarations(Kind::Window, 0, true);
        }
        for (name, ty) in &FACTS.fields {
            self.add(name, What::Value, &ty.to_string(), About::Text("a fact of the request"), 2);
        }
        self.add("environment", What::Value, "environment", About::Text("the environment at hand"), 2);
        for (name, call, about) in BUILTINS {
            self.snippet(name, &format!("{name}($0)"), What::Function, about, 3);
            if let Some(last) = self.found.last_mut() {
                (*call).clone_into(&mut last.detail);
            }
        }
        for kind in [Kind::Let, Kind::Environment, Kind::Label, Kind::Chart, Kind::Service, Kind::Image] {
            self.declarations(kind, 3, false);
        }
        for word in ["all", "any", "if", "not", "true", "false", "none"] {
            self.add(word, What::Keyword, "", About::Nothing, 4);
        }
    }

    fn text(&mut self, context: &Context<'_>) {
        if context.path.last() == Some(&"zone") {
            for name in TimeZoneDatabase::bundled().available() {
                self.add(name.as_str(), What::Value, "time zone", About::Nothing, 0);
            }
        }
        if context.path.first() == Some(&"values") {
            let path = context.path.get(1..).unwrap_or_default();
            for value in chart::values(self.snapshot, context.name, path) {
                self.add(value.trim_matches('"'), What::Value, "by the chart's schema", About::Nothing, 0);
            }
        }
    }
}

/// What `require` asks for.
static GATES: schema::Shape = schema::Shape::List(&schema::Shape::Decl(Kind::Gate));

const DIMENSIONS: [Dimension; 4] = [Dimension::Percent, Dimension::Duration, Dimension::Bytes, Dimension::Cpu];

fn units_of(dimension: Dimension) -> &'static [&'static str] {
    match dimension {
        Dimension::Percent => &["%"],
        Dimension::Duration => DURATION_UNITS,
        Dimension::Bytes => BYTE_UNITS,
        Dimension::Cpu => CPU_UNITS,
    }
}

/// The type of a fact by its path.
fn fact(path: &[&str]) -> Option<Type> {
    let (first, rest) = path.split_first()?;
    let mut ty = FACTS.field(first)?.clone();
    for name in rest {
        let inner = match ty {
            Type::Optional(inner) => *inner,
            other => other,
        };
        let Type::Record(record) = inner else { return None };
        ty = record.field(name)?.clone();
    }
    Some(ty)
}

fn properties(shape: &'static schema::Shape) -> &'static [schema::Property] {
    match shape {
        schema::Shape::Record(properties) => properties,
        schema::Shape::Either(shapes) => shapes.iter().map(properties).find(|p| !p.is_empty()).unwrap_or_default(),
        _ => &[],
    }
}

/// The names that a module declares.
fn module_names(snapshot: &Snapshot, module: &str) -> Vec<(Kind, String)> {
    if let Some(known) = snapshot.project.modules.iter().find(|m| m.path == module) {
        let declared = crate::names::declared(&known.parsed.tree, module);
        return declared.map(|d| (d.kind, d.name.to_string())).collect();
    }
    std_names().into_iter().filter(|(_, _, m)| m == module).map(|(k, n, _)| (k, n)).collect()
}

/// What the standard library declares: kind, name, module.
fn std_names() -> Vec<(Kind, String, String)> {
    static NAMES: std::sync::LazyLock<Vec<(Kind, String, String)>> = std::sync::LazyLock::new(|| {
        let mut names = Vec::new();
        for module in stdlib::names().into_iter().filter(|m| m != stdlib::PRELUDE) {
            let parsed = hxp_syntax::parse(FileId(0), stdlib::module(&module).unwrap_or_default());
            for declared in crate::names::declared(&parsed.tree, &module) {
                names.push((declared.kind, declared.name.to_string(), module.to_string()));
            }
        }
        names
    });
    NAMES.clone()
}

/// The edit that imports a name: into the `use` of its module, or as another `use` behind the last one.
pub fn import_edit(snapshot: &Snapshot, file: FileId, module: &str, name: &str) -> Edit {
    let items = snapshot.tree(file).map(|t| t.items.as_slice()).unwrap_or_default();
    let mut last_use = None;
    for item in items {
        let ItemKind::Use(import) = &item.kind else { continue };
        last_use = Some(item.span);
        let path: Vec<&str> = import.path.segments.iter().map(|s| s.text.as_str()).collect();
        let Some(names) = import.names.as_ref().filter(|_| path.join(".") == module) else { continue };
        if let Some(last) = names.last() {
            return Edit { span: last.span.after(), text: format!(", {name}") };
        }
        // Braces with nothing between them yet.
        if let Some(open) = snapshot.slice(import.span).find('{').and_then(|at| u32::try_from(at + 1).ok()) {
            return Edit {
                span: Span { start: import.span.start + open, ..import.span }.before(),
                text: name.to_owned(),
            };
        }
    }
    match last_use {
        Some(span) => Edit { span: span.after(), text: format!("\nuse {module}.{{{name}}}") },
        None => {
            let policy = items.iter().find(|i| matches!(&i.kind, ItemKind::Decl(d) if d.kind.text == "policy"));
            match policy {
                Some(item) => Edit { span: item.span.after(), text: format!("\n\nuse {module}.{{{name}}}") },
                None => Edit { span: Span::new(file, 0, 0), text: format!("use {module}.{{{name}}}\n") },
            }
        }
    }
}

/// A call with a place for each argument that has no default.
fn call(name: &str, params: &[Param]) -> String {
    let needed: Vec<String> = params
        .iter()
        .filter(|p| p.default.is_none())
        .enumerate()
        .map(|(index, p)| format!("{} = ${{{}}}", p.name.text, index + 1))
        .collect();
    if needed.is_empty() { name.to_owned() } else { format!("{name}({})", needed.join(", ")) }
}

/// A key with what follows it.
fn assignment(name: &str, shape: &schema::Shape) -> String {
    use schema::Shape;
    match shape {
        Shape::Record(_) | Shape::Map(_) | Shape::Data => format!("{name} {{ $0 }}"),
        Shape::String => format!("{name} = \"$0\""),
        Shape::PromQl => format!("{name} = promql\"$0\""),
        Shape::List(_) => format!("{name} = [$0]"),
        _ => format!("{name} = $0"),
    }
}

fn statement_snippet(word: &str) -> &'static str {
    match word {
        "after" => "after ${1:environment} soaked ${2:1h}",
        "approve" => "approve ${1:1} of ${2:team}",
        "closed" => "closed ${1:2027-01-01..2027-01-02} because \"$2\"",
        "deny" => "deny when $1\n  because \"$2\"",
        "deploy" => "deploy with helm(${1:chart}.path) on ${2:manual}",
        "expect" => "expect ${1:allow}",
        "given" => "given ${1:environment} at ${2:2027-03-02T10:00[Europe/Berlin]}",
        "notify" => "notify ${1:channel} on ${2:deployed}, ${3:failed}",
        "open" => "open ${1:mon..fri} ${2:09:00..17:00}",
        "require" => "require $0",
        "rollback" => "rollback on ${1:failed}, ${2:manual} { keep = ${3:5} }",
        "waive" => "waive $1 because \"$2\"",
        "within" => "within $0",
        "yields" => "yields ${1:result}: ${2:int}",
        _ => "$0",
    }
}

fn skeleton(kind: Kind) -> &'static str {
    match kind {
        Kind::Policy => "policy ${1:name} { edition = 2026, version = 1.0.0$0 }",
        Kind::Let => "let ${1:name} = $0",
        Kind::Team => "team ${1:name} { github = \"$0\" }",
        Kind::Channel => "channel ${1:name} { to = $2, audience = ${3:internal} }",
        Kind::Label => "label ${1:name} { files = [\"$0\"] }",
        Kind::Chart => "chart ${1:name} { path = \"$2\", release = \"$3\" }",
        Kind::Service => "service ${1:name} { key = \"$0\" }",
        Kind::Image => "image ${1:name} { repository = \"$0\" }",
        Kind::Window => {
            "window ${1:name} {\n  zone = \"${2:Europe/Berlin}\"\n  open ${3:mon..fri} ${4:09:00..17:00}\n}"
        }
        Kind::Gate => "gate ${1:name} { run = \"$0\" }",
        Kind::Metric => "metric ${1:name}: ${2:percent} {\n  unit = ${3:ratio}\n  query = promql\"$0\"\n}",
        Kind::Trigger => "trigger ${1:name} when $2 for ${3:5m} { runbook = \"$0\" }",
        Kind::Environment => "environment ${1:name} {\n  deploy with $2\n  $0\n}",
        Kind::Override => "override ${1:name} for $2 when ${3:incident.open} {\n  expires = ${4:24h}\n  waive $0\n}",
        Kind::Rule => "rule ${1:name} for $2 {\n  deny when $3\n    because \"$0\"\n}",
        Kind::Objective => "objective ${1:name} for $2 {\n  over = ${3:30d}\n  require $0\n}",
        Kind::Control => "control ${1:name} { evidence = [$0] }",
        Kind::Test => {
            "test \"${1:title}\" {\n  given ${2:production} at ${3:2027-03-02T10:00[Europe/Berlin]}\n  expect ${4:allow}\n}"
        }
    }
}

fn quantities(dimension: Dimension) -> &'static [(&'static str, &'static str)] {
    match dimension {
        Dimension::Percent => &[("5%", "percent"), ("50%", "percent"), ("99.9%", "percent")],
        Dimension::Duration => {
            &[("5m", "minutes"), ("1h", "hours"), ("1d", "days"), ("30s", "seconds"), ("2w", "weeks")]
        }
        Dimension::Bytes => &[("512Mi", "mebibytes"), ("1Gi", "gibibytes")],
        Dimension::Cpu => &[("500mcpu", "thousandths of a processor"), ("1cpu", "processors")],
    }
}

fn unit_name(unit: &str) -> &'static str {
    match unit {
        "%" => "percent",
        "w" => "weeks",
        "d" => "days",
        "h" => "hours",
        "m" => "minutes",
        "s" => "seconds",
        "ms" => "milliseconds",
        "cpu" | "mcpu" => "processor time",
        _ => "bytes",
    }
}
