//! Who may do what in a room now, asked outside of its lane. The lane asks again.

use std::collections::BTreeSet;

use events::PowerLevels;
use ruma::{OwnedUserId, UserId, events::TimelineEventType};
use store::{
    Conn,
    rooms::{Membership, current_event, joined_of, joined_of_server, member, room_by_nid},
};

use crate::{Error, Result, Rooms, parse, rules_of};

/// How many members are looked at of whom the power levels say nothing.
const UNLISTED: i64 = 100;

impl Rooms {
    /// Whether a user is joined and has the power to send an event of this type.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub async fn check_may_send(
        &self,
        room: i64,
        user: &UserId,
        event_type: &TimelineEventType,
        state_key: Option<&str>,
    ) -> Result<()> {
        let (user, event_type, is_state) = (user.to_owned(), event_type.clone(), state_key.is_some());
        let may = self.inner.store.read(move |conn| {
            let joined = member(conn, room, user.as_str())?.is_some_and(|row| row.membership() == Membership::Join);
            Ok(joined.then(|| power_levels(conn, room).map(|levels| levels.may_send(&user, &event_type, is_state))))
        });
        match may.await?.transpose()? {
            Some(true) => Ok(()),
            Some(false) => Err(Error::Forbidden("you have not the power to do that in this room".into())),
            None => Err(Error::Forbidden("you are not in this room".into())),
        }
    }
}

impl Rooms {
    /// Some joined members of this server whom `may` allows, by the levels: if there are any, those of whom the levels say
    /// something and the creators; otherwise those who have been joined for longest.
    pub(crate) fn local_members(
        &self,
        conn: &mut Conn,
        room: i64,
        levels: &PowerLevels,
        may: impl Fn(&UserId) -> bool,
    ) -> Result<Vec<OwnedUserId>> {
        let listed: BTreeSet<&UserId> = levels.listed().chain(levels.creators().iter().map(|user| &**user)).collect();
        let ours: Vec<String> =
            listed.into_iter().filter(|user| self.is_local(user) && may(user)).map(ToString::to_string).collect();
        let mut found = joined_of(conn, room, &ours)?;
        if found.is_empty() {
            found = joined_of_server(conn, room, self.inner.server_name.as_str(), UNLISTED)?;
        }
        let users = found.into_iter().filter_map(|user| UserId::parse(user).ok());
        Ok(users.filter(|user| self.is_local(user) && may(user)).collect())
    }
}

/// The power levels of a room now.
pub(crate) fn power_levels(conn: &mut Conn, room: i64) -> Result<PowerLevels> {
    let row = room_by_nid(conn, room)?.ok_or_else(|| Error::NotFound("no such room".into()))?;
    let rules = rules_of(&row)?;
    let create = current_event(conn, room, "m.room.create", "")?;
    let create = create.ok_or_else(|| Error::Internal("a room without m.room.create".into()))?;
    let levels = current_event(conn, room, "m.room.power_levels", "")?;
    let levels = levels.map(|levels| parse(&levels, rules)).transpose()?;
    Ok(PowerLevels::new(rules, &parse(&create, rules)?, levels.as_ref())?)
}
