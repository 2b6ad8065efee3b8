//! What the written grammar reads, in the form of `hxp_syntax::sexpr`.

use pest::Parser as _;
use pest::iterators::Pair;

#[derive(pest_derive::Parser)]
#[grammar = "../../grammar/hxp.pest"]
pub struct Grammar;

type Node<'a> = Pair<'a, Rule>;

/// The tree of `text`, or where the grammar gives up.
pub fn read(text: &str) -> Result<String, String> {
    let mut pairs = Grammar::parse(Rule::file, text).map_err(|e| e.to_string())?;
    let file = pairs.next().expect("a file");
    Ok(file.into_inner().filter(|p| p.as_rule() == Rule::item).map(|p| all("item", p) + "\n").collect())
}

fn node(name: &str, parts: impl IntoIterator<Item = String>) -> String {
    let mut out = format!("({name}");
    for part in parts {
        out.push(' ');
        out.push_str(&part);
    }
    out + ")"
}

/// A node of all that stands inside.
fn all(name: &str, pair: Node) -> String {
    node(name, inner(pair))
}

/// What stands inside, without the words that only join.
fn inner(pair: Node) -> Vec<String> {
    pair.into_inner().filter(|p| !is_word(p)).map(canonical).collect()
}

fn is_word(pair: &Node) -> bool {
    format!("{:?}", pair.as_rule()).starts_with("k_") || matches!(pair.as_rule(), Rule::eq | Rule::range_op)
}

fn canonical(pair: Node) -> String {
    let text = pair.as_str();
    match pair.as_rule() {
        Rule::doc => {
            let text = text.trim_start_matches("///");
            node("doc", [format!("{:?}", text.strip_prefix(' ').unwrap_or(text).trim_end())])
        }
        Rule::attr => {
            let mut parts = inner(pair);
            let name = parts.remove(0);
            let args = parts.pop().map(|a| a.trim_start_matches("(args").trim_end_matches(')').to_owned());
            format!("(@{name}{})", args.map(|_| arguments_of(text)).unwrap_or_default())
        }
        Rule::import => {
            let mut parts = inner(pair);
            let path = parts.remove(0);
            let names = (!parts.is_empty()).then(|| node("names", parts));
            node("use", std::iter::once(path).chain(names))
        }
        Rule::declaration => declaration(pair),
        Rule::names | Rule::text | Rule::word | Rule::name | Rule::day | Rule::key => word(&pair),
        Rule::params => all("params", pair),
        Rule::param => all("param", pair),
        Rule::result_type => all(":", pair),
        Rule::type_ => type_(pair),
        Rule::header | Rule::statement | Rule::suffix | Rule::primary | Rule::literal | Rule::expr => {
            inner(pair).remove(0)
        }
        Rule::extends => all("extends", pair),
        Rule::for_ => all_of_list("for", pair),
        Rule::when => all("when", pair),
        Rule::subject => subject(pair),
        Rule::block => all("block", pair),
        Rule::entry => {
            let mut parts = inner(pair);
            if parts.len() == 1 { parts.remove(0) } else { node("entry", parts) }
        }
        Rule::spread => all("...", pair),
        Rule::property => property(pair),
        Rule::require => all_of_list("require", pair),
        Rule::approve => all("approve", pair),
        Rule::seat => all("seat", pair),
        Rule::distinct => "distinct".to_owned(),
        Rule::after => all("after", pair),
        Rule::soaked => all("soaked", pair),
        Rule::within => all("within", pair),
        Rule::deploy => all("deploy", pair),
        Rule::deploy_with => all("with", pair),
        Rule::rollback => all("rollback", pair),
        Rule::notify => all_of_list("notify", pair),
        Rule::waive => all_of_list("waive", pair),
        Rule::deny => all("deny", pair),
        Rule::yields => all("yields", pair),
        Rule::given => all("given", pair),
        Rule::expect => all("expect", pair),
        Rule::on => all_of_list("on", pair),
        Rule::due => all("due", pair),
        Rule::until => all("until", pair),
        Rule::because => all_of_list("because", pair),
        Rule::slot => {
            let head = if text.starts_with("open") { "open" } else { "closed" };
            all(head, pair)
        }
        Rule::days | Rule::dates | Rule::times => inner(pair).join(" "),
        Rule::day_range => ends("days", pair),
        Rule::date_range => ends("dates", pair),
        Rule::time_range => ends("times", pair),
        Rule::or_ | Rule::and_ => {
            let op = if pair.as_rule() == Rule::or_ { "or" } else { "and" };
            inner(pair).into_iter().reduce(|a, b| node(op, [a, b])).expect("an operand")
        }
        Rule::not_ => prefixed("not", Rule::k_not, pair),
        Rule::negate => prefixed("neg", Rule::minus, pair),
        Rule::compare | Rule::sum | Rule::product => infix(pair),
        Rule::range => inner(pair).into_iter().reduce(|a, b| node("..", [a, b])).expect("an operand"),
        Rule::postfix => postfix(pair),
        Rule::quantifier => {
            let head = if text.starts_with("all") { "all" } else { "any" };
            all(head, pair)
        }
        Rule::binding => {
            let mut parts = inner(pair);
            if let Some(filter) = parts.get_mut(2) {
                *filter = node("where", [std::mem::take(filter)]);
            }
            parts.join(" ")
        }
        Rule::condition => all("if", pair),
        Rule::paren => all("paren", pair),
        Rule::list => list(pair),
        Rule::each => inner(pair).remove(0),
        Rule::variable => inner(pair).remove(0),
        Rule::args => all("args", pair),
        Rule::arg => {
            let parts = inner(pair);
            if parts.len() == 2 { node("=", parts) } else { parts.concat() }
        }
        Rule::path => inner(pair).join("."),
        Rule::string => string(pair),
        Rule::time => {
            if text.len() == 5 {
                format!("{text}:00")
            } else {
                text.to_owned()
            }
        }
        Rule::int => text.parse::<i64>().map_or("<error>".to_owned(), |n| n.to_string()),
        _ => text.to_owned(),
    }
}

/// The arguments of an attribute, each with a space before it.
fn arguments_of(attr: &str) -> String {
    let open = attr.find('(').expect("arguments");
    let call = Grammar::parse(Rule::args, &attr[open..]).expect("arguments").next().expect("arguments");
    inner(call).iter().flat_map(|a| [" ", a]).collect()
}

fn declaration(pair: Node) -> String {
    let mut parts = Vec::new();
    let mut kind = String::new();
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::kind => part.as_str().trim().clone_into(&mut kind),
            Rule::names => parts.extend(inner(part)),
            Rule::expr => parts.push(node("=", [canonical(part)])),
            Rule::eq => {}
            _ => parts.push(canonical(part)),
        }
    }
    node(&kind, parts)
}

fn word(pair: &Node) -> String {
    let text = pair.as_str();
    if text.starts_with('"') {
        let value = unescape(&text[1..text.len() - 1]);
        let plain = !value.is_empty() && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        return if plain { value } else { format!("{value:?}") };
    }
    text.to_owned()
}

fn type_(pair: Node) -> String {
    let mut name = String::new();
    let mut args = Vec::new();
    let mut optional = "";
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::path => name = canonical(part),
            Rule::optional => optional = "?",
            _ => args.push(canonical(part)),
        }
    }
    let args = if args.is_empty() { String::new() } else { format!("<{}>", args.join(",")) };
    format!("{name}{args}{optional}")
}

fn subject(pair: Node) -> String {
    let what = pair.into_inner().find(|p| !is_word(p)).expect("a subject");
    if what.as_rule() == Rule::path {
        return node("on", [canonical(what)]);
    }
    let mut parts: Vec<String> = what.into_inner().map(|p| format!("{:?}", p.as_str())).collect();
    if parts.len() == 2 {
        parts.insert(0, "\"\"".to_owned());
    }
    node("on-kind", parts)
}

fn property(pair: Node) -> String {
    let mut keys = Vec::new();
    let mut value = String::new();
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::key => keys.push(canonical(part)),
            Rule::eq => {}
            _ => value = canonical(part),
        }
    }
    node("=", [keys.join("."), value])
}

/// A node whose list stands without a node of its own.
fn all_of_list(name: &str, pair: Node) -> String {
    let mut parts = Vec::new();
    for part in pair.into_inner().filter(|p| !is_word(p)) {
        match part.as_rule() {
            Rule::exprs => parts.extend(inner(part)),
            _ => parts.push(canonical(part)),
        }
    }
    node(name, parts)
}

/// The ends of a range; one that stands alone is both.
fn ends(name: &str, pair: Node) -> String {
    let mut parts = inner(pair);
    if parts.len() == 1 {
        parts.push(parts[0].clone());
    }
    node(name, parts)
}

fn prefixed(name: &str, operator: Rule, pair: Node) -> String {
    let mut count = 0;
    let mut operand = String::new();
    for part in pair.into_inner() {
        if part.as_rule() == operator {
            count += 1;
        } else {
            operand = canonical(part);
        }
    }
    (0..count).fold(operand, |inner, _| node(name, [inner]))
}

fn infix(pair: Node) -> String {
    let mut parts = pair.into_inner();
    let mut left = canonical(parts.next().expect("an operand"));
    while let (Some(op), Some(right)) = (parts.next(), parts.next()) {
        left = node(op.as_str().trim(), [left, canonical(right)]);
    }
    left
}

fn postfix(pair: Node) -> String {
    let mut parts = pair.into_inner();
    let mut base = canonical(parts.next().expect("an operand"));
    for part in parts {
        base = match part.as_rule() {
            Rule::field => node(".", [base, inner(part).remove(0)]),
            Rule::index => node("index", [base, inner(part).remove(0)]),
            _ => node("call", std::iter::once(base).chain(inner(part))),
        };
    }
    base
}

fn list(pair: Node) -> String {
    let mut elements = Vec::new();
    for part in pair.into_inner() {
        if part.as_rule() == Rule::each {
            let body = elements.remove(0);
            return node("each", [canonical(part), body]);
        }
        elements.push(canonical(part));
    }
    node("list", elements)
}

fn string(pair: Node) -> String {
    let mut tag = String::new();
    let mut value = String::new();
    for part in pair.into_inner() {
        let text = part.as_str();
        match part.as_rule() {
            Rule::tag => text.clone_into(&mut tag),
            Rule::raw => text[1..text.len() - 1].clone_into(&mut value),
            _ => value = unescape(&text[1..text.len() - 1]),
        }
    }
    format!("{tag}{value:?}")
}

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('u') => {
                let digits: String = chars.by_ref().skip(1).take_while(|c| *c != '}').collect();
                out.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
            }
            other => out.extend(other),
        }
    }
    out
}
