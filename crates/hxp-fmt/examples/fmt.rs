//! Formats a file to the standard output: `cargo run --example fmt -- FILE`

use hxp_diagnostics::FileId;

fn main() -> std::io::Result<()> {
    for path in std::env::args().skip(1) {
        match hxp_fmt::format(FileId(0), &std::fs::read_to_string(&path)?) {
            Ok(text) => print!("{text}"),
            Err(found) => eprintln!("{path}: {} mistakes", found.len()),
        }
    }
    Ok(())
}
