//! Who belongs to a room.

use diesel::prelude::*;

use crate::schema::memberships;

/// A user's relation to a room (client-server §room-membership). The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i16)]
pub enum Membership {
    /// Joined.
    Join = 1,
    /// Invited.
    Invite = 2,
    /// Asked to be let in.
    Knock = 3,
    /// Left, was kicked, or declined.
    Leave = 4,
    /// Banned.
    Ban = 5,
}

impl Membership {
    /// The word of `m.room.member`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Invite => "invite",
            Self::Knock => "knock",
            Self::Leave => "leave",
            Self::Ban => "ban",
        }
    }

    /// Whether it is that of somebody who is no part of the room any more.
    pub fn is_gone(self) -> bool {
        matches!(self, Self::Leave | Self::Ban)
    }

    /// Reads the word of `m.room.member`.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Join, Self::Invite, Self::Knock, Self::Leave, Self::Ban].into_iter().find(|m| m.as_str() == word)
    }

    /// Reads the stored number. What is not known counts as having left.
    pub fn from_number(number: i16) -> Self {
        match number {
            1 => Self::Join,
            2 => Self::Invite,
            3 => Self::Knock,
            5 => Self::Ban,
            _ => Self::Leave,
        }
    }
}

/// A row of `memberships`: where a user stands in a room now.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = memberships, treat_none_as_default_value = false)]
pub struct MemberRow {
    /// The room's number.
    pub room: i64,
    /// The member.
    pub user_id: String,
    /// See [`Membership`].
    pub membership: i16,
    /// The number of the membership event.
    pub event: i64,
    /// The position of that event.
    pub position: i64,
    /// Who sent it.
    pub sender: String,
    /// The member's name in this room.
    pub display_name: Option<String>,
    /// The member's picture in this room.
    pub avatar_url: Option<String>,
    /// Whether the user has forgotten the room after leaving it.
    pub forgotten: bool,
}

impl MemberRow {
    /// The membership as a type.
    pub fn membership(&self) -> Membership {
        Membership::from_number(self.membership)
    }
}
