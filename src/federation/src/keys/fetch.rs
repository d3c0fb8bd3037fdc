//! How keys come over the network. A trait, so that tests can be honest and lying servers.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt as _, future::BoxFuture};
use ruma::ServerName;

use super::answer::ANSWER_BYTES;
use crate::{
    Error, Result,
    client::{Bounds, Client},
};

/// How long a server may take to tell its keys, being found included.
const PATIENCE: Duration = Duration::from_secs(10);

/// A notary asks others first.
const PATIENCE_WITH_NOTARIES: Duration = Duration::from_secs(20);

/// Bytes of a notary's answer.
const NOTARY_BYTES: usize = 4_194_304;

/// Asks other servers for keys.
pub trait Fetch: Send + Sync {
    /// The keys that a server publishes: the body of its answer.
    fn published(&self, server: &ServerName) -> BoxFuture<'static, Result<Bytes>>;

    /// The keys that a notary knows: the body of its answer to this query.
    fn notarised(&self, notary: &ServerName, query: String) -> BoxFuture<'static, Result<Bytes>>;
}

impl Fetch for Client {
    fn published(&self, server: &ServerName) -> BoxFuture<'static, Result<Bytes>> {
        let request = http::Request::get("/_matrix/key/v2/server").body(Bytes::new());
        send(self, server, request, Bounds { bytes: ANSWER_BYTES, time: PATIENCE })
    }

    fn notarised(&self, notary: &ServerName, query: String) -> BoxFuture<'static, Result<Bytes>> {
        let request = http::Request::post("/_matrix/key/v2/query").header("content-type", "application/json");
        let bounds = Bounds { bytes: NOTARY_BYTES, time: PATIENCE_WITH_NOTARIES };
        send(self, notary, request.body(query.into()), bounds)
    }
}

fn send(
    client: &Client,
    server: &ServerName,
    request: http::Result<http::Request<Bytes>>,
    bounds: Bounds,
) -> BoxFuture<'static, Result<Bytes>> {
    let (client, server) = (client.clone(), server.to_owned());
    async move {
        let request = request.map_err(|error| Error::Internal(error.to_string()))?;
        // A server that has just sent us something may be asked, whatever became of what we sent it. When nobody answers,
        // that is remembered with the keys.
        client.fetch_anyway(&server, request, bounds).await
    }
    .boxed()
}
