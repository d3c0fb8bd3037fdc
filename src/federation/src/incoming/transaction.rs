//! One transaction as a whole: bounds, repetition, and that its sender does not have to wait for our network.

use std::{collections::BTreeMap, sync::Arc};

use ruma::{OwnedEventId, OwnedTransactionId, ServerName, api::federation::transactions::edu::Edu, serde::Raw};
use serde_json::value::RawValue;

use crate::{Error, Federation, Result, edus};

/// Most events of a transaction (server-server §transactions).
const PDUS: usize = 50;

/// Most of what else there is to be told.
const EDUS: usize = 100;

/// What another server tells us at once.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// Its id, by which it is known if it comes again.
    pub id: OwnedTransactionId,
    /// Events.
    pub pdus: Vec<Box<RawValue>>,
    /// What else happens: typing, receipts, presence, keys, messages to devices.
    pub edus: Vec<Raw<Edu>>,
}

/// What is answered for each event: nothing, or why it is of no use.
pub type Answer = Arc<BTreeMap<OwnedEventId, Result<(), String>>>;

impl Federation {
    /// Takes in a transaction of a server that has proven to be `origin`. Whatever is answered for is durable.
    ///
    /// # Errors
    /// [`Error::InvalidParam`] for more than 50 events or 100 other things, [`Error::LimitExceeded`] for too many at once, and
    /// what is our own fault and may pass.
    pub async fn receive_transaction(&self, origin: &ServerName, transaction: Transaction) -> Result<Answer> {
        if transaction.pdus.len() > PDUS || transaction.edus.len() > EDUS {
            return Err(Error::InvalidParam(format!("a transaction has at most {PDUS} PDUs and {EDUS} EDUs")));
        }
        let transactions = &self.inner.incoming.inner.transactions;
        let cell = transactions.cell(origin, &transaction.id);
        if let Some(answer) = cell.get() {
            return Ok(answer.clone());
        }
        let running = transactions.begin(origin)?;
        let (federation, origin) = (self.clone(), origin.to_owned());
        // It goes on if the sender hangs up.
        let work = self.inner.runtime.spawn(async move {
            let _running = running;
            cell.get_or_try_init(|| federation.work(&origin, transaction)).await.cloned()
        });
        work.await.map_err(|error| Error::Internal(format!("a transaction was not finished: {error}")))?
    }

    async fn work(&self, origin: &ServerName, transaction: Transaction) -> Result<Answer> {
        let outcomes = self.inner.incoming.receive(origin, transaction.pdus).await?;
        // Receipts may be about the events.
        edus::receive(self, origin, transaction.edus).await?;
        Ok(Arc::new(outcomes))
    }
}
