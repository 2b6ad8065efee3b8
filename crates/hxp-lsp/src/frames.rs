//! Messages out of a stream of bytes, whatever the bytes are.

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _};

/// A longer message is not read: nothing that an editor says of a policy is near it.
const MOST: u64 = 64 << 20;

/// A longer header line is noise.
const LONGEST_LINE: usize = 4096;

/// What a stream said.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    /// The body of a message.
    Body(Vec<u8>),
    /// Bytes that are none; reading goes on behind them.
    Noise,
    /// Nothing more.
    End,
}

/// The next message of a stream.
///
/// A line that is no header is noise and passed over, so that a stream that went wrong is understood again from the
/// next `Content-Length` on.
pub async fn next(input: &mut (impl AsyncBufRead + Unpin)) -> std::io::Result<Frame> {
    let mut length: Option<u64> = None;
    loop {
        let Some(line) = line(input).await? else { return Ok(Frame::End) };
        match header(&line) {
            Header::Length(bytes) => length = Some(bytes),
            Header::Other => {}
            Header::Noise => return Ok(Frame::Noise),
            Header::Blank => match length {
                Some(bytes) if bytes <= MOST => return body(input, bytes).await,
                Some(_) => return Ok(Frame::Noise),
                None => {}
            },
        }
    }
}

enum Header {
    Length(u64),
    Other,
    Blank,
    Noise,
}

fn header(line: &[u8]) -> Header {
    let Ok(text) = std::str::from_utf8(line) else { return Header::Noise };
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Header::Blank;
    }
    let Some((name, value)) = text.split_once(':') else { return Header::Noise };
    // A body of a wrong length leaves its rest before the next header, on the same line.
    let name = name.trim();
    if name.to_ascii_lowercase().ends_with("content-length") {
        return value.trim().parse().map_or(Header::Noise, Header::Length);
    }
    let is_word = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if is_word { Header::Other } else { Header::Noise }
}

/// A line with its end, cut when it is too long; `None` at the end of the stream.
async fn line(input: &mut (impl AsyncBufRead + Unpin)) -> std::io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let mut limited = input.take(LONGEST_LINE as u64);
    limited.read_until(b'\n', &mut line).await?;
    Ok((!line.is_empty()).then_some(line))
}

async fn body(input: &mut (impl AsyncBufRead + Unpin), bytes: u64) -> std::io::Result<Frame> {
    let mut body = Vec::new();
    // Memory grows with what arrives, not with what was announced.
    input.take(bytes).read_to_end(&mut body).await?;
    Ok(if body.len() as u64 == bytes { Frame::Body(body) } else { Frame::End })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn frames(bytes: &[u8]) -> Vec<Frame> {
        let mut input = tokio::io::BufReader::new(bytes);
        let mut found = Vec::new();
        loop {
            match next(&mut input).await.unwrap() {
                Frame::End => return found,
                frame => found.push(frame),
            }
        }
    }

    #[tokio::test]
    async fn bodies_come_out_whatever_lies_between_them() {
        let body = |text: &str| Frame::Body(text.as_bytes().to_vec());
        for (bytes, expected) in [
            ("Content-Length: 2\r\n\r\n{}", vec![body("{}")]),
            ("content-length:2\nX-Other: a\n\n{}", vec![body("{}")]),
            ("Content-Length: 2\r\n\r\n{}Content-Length: 3\r\n\r\n[1]", vec![body("{}"), body("[1]")]),
            ("no header\r\nContent-Length: 2\r\n\r\n{}", vec![Frame::Noise, body("{}")]),
            ("Content-Length: many\r\n\r\nContent-Length: 2\r\n\r\n{}", vec![Frame::Noise, body("{}")]),
            ("Content-Length: 99999999999999\r\n\r\nContent-Length: 2\r\n\r\n{}", vec![Frame::Noise, body("{}")]),
            // One byte too few was announced.
            ("Content-Length: 1\r\n\r\n{}Content-Length: 2\r\n\r\n[]", vec![body("{"), body("[]")]),
            ("Content-Length: 5\r\n\r\n{}", vec![]),
            ("\u{FFFD}\r\n", vec![Frame::Noise]),
            ("", vec![]),
        ] {
            assert_eq!(frames(bytes.as_bytes()).await, expected, "{bytes:?}");
        }
    }

    #[tokio::test]
    async fn a_line_without_an_end_is_cut() {
        let noise = vec![b'x'; LONGEST_LINE * 3];
        assert_eq!(frames(&noise).await.len(), 3);
    }
}
