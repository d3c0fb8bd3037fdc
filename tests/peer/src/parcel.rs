//! Transactions that are made before they are sent: for measurements, which must not wait for hashes and signatures.

use reqwest::Method;
use serde_json::Value;

use crate::failure::Failure;
use crate::reply::Reply;
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
        Ok(self.try_hand_over(parcel).await?.ok()?["pdus"].clone())
    }

    /// Tries to send it, whatever else is under way.
    pub async fn try_hand_over(&self, parcel: Parcel) -> Result<Reply, Failure> {
        let Parcel { uri, authorization, body } = parcel;
        self.exchange(Method::PUT, &uri, Some(body.into()), &[authorization]).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::failure::Outcome;
    use crate::testing::peer;
    use crate::{Answer, Event, Request};

    #[test]
    fn a_parcel_is_a_signed_transaction() -> Outcome {
        let peer = peer()?;
        let event =
            Event { id: "$a".to_owned(), pdu: json!({ "type": "m.room.message", "content": { "body": "é" } }) };
        let parcel = peer.pack(std::slice::from_ref(&event));
        let arrived = |body: &str| {
            let headers = vec![("authorization".to_owned(), parcel.authorization.clone())];
            Request::new("PUT", &parcel.uri, headers, body.as_bytes().to_vec())
        };
        let request = arrived(&parcel.body);
        assert!(peer.is_signed(&request) && request.about().0 == "send");
        assert_eq!(request.json["pdus"], json!([event.pdu]));
        assert!(!peer.is_signed(&arrived(&parcel.body.replace('é', "e"))));
        Ok(())
    }

    #[test]
    fn whoever_watches_sees_what_is_signed() -> Outcome {
        let peer = peer()?;
        let mut watching = peer.watch();
        let uri = "/_matrix/federation/v1/query/profile?user_id=@a:other";
        let [by_us, by_other] = [&peer, &peer.second()].map(|by| by.me.authorization("GET", uri, "other", None));
        let asked = |authorization: &str| {
            let headers = vec![("authorization".to_owned(), authorization.to_owned())];
            peer.handle(&Request::new("GET", uri, headers, Vec::new()))
        };
        peer.tell("profile", "@a:other", json!({ "displayname": "A" }));
        assert_eq!(asked(&by_us).value()["displayname"], "A");
        assert_eq!(asked(&by_other).status, Answer::error(401, "M_UNAUTHORIZED").status);
        assert!(watching.try_recv().is_ok_and(|request| request.signed("origin") == "domain"));
        assert!(watching.try_recv().is_err(), "the other is no server under test");
        Ok(())
    }
}
