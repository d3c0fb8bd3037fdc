//! Looking at a server step by step, for an operator who wants to know why it cannot be reached.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::header;
use ruma::{OwnedServerName, ServerName};
use serde_json::Value;

use super::{Client, Unopened, answer::read, reason, tls, transport::Fixed};
use crate::discovery::well_known;

/// How long one address has for its answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// Bytes that are read of an answer.
const LARGEST: usize = 65_536;

/// One thing that was found out about a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It is as it should be, or may be.
    Fine(String),
    /// It is allowed, but hardly what somebody wanted.
    Doubtful(String),
    /// It cannot be told from here.
    Unclear(String),
    /// It keeps others from reaching the server.
    Wrong(String),
}

use Finding::{Doubtful, Fine, Unclear, Wrong};

impl Client {
    /// Looks at a server, ours or another one, as others see it who have never heard of it. Whom the configuration allows
    /// does not matter here.
    pub async fn examine(&self, server: &ServerName) -> Vec<Finding> {
        let mut findings = Vec::new();
        let name = self.examine_name(server, &mut findings).await;
        let endpoints = match self.endpoints(&name).await {
            Ok(endpoints) => endpoints,
            Err(reason) => {
                findings.push(Wrong(format!("{reason}.")));
                return findings;
            }
        };
        let before = findings.len();
        for endpoint in endpoints {
            findings.push(self.examine_endpoint(server, &name, endpoint).await);
        }
        if findings.iter().skip(before).all(|finding| matches!(finding, Unclear(_))) {
            findings.push(Wrong("None of the addresses can be tried from here.".into()));
        }
        findings
    }

    /// Steps 1 to 3: what the name leads to.
    async fn examine_name(&self, server: &ServerName, findings: &mut Vec<Finding>) -> OwnedServerName {
        if self.inner.transport.knows(server) {
            findings.push(Fine(format!("federation.overrides says where {server} is, so nothing is looked up.")));
            return server.to_owned();
        }
        if server.is_ip_literal() || server.port().is_some() {
            findings
                .push(Fine(format!("{server} says itself where it is: no .well-known file and no SRV record counts.")));
            return server.to_owned();
        }
        match self.inner.discovery.look(server).await {
            Ok(file) => {
                findings.push(Fine(format!("https://{server}{} hands over to {}.", well_known::PATH, file.server)));
                file.server
            }
            Err(Unopened::Absent(reason)) => {
                let text = format!("https://{server}{} does not exist: {reason}.", well_known::PATH);
                findings.push(Fine(format!("{text} That is allowed; then SRV records and port 8448 count.")));
                server.to_owned()
            }
            Err(Unopened::Wrong(reason)) => {
                let text = format!("https://{server}{} is there, but cannot be used: {reason}.", well_known::PATH);
                findings.push(Doubtful(format!(
                    "{text} Other servers go on as if there were none, to SRV records and port 8448; if that is not \
                     meant, mend or remove the file."
                )));
                server.to_owned()
            }
        }
    }

    /// Where the server of this name is.
    async fn endpoints(&self, name: &ServerName) -> Result<Vec<SocketAddr>, String> {
        if let Some(address) = self.inner.settings.overrides.iter().find(|known| known.server == *name) {
            return Ok(vec![address.address]);
        }
        let (_, url) = self.inner.transport.address(name, "/")?;
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or_default();
        if let Some(address) = super::web::literal(&url) {
            return Ok(vec![(address, port).into()]);
        }
        let resolver = self.inner.transport.resolver();
        if name.port().is_none() {
            return resolver.endpoints(host).await.map_err(|failure| failure.to_string());
        }
        let addresses = resolver.addresses(host).await.map_err(|failure| failure.to_string())?;
        Ok(addresses.into_iter().map(|address| (address, port).into()).collect())
    }

    /// Asks at one address for version and keys.
    async fn examine_endpoint(&self, server: &ServerName, name: &ServerName, endpoint: SocketAddr) -> Finding {
        let version = match self.ask_at(name, endpoint, "/_matrix/federation/v1/version").await {
            Ok(version) => version,
            Err(reason) if reason.contains("unreachable") => {
                return Unclear(format!("{endpoint} as {name}: this machine has no way to such addresses."));
            }
            Err(reason) => return Wrong(format!("{endpoint} as {name}: {reason}.")),
        };
        let software = version.pointer("/server/name").and_then(Value::as_str).unwrap_or("a server without a name");
        let version = version.pointer("/server/version").and_then(Value::as_str).unwrap_or_default();
        match self.ask_at(name, endpoint, "/_matrix/key/v2/server").await {
            Ok(keys) => match keys.get("server_name").and_then(Value::as_str) {
                Some(who) if who == server => {
                    Fine(format!("{endpoint} as {name}: {software} {version} answers, with a good certificate."))
                }
                who => Wrong(format!(
                    "{endpoint} as {name}: {software} {version} answers, but calls itself {}.",
                    who.unwrap_or("nothing")
                )),
            },
            Err(reason) => {
                Wrong(format!("{endpoint} as {name}: {software} {version} answers, but not with keys: {reason}."))
            }
        }
    }

    async fn ask_at(&self, name: &ServerName, endpoint: SocketAddr, path: &str) -> Result<Value, String> {
        let host = name.host();
        let (url, port) = (format!("https://{host}"), endpoint.port());
        let url = if name.is_ip_literal() { format!("{url}:{port}{path}") } else { format!("{url}{path}") };
        let client = tls::client(&self.inner.tls, Fixed(endpoint), |builder| builder.timeout(PATIENCE))
            .map_err(|error| error.to_string())?;
        let asked = client.get(url).header(header::HOST, name.as_str()).body(Bytes::new()).send().await;
        let mut answer = asked.map_err(|error| explain(&reason(&error)))?;
        if answer.status() != http::StatusCode::OK {
            return Err(explain(&format!("{path} answers {}", answer.status())));
        }
        let body = read(&mut answer, LARGEST).await.map_err(|error| error.to_string())?;
        serde_json::from_slice(&body).map_err(|_| format!("{path} answers something that is not JSON"))
    }
}

/// What the usual troubles mean.
fn explain(reason: &str) -> String {
    let hint = [
        (
            "refused",
            "nothing listens there: is the port forwarded, and does a listener have TLS and the API \"federation\"?",
        ),
        ("no answer in time", "a firewall may keep it closed, or the port is not forwarded"),
        ("not valid for name", "the certificate is for another name; it must be for the one that is asked for"),
        ("UnknownIssuer", "the certificate is self-signed, or its file lacks the chain"),
        ("CaUsedAsEndEntity", "the certificate is self-signed; it must come from an authority that browsers believe"),
        ("Expired", "the certificate has run out"),
        ("corrupt message", "what listens there does not speak TLS"),
        ("answers 404", "has its listener the API \"federation\", and does a proxy pass all of /_matrix/ on?"),
        ("answers 502", "a proxy answers, but reaches no server behind it"),
    ];
    let hint = hint.into_iter().find(|(sign, _)| reason.contains(sign)).map(|(_, hint)| hint);
    hint.map_or_else(|| reason.to_owned(), |hint| format!("{reason} ({hint})"))
}
