//! Restricted rooms: who is in another room may join (client-server §restricted-rooms).

use ruma::{
    OwnedUserId, RoomId, UserId,
    events::room::join_rules::{AllowRule, JoinRule, RoomJoinRulesEventContent},
};
use store::{
    Conn,
    rooms::{Membership, current_event, member, room_by_id, room_by_nid},
};

use crate::{Error, Result, Rooms, parse, power::power_levels, rules_of};

impl Rooms {
    /// Of a restricted room that lets this user in: one of our users who vouches for that, since they may invite. None
    /// where the room is not restricted, and the auth rules decide alone.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where the user is in none of the rooms that open this one.
    pub(crate) async fn authorising_user(&self, room: i64, user: &UserId) -> Result<Option<OwnedUserId>> {
        let (rooms, user) = (self.clone(), user.to_owned());
        self.inner.store.read(move |conn| Ok(rooms.find_authorising_user(conn, room, &user))).await?
    }

    fn find_authorising_user(&self, conn: &mut Conn, room: i64, user: &UserId) -> Result<Option<OwnedUserId>> {
        let Some(join_rules) = current_event(conn, room, "m.room.join_rules", "")? else { return Ok(None) };
        let row = room_by_nid(conn, room)?.ok_or_else(|| Error::NotFound("no such room".into()))?;
        let rules = rules_of(&row)?;
        let content = parse(&join_rules, rules)?.content_as::<RoomJoinRulesEventContent>();
        let allow = match content.map(|content| content.join_rule) {
            Ok(JoinRule::Restricted(restricted) | JoinRule::KnockRestricted(restricted)) => restricted.allow,
            _ => return Ok(None),
        };
        if !is_allowed(conn, &allow, user)? {
            return Err(Error::Forbidden("you are in none of the rooms whose members may join this one".into()));
        }
        let levels = power_levels(conn, room)?;
        let inviter = self.local_members(conn, room, &levels, |user| levels.user(user) >= levels.invite)?.pop();
        inviter.map(Some).ok_or_else(|| Error::Forbidden("nobody on this server may let you into this room".into()))
    }
}

/// Whether a user is joined to one of the rooms that the rules name.
fn is_allowed(conn: &mut Conn, allow: &[AllowRule], user: &UserId) -> Result<bool> {
    for rule in allow {
        let AllowRule::RoomMembership(membership) = rule else { continue };
        if is_joined(conn, &membership.room_id, user)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_joined(conn: &mut Conn, room_id: &RoomId, user: &UserId) -> Result<bool> {
    let Some(room) = room_by_id(conn, room_id.as_str())? else { return Ok(false) };
    let row = member(conn, room.nid, user.as_str())?;
    Ok(row.is_some_and(|row| row.membership() == Membership::Join))
}
