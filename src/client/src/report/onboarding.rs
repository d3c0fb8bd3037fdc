//! What is told of an account and its devices.

use matrix_sdk::ruma::{OwnedDeviceId, OwnedMxcUri, OwnedUserId};
use serde::{Deserialize, Serialize};

/// A login that stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Onboarded {
    /// Who.
    pub user_id: OwnedUserId,
    /// With which device.
    pub device_id: OwnedDeviceId,
    /// The address of the server.
    pub homeserver: String,
    /// The recovery key, where one was made: this is the only time it is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_key: Option<String>,
    /// Whether the device is cross-signed, so that it gets keys.
    pub vouched: bool,
}

/// The account is no longer on this computer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedOut {
    /// Who it was.
    pub user_id: OwnedUserId,
}

/// Who one is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Who.
    pub user_id: OwnedUserId,
    /// With which device.
    pub device_id: OwnedDeviceId,
    /// The address of the server.
    pub homeserver: String,
    /// Whether the device is cross-signed, so that it gets keys.
    pub cross_signed: bool,
    /// Whether this device writes and reads a key backup.
    pub backup: bool,
    /// How much is still to be done: posts to send, invites to answer.
    pub pending: u64,
}

/// How one appears to others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Who.
    pub user_id: OwnedUserId,
    /// The name shown.
    pub name: Option<String>,
    /// The picture shown.
    pub avatar_url: Option<OwnedMxcUri>,
}

/// Two devices or two people have compared emoji.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// The other side.
    pub user_id: OwnedUserId,
    /// The names of the seven emoji.
    pub emoji: Vec<String>,
    /// Whether both sides said that they match.
    pub verified: bool,
}

/// What a lost device could be replaced with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// Whether there is secret storage that this device can use.
    pub enabled: bool,
    /// Whether this device writes and reads a key backup.
    pub backup: bool,
    /// The recovery key, where a new one was made: this is the only time it is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_key: Option<String>,
}
