//! The list of one `m.room.server_acl`, compiled.

use std::collections::HashSet;

use ruma::ServerName;
use serde_json::Value;
use store::rooms::EventRow;

use super::glob;
use crate::read::content;

/// A room's list of the servers that may take part.
#[derive(Debug)]
pub struct ServerAcl {
    ip_literals: bool,
    allow: Hosts,
    deny: Hosts,
    bytes: u64,
}

impl ServerAcl {
    /// Reads the list out of its event. What is of the wrong type counts as absent, and an absent list names nobody.
    pub(super) fn of(event: &EventRow) -> Self {
        let content: Value = content::read(event).unwrap_or_default();
        Self {
            ip_literals: content.get("allow_ip_literals").and_then(Value::as_bool).unwrap_or(true),
            allow: Hosts::of(content.get("allow")),
            deny: Hosts::of(content.get("deny")),
            bytes: 500 + 2 * event.json.len() as u64,
        }
    }

    /// Whether a server may take part (client-server § `m.room.server_acl`). Its port does not count, nor does case.
    pub fn allows(&self, server: &ServerName) -> bool {
        if server.is_ip_literal() && !self.ip_literals {
            return false;
        }
        let host = server.host().to_ascii_lowercase();
        !self.deny.have(&host) && self.allow.have(&host)
    }

    /// About how much memory it takes.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// Hosts, by name and by pattern. Long lists mostly consist of names.
#[derive(Debug, Default)]
struct Hosts {
    names: HashSet<String>,
    patterns: Vec<Box<[u8]>>,
}

impl Hosts {
    fn of(list: Option<&Value>) -> Self {
        let mut hosts = Self::default();
        for entry in list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            if entry.contains(['*', '?']) {
                hosts.patterns.extend(glob::ready(entry));
            } else {
                hosts.names.insert(entry.to_ascii_lowercase());
            }
        }
        hosts
    }

    fn have(&self, host: &str) -> bool {
        self.names.contains(host) || self.patterns.iter().any(|pattern| glob::matches(pattern, host.as_bytes()))
    }
}

#[cfg(test)]
mod tests;
