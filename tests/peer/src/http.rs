//! HTTP/1.1 over TLS by hand: a liar must be able to answer what no library would send.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::answer::{Answer, Body};
use crate::request::Request;

/// How long a connection may be silent.
const IDLE: Duration = Duration::from_secs(60);
/// The largest body that is read.
const LARGEST: u64 = 64 << 20;

/// What answers requests.
pub type Handler = Arc<dyn Fn(&Request) -> Answer + Send + Sync>;
type Connection = BufReader<StreamOwned<ServerConnection, TcpStream>>;

/// The certificate and the key in a folder made by `tests/federation/certificates.sh`.
pub fn tls(folder: &Path) -> Result<Arc<ServerConfig>, String> {
    let wrong = |error: &dyn std::fmt::Display| format!("{}: {error}", folder.display());
    let chain: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(folder.join("tls.crt")).map_err(|error| wrong(&error))?.collect();
    let key = PrivateKeyDer::from_pem_file(folder.join("tls.key")).map_err(|error| wrong(&error))?;
    let config = ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(chain.map_err(|error| wrong(&error))?, key).map_err(|error| wrong(&error))?;
    Ok(Arc::new(config))
}

/// Answers requests at an address, in threads of their own, until the program ends.
pub fn listen(address: SocketAddr, tls: Arc<ServerConfig>, handler: Handler) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (tls, handler) = (tls.clone(), handler.clone());
            // An error ends the connection, and nobody needs to know.
            std::thread::spawn(move || drop(serve(stream, tls, &handler)));
        }
    });
    Ok(())
}

/// Answers the requests of one connection.
fn serve(stream: TcpStream, tls: Arc<ServerConfig>, handler: &Handler) -> io::Result<()> {
    stream.set_read_timeout(Some(IDLE))?;
    stream.set_write_timeout(Some(IDLE))?;
    stream.set_nodelay(true)?;
    let connection = ServerConnection::new(tls).map_err(io::Error::other)?;
    let mut stream = BufReader::new(StreamOwned::new(connection, stream));
    while let Some(request) = read(&mut stream)? {
        let answer = handler(&request);
        if !write(stream.get_mut(), &answer)? {
            break;
        }
    }
    Ok(())
}

/// Reads a request; nothing if the connection has ended.
fn read(stream: &mut Connection) -> io::Result<Option<Request>> {
    let first = line(stream)?;
    let mut words = first.split_whitespace();
    let (Some(method), Some(uri)) = (words.next(), words.next()) else { return Ok(None) };
    let mut headers = Vec::new();
    loop {
        let line = line(stream)?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
    let header = |wanted: &str| headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    let body = match (header("transfer-encoding"), header("content-length")) {
        (Some(_), _) => chunks(stream)?,
        (None, Some(length)) => bytes(stream, length.parse().map_err(io::Error::other)?)?,
        (None, None) => Vec::new(),
    };
    Ok(Some(Request::new(method, uri, headers, body)))
}

/// A line without its end.
fn line(stream: &mut Connection) -> io::Result<String> {
    let mut line = String::new();
    stream.take(64 << 10).read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

fn bytes(stream: &mut Connection, length: u64) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    stream.take(length.min(LARGEST)).read_to_end(&mut body)?;
    Ok(body)
}

/// A chunked body.
fn chunks(stream: &mut Connection) -> io::Result<Vec<u8>> {
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

/// Writes an answer; false if the connection is of no more use.
fn write(stream: &mut impl Write, answer: &Answer) -> io::Result<bool> {
    let mut head = format!("HTTP/1.1 {} Scripted\r\ncontent-type: {}\r\n", answer.status, answer.content_type);
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    match &answer.body {
        Body::Whole(body) => {
            stream.write_all(format!("{head}content-length: {}\r\n\r\n", body.len()).as_bytes())?;
            stream.write_all(body)?;
        }
        Body::Repeated { first, part, times } => {
            stream.write_all(format!("{head}connection: close\r\n\r\n").as_bytes())?;
            stream.write_all(first)?;
            for _ in 0..*times {
                stream.write_all(part)?;
            }
        }
        Body::Announced { first, length } => {
            stream.write_all(format!("{head}content-length: {length}\r\nconnection: close\r\n\r\n").as_bytes())?;
            stream.write_all(first)?;
        }
        Body::Slow { part, pause } => {
            stream.write_all(format!("{head}connection: close\r\n\r\n").as_bytes())?;
            loop {
                stream.write_all(part)?;
                stream.flush()?;
                std::thread::sleep(*pause);
            }
        }
        Body::Cut => return Ok(false),
    }
    stream.flush()?;
    Ok(matches!(answer.body, Body::Whole(_)))
}
