//! Reads files and says what the parser finds and how long it takes: `cargo run --example parse -- FILE…`

use std::time::Instant;

use hxp_diagnostics::Sources;

fn main() -> std::io::Result<()> {
    let mut sources = Sources::default();
    for path in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&path)?;
        let file = sources.add(path.as_str(), text.as_str());
        let begin = Instant::now();
        let parsed = hxp_syntax::parse(file, &text);
        let took = begin.elapsed();
        for d in &parsed.diagnostics {
            let place = sources.location(d.primary.span);
            println!("{place}: {} {} [{}] {}", d.code, d.message, sources.slice(d.primary.span), d.primary.text);
            for help in &d.help {
                println!("    help: {help}");
            }
            for fix in &d.fixes {
                println!("    fix: {}", fix.title);
            }
        }
        println!("{path}: {} items, {} bytes in {took:?}", parsed.tree.items.len(), text.len());
    }
    Ok(())
}
