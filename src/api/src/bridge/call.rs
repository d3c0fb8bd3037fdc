//! One request as the server got it.

use std::{net::IpAddr, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, Request};

use crate::{App, Error, Result, bridge::parse};

/// Who is at the other end.
#[derive(Clone, Debug)]
pub struct Client {
    /// The client's address: the peer's, or what a trusted proxy says. None on a Unix socket that is not trusted.
    pub ip: Option<IpAddr>,
    /// The `User-Agent`.
    pub user_agent: Option<String>,
}

/// One request as the server got it, for handlers whose types ruma lacks or reads too strictly.
pub struct Call {
    /// The server.
    pub app: Arc<App>,
    /// Method, target and headers, with the whole body.
    pub request: Request<Bytes>,
    /// The arguments in the path, percent-decoded once, in order.
    pub args: Vec<String>,
    /// Who is at the other end.
    pub client: Client,
    /// The route's path as it was registered, for user-interactive auth and metrics.
    pub route: Arc<str>,
}

impl Call {
    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    /// One argument of the path.
    pub fn arg(&self, index: usize) -> Result<&str> {
        self.args.get(index).map(String::as_str).ok_or_else(Error::unrecognized)
    }

    /// Reads the query string into a type; unknown keys are ignored.
    pub fn query<T: serde::de::DeserializeOwned>(&self) -> Result<T> {
        serde_html_form::from_str(self.request.uri().query().unwrap_or_default())
            .map_err(|error| Error::invalid_param(format!("query: {error}")))
    }

    /// Reads the JSON body into a type. An empty body counts as an empty object.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T> {
        let body: &[u8] = if self.request.body().is_empty() { b"{}" } else { self.request.body() };
        parse::object(body)
    }
}
