//! `/directory/room/{roomAlias}` and `GET /rooms/{roomId}/aliases`: names for rooms.

use peerbrain_core::limits::{ALIASES_PER_ROOM, ID_BYTES};
use ruma::{OwnedRoomId, OwnedServerName, RoomAliasId, RoomId, ServerName, UserId, events::TimelineEventType};
use serde_json::{Map, Value, value::to_raw_value};
use store::{
    Conn,
    rooms::{
        AliasOutcome, Membership, aliases_of_room, current_event, longest_joined, member, room_by_alias, room_by_id,
    },
};

use super::{content, reader::no_member, viewer::Viewer};
use crate::{Error, Result, Rooms, reserved_alias::check_alias_owner};

/// Members that are looked at to name servers that are in the room.
const MEMBERS_LOOKED_AT: i64 = 500;

/// Servers that are named.
const MOST_SERVERS: usize = 50;

/// Where an alias leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedAlias {
    /// The room.
    pub room_id: OwnedRoomId,
    /// Servers that are in it, this one first.
    pub servers: Vec<OwnedServerName>,
}

impl Rooms {
    /// Makes an alias for a room that the user is joined to.
    ///
    /// # Errors
    /// [`Error::InvalidParam`] for an alias that is not of this server, or too long, or when the room has too many;
    /// [`Error::Forbidden`] for who is not in the room; [`Error::AliasInUse`].
    pub async fn create_alias(&self, user_id: &UserId, alias: &RoomAliasId, room_id: &RoomId) -> Result<()> {
        if alias.server_name() != self.inner.server_name {
            return Err(Error::InvalidParam("aliases can be made of this server only".into()));
        }
        if alias.as_str().len() > ID_BYTES || alias.alias().is_empty() {
            return Err(Error::InvalidParam("the alias is empty or too long".into()));
        }
        check_alias_owner(user_id, alias)?;
        let (user_id, alias, room_id) = (user_id.to_string(), alias.to_string(), room_id.to_string());
        let outcome = self.store().write(move |tx| {
            let Some(room) = room_by_id(tx.conn(), &room_id)? else { return Ok(None) };
            let member = member(tx.conn(), room.nid, &user_id)?;
            if member.is_none_or(|member| member.membership() != Membership::Join) {
                return Ok(None);
            }
            let most = i64::try_from(ALIASES_PER_ROOM).unwrap_or(i64::MAX);
            store::rooms::create_alias(tx, &alias, room.nid, &user_id, most).map(Some)
        });
        match outcome.await? {
            Some(AliasOutcome::Created) => Ok(()),
            Some(AliasOutcome::Taken) => Err(Error::AliasInUse),
            Some(AliasOutcome::TooMany) => Err(Error::InvalidParam("the room has too many aliases".into())),
            None => Err(no_member()),
        }
    }

    /// Removes an alias, and takes it out of the room's `m.room.canonical_alias` where the user has the power to. May
    /// be done by who made it, by who has the power to set the room's canonical alias, and by admins of the server.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such alias, [`Error::Forbidden`] for others.
    pub async fn delete_alias(&self, user_id: &UserId, alias: &RoomAliasId, admin: bool) -> Result<()> {
        let name = alias.to_string();
        let found = self.reading(move |_, conn| Ok(room_by_alias(conn, &name)?)).await?;
        let (room, creator) = found.ok_or_else(not_found)?;
        if !admin && creator != user_id.as_str() {
            self.check_may_send(room.nid, user_id, &TimelineEventType::RoomCanonicalAlias, Some("")).await?;
        }
        let name = alias.to_string();
        if !self.store().write(move |tx| store::rooms::delete_alias(tx, &name)).await? {
            return Err(not_found());
        }
        if let Err(error) = self.forget_canonical(user_id, room.nid, &room.room_id, alias).await {
            tracing::debug!(room_id = room.room_id, %error, "the canonical alias still names a deleted alias");
        }
        Ok(())
    }

    /// Takes an alias out of the room's `m.room.canonical_alias`, in the name of a user.
    async fn forget_canonical(&self, user_id: &UserId, room: i64, room_id: &str, alias: &RoomAliasId) -> Result<()> {
        let read = self.reading(move |_, conn| Ok(current_event(conn, room, "m.room.canonical_alias", "")?));
        let Some(event) = read.await? else { return Ok(()) };
        let Some(content) = content::read::<Map<String, Value>>(&event) else { return Ok(()) };
        let Some(content) = without_alias(content, alias.as_str()) else { return Ok(()) };
        let content = to_raw_value(&content).map_err(|error| Error::Internal(error.to_string()))?;
        let room_id = RoomId::parse(room_id).map_err(|_| Error::Internal(format!("stored room id {room_id:?}")))?;
        self.send_state(&room_id, user_id, TimelineEventType::RoomCanonicalAlias, "", &content, None).await?;
        Ok(())
    }

    /// Where an alias leads. Aliases of other servers are not known.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn resolve_alias(&self, alias: &RoomAliasId) -> Result<ResolvedAlias> {
        let alias = alias.to_string();
        self.reading(move |rooms, conn| {
            let (room, room_id) = room_of(conn, &alias)?;
            let members = longest_joined(conn, room, MEMBERS_LOOKED_AT)?;
            Ok(ResolvedAlias { room_id, servers: servers_of(&rooms.inner.server_name, &members) })
        })
        .await
    }

    /// The room of an alias, without the servers that are in it.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn room_of_alias(&self, alias: &RoomAliasId) -> Result<OwnedRoomId> {
        let alias = alias.to_string();
        self.reading(move |_, conn| Ok(room_of(conn, &alias)?.1)).await
    }

    /// The aliases that this server has for a room, for who is joined to it, or for all where it is world-readable.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for others.
    pub async fn aliases(&self, user_id: &UserId, room_id: &RoomId) -> Result<Vec<String>> {
        let (user_id, room_id) = (user_id.to_owned(), room_id.to_owned());
        self.reading(move |rooms, conn| {
            let room = room_by_id(conn, room_id.as_str())?.ok_or_else(no_member)?;
            let viewer = Viewer::of(conn, rooms, &room, &user_id)?;
            if !viewer.is_joined() && !viewer.world_readable {
                return Err(no_member());
            }
            let mut aliases = aliases_of_room(conn, room.nid)?;
            aliases.sort();
            Ok(aliases)
        })
        .await
    }
}

/// The room of an alias, by number and id.
fn room_of(conn: &mut Conn, alias: &str) -> Result<(i64, OwnedRoomId)> {
    let (room, _) = room_by_alias(conn, alias)?.ok_or_else(not_found)?;
    let room_id =
        RoomId::parse(&room.room_id).map_err(|_| Error::Internal(format!("stored room id {}", room.room_id)))?;
    Ok((room.nid, room_id))
}

/// The content of an `m.room.canonical_alias` without one alias; `None` if it does not name it.
fn without_alias(mut content: Map<String, Value>, alias: &str) -> Option<Map<String, Value>> {
    let mut named = false;
    if content.get("alias").and_then(Value::as_str) == Some(alias) {
        content.remove("alias");
        named = true;
    }
    if let Some(others) = content.get_mut("alt_aliases").and_then(Value::as_array_mut) {
        let before = others.len();
        others.retain(|other| other.as_str() != Some(alias));
        named |= others.len() != before;
    }
    named.then_some(content)
}

/// The servers of these members, each once, our own first.
fn servers_of(own: &ServerName, members: &[String]) -> Vec<OwnedServerName> {
    let mut servers = vec![own.to_owned()];
    for member in members {
        let Ok(user) = <&UserId>::try_from(member.as_str()) else { continue };
        if servers.len() < MOST_SERVERS && !servers.iter().any(|server| server == user.server_name()) {
            servers.push(user.server_name().to_owned());
        }
    }
    servers
}

fn not_found() -> Error {
    Error::NotFound("there is no such alias".into())
}
