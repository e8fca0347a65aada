//! One HTTP/1.1 connection that is cheap to use: the load shares its cores with what it measures.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// How many header lines an answer may have.
const MOST_HEADERS: usize = 32;

/// Room for a usual answer.
const USUAL_ANSWER: usize = 16 << 10;

/// The most that is read of one answer.
const LONGEST_ANSWER: usize = 64 << 20;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The connection cannot be made or has failed.
    #[error("the connection failed: {0}")]
    Connection(#[from] io::Error),
    /// It was closed before the answer was there.
    #[error("the connection was closed before the answer was there")]
    Closed,
    /// What came is no HTTP.
    #[error("the answer is not HTTP: {0}")]
    Malformed(#[from] httparse::Error),
    /// The answer does not say how long it is, or is too long.
    #[error("the answer has no length that can be worked with")]
    Length,
}

/// An answer, as long as nothing else is asked on its connection.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The status.
    pub status: u16,
    /// What `Journal-Position` says.
    pub position: Option<u64>,
    /// The body.
    pub body: &'a [u8],
}

/// What the head of an answer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Head {
    status: u16,
    position: Option<u64>,
    /// Where the body begins.
    begins: usize,
    /// Where it ends.
    ends: usize,
}

/// A connection that is kept open. Requests go out one after the other, each as bytes that were put together before.
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Result<Self, CallError> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::with_capacity(USUAL_ANSWER) })
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
        while self.received.len() < head.ends {
            self.received.reserve(head.ends - self.received.len());
            self.receive().await?;
        }
        let body = self.received.get(head.begins..head.ends).ok_or(CallError::Length)?;
        Ok(Answer { status: head.status, position: head.position, body })
    }

    async fn receive(&mut self) -> Result<(), CallError> {
        match self.stream.read_buf(&mut self.received).await? {
            0 => Err(CallError::Closed),
            _ => Ok(()),
        }
    }
}

/// The head of an answer, once all of it is there.
fn head(received: &[u8]) -> Result<Option<Head>, CallError> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(begins) = response.parse(received)? else {
        return Ok(None);
    };
    let number = |name: &str| {
        let header = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(header.value).ok()?.parse::<u64>().ok()
    };
    let length = number("content-length").and_then(|length| usize::try_from(length).ok());
    let length = length.filter(|length| *length <= LONGEST_ANSWER).ok_or(CallError::Length)?;
    Ok(Some(Head {
        status: response.code.unwrap_or_default(),
        position: number("journal-position"),
        begins,
        ends: begins + length,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_once_its_head_is_whole() {
        let text = b"HTTP/1.1 201 Created\r\nJournal-Position: 6\r\ncontent-length: 2\r\n\r\n{}";
        for end in 0..text.len() - 2 {
            assert_eq!(head(&text[..end]).unwrap(), None, "{end}");
        }
        let begins = text.len() - 2;
        let expected = Head { status: 201, position: Some(6), begins, ends: text.len() };
        assert_eq!(head(&text[..begins]).unwrap(), Some(expected));
    }

    #[test]
    fn an_answer_without_a_length_or_that_is_no_http_is_refused() {
        let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        assert!(matches!(head(chunked), Err(CallError::Length)));
        let endless = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n";
        assert!(matches!(head(endless), Err(CallError::Length)));
        assert!(matches!(head(b"SSH-2.0\r\n\r\n"), Err(CallError::Malformed(_))));
    }
}
