//! One question to one server.

use ruma::{
    ServerName,
    api::{OutgoingRequest, federation::authentication::ServerSignatures, path_builder::SinglePath},
};
use serde::de::DeserializeOwned;

use crate::{Error, Federation, Result, client::Bounds};

impl Federation {
    /// Asks a server, and reads its answer as it is, for ruma's types refuse a whole list for one bad entry. Gives also how
    /// many bytes it had. All of it takes no longer than the bound in time.
    ///
    /// # Errors
    /// Those of [`Client::send`](crate::client::Client::send).
    pub(super) async fn look_up<R, T>(&self, server: &ServerName, request: R, bounds: Bounds) -> Result<(T, usize)>
    where
        R: OutgoingRequest<Authentication = ServerSignatures, PathBuilder = SinglePath>,
        T: DeserializeOwned,
    {
        let late = |_| {
            let (server, reason) = (server.to_owned(), "it did not answer in time".to_owned());
            Error::Unreachable { server, reason }
        };
        let body = tokio::time::timeout(bounds.time, self.body(server, request, bounds)).await.map_err(late)??;
        let bad = |error: serde_json::Error| {
            let (server, reason) = (server.to_owned(), error.to_string());
            Error::BadAnswer { server, reason }
        };
        Ok((serde_json::from_slice(&body).map_err(bad)?, body.len()))
    }

    async fn body<R>(&self, server: &ServerName, request: R, bounds: Bounds) -> Result<Vec<u8>>
    where
        R: OutgoingRequest<Authentication = ServerSignatures, PathBuilder = SinglePath>,
    {
        let _place = self.inner.lookups.places.acquire().await;
        let mut answer = self.inner.client.send_streamed(server, request, bounds).await?;
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await? {
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }
}
