//! Presets: sets of defaults for a new room.

use serde::Deserialize;
use serde_json::{Value, json};

/// A set of defaults (client-server §creation, "presets").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// Invited users only.
    PrivateChat,
    /// The same, and those invited at creation have the creator's power.
    TrustedPrivateChat,
    /// Anyone may join.
    PublicChat,
}

impl Preset {
    /// The state that the preset sets: (type, content).
    pub(super) fn state(self) -> [(&'static str, Value); 3] {
        let (join_rule, guests) = match self {
            Self::PrivateChat | Self::TrustedPrivateChat => ("invite", "can_join"),
            Self::PublicChat => ("public", "forbidden"),
        };
        [
            ("m.room.join_rules", json!({ "join_rule": join_rule })),
            ("m.room.history_visibility", json!({ "history_visibility": "shared" })),
            ("m.room.guest_access", json!({ "guest_access": guests })),
        ]
    }

    /// The power that an invite takes.
    pub(super) fn invite_level(self) -> i64 {
        if self == Self::PublicChat { 50 } else { 0 }
    }
}
