//! `hxpc lsp`

use hxp_diagnostics::Code;
use hxp_lsp::{Options, serve_stdio, serve_tcp};

use super::Exit;
use crate::args::Lsp;
use crate::pages;

pub fn run(args: &Lsp) -> Exit {
    let options = Options { now: local_now, version: env!("CARGO_PKG_VERSION"), page };
    let served = match args.tcp {
        Some(port) => serve_tcp(options, port, |address| eprintln!("listening on {address}")).map(|()| true),
        None => serve_stdio(options),
    };
    match served {
        Ok(true) => Exit::Fine,
        // The protocol wants it known that the client went without a word.
        Ok(false) => Exit::Errors,
        Err(error) => {
            eprintln!("error: the server could not be started: {}", hxp_driver::reason(&error));
            Exit::Usage
        }
    }
}

/// The time in the zone that the machine is set to; UTC when it does not say.
fn local_now() -> jiff::Zoned {
    super::now().to_zoned(jiff::tz::TimeZone::system())
}

fn page(id: &str) -> Option<String> {
    Code::find(id).map(pages::page)
}
