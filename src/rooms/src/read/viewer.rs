//! Where a user stands who wants to read a room.

use ruma::{OwnedUserId, UserId, events::room::history_visibility::HistoryVisibility};
use store::{
    Conn,
    rooms::{EventFlags, MemberRow, Membership, RoomRow, StoredEvent, current_event, member},
    sync::replaced_at,
};

use super::content;
use crate::{Error, Result, Rooms};

/// How many membership events are looked at to find when a user was last in the room. Invitations can be repeated for
/// ever; who was only invited and uninvited this often counts as never having been there.
const LONGEST_WALK: usize = 64;

/// A user who wants to read a room.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// The user.
    pub user_id: OwnedUserId,
    /// Where they stand.
    pub standing: Standing,
    /// Whether anybody may read the room as it is now. Not looked up, and false, for who is joined.
    pub world_readable: bool,
}

/// How a user belongs to a room.
#[derive(Clone, Debug)]
pub enum Standing {
    /// Joined.
    Joined,
    /// Was joined and is not any more, whatever came afterwards (a ban, a new invitation).
    Departed {
        /// The position of the last event that said that they are joined.
        joined_at: i64,
        /// The event by which they left. Where state resolution took their join away, or where that event has no place
        /// here, it is that join, at the position at which that happened.
        left: StoredEvent,
    },
    /// Was never joined, or has forgotten the room.
    Outside,
}

impl Viewer {
    /// Looks up where the user stands.
    pub fn of(conn: &mut Conn, rooms: &Rooms, room: &RoomRow, user_id: &UserId) -> Result<Self> {
        let member = member(conn, room.nid, user_id.as_str())?;
        Self::with_member(conn, rooms, room.nid, user_id, member.as_ref())
    }

    /// The same for who has the user's row already. Costs nothing for joined users.
    pub fn with_member(
        conn: &mut Conn,
        rooms: &Rooms,
        room: i64,
        user_id: &UserId,
        member: Option<&MemberRow>,
    ) -> Result<Self> {
        let standing = standing(conn, rooms, member)?;
        let world_readable = match standing {
            Standing::Joined => false,
            _ => current_event(conn, room, "m.room.history_visibility", "")?
                .is_some_and(|event| content::history_visibility(&event) == HistoryVisibility::WorldReadable),
        };
        Ok(Self { user_id: user_id.to_owned(), standing, world_readable })
    }

    /// Whether the user is joined.
    pub fn is_joined(&self) -> bool {
        matches!(self.standing, Standing::Joined)
    }

    /// Lets pass who may read anything of the room: who is or was joined, and everybody where it is world-readable
    /// (client-server § Room history visibility).
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub fn require_read(&self) -> Result<()> {
        match self.standing {
            Standing::Outside if !self.world_readable => {
                Err(Error::Forbidden("you are not a member of the room and were none before".into()))
            }
            _ => Ok(()),
        }
    }

    /// The root of the newest state that the user may see: the current one, or that in which they left.
    pub fn state_root(&self, room: &RoomRow) -> i64 {
        match &self.standing {
            Standing::Departed { left, .. } => left.state_after,
            _ => room.state,
        }
    }

    /// The position after which the user can see nothing, so that nobody need look there.
    pub fn newest_position(&self) -> Option<i64> {
        match &self.standing {
            Standing::Departed { left, .. } if !self.world_readable => Some(left.position),
            _ => None,
        }
    }
}

fn standing(conn: &mut Conn, rooms: &Rooms, member: Option<&MemberRow>) -> Result<Standing> {
    let Some(member) = member.filter(|member| !member.forgotten) else {
        return Ok(Standing::Outside);
    };
    if member.membership() == Membership::Join {
        return Ok(Standing::Joined);
    }
    let mut left = rooms.events().one(conn, member.event)?;
    if content::membership(&left) == Membership::Join {
        let joined_at = left.position;
        return Ok(Standing::Departed { joined_at, left: StoredEvent { position: member.position, row: left.row } });
    }
    for _ in 0..LONGEST_WALK {
        let without_place = EventFlags(left.flags).has(EventFlags::OUTLIER);
        let replaced = match left.replaces {
            None if without_place => replaced_at(conn, member.room, member.position, "m.room.member", &member.user_id)?,
            replaced => replaced,
        };
        let Some(replaced) = replaced else { break };
        let replaced = rooms.events().one(conn, replaced)?;
        if content::membership(&replaced) == Membership::Join {
            let joined_at = replaced.position;
            // Where the user left is known only by when we heard of it.
            let left = if without_place { StoredEvent { position: member.position, row: replaced.row } } else { left };
            return Ok(Standing::Departed { joined_at, left });
        }
        left = replaced;
    }
    Ok(Standing::Outside)
}
