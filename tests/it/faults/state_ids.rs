//! What a server says to another one about the state at an event (server-server §retrieving-events).

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use reqwest::{Certificate, Client};
use ring::signature::Ed25519KeyPair;
use serde_json::Value;

use crate::client::encode;
use crate::federation::authority::Authority;

/// A server's signing key, with which the test asks in its name.
pub struct Key {
    server: String,
    id: String,
    pair: Ed25519KeyPair,
}

impl Key {
    /// Reads it from its file.
    pub fn read(server: &str, file: &Path) -> Self {
        let text = fs::read_to_string(file).unwrap();
        let [algorithm, version, seed] = text.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("no key: {text}")
        };
        let seed = STANDARD_NO_PAD.decode(seed.trim_end_matches('=')).unwrap();
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
        Self { server: server.to_owned(), id: format!("{algorithm}:{version}"), pair }
    }

    /// The `Authorization` header of a GET.
    fn authorization(&self, server: &str, path: &str) -> String {
        let Self { server: origin, id, pair } = self;
        let signed = format!(r#"{{"destination":"{server}","method":"GET","origin":"{origin}","uri":"{path}"}}"#);
        let signature = STANDARD_NO_PAD.encode(pair.sign(signed.as_bytes()));
        format!(r#"X-Matrix origin="{origin}",destination="{server}",key="{id}",sig="{signature}""#)
    }
}

/// A client of servers that have their certificates from this authority.
pub fn client(authority: &Authority) -> Client {
    let authority = Certificate::from_pem(authority.pem().as_bytes()).unwrap();
    Client::builder().no_proxy().tls_certs_only([authority]).build().unwrap()
}

/// The events of the state before an event, as `server` tells them to the owner of the key. The error is another answer.
pub async fn state_ids(
    client: &Client,
    key: &Key,
    server: &str,
    room: &str,
    event: &str,
) -> Result<BTreeSet<String>, String> {
    let path = format!("/_matrix/federation/v1/state_ids/{}?event_id={}", encode(room), encode(event));
    let request = client.get(format!("https://{server}{path}"));
    let answer = request.header("authorization", key.authorization(server, &path)).send().await.unwrap();
    let text = answer.text().await.unwrap();
    let json: Value = serde_json::from_str(&text).unwrap_or_default();
    let ids = json["pdu_ids"].as_array().ok_or_else(|| format!("{server} about {event}: {text}"))?;
    Ok(ids.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}
