//! An HTTP/1.1 connection with little overhead: the load shares its cores with the measured server.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Maximum number of header lines of an answer.
const MAX_HEADERS: usize = 32;

/// Initial size of the buffer, in bytes.
const BUFFER_SIZE: usize = 16 << 10;

/// Maximum size of an answer's body, in bytes.
const MAX_BODY: usize = 64 << 20;

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    #[error("the connection failed: {0}")]
    Connection(#[from] io::Error),
    #[error("the connection was closed before the answer was complete")]
    Closed,
    #[error("the answer is not HTTP: {0}")]
    Malformed(#[from] httparse::Error),
    #[error("the answer has no content-length, or is longer than 64 MiB")]
    Length,
}

/// An answer; the next request on its connection overwrites it.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    pub status: u16,
    /// The header `Journal-Position`.
    pub position: Option<u64>,
    pub body: &'a [u8],
}

#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    position: Option<u64>,
    /// The range of the body in the received bytes.
    body: std::ops::Range<usize>,
}

/// A connection that stays open. It sends one request after the other.
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Result<Self, CallError> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::with_capacity(BUFFER_SIZE) })
    }

    /// Sends a request and waits for the whole answer.
    pub async fn call(&mut self, request: &[u8]) -> Result<Answer<'_>, CallError> {
        self.received.clear();
        self.stream.write_all(request).await?;
        let head = loop {
            self.receive().await?;
            if let Some(head) = head(&self.received)? {
                break head;
            }
        };
        while self.received.len() < head.body.end {
            self.received.reserve(head.body.end - self.received.len());
            self.receive().await?;
        }
        let body = self.received.get(head.body).ok_or(CallError::Length)?;
        Ok(Answer { status: head.status, position: head.position, body })
    }

    async fn receive(&mut self) -> Result<(), CallError> {
        match self.stream.read_buf(&mut self.received).await? {
            0 => Err(CallError::Closed),
            _ => Ok(()),
        }
    }
}

/// The head of an answer, if it is complete.
fn head(received: &[u8]) -> Result<Option<Head>, CallError> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(start) = response.parse(received)? else {
        return Ok(None);
    };
    let number = |name: &str| {
        let header = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(header.value).ok()?.parse::<u64>().ok()
    };
    let length = number("content-length").and_then(|length| usize::try_from(length).ok());
    let length = length.filter(|length| *length <= MAX_BODY).ok_or(CallError::Length)?;
    Ok(Some(Head {
        status: response.code.unwrap_or_default(),
        position: number("journal-position"),
        body: start..start + length,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_parsed_when_it_is_complete() {
        let text = b"HTTP/1.1 201 Created\r\nJournal-Position: 6\r\ncontent-length: 2\r\n\r\n{}";
        for end in 0..text.len() - 2 {
            assert_eq!(head(&text[..end]).unwrap(), None, "{end}");
        }
        let start = text.len() - 2;
        let expected = Head { status: 201, position: Some(6), body: start..text.len() };
        assert_eq!(head(&text[..start]).unwrap(), Some(expected));
    }

    #[test]
    fn answers_without_a_usable_length_or_http_are_rejected() {
        let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        assert!(matches!(head(chunked), Err(CallError::Length)));
        let endless = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n";
        assert!(matches!(head(endless), Err(CallError::Length)));
        assert!(matches!(head(b"SSH-2.0\r\n\r\n"), Err(CallError::Malformed(_))));
    }
}
