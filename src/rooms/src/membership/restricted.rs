//! Restricted rooms: who is in another room may join (client-server §restricted-rooms).

use ruma::{
    OwnedUserId, UserId,
    events::room::join_rules::{AllowRule, JoinRule, RoomJoinRulesEventContent},
};
use store::{
    Conn,
    rooms::{Membership, current_event, member, room_by_id, room_by_nid},
};

use crate::{Error, Result, Rooms, foreign::is_resident, parse, power::power_levels, rules_of};

impl Rooms {
    /// Of a restricted room that lets this user in: one of our users who vouches for that, since they may invite. None
    /// where the room is not restricted, and the auth rules decide alone.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where the user is in none of the rooms that open this one, [`Error::UnableToAuthoriseJoin`]
    /// where that cannot be said because none of them is here, [`Error::UnableToGrantJoin`] where nobody may vouch.
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
        match self.is_allowed(conn, &allow, user)? {
            Some(true) => {}
            Some(false) => {
                return Err(Error::Forbidden("you are in none of the rooms whose members may join this one".into()));
            }
            None => return Err(Error::UnableToAuthoriseJoin),
        }
        let levels = power_levels(conn, room)?;
        let inviter = self.local_members(conn, room, &levels, |user| levels.user(user) >= levels.invite)?.pop();
        inviter.map(Some).ok_or(Error::UnableToGrantJoin)
    }

    /// Whether a user is joined to one of the rooms that the rules name; none where none of them is here.
    fn is_allowed(&self, conn: &mut Conn, allow: &[AllowRule], user: &UserId) -> Result<Option<bool>> {
        let mut answer = None;
        for rule in allow {
            let AllowRule::RoomMembership(membership) = rule else { continue };
            // What is known of a room that we have left is out of date.
            let Some(room) = room_by_id(conn, membership.room_id.as_str())? else { continue };
            if !is_resident(self, conn, room.nid)? {
                continue;
            }
            answer = Some(false);
            let row = member(conn, room.nid, user.as_str())?;
            if row.is_some_and(|row| row.membership() == Membership::Join) {
                return Ok(Some(true));
            }
        }
        Ok(answer)
    }
}
