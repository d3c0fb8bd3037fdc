//! Push gateways (push gateway API).

use std::{net::IpAddr, sync::Arc, time::Duration};

use peerbrain_core::{AddressFilter, config::Push as Settings};
use reqwest::{Client, Url, redirect::Policy};
use rustls::crypto::ring::default_provider;
use rustls_platform_verifier::Verifier;
use serde::Deserialize;
use serde_json::{Value, json};

use super::resolver::Resolver;
use crate::pushers::check_url;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);
/// Bytes of an answer that are read.
const LARGEST: usize = 65_536;

/// What became of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// The gateway has it.
    Accepted,
    /// The gateway knows the device no longer.
    Rejected,
    /// It did not get through.
    Failed,
}

/// The way to all push gateways.
pub(super) struct Gateways {
    client: Option<Client>,
    filter: Arc<AddressFilter>,
    allow_http: bool,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    rejected: Vec<String>,
}

impl Gateways {
    /// Where no client can be made, nothing is delivered.
    pub fn new(settings: &Settings) -> Self {
        let filter = Arc::new(AddressFilter::new(&settings.allowed_networks));
        let client =
            client(filter.clone()).inspect_err(|error| tracing::error!(%error, "no push gateway can be reached")).ok();
        Self { client, filter, allow_http: settings.allow_http }
    }

    /// Sends one notification.
    pub async fn send(&self, url: &str, pushkey: &str, notification: Value) -> Sent {
        match self.try_send(url, notification).await {
            // A gateway has no say over other keys than the one it was asked about.
            Ok(answer) if answer.rejected.iter().any(|key| key == pushkey) => Sent::Rejected,
            Ok(_) => Sent::Accepted,
            Err(error) => {
                tracing::debug!(%error, "a push gateway could not be told");
                Sent::Failed
            }
        }
    }

    async fn try_send(&self, url: &str, notification: Value) -> Result<Answer, String> {
        let client = self.client.as_ref().ok_or("there is no client")?;
        let url = self.checked(url)?;
        let body = json!({ "notification": notification });
        let plain = |error: reqwest::Error| error.without_url().to_string();
        let mut response = client.post(url).json(&body).send().await.map_err(plain)?;
        if !response.status().is_success() {
            return Err(format!("status {}", response.status()));
        }
        let mut read = Vec::new();
        while let Some(part) = response.chunk().await.map_err(plain)? {
            read.extend_from_slice(&part);
            if read.len() > LARGEST {
                return Err("the answer is too long".into());
            }
        }
        // It was taken, whatever was said of it.
        Ok(serde_json::from_slice(&read).unwrap_or(Answer { rejected: Vec::new() }))
    }

    /// The address, if it may be reached. Names are looked at when they are resolved.
    fn checked(&self, url: &str) -> Result<Url, String> {
        let url = check_url(url).ok_or("this is no push gateway")?;
        if url.scheme() != "https" && !self.allow_http {
            return Err("a push gateway must have an https address".into());
        }
        let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        match host.parse::<IpAddr>() {
            Ok(address) if !self.filter.allows(address) => Err("the address may not be reached".into()),
            _ => Ok(url),
        }
    }
}

fn client(filter: Arc<AddressFilter>) -> Result<Client, String> {
    let provider = Arc::new(default_provider());
    let verifier = Verifier::new(provider.clone()).map_err(|error| error.to_string())?;
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    let client = Client::builder()
        .tls_backend_preconfigured(tls)
        .dns_resolver(Arc::new(Resolver(filter)))
        .redirect(Policy::none())
        .no_proxy()
        .timeout(PATIENCE)
        .connect_timeout(CONNECT)
        .user_agent("PeerBrain");
    client.build().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gateways_are_checked() {
        let open = Gateways::new(&Settings { allow_http: true, allowed_networks: vec!["127.0.0.1".parse().unwrap()] });
        let closed = Gateways::new(&Settings::default());
        let path = "/_matrix/push/v1/notify";
        for (url, by_open, by_closed) in [
            (format!("https://push.example.org{path}"), true, true),
            (format!("http://push.example.org{path}"), true, false),
            (format!("https://127.0.0.1{path}"), true, false),
            (format!("https://[::1]{path}"), false, false),
            (format!("https://0x7f000001{path}"), true, false),
            (format!("https://user@push.example.org{path}"), false, false),
            ("https://push.example.org/else".to_owned(), false, false),
        ] {
            assert_eq!((open.checked(&url).is_ok(), closed.checked(&url).is_ok()), (by_open, by_closed), "{url}");
        }
    }
}
