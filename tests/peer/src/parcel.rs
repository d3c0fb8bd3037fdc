//! Transactions that are made before they are sent: for measurements, which must not wait for hashes and signatures.

use reqwest::Method;
use serde_json::Value;

use crate::failure::Failure;
use crate::{Event, Peer, nonce};

/// A transaction that is ready to be sent, signature and all. It can be sent again: then it is a repetition.
#[derive(Clone, Debug)]
pub struct Parcel {
    uri: String,
    authorization: String,
    body: String,
}

impl Peer {
    /// Packs events into a transaction with a new id.
    pub fn pack(&self, events: &[Event]) -> Parcel {
        let pdus: Vec<Value> = events.iter().map(|event| event.pdu.clone()).collect();
        let uri = format!("/_matrix/federation/v1/send/{}", nonce());
        let body = self.transaction_of(&pdus, &[]);
        let authorization = self.me.authorization("PUT", &uri, self.under_test(), Some(&body));
        Parcel { uri, authorization, body: body.to_string() }
    }

    /// Sends it; gives what is said to each event, by event id. It is for the caller to send one after the other.
    pub async fn hand_over(&self, parcel: Parcel) -> Result<Value, Failure> {
        let Parcel { uri, authorization, body } = parcel;
        Ok(self.exchange(Method::PUT, &uri, Some(body), &[authorization]).await?.ok()?["pdus"].clone())
    }
}
