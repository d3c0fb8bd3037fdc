//! What is told of thoughts and messages.

use std::collections::BTreeMap;

use matrix_sdk::ruma::events::room::MediaSource;
use matrix_sdk::ruma::{OwnedEventId, OwnedRoomId, OwnedUserId};
use serde::{Deserialize, Serialize};

use super::{Friendship, PersonReport};

/// A thought was sent, or is kept to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    /// Its `org.peerbrain.thought.id`.
    pub id: String,
    /// Where it went.
    pub events: Vec<PostedEvent>,
    /// Whether some of it is kept, to be sent when the server can be reached.
    pub queued: bool,
}

/// A thought in one timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostedEvent {
    /// The timeline.
    pub room_id: OwnedRoomId,
    /// The event.
    pub event_id: OwnedEventId,
    /// What the author calls the audience.
    pub audience: String,
}

/// Something was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room_id: Option<OwnedRoomId>,
    /// The event.
    pub event_id: OwnedEventId,
}

/// A thought as it is read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ThoughtReport {
    /// Its `org.peerbrain.thought.id`; the event id where it has none or cannot be read.
    pub id: String,
    /// The event.
    pub event_id: OwnedEventId,
    /// The timeline.
    pub room_id: OwnedRoomId,
    /// Whose it is.
    pub author: OwnedUserId,
    /// The name they show.
    pub author_name: Option<String>,
    /// Title. Empty if there is none.
    pub title: String,
    /// Text. Empty if it cannot be read.
    pub text: String,
    /// Tags.
    pub tags: Vec<String>,
    /// Language, as BCP 47 names it.
    pub lang: Option<String>,
    /// When the author's server took it, in milliseconds since 1970.
    pub date_ms: u64,
    /// Whether it was edited.
    pub edited: bool,
    /// Its pictures.
    pub pictures: Vec<PictureReport>,
    /// How many people reacted with what.
    pub reactions: BTreeMap<String, u64>,
    /// How many replies there are.
    pub replies: u64,
    /// What the reactions come to for this reader.
    pub rating: f64,
    /// The audiences it went to, where it is one's own.
    pub audiences: Vec<String>,
    /// Whether this device has no key for it.
    pub undecryptable: bool,
    /// Who shared the key of an old thought, where it was not its author.
    pub shared_by: Option<OwnedUserId>,
}

/// A picture of a thought.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PictureReport {
    /// Name of the file.
    pub name: String,
    /// Its media type.
    pub mimetype: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
    /// Pixels from left to right.
    pub width: Option<u64>,
    /// Pixels from top to bottom.
    pub height: Option<u64>,
    /// Where it is, with its key where it is encrypted.
    pub source: MediaSource,
}

/// A picture that can be shown at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownPicture {
    /// Name of the file.
    pub name: String,
    /// The file, in base64.
    pub data: String,
}

/// A message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Who wrote it.
    pub sender: OwnedUserId,
    /// What. Empty if it cannot be read.
    pub text: String,
    /// When, in milliseconds since 1970.
    pub date_ms: u64,
}

/// Everything readable was written into a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exported {
    /// The file.
    pub file: String,
    /// How many thoughts are in it.
    pub thoughts: u64,
}

/// Something that happened while somebody watched.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Happening {
    /// A new thought.
    Thought(Box<ThoughtReport>),
    /// Somebody asks to be a friend.
    Request(PersonReport),
    /// We joined somebody's timeline.
    Joined(Friendship),
    /// Keys of old thoughts were imported.
    Imported(Friendship),
    /// Somebody accepted us, or came after we had accepted them.
    Accepted(Friendship),
    /// Something worth knowing.
    Notice {
        /// In words.
        text: String,
    },
}
