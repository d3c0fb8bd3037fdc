//! HTTP/1.1 by hand: whoever is to break messages must hold them.

use std::io::{self, BufRead, Read as _, Write};

/// The largest body that is passed on.
const LARGEST: u64 = 64 << 20;

/// A whole request or answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The first line: method and path, or the status.
    pub first: String,
    /// Header fields with lower-case names, but for those that are of one connection only.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Message {
    /// An answer with a body that is said to be JSON.
    pub fn answer(status: u16, body: &str) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self { first: format!("HTTP/1.1 {status} Fault"), headers, body: body.as_bytes().to_vec() }
    }

    /// Reads one to its end; none if the connection has ended.
    pub fn read(stream: &mut impl BufRead) -> io::Result<Option<Self>> {
        let first = line(stream)?;
        if first.is_empty() {
            return Ok(None);
        }
        let (mut headers, mut length, mut chunked) = (Vec::new(), 0_u64, false);
        loop {
            let line = line(stream)?;
            let Some((name, value)) = line.split_once(':') else { break };
            let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().to_owned());
            match name.as_str() {
                "content-length" => length = value.parse().map_err(io::Error::other)?,
                "transfer-encoding" => chunked = true,
                // A packed body could not be altered so that it remains one.
                "connection" | "keep-alive" | "accept-encoding" => {}
                _ => headers.push((name, value)),
            }
        }
        let body = if chunked { chunks(stream)? } else { bytes(stream, length)? };
        Ok(Some(Self { first, headers, body }))
    }

    /// All of it, as it goes over the wire.
    pub fn bytes(&self) -> Vec<u8> {
        let fields: String = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!("{}\r\n{fields}content-length: {}\r\n\r\n", self.first, self.body.len());
        [head.as_bytes(), &self.body].concat()
    }

    /// Writes it.
    pub fn write(&self, stream: &mut impl Write) -> io::Result<()> {
        stream.write_all(&self.bytes())?;
        stream.flush()
    }

    /// Writes the first half of it.
    pub fn write_half(&self, stream: &mut impl Write) -> io::Result<()> {
        let bytes = self.bytes();
        stream.write_all(&bytes[..bytes.len() / 2])?;
        stream.flush()
    }

    /// The second word of the first line: the path of a request, the status of an answer.
    pub fn about(&self) -> &str {
        self.first.split(' ').nth(1).unwrap_or_default()
    }

    /// A header field; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }
}

/// A line without its end.
fn line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    stream.take(64 << 10).read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

fn bytes(stream: &mut impl BufRead, length: u64) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    stream.take(length.min(LARGEST)).read_to_end(&mut body)?;
    if body.len() as u64 == length { Ok(body) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// A chunked body.
fn chunks(stream: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let size = line(stream)?;
        let size = u64::from_str_radix(size.split(';').next().unwrap_or_default(), 16).map_err(io::Error::other)?;
        body.extend(bytes(stream, size)?);
        line(stream)?;
        if size == 0 {
            return Ok(body);
        }
    }
}

#[test]
fn messages_are_read_and_written() {
    let text = "PUT /a/b?c HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";
    let mut stream = text.as_bytes();
    let request = Message::read(&mut stream).unwrap().unwrap();
    assert_eq!((request.about(), request.header("host"), request.body.as_slice()), ("/a/b?c", "x", b"{}".as_slice()));
    assert_eq!(Message::read(&mut stream).unwrap(), None);
    assert_eq!(Message::read(&mut request.bytes().as_slice()).unwrap(), Some(request));
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n";
    let answer = Message::read(&mut chunked.as_bytes()).unwrap().unwrap();
    assert_eq!((answer.about(), answer.body.as_slice()), ("200", b"abcde".as_slice()));
    let cut = text.trim_end_matches('}');
    assert!(Message::read(&mut cut.as_bytes()).is_err());
}
