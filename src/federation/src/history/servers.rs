//! Whom to ask.

use std::collections::HashSet;

use rooms::Rooms;
use ruma::{OwnedServerName, RoomId, ServerName, UserId};
use store::{federation::room_servers, rooms::longest_joined};

use crate::{Result, history::History};

/// How many servers are asked for the same thing.
const ASKED: usize = 4;

/// How many members are looked at to find servers.
const MEMBERS: i64 = 200;

impl History {
    /// Those who may know: first the ones named that are in the room, then others that are. Who is not there is asked
    /// nothing: any server could send an event, and tell a past of it that fills our disk.
    ///
    /// # Errors
    /// What the database says.
    pub(super) async fn servers(&self, room_id: &RoomId, first: &[&ServerName]) -> Result<Vec<OwnedServerName>> {
        let own = &self.options.server_name;
        let mut servers: Vec<OwnedServerName> = Vec::with_capacity(ASKED);
        let mut named = Vec::with_capacity(first.len());
        for server in first {
            if self.rooms().server_in_room(room_id, server).await? {
                named.push((*server).to_owned());
            }
        }
        for server in named.into_iter().chain(in_room(self.rooms(), room_id).await?) {
            if servers.len() < ASKED && server != *own && !servers.contains(&server) {
                servers.push(server);
            }
        }
        Ok(servers)
    }
}

/// Servers of a room, those first whose users have been there for longest, and behind all others those that do not take
/// what they are sent: in old rooms the first may be gone for ever.
async fn in_room(rooms: &Rooms, room_id: &RoomId) -> Result<Vec<OwnedServerName>> {
    let Some(room) = rooms.nid(room_id).await? else { return Ok(Vec::new()) };
    let found = rooms
        .store()
        .read(move |conn| Ok((longest_joined(conn, room, MEMBERS)?, room_servers::reachable(conn, &[room])?)));
    let (members, reachable) = found.await?;
    let reachable: HashSet<String> = reachable.into_iter().map(|(_, server)| server).collect();
    let users = members.iter().filter_map(|member| UserId::parse(member.as_str()).ok());
    let mut servers: Vec<OwnedServerName> = users.map(|user| user.server_name().to_owned()).collect();
    servers.sort_by_key(|server| !reachable.contains(server.as_str()));
    Ok(servers)
}
