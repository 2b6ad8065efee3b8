//! The Language Server Protocol: translation to and from `hxp-ide`, and nothing else.
//!
//! Edits are applied strictly in the order in which they come ([`transport`]); analysis runs beside the reader over
//! immutable texts ([`world`]), and a request waits for the analysis of the text that it saw.
#![warn(clippy::disallowed_methods)]

mod analysis;
mod answers;
mod capabilities;
mod convert;
mod frames;
mod positions;
mod requests;
mod server;
mod state;
mod transport;
mod uris;
mod world;

use std::net::SocketAddr;
use std::sync::Arc;

use jiff::Zoned;
use tower_lsp_server::LspService;

pub use transport::Noise;

/// What the server cannot know by itself.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The time, in the zone of the user.
    pub now: fn() -> Zoned,
    /// The version that it says it has.
    pub version: &'static str,
    /// The page about an error, by its id.
    pub page: fn(&str) -> Option<String>,
}

/// Serves one editor over standard input and output; whether it said good-bye properly.
pub fn serve_stdio(options: Options) -> std::io::Result<bool> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let polite = runtime.block_on(async {
        let (service, socket) = service(options);
        transport::serve(tokio::io::stdin(), tokio::io::stdout(), Noise::PassOver, service, socket).await
    });
    // A read of standard input cannot be interrupted and must not keep the process.
    runtime.shutdown_background();
    Ok(polite)
}

/// Serves editors that connect to a port of this machine, each by itself, until the process ends. `ready` is told the
/// address, which matters for port 0.
pub fn serve_tcp(options: Options, port: u16, ready: impl FnOnce(SocketAddr)) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
        ready(listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            // Answers are small and waited for.
            let _ = stream.set_nodelay(true);
            let (input, output) = stream.into_split();
            tokio::spawn(async move {
                let (service, socket) = service(options);
                transport::serve(input, output, Noise::HangUp, service, socket).await
            });
        }
    })
}

fn service(options: Options) -> (LspService<server::Server>, tower_lsp_server::ClientSocket) {
    use server::Server;
    LspService::build(|client| Server::new(client, Arc::new(options)))
        .custom_method("hxp/decision", Server::decision)
        .custom_method("hxp/preview", Server::preview)
        .custom_method("hxp/graph", Server::graph)
        .custom_method("hxp/text", Server::text)
        .finish()
}
