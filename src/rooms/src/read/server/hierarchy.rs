//! `GET /_matrix/federation/v1/hierarchy/{roomId}`: a space and its children.

use std::collections::{HashMap, HashSet};

use ruma::{OwnedServerName, RoomId, ServerName};
use serde::Serialize;
use store::{
    Conn,
    federation::room_servers,
    rooms::{RoomRow, rooms_by_id, rooms_inviting_server},
};

use crate::{
    Error, Result, Rooms,
    acl::acl_of,
    read::{
        HierarchyRoom,
        preview::{MOST_ALLOWED, RoomSummary, is_open, lets_in_members, summaries},
        space_children::children_of,
    },
};

/// A space and its children, as far as users of a server may learn of them.
#[derive(Debug, Serialize)]
pub struct SpaceForServer {
    /// The space.
    pub room: HierarchyRoom,
    /// Those of its children that this server knows, in their order.
    pub children: Vec<RoomSummary>,
    /// Those of them that are closed to the server.
    pub inaccessible_children: Vec<String>,
}

impl Rooms {
    /// A space, and of its children those that are known here. The server must choose what it shows to which user.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such space for the server, for whatever reason.
    pub async fn hierarchy_for_server(
        &self,
        server: &ServerName,
        space: &RoomId,
        suggested_only: bool,
    ) -> Result<SpaceForServer> {
        let (server, space) = (server.to_owned(), space.to_string());
        self.reading(move |rooms, conn| {
            let unknown = || Error::NotFound("there is no such room".into());
            let (room, summary) = open_to(rooms, conn, &server, std::slice::from_ref(&space))?
                .remove(&space)
                .flatten()
                .ok_or_else(unknown)?;
            let is_space = summary.room_type.as_deref() == Some("m.space");
            let listed = if is_space { children_of(conn, room.nid, suggested_only)? } else { Vec::new() };
            let ids: Vec<String> = listed.iter().map(|child| child.room_id.clone()).collect();
            let mut known = open_to(rooms, conn, &server, &ids)?;
            let (mut children, mut inaccessible_children) = (Vec::new(), Vec::new());
            for id in ids {
                match known.remove(&id) {
                    Some(Some((_, summary))) => children.push(summary),
                    Some(None) => inaccessible_children.push(id),
                    None => {}
                }
            }
            let children_state = listed.into_iter().map(|child| child.stripped).collect();
            Ok(SpaceForServer { room: HierarchyRoom { summary, children_state }, children, inaccessible_children })
        })
        .await
    }
}

/// What is known here of these rooms; nothing more than that of those that are closed to the server.
fn open_to(
    rooms: &Rooms,
    conn: &mut Conn,
    server: &OwnedServerName,
    ids: &[String],
) -> Result<HashMap<String, Option<(RoomRow, RoomSummary)>>> {
    let known = rooms_by_id(conn, ids)?;
    let summaries = summaries(conn, &known)?;
    let acquainted = acquainted(conn, server, &known, &summaries)?;
    let mut found = HashMap::with_capacity(known.len());
    for (room, summary) in known.into_iter().zip(summaries) {
        let open = (acquainted.contains(&room.nid) || is_open(&room, &summary)?)
            && acl_of(rooms, conn, room.nid)?.is_none_or(|acl| acl.allows(server));
        found.insert(room.room_id.clone(), open.then_some((room, summary)));
    }
    Ok(found)
}

/// The numbers of those of these rooms that users of the server are in, are invited to, or may enter because of others
/// that they are in.
fn acquainted(
    conn: &mut Conn,
    server: &ServerName,
    rooms: &[RoomRow],
    summaries: &[RoomSummary],
) -> Result<HashSet<i64>> {
    let nids: Vec<i64> = rooms.iter().map(|room| room.nid).collect();
    let mut found: HashSet<i64> = room_servers::among(conn, &nids, server.as_str())?.into_iter().collect();
    found.extend(rooms_inviting_server(conn, &nids, server.as_str())?);
    let allowed: HashSet<&String> = summaries.iter().flat_map(|room| &room.allowed_room_ids).collect();
    let allowed: Vec<String> = allowed.into_iter().take(MOST_ALLOWED).cloned().collect();
    let allowed = rooms_by_id(conn, &allowed)?;
    let nids: Vec<i64> = allowed.iter().map(|room| room.nid).collect();
    let joined = room_servers::among(conn, &nids, server.as_str())?;
    let joined: HashSet<&str> =
        allowed.iter().filter(|room| joined.contains(&room.nid)).map(|room| room.room_id.as_str()).collect();
    for (room, summary) in rooms.iter().zip(summaries) {
        let led_to = || summary.allowed_room_ids.iter().any(|room| joined.contains(room.as_str()));
        if lets_in_members(room, summary)? && led_to() {
            found.insert(room.nid);
        }
    }
    Ok(found)
}
