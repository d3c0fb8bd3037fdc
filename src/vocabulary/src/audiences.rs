//! The author's own list of audiences. It is kept as secret storage keeps secrets, so no server learns who is in which.

use serde::{Deserialize, Serialize};

/// The most audiences that a client keeps.
pub const MAX_AUDIENCES: usize = 100;
/// The longest name of an audience, in characters.
pub const MAX_AUDIENCE_NAME_CHARS: usize = 64;

/// What `org.peerbrain.audiences` holds once it is decrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audiences {
    /// Version of this form: 1.
    pub v: u32,
    /// In the order in which they were made.
    pub audiences: Vec<Audience>,
}

/// A timeline room and what its author calls those who read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audience {
    /// What the author calls it: "friends", "public", or a name of the author's own.
    pub name: String,
    /// The timeline room.
    pub room_id: String,
    /// What kind of room it is.
    pub kind: AudienceKind,
}

/// Kinds of timelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AudienceKind {
    /// The one that people knock on. There is one.
    Friends,
    /// Some of the friends, by invitation.
    List,
    /// Not encrypted, for everybody. There is at most one.
    Public,
}

impl Audiences {
    /// The audience of that name, whatever its capitals.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Audience> {
        let name = name.to_lowercase();
        self.audiences.iter().find(|audience| audience.name.to_lowercase() == name)
    }

    /// The first audience of that kind.
    #[must_use]
    pub fn of_kind(&self, kind: AudienceKind) -> Option<&Audience> {
        self.audiences.iter().find(|audience| audience.kind == kind)
    }

    /// The audience whose timeline is that room.
    #[must_use]
    pub fn in_room(&self, room_id: &str) -> Option<&Audience> {
        self.audiences.iter().find(|audience| audience.room_id == room_id)
    }
}
