//! What a room is to be like.

use ruma::{OwnedUserId, RoomVersionId};
use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};

use crate::create::Preset;

/// The body of `POST /createRoom`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CreateRoom {
    /// Further keys for the content of `m.room.create`.
    pub creation_content: Map<String, Value>,
    /// State to set beyond what the preset says.
    pub initial_state: Vec<InitialState>,
    /// Users to invite.
    pub invite: Vec<OwnedUserId>,
    /// Addresses to invite; not supported without an identity server.
    pub invite_3pid: Vec<Value>,
    /// Whether invites say that this is a direct chat.
    pub is_direct: bool,
    /// The room's name.
    pub name: Option<String>,
    /// The room's topic.
    pub topic: Option<String>,
    /// Over the defaults of `m.room.power_levels`.
    pub power_level_content_override: Option<Map<String, Value>>,
    /// A set of defaults.
    pub preset: Option<Preset>,
    /// The local part of an alias for the room.
    pub room_alias_name: Option<String>,
    /// The room's version; the server's default if there is none.
    pub room_version: Option<RoomVersionId>,
    /// Whether the directory lists the room.
    pub visibility: Visibility,
}

/// Whether this server's directory lists a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// It does.
    Public,
    /// It does not.
    #[default]
    Private,
}

/// One event of `initial_state`.
#[derive(Debug, Deserialize)]
pub struct InitialState {
    /// Its type.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Its state key.
    #[serde(default)]
    pub state_key: String,
    /// Its content.
    pub content: Box<RawValue>,
}
