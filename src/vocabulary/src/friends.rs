//! The list of friends, derived from who is in whose timelines.

use serde::{Deserialize, Serialize};

/// The most people of one page.
pub const MAX_FRIENDS_LIMIT: u32 = 1_000;

/// Answer of `GET /_matrix/client/unstable/org.peerbrain/friends`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Friends {
    /// By user id.
    pub friends: Vec<Person>,
    /// The `from` of the next page. Absent when this was the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
}

/// Somebody, and what there is between us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Who.
    pub user_id: String,
    /// What it comes to.
    pub relation: Relation,
    /// Why: every timeline of one of the two in which the other is joined, invited or knocking.
    pub timelines: Vec<Timeline>,
}

/// What it comes to; see [`Relation::of`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Relation {
    /// Each is joined to a timeline of the other.
    Friend,
    /// They are joined to a timeline of ours.
    Follower,
    /// We are joined to a timeline of theirs.
    Following,
    /// Nobody is joined, and they knock on ours or have invited us to theirs: it is for us to act.
    Incoming,
    /// Nobody is joined, and we knock on theirs or have invited them to ours.
    Requested,
}

/// A timeline that one of two people owns, and how the other stands in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// The room.
    pub room_id: String,
    /// Whose it is.
    pub owner: Owner,
    /// How the other one stands in it.
    pub membership: Membership,
    /// What was said with a knock or an invite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Servers through which the room can be reached.
    #[serde(default)]
    pub via: Vec<String>,
}

/// Whose a timeline is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Owner {
    /// The user who asks.
    Me,
    /// The other one.
    Them,
}

/// Memberships that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Membership {
    /// Reads along.
    Join,
    /// Was let in and has not come yet.
    Invite,
    /// Asks to be let in.
    Knock,
}

impl Relation {
    /// What timelines come to. Nothing if there are none.
    #[must_use]
    pub fn of(timelines: &[Timeline]) -> Option<Self> {
        let has = |owner, membership| {
            timelines.iter().any(|timeline| timeline.owner == owner && timeline.membership == membership)
        };
        let relation = match (has(Owner::Me, Membership::Join), has(Owner::Them, Membership::Join)) {
            (true, true) => Self::Friend,
            (true, false) => Self::Follower,
            (false, true) => Self::Following,
            (false, false) if has(Owner::Me, Membership::Knock) || has(Owner::Them, Membership::Invite) => {
                Self::Incoming
            }
            (false, false) if timelines.is_empty() => return None,
            (false, false) => Self::Requested,
        };
        Some(relation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline(owner: Owner, membership: Membership) -> Timeline {
        Timeline { room_id: "!r".to_owned(), owner, membership, reason: None, via: Vec::new() }
    }

    #[test]
    fn relations_follow_from_memberships() {
        use Membership::{Invite, Join, Knock};
        use Owner::{Me, Them};
        let of = |told: &[(Owner, Membership)]| {
            Relation::of(&told.iter().map(|&(owner, membership)| timeline(owner, membership)).collect::<Vec<_>>())
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[(Me, Join), (Them, Join)]), Some(Relation::Friend));
        assert_eq!(of(&[(Me, Join), (Them, Knock)]), Some(Relation::Follower));
        assert_eq!(of(&[(Me, Knock), (Them, Join)]), Some(Relation::Following));
        assert_eq!(of(&[(Me, Knock), (Them, Knock)]), Some(Relation::Incoming));
        assert_eq!(of(&[(Them, Invite)]), Some(Relation::Incoming));
        assert_eq!(of(&[(Me, Invite)]), Some(Relation::Requested));
        assert_eq!(of(&[(Them, Knock)]), Some(Relation::Requested));
    }
}
