//! Mends: edits of the text that do what a message advises.
//!
//! A check knows where something stands; what must be edited around it (the comma of a list, the whole line, the block
//! of a declaration) only the tree tells.

use hxp_diagnostics::{Edit, FileId, Sources, Span};
use hxp_syntax::ast::{
    Arg, BinaryOp, Block, Body, Decl, Entry, EntryKind, Expr, ExprKind, Item, ItemKind, Property, Statement,
    StatementKind, SuffixKind, Tree, Use,
};

/// The texts that may be mended, with their trees.
#[derive(Clone, Copy, Debug)]
pub struct Mends<'a> {
    sources: &'a Sources,
    trees: &'a [(FileId, &'a Tree)],
}

/// Edits that belong together; `None`: it does not stand where it could be mended.
pub type Mend = Option<Vec<Edit>>;

impl<'a> Mends<'a> {
    /// The files of a project.
    pub fn new(sources: &'a Sources, trees: &'a [(FileId, &'a Tree)]) -> Self {
        Self { sources, trees }
    }

    fn items(&self, file: FileId) -> impl Iterator<Item = &'a Item> {
        self.trees.iter().filter(move |(f, _)| *f == file).flat_map(|(_, tree)| tree.items())
    }

    fn text(&self, file: FileId) -> &'a str {
        self.sources.get(file).map_or("", |f| f.text())
    }

    /// The declaration of which `name` is the name.
    fn declaration(&self, name: Span) -> Option<(&'a Item, &'a Decl)> {
        self.items(name.file).filter(|i| covers(i.span, name)).find_map(|item| match &item.kind {
            ItemKind::Decl(decl) if decl.names.iter().any(|n| n.span == name) => Some((item, &**decl)),
            _ => None,
        })
    }

    /// Removes the declaration of that name; of several names that share a body, only the name.
    pub fn remove_declaration(&self, name: Span) -> Mend {
        let (item, decl) = self.declaration(name)?;
        match decl.names.as_slice() {
            [_] => Some(vec![self.whole_lines(item.span)]),
            several => without(several.iter().map(|n| n.span), name),
        }
    }

    /// Removes a name from a `use`, or the `use` when nothing is left of it. `gone` are all names that go.
    pub fn remove_import(&self, name: Span, gone: &[Span]) -> Mend {
        let (item, import): (&Item, &Use) =
            self.items(name.file).filter(|i| covers(i.span, name)).find_map(|item| match &item.kind {
                ItemKind::Use(import) => Some((item, import)),
                ItemKind::Decl(_) => None,
            })?;
        match &import.names {
            Some(names) if !names.iter().all(|n| gone.contains(&n.span)) => without(names.iter().map(|n| n.span), name),
            _ => Some(vec![self.whole_lines(item.span)]),
        }
    }

    /// Removes what an environment, override or window states at `span`: an element of a statement's list, or the whole
    /// statement when it has no other.
    pub fn remove_stated(&self, span: Span) -> Mend {
        let (entry, statement) = self.statement(span)?;
        let elements: Vec<Span> = match &statement.kind {
            StatementKind::Require(exprs) | StatementKind::Waive(exprs) | StatementKind::Notify(exprs) => {
                exprs.iter().map(|e| e.span).collect()
            }
            StatementKind::Approve { seats, .. } => seats.iter().map(|s| s.span).collect(),
            StatementKind::Within(window) => vec![window.span],
            StatementKind::After { environment, .. } => vec![environment.span],
            _ => Vec::new(),
        };
        // A reference to a gate or a team is a part of its element.
        match elements.iter().find(|e| covers(**e, span)) {
            Some(element) if elements.len() > 1 => without(elements.iter().copied(), *element),
            None if ![statement.span, entry.span].contains(&span) => None,
            _ => Some(vec![self.whole_lines(entry.span)]),
        }
    }

    /// Whether the statement at `span` is all that its declaration says beside properties.
    pub fn is_only_statement(&self, span: Span) -> bool {
        let Some((_, decl)) = self.around(span) else { return false };
        let Body::Block(block) = &decl.body else { return false };
        let statements = block.entries.iter().filter_map(statement_of);
        let elements = |s: &Statement| match &s.kind {
            StatementKind::Require(exprs) | StatementKind::Waive(exprs) => exprs.len(),
            _ => 1,
        };
        statements.map(elements).sum::<usize>() == 1
    }

    /// Removes the declaration around `span`.
    pub fn remove_around(&self, span: Span) -> Mend {
        let (item, decl) = self.around(span)?;
        (decl.names.len() == 1).then(|| vec![self.whole_lines(item.span)])
    }

    /// Gives the property that stands at `span` another value.
    pub fn set_value(&self, span: Span, value: &str) -> Mend {
        let property = self.property(span)?;
        Some(vec![Edit { span: property.value.span, text: value.to_owned() }])
    }

    /// Removes the property that stands at `span`.
    pub fn remove_property(&self, span: Span) -> Mend {
        let (_, decl) = self.around(span)?;
        let Body::Block(block) = &decl.body else { return None };
        let (entry, among) = entry_at(block, span, &|e| stands_at(e, span))?;
        let beside = among.len() > 1;
        let whole = self.whole_lines(entry.span);
        // On a line with others, the separator goes as well.
        let shares = whole.span == entry.span;
        if beside && shares { without(among.into_iter(), entry.span) } else { Some(vec![whole]) }
    }

    /// Adds a property or a statement to the declaration of that name.
    pub fn add_entry(&self, name: Span, entry: &str) -> Mend {
        let (item, decl) = self.declaration(name)?;
        let text = self.text(name.file);
        let Body::Block(block) = &decl.body else {
            let edit = Edit { span: item.span.after(), text: format!(" {{ {entry} }}") };
            return matches!(decl.body, Body::None).then(|| vec![edit]);
        };
        let Some(last) = block.entries.last() else {
            return Some(vec![Edit { span: block.span, text: format!("{{ {entry} }}") }]);
        };
        let own_line = line_before(text, last.span.start).trim().is_empty();
        let indent: String = line_before(text, last.span.start).chars().take_while(|c| c.is_whitespace()).collect();
        let is_property = matches!(last.kind, EntryKind::Property(_));
        let text = match (own_line, is_property) {
            (true, _) => format!("\n{indent}{entry}"),
            (false, true) => format!(", {entry}"),
            (false, false) => format!("  {entry}"),
        };
        Some(vec![Edit { span: last.span.after(), text }])
    }

    /// Adds words to the statement that requires what stands at `span`, when it requires nothing else.
    pub fn add_suffix(&self, span: Span, suffix: &str) -> Mend {
        let (_, statement) = self.statement(span)?;
        let only = matches!(&statement.kind, StatementKind::Require(exprs) if exprs.len() == 1);
        (only && statement.suffixes.is_empty())
            .then(|| vec![Edit { span: statement.span.after(), text: format!(" {suffix}") }])
    }

    /// Puts another value in the place of an argument of the method of a deployment.
    pub fn replace_argument(&self, deploy: Span, name: &str, text: &str) -> Mend {
        let (_, statement) = self.statement(deploy)?;
        let StatementKind::Deploy { with: Some(Expr { kind: ExprKind::Call(_, args), .. }) } = &statement.kind else {
            return None;
        };
        let whole = |a: &Arg| a.name.as_ref().map_or(a.value.span, |n| n.span.to(a.value.span));
        let arg = args.iter().find(|a| a.name.as_ref().is_some_and(|n| n.text == name))?;
        let taken = text
            .split_once(" = ")
            .is_some_and(|(new, _)| new != name && args.iter().any(|a| a.name.as_ref().is_some_and(|n| n.text == new)));
        if taken {
            return without(args.iter().map(whole), whole(arg));
        }
        Some(vec![Edit { span: whole(arg), text: text.to_owned() }])
    }

    /// Gives an argument of the method of a deployment another value, or adds it. `text` says its name as well.
    pub fn set_argument(&self, deploy: Span, name: &str, text: &str) -> Mend {
        self.replace_argument(deploy, name, text).or_else(|| {
            let (_, statement) = self.statement(deploy)?;
            let StatementKind::Deploy { with: Some(Expr { kind: ExprKind::Call(_, args), .. }) } = &statement.kind
            else {
                return None;
            };
            Some(vec![Edit { span: args.last()?.value.span.after(), text: format!(", {text}") }])
        })
    }

    /// Gives a property of a declaration, or of the block of a statement, another value. `span` is the name of the one, or
    /// where the other stands.
    pub fn set_property(&self, span: Span, key: &str, value: &str) -> Mend {
        let (_, decl) = self.around(span)?;
        let Body::Block(whole) = &decl.body else { return None };
        let block = match self.statement(span) {
            Some((_, Statement { kind: StatementKind::Rollback { block }, .. })) => block.as_ref()?,
            _ => whole,
        };
        let property = block.entries.iter().find_map(|e| match &e.kind {
            EntryKind::Property(p) if matches!(&*p.keys, [k] if k.text == key) => Some(p),
            _ => None,
        })?;
        Some(vec![Edit { span: property.value.span, text: value.to_owned() }])
    }

    /// Puts another pattern behind `field ~` in the event at `span`.
    pub fn replace_pattern(&self, span: Span, field: &str, pattern: &str) -> Mend {
        let (_, statement) = self.statement(span)?;
        let mut events = statement.suffixes.iter().flat_map(|s| match &s.kind {
            SuffixKind::On(events) => events.as_slice(),
            _ => &[],
        });
        let ExprKind::Call(_, args) = &events.find(|e| e.span == span)?.kind else { return None };
        let of_field = |e: &Expr| matches!(&e.kind, ExprKind::Name(n) if n == field);
        args.iter().find_map(|a| match &a.value.kind {
            ExprKind::Binary(BinaryOp::Match, _, left, right) if of_field(left) => {
                Some(vec![Edit { span: right.span, text: pattern.to_owned() }])
            }
            _ => None,
        })
    }

    /// Removes an event from the statement at `span`, unless it is the only one.
    pub fn remove_event(&self, span: Span, event: &str) -> Mend {
        let (_, statement) = self.statement(span)?;
        let events = statement.suffixes.iter().find_map(|s| match &s.kind {
            SuffixKind::On(events) => Some(events),
            _ => None,
        })?;
        let found = events.iter().find(|e| matches!(&e.kind, ExprKind::Name(n) if n == event))?;
        (events.len() > 1).then_some(())?;
        without(events.iter().map(|e| e.span), found.span)
    }

    /// The declaration that covers `span`.
    fn around(&self, span: Span) -> Option<(&'a Item, &'a Decl)> {
        self.items(span.file).filter(|i| covers(i.span, span)).find_map(|item| match &item.kind {
            ItemKind::Decl(decl) => Some((item, &**decl)),
            ItemKind::Use(_) => None,
        })
    }

    fn statement(&self, span: Span) -> Option<(&'a Entry, &'a Statement)> {
        let (_, decl) = self.around(span)?;
        let Body::Block(block) = &decl.body else { return None };
        let (entry, _) = entry_at(block, span, &|e| matches!(e.kind, EntryKind::Statement(_)))?;
        statement_of(entry).map(|s| (entry, s))
    }

    fn property(&self, span: Span) -> Option<&'a Property> {
        let (_, decl) = self.around(span)?;
        let Body::Block(block) = &decl.body else { return None };
        match &entry_at(block, span, &|e| stands_at(e, span))?.0.kind {
            EntryKind::Property(property) => Some(property),
            _ => None,
        }
    }

    /// Removes a text, with its lines when it has them to itself, and with the blank line before it.
    fn whole_lines(&self, span: Span) -> Edit {
        let text = self.text(span.file);
        let (start, end) = (span.start as usize, span.end as usize);
        let before = line_before(text, span.start);
        let behind = text.get(end..).unwrap_or("");
        let rest = behind.find('\n').map_or(behind.len(), |n| n + 1);
        let alone = before.trim().is_empty()
            && behind.get(..rest).is_some_and(|r| r.trim().trim_matches([',', ';']).is_empty());
        let gone = Edit { span, text: String::new() };
        if !alone {
            return gone;
        }
        let from = start - before.len();
        let above = text.get(..from).unwrap_or("");
        let blank = above.ends_with("\n\n") && behind.get(rest..).is_none_or(|b| b.is_empty() || b.starts_with('\n'));
        let to = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Edit { span: Span::new(span.file, to(from - usize::from(blank)), to(end + rest)), ..gone }
    }
}

fn covers(whole: Span, part: Span) -> bool {
    whole.file == part.file && whole.start <= part.start && part.end <= whole.end
}

/// What stands on the line before an offset.
fn line_before(text: &str, offset: u32) -> &str {
    let before = text.get(..offset as usize).unwrap_or("");
    before.rsplit_once('\n').map_or(before, |(_, line)| line)
}

fn statement_of(entry: &Entry) -> Option<&Statement> {
    match &entry.kind {
        EntryKind::Statement(statement) => Some(statement),
        _ => None,
    }
}

/// Whether an entry is a property that begins with a key of it at `span` and ends there.
fn stands_at(entry: &Entry, span: Span) -> bool {
    let EntryKind::Property(property) = &entry.kind else { return false };
    property.value.span.end == span.end && property.keys.last().is_some_and(|k| k.span.start == span.start)
}

/// The innermost entry that covers `span` and is `wanted`, with all entries of its block.
fn entry_at<'a>(block: &'a Block, span: Span, wanted: &impl Fn(&Entry) -> bool) -> Option<(&'a Entry, Vec<Span>)> {
    let mut found = None;
    let mut at = block;
    loop {
        let Some(entry) = at.entries.iter().find(|e| covers(e.span, span)) else { return found };
        if wanted(entry) {
            found = Some((entry, at.entries.iter().map(|e| e.span).collect()));
        }
        let inner = match &entry.kind {
            EntryKind::Property(Property { value: Expr { kind: ExprKind::Record(block), .. }, .. }) => Some(block),
            EntryKind::Statement(s) => match &s.kind {
                StatementKind::Rollback { block } => block.as_ref(),
                _ => None,
            },
            _ => None,
        };
        match inner {
            Some(block) => at = block,
            None => return found,
        }
    }
}

/// Removes one element of a list with the separator that belongs to it.
fn without(elements: impl Iterator<Item = Span>, gone: Span) -> Mend {
    let all: Vec<Span> = elements.collect();
    let at = all.iter().position(|s| *s == gone)?;
    let span = match (at.checked_sub(1).and_then(|b| all.get(b)), all.get(at + 1)) {
        (Some(before), _) => Span { start: before.end, ..gone },
        (None, Some(next)) => Span { end: next.start, ..gone },
        (None, None) => gone,
    };
    Some(vec![Edit { span, text: String::new() }])
}
