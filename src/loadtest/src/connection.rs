//! A lean HTTP/1.1 client: one connection per worker, requests built by the caller, bodies read only where needed.
//!
//! A pooling client costs several times the CPU per request, and on a machine shared with the server that CPU is
//! missing there.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::error::{Error, Result};

/// How long an answer may take. Longer than any long poll here; a server that is slower counts an error.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// What a server answers that is busy.
const BUSY: [StatusCode; 2] = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE];

/// How often a busy server is asked while preparing, and how long the generator waits in between.
const MOST_TRIES: u32 = 300;
const BETWEEN_TRIES: Duration = Duration::from_millis(100);

/// How much of a refusal's body is shown.
const SHOWN: usize = 200;

/// The server under test.
#[derive(Debug, Clone)]
pub struct Target {
    authority: Arc<str>,
    host: HeaderValue,
}

impl Target {
    /// Takes `http://HOST:PORT`.
    pub fn parse(url: &str) -> Result<Self> {
        let wrong = || Error::Url(url.to_owned());
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let authority = uri.authority().filter(|_| uri.scheme_str() == Some("http")).ok_or_else(wrong)?;
        let host = HeaderValue::from_str(authority.as_str()).map_err(|_| wrong())?;
        let port = authority.port_u16().unwrap_or(80);
        Ok(Self { authority: format!("{}:{port}", authority.host()).into(), host })
    }

    /// A connection that is opened by its first request.
    pub fn connection(&self) -> Connection {
        Connection { target: self.clone(), sender: None }
    }

    /// Builds a request; `authorization` is a ready `Bearer …`.
    pub fn request(
        &self,
        method: Method,
        path: &str,
        authorization: Option<&HeaderValue>,
        body: Bytes,
    ) -> Result<Request<Full<Bytes>>> {
        let mut request = Request::builder().method(method).uri(path).header(HOST, &self.host);
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        Ok(request.body(Full::new(body))?)
    }

    /// Builds the upload of a file.
    pub fn upload(&self, path: &str, authorization: &HeaderValue, file: Bytes) -> Result<Request<Full<Bytes>>> {
        let binary = HeaderValue::from_static("application/octet-stream");
        let mut request = self.request(Method::POST, path, Some(authorization), file)?;
        request.headers_mut().insert(CONTENT_TYPE, binary);
        Ok(request)
    }
}

/// One kept-alive connection. Opens itself again when the server has closed it.
#[derive(Debug)]
pub struct Connection {
    target: Target,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Connection {
    /// The server this connection goes to, which builds the requests.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Sends and gives the body of a successful answer.
    pub async fn fetch(&mut self, request: Request<Full<Bytes>>) -> Result<Bytes> {
        timely(async {
            let (_, body) = self.answer(request).await?;
            Ok(body.collect().await?.to_bytes())
        })
        .await
    }

    /// Sends and lets the body of a successful answer run through unread.
    pub async fn tell(&mut self, request: Request<Full<Bytes>>) -> Result<()> {
        self.measure(request).await.map(drop)
    }

    /// The same; gives the length of the body in bytes.
    pub async fn measure(&mut self, request: Request<Full<Bytes>>) -> Result<usize> {
        timely(async {
            let (_, mut body) = self.answer(request).await?;
            let mut length = 0;
            while let Some(frame) = body.frame().await {
                length += frame?.data_ref().map_or(0, Bytes::len);
            }
            Ok(length)
        })
        .await
    }

    /// Builds, sends and parses: for preparations, which nobody measures. A server that is busy (with password hashes,
    /// say) is asked again.
    pub async fn json(
        &mut self,
        method: Method,
        path: &str,
        authorization: Option<&HeaderValue>,
        body: Option<&Value>,
    ) -> Result<Value> {
        let body: Bytes = body.map(serde_json::to_vec).transpose()?.unwrap_or_default().into();
        let mut asked = 1;
        loop {
            let request = self.target.request(method.clone(), path, authorization, body.clone())?;
            match self.fetch(request).await {
                Err(Error::Status { status, .. }) if asked < MOST_TRIES && BUSY.contains(&status) => {
                    asked += 1;
                    tokio::time::sleep(BETWEEN_TRIES).await;
                }
                answer => return Ok(serde_json::from_slice(&answer?)?),
            }
        }
    }

    /// Sends, and turns a refusal into an error. A request that met a closed connection is sent again on a new one.
    async fn answer(&mut self, request: Request<Full<Bytes>>) -> Result<(StatusCode, Incoming)> {
        let response = match self.open().await?.try_send_request(request).await {
            Ok(response) => response,
            Err(mut failure) => {
                self.sender = None;
                let Some(unsent) = failure.take_message() else { return Err(failure.into_error().into()) };
                self.open().await?.send_request(unsent).await?
            }
        };
        let status = response.status();
        if status.is_success() {
            return Ok((status, response.into_body()));
        }
        let body = response.into_body().collect().await?.to_bytes();
        let shown = body.get(..SHOWN.min(body.len())).unwrap_or_default();
        if status == StatusCode::NOT_FOUND && String::from_utf8_lossy(shown).contains("M_UNRECOGNIZED") {
            return Err(Error::NotServed);
        }
        Err(Error::Status { status, body: String::from_utf8_lossy(shown).into_owned() })
    }

    /// The open connection, or a new one.
    async fn open(&mut self) -> Result<&mut SendRequest<Full<Bytes>>> {
        let usable = match &mut self.sender {
            Some(sender) => sender.ready().await.is_ok(),
            None => false,
        };
        if !usable {
            let stream = TcpStream::connect(&*self.target.authority).await?;
            stream.set_nodelay(true)?;
            let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
            // Its end shows in the next request.
            tokio::spawn(connection);
            self.sender = Some(sender);
        }
        self.sender.as_mut().ok_or(Error::Patience)
    }
}

/// Bounds the time of one exchange.
async fn timely<T>(exchange: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(PATIENCE, exchange).await.map_err(|_| Error::Patience)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_http_is_spoken() {
        assert_eq!(&*Target::parse("http://example.org").unwrap().authority, "example.org:80");
        assert_eq!(&*Target::parse("http://[::1]:8008").unwrap().authority, "[::1]:8008");
        assert!(Target::parse("https://example.org").is_err());
        assert!(Target::parse("example.org").is_err());
    }
}
