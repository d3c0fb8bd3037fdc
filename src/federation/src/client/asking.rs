//! One request to one server.

use std::fmt::Display;

use http::{Response as HttpResponse, StatusCode, header};
use reqwest::Response;
use ruma::{
    ServerName,
    api::{IncomingResponse, IncomingResponseExt as _},
};
use serde_json::{Value, value::RawValue};
use tokio::time::timeout;

use super::{Answer, Bounds, Inner, Outgoing, Place, Splitter, answer::read, reason};
use crate::{Error, Result};

/// Bytes that are read of an error.
const LARGEST_ERROR: usize = 65_536;
/// Characters of the text of an error that are passed on.
const LONGEST_MESSAGE: usize = 500;

/// A request in the making: whom it asks, and how.
pub(super) struct Asking<'a> {
    client: &'a Inner,
    server: &'a ServerName,
    bounds: Bounds,
    signed: bool,
    insistent: bool,
    place: Option<&'a Place>,
}

impl<'a> Asking<'a> {
    pub fn new(client: &'a Inner, server: &'a ServerName, bounds: Bounds) -> Self {
        Self { client, server, bounds, signed: false, insistent: false, place: None }
    }

    /// Signed with our key.
    pub fn signed(self) -> Self {
        Self { signed: true, ..self }
    }

    /// Also where the server could not be reached a moment ago.
    pub fn insistent(self) -> Self {
        Self { insistent: true, ..self }
    }

    /// For an answer that has this place, if any, where it is large.
    pub fn large(self, place: Option<&'a Place>) -> Self {
        Self { place, ..self }
    }

    /// The answer as one of ruma's types.
    pub async fn answer<A: IncomingResponse>(&self, request: Outgoing) -> Result<A> {
        let response = self.whole(request).await?;
        let (parts, body) = response.into_parts();
        A::try_from_http_response(HttpResponse::from_parts(parts, body.as_slice())).map_err(|error| self.bad(&error))
    }

    /// The elements of an answer's lists, cut out as they come, but for those that are too long. What is left must be one
    /// of ruma's types.
    pub async fn elements<A: IncomingResponse>(
        &self,
        request: Outgoing,
        mut splitter: Splitter,
    ) -> Result<Vec<Box<RawValue>>> {
        let asked = async {
            let mut answer = Answer::new(self.server.to_owned(), self.response(request).await?, self.bounds)?;
            let (mut elements, mut bytes) = (Vec::new(), 0);
            while let Some(piece) = answer.chunk().await? {
                bytes += piece.len();
                if let Some(place) = self.place {
                    place.have(bytes).await;
                }
                let cut = splitter.push(&piece).map_err(|malformed| self.bad(&malformed))?;
                elements.extend(cut.into_iter().filter_map(|element| element.json));
            }
            let rest = splitter.finish();
            A::try_from_http_response(HttpResponse::new(rest.as_slice())).map_err(|error| self.bad(&error))?;
            Ok(elements)
        };
        self.note(timeout(self.bounds.time, asked).await.unwrap_or_else(|_| Err(self.late())))
    }

    /// The answer read whole. From the first to the last byte the bound in time holds.
    pub async fn whole(&self, request: Outgoing) -> Result<HttpResponse<Vec<u8>>> {
        let asked = async {
            let mut response = self.response(request).await?;
            let body = read(&mut response, self.bounds.bytes).await;
            let body = body.map_err(|error| error.of(self.server.to_owned()))?;
            let mut whole = HttpResponse::new(body);
            *whole.status_mut() = response.status();
            *whole.headers_mut() = std::mem::take(response.headers_mut());
            Ok(whole)
        };
        self.note(timeout(self.bounds.time, asked).await.unwrap_or_else(|_| Err(self.late())))
    }

    /// The answer as it comes.
    pub async fn streamed(&self, request: Outgoing) -> Result<Answer> {
        let asked = timeout(self.bounds.time, self.response(request)).await.unwrap_or_else(|_| Err(self.late()));
        Answer::new(self.server.to_owned(), self.note(asked)?, self.bounds)
    }

    /// Remembers whether the server could be reached.
    fn note<T>(&self, outcome: Result<T>) -> Result<T> {
        match &outcome {
            Ok(_) | Err(Error::Remote { .. } | Error::BadAnswer { .. }) => {
                if self.client.resting.alive(self.server)
                    && let Some(back) = self.client.back.get()
                {
                    back(self.server);
                }
            }
            // What follows from an earlier failure is not a further one.
            Err(Error::Unreachable { reason, .. }) if self.resting().is_none() => {
                self.client.resting.failed(self.server, reason);
            }
            Err(_) => {}
        }
        outcome
    }

    fn resting(&self) -> Option<std::sync::Arc<str>> {
        if self.insistent { None } else { self.client.resting.reason(self.server) }
    }

    /// Asks, and gives what succeeded.
    async fn response(&self, mut request: Outgoing) -> Result<Response> {
        if !self.client.settings.allows(self.server) {
            return Err(Error::NotAllowed(self.server.to_owned()));
        }
        if self.server == self.client.server_name {
            return Err(Error::Internal("a server does not ask itself".into()));
        }
        if let Some(reason) = self.resting() {
            return Err(self.unreachable(format!("{reason} (a moment ago)")));
        }
        let name = self.name().await;
        let (client, url) = self.client.transport.address(&name, &request.path).map_err(|why| self.unreachable(why))?;
        request.path = sent(&url, &request.path)?;
        if self.signed {
            request.sign(&self.client.server_name, self.server, &self.client.key)?;
        }
        let asked = client
            .request(request.method, url)
            .headers(request.headers)
            .header(header::HOST, name.as_str())
            .body(request.body)
            .send()
            .await
            .map_err(|error| self.unreachable(reason(&error)))?;
        if asked.status() == StatusCode::OK { Ok(asked) } else { Err(self.refused(asked).await) }
    }

    /// The name under which the server answers.
    async fn name(&self) -> ruma::OwnedServerName {
        if self.client.transport.knows(self.server) {
            return self.server.to_owned();
        }
        self.client.discovery.delegate(self.server).await
    }

    /// What the server says instead of a 200.
    async fn refused(&self, mut response: Response) -> Error {
        let status = response.status();
        let body = match read(&mut response, LARGEST_ERROR).await {
            Ok(body) => serde_json::from_slice(&body).unwrap_or(Value::Null),
            Err(_) => Value::Null,
        };
        let text = |field: &str| body.get(field).and_then(Value::as_str);
        let message = text("error").map(|text| text.chars().take(LONGEST_MESSAGE).collect());
        Error::Remote {
            server: self.server.to_owned(),
            status: status.as_u16(),
            errcode: text("errcode").map(str::to_owned),
            message: message.unwrap_or_else(|| status.canonical_reason().unwrap_or("an error").to_owned()),
            body,
        }
    }

    fn unreachable(&self, reason: String) -> Error {
        Error::Unreachable { server: self.server.to_owned(), reason }
    }

    fn bad(&self, reason: &dyn Display) -> Error {
        Error::BadAnswer { server: self.server.to_owned(), reason: reason.to_string() }
    }

    fn late(&self) -> Error {
        self.unreachable(format!("no answer in {} seconds", self.bounds.time.as_secs()))
    }
}

/// Path and query as they will be sent, and therefore signed. An identifier such as `..` would lead to another endpoint.
fn sent(url: &reqwest::Url, meant: &str) -> Result<String> {
    let depth = |path: &str| path.split('?').next().unwrap_or_default().matches('/').count();
    if depth(url.path()) != depth(meant) {
        return Err(Error::InvalidParam("there is an identifier that cannot be part of an address".into()));
    }
    Ok(url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path())))
}
