//! How a transaction reaches another server.

use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt as _};
use peerbrain_core::Clock;
use ruma::{OwnedServerName, ServerName, api::federation::transactions::send_transaction_message::v1, serde::Raw};
use serde_json::value::RawValue;

use crate::{
    Result,
    client::{Bounds, Client},
};

/// An answer names each event, with an error perhaps.
const ANSWER_BYTES: usize = 512 * 1_024;
/// The specification lets the receiver work before it answers; Synapse takes up to a minute for that.
const TIME: Duration = Duration::from_secs(60);

/// What is sent at once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Transaction {
    /// The same for the same content, and never for another.
    pub id: String,
    /// At most 50 events.
    pub pdus: Vec<Box<RawValue>>,
    /// At most 100 other things.
    pub edus: Vec<Box<RawValue>>,
}

/// The way to other servers.
pub(crate) trait Transport: Send + Sync {
    /// Brings a transaction there; no error means that the server has taken it.
    fn send<'a>(&'a self, server: &'a ServerName, transaction: Transaction) -> BoxFuture<'a, Result<()>>;
}

/// The real way.
pub(crate) struct Network {
    pub client: Client,
    pub server_name: OwnedServerName,
    pub clock: std::sync::Arc<dyn Clock>,
}

impl Transport for Network {
    fn send<'a>(&'a self, server: &'a ServerName, transaction: Transaction) -> BoxFuture<'a, Result<()>> {
        let mut request = v1::Request::new(transaction.id.into(), self.server_name.clone(), self.clock.now());
        request.pdus = transaction.pdus;
        request.edus = transaction.edus.into_iter().map(Raw::from_json).collect();
        let bounds = Bounds { bytes: ANSWER_BYTES, time: TIME };
        async move {
            let answer = self.client.retry(server, request, bounds).await?;
            for (event_id, outcome) in answer.pdus {
                if let Err(error) = outcome {
                    tracing::info!(%server, %event_id, error, "another server did not want an event of ours");
                }
            }
            Ok(())
        }
        .boxed()
    }
}
