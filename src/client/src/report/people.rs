//! What is told of people.

use matrix_sdk::ruma::{OwnedRoomId, OwnedUserId};
use peerbrain_vocabulary::{AudienceKind, Relation, Timeline};
use serde::{Deserialize, Serialize};

/// Somebody, and what there is between us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonReport {
    /// Who.
    pub user_id: OwnedUserId,
    /// The name they show.
    pub name: Option<String>,
    /// What it comes to.
    pub relation: Relation,
    /// Why.
    pub timelines: Vec<Timeline>,
}

/// What a step between two people has come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Friendship {
    /// The other one.
    pub user_id: OwnedUserId,
    /// What there is between us now. Nothing after a decline, a removal or a block.
    pub relation: Option<Relation>,
    /// What was done.
    pub outcome: Outcome,
    /// How many keys of old thoughts were imported.
    #[serde(default)]
    pub sessions: u64,
    /// What there is to know or to do, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// They were asked.
    Requested,
    /// They were accepted, and their side is not known yet.
    Accepted,
    /// It goes on when the other side comes by.
    Waiting,
    /// Friends, and their old thoughts can be read.
    Imported,
    /// Their request was declined.
    Declined,
    /// No longer friends.
    Removed,
    /// Nothing comes from them any more.
    Blocked,
}

/// An audience with those who read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudienceReport {
    /// What the author calls it.
    pub name: String,
    /// Its timeline.
    pub room_id: OwnedRoomId,
    /// What kind of room it is.
    pub kind: AudienceKind,
    /// Who is in it, joined or invited, without the author.
    pub members: Vec<OwnedUserId>,
}

/// How much somebody's reactions count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Weight {
    /// Who.
    pub user_id: OwnedUserId,
    /// From 0 to 1.
    pub weight: f64,
}

/// A changed identity was agreed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trusted {
    /// Whose.
    pub user_id: OwnedUserId,
    /// Whether there was a change to agree to.
    pub changed: bool,
}
