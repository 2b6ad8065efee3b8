//! `hxpc explain`

use hxp_diagnostics::{Code, codes};

use super::Exit;
use crate::args::{Color, Explain, Style};
use crate::screen::Screen;

pub fn run(args: &Explain) -> Exit {
    let screen = Screen::new(Style { color: Color::Auto, quiet: false });
    let Some(wanted) = &args.code else {
        screen.out(&list());
        return Exit::Fine;
    };
    if let Some(code) = Code::find(wanted) {
        screen.out(&crate::pages::page(code));
        return Exit::Fine;
    }
    let names: Vec<String> = codes::ALL.iter().flat_map(|c| [c.id().to_owned(), c.name()]).collect();
    let near = hxp_diagnostics::nearest(wanted, names.iter().map(String::as_str));
    let near = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
    screen.warn(&format!("error: there is no code `{wanted}`{near}\n`hxpc explain` lists all codes"));
    Exit::Usage
}

fn list() -> String {
    let mut text = String::new();
    for code in codes::ALL {
        text += &format!("{}  {:<26} {}\n", code.id(), code.name(), code.title());
    }
    text
}
