//! Which server a room names.

use events::PublicKey;
use ruma::OwnedServerName;
use serde::Deserialize;

/// The policy server of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyServer {
    /// Its name.
    pub name: OwnedServerName,
    /// The key with which it signs what it recommends.
    pub key: PublicKey,
}

#[derive(Deserialize)]
struct Content {
    via: OwnedServerName,
    public_keys: PublicKeys,
}

#[derive(Deserialize)]
struct PublicKeys {
    ed25519: String,
}

impl PolicyServer {
    /// Reads the content of `m.room.policy`; nothing where it names none.
    pub(super) fn read(content: &str) -> Option<Self> {
        let Content { via, public_keys } = serde_json::from_str(content).ok()?;
        Some(Self { name: via, key: PublicKey::from_base64(&public_keys.ed25519).ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_whole_names_a_server() {
        let key = "yfVPkMdVLq8eHT8Hyc4QVNkFGIfBbMEYEzTfMDRxSnQ";
        let whole = format!(r#"{{"via":"policy.example","public_keys":{{"ed25519":"{key}","x":"y"}}}}"#);
        if PublicKey::from_base64(key).is_ok() {
            assert_eq!(PolicyServer::read(&whole).unwrap().name, "policy.example");
        }
        for bad in [
            "{}".to_owned(),
            whole.replace("via", "server"),
            whole.replace("policy.example", "not a name"),
            whole.replace("ed25519", "rsa"),
            whole.replace(key, "short"),
            whole.replace(&format!("\"{key}\""), "1"),
        ] {
            assert_eq!(PolicyServer::read(&bad), None, "{bad}");
        }
    }
}
