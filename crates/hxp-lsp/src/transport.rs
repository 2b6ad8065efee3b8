//! Between bytes and the service: messages are handed on strictly in the order in which they came.
//!
//! A notification is carried out before the next message is looked at, and a request is begun before it: what a request
//! reads first is what the edits before it made. Requests then go on beside each other, so that a slow one holds up
//! nothing and can be cancelled.

use futures::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::sync::mpsc;
use tower_lsp_server::jsonrpc::{Error, Id, Request, Response};
use tower_lsp_server::{ClientSocket, LanguageServer, LspService};
use tower_service::Service as _;

use crate::frames::{self, Frame};

/// So many messages may wait for a client that does not read; then reading from it stops.
const MOST_WAITING: usize = 1024;

/// What becomes of bytes that are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noise {
    /// They are passed over and answered with an error.
    PassOver,
    /// They end the connection: whoever speaks another protocol has no business here.
    HangUp,
}

/// Serves one client until it says `exit` or its stream ends; whether it shut the server down before.
pub async fn serve<S: LanguageServer>(
    input: impl AsyncRead + Unpin,
    output: impl AsyncWrite + Unpin + Send + 'static,
    noise: Noise,
    mut service: LspService<S>,
    socket: ClientSocket,
) -> bool {
    let (to_client, waiting) = mpsc::channel::<String>(MOST_WAITING);
    let writer = tokio::spawn(write(output, waiting));
    let (mut requests, mut responses) = socket.split();
    let forward = to_client.clone();
    let forwarder = tokio::spawn(async move {
        while let Some(request) = requests.next().await {
            if send(&forward, &request).await.is_none() {
                break;
            }
        }
    });

    let mut input = BufReader::with_capacity(1 << 16, input);
    let mut was_shut_down = false;
    while let Ok(frame) = frames::next(&mut input).await {
        let said = match frame {
            Frame::End => break,
            Frame::Noise if noise == Noise::HangUp => break,
            Frame::Noise => Err(Error::parse_error()),
            Frame::Body(body) => read(&body),
        };
        match said {
            Err(error) => {
                if send(&to_client, &Response::from_error(Id::Null, error)).await.is_none() {
                    break;
                }
            }
            Ok(Said::Response(response)) => {
                // An answer to nothing that was asked.
                let _ = responses.send(response).await;
            }
            Ok(Said::Request(request)) => {
                let is_exit = request.method() == "exit";
                was_shut_down |= request.method() == "shutdown";
                let in_order = request.id().is_none() || request.method() == "initialize";
                let mut answer = service.call(request);
                if in_order {
                    if let Ok(Some(response)) = answer.await {
                        let _ = send(&to_client, &response).await;
                    }
                } else if let futures::task::Poll::Ready(ready) = futures::poll!(&mut answer) {
                    if let Ok(Some(response)) = ready {
                        let _ = send(&to_client, &response).await;
                    }
                } else {
                    let to_client = to_client.clone();
                    tokio::spawn(async move {
                        if let Ok(Some(response)) = answer.await {
                            let _ = send(&to_client, &response).await;
                        }
                    });
                }
                if is_exit {
                    break;
                }
            }
        }
    }
    drop(to_client);
    forwarder.abort();
    // What is still to be written is little; a client that does not read any more must not keep the process.
    let _ = tokio::time::timeout(std::time::Duration::from_secs(2), writer).await;
    was_shut_down
}

enum Said {
    Request(Request),
    Response(Response),
}

fn read(body: &[u8]) -> Result<Said, Error> {
    let value: Value = serde_json::from_slice(body).map_err(|_| Error::parse_error())?;
    if value.get("method").is_some() {
        serde_json::from_value(value).map(Said::Request).map_err(|_| Error::invalid_request())
    } else {
        serde_json::from_value(value).map(Said::Response).map_err(|_| Error::invalid_request())
    }
}

async fn send(to: &mpsc::Sender<String>, message: &impl serde::Serialize) -> Option<()> {
    let text = serde_json::to_string(message).ok()?;
    to.send(text).await.ok()
}

async fn write(mut output: impl AsyncWrite + Unpin, mut waiting: mpsc::Receiver<String>) {
    while let Some(text) = waiting.recv().await {
        let head = format!("Content-Length: {}\r\n\r\n", text.len());
        let mut whole = head.into_bytes();
        whole.extend_from_slice(text.as_bytes());
        if output.write_all(&whole).await.is_err() || output.flush().await.is_err() {
            return;
        }
    }
}
