//! A public room of thousands of members on many servers, and what its servers answer to those who join.

use peerbrain_peer::create::founded;
use peerbrain_peer::events::finish;
use peerbrain_peer::{Answer, Body, Peer};
use serde_json::json;

use crate::error::Result;
use crate::setup::Room;

/// The version of the room: the one in which servers make rooms by default.
const VERSION: u8 = 12;

/// Makes the room, whose members are on all servers by turns. From then on the first of the servers lets others join it:
/// its answer with the full state is finished before anybody asks.
pub fn gather(peer: &Peer, members: usize) -> Result<Room> {
    let servers = peer.servers();
    let creator = peer.user("creator");
    let mut room = founded(&peer.me, &creator, VERSION, "public")?;
    for (_, server) in (1..members).zip(servers.iter().cycle()) {
        let member = server.user("member");
        let draft = room.draft(&member, "m.room.member", Some(&member), json!({"membership": "join"}));
        let join = finish(draft, VERSION, &server.me);
        // Not `add`, which remembers the whole state before each event.
        room.know(&join);
        room.set(&join);
        room.heads = vec![join.id];
    }
    let shown = Room::new(&room.id);
    let names: Vec<&str> = servers.iter().map(|server| server.me.name.as_str()).collect();
    let answer = json!({
        "origin": peer.me.name,
        "state": room.pdus(room.state.values()),
        "auth_chain": room.pdus(&room.auth_chain(room.state.values())),
        "members_omitted": false,
        "servers_in_room": names,
    });
    // The join that is answered for goes in at the end.
    let mut start = answer.to_string();
    start.pop();
    start.push_str(",\"event\":");
    peer.lie("send_join", &room.id, move |request, _| {
        Answer::of(200, Body::Whole([start.as_bytes(), request.body.as_slice(), b"}".as_slice()].concat()))
    });
    let (id, version) = (room.id.clone(), VERSION.to_string());
    peer.lie("make_join", &id, move |request, _| {
        let user = request.part(5);
        let draft = room.draft(user, "m.room.member", Some(user), json!({"membership": "join"}));
        Answer::ok(json!({"room_version": version, "event": draft}))
    });
    Ok(shown)
}
