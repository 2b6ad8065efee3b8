//! Where the cursor stands in a policy that is being written: read from the tokens before it, because the tree of half a
//! declaration is a guess.

use hxp_analysis::schema::{self, Shape};
use hxp_policy::Kind;
use hxp_syntax::words::{is_head, is_kind, is_reserved};
use hxp_syntax::{Token, TokenKind};

use crate::shape;

/// A token with its text.
#[derive(Clone, Copy, Debug)]
pub struct Word<'t> {
    /// What it is.
    pub kind: TokenKind,
    /// Its text.
    pub text: &'t str,
    /// Whether it is the first of its line.
    pub first: bool,
}

/// What is being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Position<'t> {
    /// The kind of a declaration.
    Top,
    /// The name of a declaration.
    NewName,
    /// A header, behind the name of a declaration of that kind.
    Header(Kind),
    /// What a declaration of that kind extends.
    Parent(Kind),
    /// What a rule is about.
    Subject,
    /// The name of a type.
    Type,
    /// The path of a `use`, as far as it is written.
    Module(String),
    /// A name between the braces of a `use`.
    Imported(String),
    /// A key, a statement or both, in a block.
    Key,
    /// The value of a property.
    Value,
    /// What follows the head of a statement.
    Statement(&'t str),
    /// A unit, right behind a number.
    Unit(&'t str),
    /// A field behind a dotted path.
    Field(Vec<&'t str>),
    /// An argument of a call, or of the gate that is extended.
    Argument(Vec<&'t str>),
    /// Events, behind `on`.
    Events,
    /// A label, behind `has`.
    Label,
    /// A condition or another expression.
    Expression,
    /// Text in quotes: what stands in it before the cursor.
    Text(String),
    /// A comment, or a place where nothing can be offered.
    Nothing,
}

/// The cursor's place.
#[derive(Clone, Debug)]
pub struct Context<'t> {
    /// What is being written.
    pub position: Position<'t>,
    /// The kind of the declaration around it.
    pub kind: Option<Kind>,
    /// The declaration's first name.
    pub name: Option<&'t str>,
    /// Whether the block around is the declaration's own.
    pub at_root: bool,
    /// The keys from the declaration down to the block, or to the property of which the value is written.
    pub path: Vec<&'t str>,
    /// What the block or the value may hold.
    pub shape: Option<&'static Shape>,
    /// The keys that the block gives before the cursor.
    pub given: Vec<&'t str>,
    /// The head of the statement around it, or of the one that the line before ends.
    pub head: Option<&'t str>,
    /// The call around it, and the name of the argument that is being written.
    pub call: Option<(Vec<&'t str>, Option<&'t str>)>,
    /// The byte at which the word that is being written begins.
    pub start: u32,
    /// Names that are bound around the cursor: parameters, variables.
    pub locals: Vec<&'t str>,
    /// The Kubernetes kind that the rule is about.
    pub object: Option<String>,
}

/// A bracket that is open at the cursor.
#[derive(Clone, Debug)]
struct Frame<'t> {
    open: TokenKind,
    /// The tokens of the entry that is being written, since the last separator.
    entry: Vec<Word<'t>>,
    path: Vec<&'t str>,
    shape: Option<&'static Shape>,
    given: Vec<&'t str>,
    /// What stands before a parenthesis.
    callee: Vec<&'t str>,
}

/// The place of a cursor in a text.
pub fn context(text: &str, offset: u32) -> Context<'_> {
    let offset = (offset as usize).min(text.len());
    let before = text.get(..offset).unwrap_or_default();
    let from = item_start(before);
    let part = before.get(from..).unwrap_or_default();
    let tokens = hxp_syntax::lex(hxp_diagnostics::FileId(0), part);
    let mut words: Vec<Word<'_>> = Vec::new();
    for token in &tokens {
        words.push(word(part, token));
    }
    let mut start = offset;
    let mut typed = None;
    if let (Some(last), Some(token)) = (words.last().copied(), tokens.last())
        && from + token.end as usize == offset
        && (last.kind == TokenKind::Word || last.kind.is_number() || is_open_text(last))
    {
        start = from + token.start as usize;
        typed = Some(last);
        words.pop();
    }
    let mut context = Context {
        position: Position::Top,
        kind: None,
        name: None,
        at_root: false,
        path: Vec::new(),
        shape: None,
        given: Vec::new(),
        head: None,
        call: None,
        start: u32::try_from(start).unwrap_or(u32::MAX),
        locals: Vec::new(),
        object: None,
    };
    if tokens.last().is_some_and(|t| t.kind.is_comment() && from + t.end as usize >= offset) {
        context.position = Position::Nothing;
        return context;
    }
    words.retain(|w| !w.kind.is_comment());
    let line = part.rfind('\n').map_or(part, |at| part.get(at + 1..).unwrap_or_default());
    let cursor = match typed {
        Some(word) => Cursor::In(word),
        None if line.trim().is_empty() && !words.is_empty() => Cursor::OnLine,
        None => Cursor::Behind,
    };
    place(&mut context, &words, cursor);
    context
}

/// How the cursor stands to the tokens before it.
#[derive(Clone, Copy, Debug)]
enum Cursor<'t> {
    /// In a word, which is being written.
    In(Word<'t>),
    /// On a line of its own.
    OnLine,
    /// Behind the last token.
    Behind,
}

impl<'t> Cursor<'t> {
    fn typed(self) -> Option<Word<'t>> {
        match self {
            Self::In(word) => Some(word),
            Self::OnLine | Self::Behind => None,
        }
    }
}

/// A call that is being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call<'t> {
    /// What is called.
    pub callee: Vec<&'t str>,
    /// The arguments up to the cursor's own: the name of each, if it has one.
    pub arguments: Vec<Option<&'t str>>,
}

/// The innermost call around a cursor.
pub fn call(text: &str, offset: u32) -> Option<Call<'_>> {
    let before = text.get(..(offset as usize).min(text.len()))?;
    let part = before.get(item_start(before)..)?;
    let words: Vec<Word<'_>> = hxp_syntax::lex(hxp_diagnostics::FileId(0), part)
        .iter()
        .filter(|t| !t.kind.is_comment())
        .map(|t| word(part, t))
        .collect();
    let mut open: Vec<usize> = Vec::new();
    for (index, word) in words.iter().enumerate() {
        if word.kind.is_open() {
            open.push(index);
        } else if word.kind.is_close() {
            open.pop();
        }
    }
    // A list or a record may stand among the arguments.
    let at = *open.iter().rev().find(|at| words.get(**at).is_some_and(|w| w.kind == TokenKind::OpenParen))?;
    let callee = dotted(words.get(..at)?);
    let mut arguments = vec![None];
    let mut depth = 0;
    let inner = words.get(at + 1..)?;
    for (index, word) in inner.iter().enumerate() {
        if word.kind.is_open() {
            depth += 1;
        } else if word.kind.is_close() {
            depth -= 1;
        } else if depth == 0 && word.kind == TokenKind::Comma {
            arguments.push(None);
        } else if depth == 0 && word.kind == TokenKind::Assign {
            let name = index.checked_sub(1).and_then(|before| inner.get(before)).map(|w| w.text);
            if let Some(last) = arguments.last_mut() {
                *last = name;
            }
        }
    }
    (!callee.is_empty()).then_some(Call { callee, arguments })
}

fn word<'t>(text: &'t str, token: &Token) -> Word<'t> {
    let before = text.get(..token.start as usize).unwrap_or_default();
    let line = before.rfind('\n').map_or(before, |at| before.get(at + 1..).unwrap_or_default());
    Word {
        kind: token.kind,
        text: text.get(token.start as usize..token.end as usize).unwrap_or_default(),
        first: line.trim().is_empty(),
    }
}

/// A text whose closing quote is not there yet.
fn is_open_text(word: Word<'_>) -> bool {
    word.kind == TokenKind::Str && (word.text.len() < 2 || !word.text.ends_with('"') || word.text == "\"")
}

/// Where the item around the end of a text begins: the last line that begins with the word of a declaration.
fn item_start(before: &str) -> usize {
    let mut end = before.len();
    loop {
        let start = before.get(..end).and_then(|b| b.rfind('\n')).map_or(0, |at| at + 1);
        let line = before.get(start..).unwrap_or_default();
        let first = line.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        if start == 0 || is_kind(first) {
            return start;
        }
        end = start - 1;
    }
}

fn place<'t>(context: &mut Context<'t>, words: &[Word<'t>], cursor: Cursor<'t>) {
    let Some((first, rest)) = words.split_first() else {
        context.position = Position::Top;
        return;
    };
    if first.text == "use" {
        context.position = import(rest);
        return;
    }
    context.kind = Kind::from_word(first.text);
    let Some(kind) = context.kind else {
        context.position = Position::Top;
        return;
    };
    context.name = rest.first().filter(|w| w.kind == TokenKind::Word).map(|w| w.text);
    context.object = object(rest);
    let frames = frames(kind, rest);
    let Some(inner) = frames.last() else { return };
    context.locals = locals(words);
    context.path.clone_from(&inner.path);
    context.shape = inner.shape;
    context.given.clone_from(&inner.given);
    context.at_root = frames.len() == 2 && inner.open == TokenKind::OpenBrace;
    let depth_closed = frames.len() == 1 && rest.iter().any(|w| w.kind == TokenKind::CloseBrace);
    if depth_closed && cursor.typed().is_none_or(|t| t.first) {
        context.position = Position::Top;
        context.kind = None;
        return;
    }
    context.position = position(context, kind, &frames, cursor);
}

/// The kind behind `on` of a rule.
fn object(words: &[Word<'_>]) -> Option<String> {
    let at = words.iter().position(|w| w.text == "on")?;
    let text: String =
        words.get(at + 1..)?.iter().take_while(|w| w.text != "{" && w.text != "for").map(|w| w.text).collect();
    text.contains('.').then_some(text)
}

fn import<'t>(words: &[Word<'t>]) -> Position<'t> {
    let path: String = words.iter().take_while(|w| w.kind != TokenKind::OpenBrace).map(|w| w.text).collect();
    let open = words.iter().any(|w| w.kind == TokenKind::OpenBrace);
    let closed = words.iter().any(|w| w.kind == TokenKind::CloseBrace);
    match (open, closed) {
        (true, true) => Position::Top,
        (true, false) => Position::Imported(path.trim_end_matches('.').to_owned()),
        (false, _) => Position::Module(path),
    }
}

/// Parameters, results of gates and bound variables of the declaration so far.
fn locals<'t>(words: &[Word<'t>]) -> Vec<&'t str> {
    let mut names = Vec::new();
    for pair in words.windows(2) {
        if let [name, next] = pair {
            let is_typed = next.kind == TokenKind::Colon && name.kind == TokenKind::Word;
            let is_bound = matches!(name.text, "all" | "any" | "for") && next.kind == TokenKind::Word;
            if is_typed {
                names.push(name.text);
            } else if is_bound && !is_reserved(next.text) {
                names.push(next.text);
            }
        }
    }
    names.dedup();
    names
}

/// The brackets that are open behind the words of a declaration, its kind word left out.
fn frames<'t>(kind: Kind, words: &[Word<'t>]) -> Vec<Frame<'t>> {
    let top = Frame {
        open: TokenKind::End,
        entry: Vec::new(),
        path: Vec::new(),
        shape: Some(schema::root_shape(kind)),
        given: Vec::new(),
        callee: Vec::new(),
    };
    let mut frames = vec![top];
    for word in words {
        let is_top = frames.len() == 1;
        let Some(frame) = frames.last_mut() else { break };
        match word.kind {
            kind if kind.is_open() => {
                let next = open(frame, *word, is_top);
                frames.push(next);
            }
            kind if kind.is_close() => {
                if frames.len() > 1 {
                    frames.pop();
                }
                if let Some(outer) = frames.last_mut() {
                    outer.entry.push(*word);
                    if word.kind == TokenKind::CloseBrace && outer.open == TokenKind::OpenBrace {
                        outer.entry.clear();
                    }
                }
            }
            TokenKind::Semicolon => frame.entry.clear(),
            TokenKind::Comma => {
                let statement = frame.open == TokenKind::OpenBrace && head_of(&frame.entry).is_some();
                if statement {
                    frame.entry.push(*word);
                } else {
                    frame.entry.clear();
                }
            }
            _ => {
                if frame.open == TokenKind::OpenBrace && begins_entry(frame, *word) {
                    frame.entry.clear();
                }
                if word.kind == TokenKind::Assign && frame.open == TokenKind::OpenBrace {
                    frame.given.extend(frame.entry.first().map(|w| w.text));
                }
                frame.entry.push(*word);
            }
        }
    }
    frames
}

fn open<'t>(frame: &mut Frame<'t>, bracket: Word<'t>, is_top: bool) -> Frame<'t> {
    let keys = keys(&frame.entry);
    let mut path = frame.path.clone();
    let mut shape = frame.shape;
    let mut callee = Vec::new();
    match bracket.kind {
        TokenKind::OpenParen => {
            callee = dotted(&frame.entry);
            shape = None;
        }
        _ if is_top => {}
        _ => {
            if let Some(head) = head_of(&frame.entry) {
                shape = statement_shape(head);
            } else {
                for key in &keys {
                    shape = shape.and_then(|s| shape::inner(s, key));
                }
                if frame.open == TokenKind::OpenBrace {
                    frame.given.extend(keys.first());
                }
                path.extend(&keys);
            }
            if bracket.kind == TokenKind::OpenBracket || frame.open == TokenKind::OpenBracket {
                shape = shape.map(|s| shape::element(s).unwrap_or(s));
            }
        }
    }
    Frame { open: bracket.kind, entry: Vec::new(), path, shape, given: Vec::new(), callee }
}

fn statement_shape(head: &str) -> Option<&'static Shape> {
    static ROLLBACK: Shape = Shape::Record(schema::ROLLBACK);
    match head {
        "rollback" => Some(&ROLLBACK),
        "given" => Some(schema::given_shape()),
        _ => None,
    }
}

/// The keys at the beginning of an entry: `a.b` of `a.b = 1` and of `a.b {`.
fn keys<'t>(entry: &[Word<'t>]) -> Vec<&'t str> {
    let mut keys = Vec::new();
    for (index, word) in entry.iter().enumerate() {
        match (index % 2, word.kind) {
            (0, TokenKind::Word | TokenKind::Str) => keys.push(word.text.trim_matches('"')),
            (1, TokenKind::Dot) => {}
            _ => break,
        }
    }
    keys
}

/// The dotted words at the end of an entry: `gate.coverage` of `require gate.coverage`.
fn dotted<'t>(entry: &[Word<'t>]) -> Vec<&'t str> {
    let mut words = Vec::new();
    for (index, word) in entry.iter().rev().enumerate() {
        match (index % 2, word.kind) {
            (0, TokenKind::Word) => words.push(word.text),
            (1, TokenKind::Dot) => {}
            _ => break,
        }
    }
    words.reverse();
    words
}

/// The head of the statement that an entry is.
fn head_of<'t>(entry: &[Word<'t>]) -> Option<&'t str> {
    let first = entry.first().filter(|w| is_head(w.text))?;
    let is_key = entry.get(1).is_some_and(|w| matches!(w.kind, TokenKind::Assign | TokenKind::Dot));
    (!is_key).then_some(first.text)
}

/// Whether a word begins another entry than the one before it: on a line of its own behind something that is complete.
fn begins_entry(frame: &Frame<'_>, word: Word<'_>) -> bool {
    if !matches!(word.kind, TokenKind::Word | TokenKind::Str | TokenKind::Ellipsis | TokenKind::At) {
        return false;
    }
    let Some(last) = frame.entry.last().filter(|last| may_end(**last)) else { return false };
    let joins = is_reserved(word.text) && !matches!(word.text, "all" | "any" | "if" | "not");
    let only_head = frame.entry.len() == 1 && is_head(last.text) && !word.first;
    !joins && !only_head && (word.first || is_head(word.text))
}

/// Whether an entry may end with a token.
fn may_end(last: Word<'_>) -> bool {
    match last.kind {
        TokenKind::Word => !is_reserved(last.text) || matches!(last.text, "true" | "false" | "none" | "distinct"),
        TokenKind::Str | TokenKind::CloseBrace | TokenKind::CloseBracket | TokenKind::CloseParen => true,
        kind => kind.is_number(),
    }
}

/// Whether a line of its own is where another entry begins: the one before it lacks nothing.
fn lacks_nothing(frame: &Frame<'_>) -> bool {
    let only_head = frame.entry.len() == 1 && head_of(&frame.entry).is_some();
    frame.open == TokenKind::OpenBrace && !only_head && frame.entry.last().is_some_and(|last| may_end(*last))
}

fn position<'t>(context: &mut Context<'t>, kind: Kind, frames: &[Frame<'t>], cursor: Cursor<'t>) -> Position<'t> {
    let Some(frame) = frames.last() else { return Position::Nothing };
    let fresh = match cursor {
        Cursor::In(word) => begins_entry(frame, word),
        Cursor::OnLine => lacks_nothing(frame),
        Cursor::Behind => false,
    };
    context.head = if frame.open == TokenKind::OpenBrace { head_of(&frame.entry) } else { None };
    let entry: &[Word<'t>] = if fresh { &[] } else { &frame.entry };
    let typed = cursor.typed();
    if frame.open == TokenKind::OpenParen && !frame.callee.is_empty() {
        let named = entry.first().filter(|_| entry.get(1).is_some_and(|w| w.kind == TokenKind::Assign));
        context.call = Some((frame.callee.clone(), named.map(|w| w.text)));
    }
    if frame.open == TokenKind::OpenBrace
        && head_of(entry).is_none()
        && entry.iter().any(|w| w.kind == TokenKind::Assign)
        && entry.last().is_some_and(|w| !is_complete(*w))
    {
        let keys = keys(entry);
        for key in &keys {
            context.shape = context.shape.and_then(|s| shape::inner(s, key));
        }
        context.path.extend(keys);
    }
    if let Some(typed) = typed.filter(|t| t.kind.is_number()) {
        return Position::Unit(typed.text);
    }
    if entry.last().is_some_and(|w| w.text == "has") {
        return Position::Label;
    }
    if let Some(typed) = typed.filter(|t| t.kind == TokenKind::Str) {
        return Position::Text(typed.text.trim_start_matches('"').to_owned());
    }
    if entry.last().is_some_and(|w| w.kind == TokenKind::Dot) {
        let path = dotted(entry.get(..entry.len() - 1).unwrap_or_default());
        return if path.is_empty() { Position::Nothing } else { Position::Field(path) };
    }
    match frame.open {
        TokenKind::OpenParen => in_parentheses(frames, frame, entry),
        TokenKind::OpenBracket => Position::Value,
        TokenKind::OpenBrace => in_block(context, entry),
        _ => in_header(kind, entry),
    }
}

fn in_parentheses<'t>(frames: &[Frame<'t>], frame: &Frame<'t>, entry: &[Word<'t>]) -> Position<'t> {
    // The parentheses behind a declaration's name hold parameters.
    if frames.len() == 2 && frames.first().is_some_and(|top| top.entry.len() == 1) {
        let typed = entry.last().is_some_and(|w| w.kind == TokenKind::Colon);
        return if typed { Position::Type } else { Position::NewName };
    }
    if frame.callee.is_empty() { Position::Expression } else { Position::Argument(frame.callee.clone()) }
}

fn in_header<'t>(kind: Kind, entry: &[Word<'t>]) -> Position<'t> {
    let last = entry.last().map(|w| w.text);
    let has = |word: &str| entry.iter().any(|w| w.text == word);
    match last {
        None => Position::NewName,
        Some("extends") => Position::Parent(kind),
        Some("on") => Position::Subject,
        Some(":") => Position::Type,
        Some("=") => Position::Expression,
        Some("for" | ",") if has("for") => Position::Statement("for"),
        Some(_) if has("when") || has("=") => Position::Expression,
        Some(_) => Position::Header(kind),
    }
}

/// Whether a token ends a value, so that another entry may begin behind it.
fn is_complete(last: Word<'_>) -> bool {
    last.kind == TokenKind::Str || last.kind.is_number() || last.kind.is_close()
}

fn in_block<'t>(context: &mut Context<'t>, entry: &[Word<'t>]) -> Position<'t> {
    let Some(last) = entry.last() else { return Position::Key };
    if let Some(head) = head_of(entry) {
        context.head = Some(head);
        return in_statement(head, entry);
    }
    if entry.iter().any(|w| w.kind == TokenKind::Assign) {
        return if is_complete(*last) { Position::Key } else { Position::Value };
    }
    if last.kind == TokenKind::Ellipsis { Position::Expression } else { Position::Nothing }
}

fn in_statement<'t>(head: &'t str, entry: &[Word<'t>]) -> Position<'t> {
    let suffix = entry.iter().rev().find(|w| matches!(w.text, "when" | "on" | "due" | "until" | "because" | "with"));
    match suffix.map(|w| w.text) {
        Some("when" | "until") => Position::Expression,
        Some("on") => Position::Events,
        Some("due") => Position::Statement("due"),
        Some("because") if head == "expect" => Position::Statement("because"),
        Some("because") => Position::Nothing,
        Some("with") => Position::Statement("with"),
        _ => match entry.last().map(|w| w.text) {
            Some("of") => Position::Statement("of"),
            _ if head == "yields" && entry.last().is_some_and(|w| w.kind == TokenKind::Colon) => Position::Type,
            _ => Position::Statement(head),
        },
    }
}
