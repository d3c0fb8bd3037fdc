//! Who is in a room, as its members and those who left may know it.

use super::membership::pair;
use super::prelude::*;

tests! { "members":
    all, "getting-events-for-a-room", ["GET v3/rooms/{roomId}/members"];
    by_membership, "getting-events-for-a-room", ["GET v3/rooms/{roomId}/members"];
    by_either, "getting-events-for-a-room", ["GET v3/rooms/{roomId}/members"];
    at, "getting-events-for-a-room", ["GET v3/rooms/{roomId}/members"];
    not_member, "getting-events-for-a-room",
        ["GET v3/rooms/{roomId}/members M_FORBIDDEN", "GET v3/rooms/{roomId}/joined_members M_FORBIDDEN"];
    after_leaving, "getting-events-for-a-room", ["GET v3/rooms/{roomId}/members"];
    joined_members, "getting-events-for-a-room", ["GET v3/rooms/{roomId}/joined_members"];
}

async fn members_in(user: &User, room: &str, query: &str) -> Result<Vec<String>, Failure> {
    let answer = user.get(format!("{}?{query}", v3!("rooms/{}/members", room))).await?.ok()?;
    let chunk = answer["chunk"].as_array().cloned().unwrap_or_default();
    let mut users = Vec::new();
    for event in &chunk {
        ensure_eq!(event["type"], "m.room.member", "type of {event}");
        users.push(format!("{} {}", text(event, "state_key")?, text(&event["content"], "membership")?));
    }
    users.sort();
    Ok(users)
}

async fn all(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let got = members_in(&alice, &room, "").await?;
    ensure_eq!(got, [format!("{alice} join"), format!("{bob} join")], "members");
    Ok(())
}

/// Alice's room that Bob has left and to which Carol is invited; the three as `members_in` names them.
async fn varied(server: &Server) -> Result<(User, String, [String; 3]), Failure> {
    let (alice, bob, room) = pair(server).await?;
    let carol = server.user("carol").await?;
    alice.invite(&room, &carol).await?;
    bob.leave(&room).await?;
    let names = [format!("{alice} join"), format!("{bob} leave"), format!("{carol} invite")];
    Ok((alice, room, names))
}

async fn by_membership(server: Server) -> Outcome {
    let (alice, room, [a, _, c]) = varied(&server).await?;
    ensure_eq!(members_in(&alice, &room, "membership=join").await?, [a.clone()], "membership=join");
    ensure_eq!(members_in(&alice, &room, "not_membership=leave").await?, [a, c], "not_membership=leave");
    Ok(())
}

/// "the two parameters create an 'or' condition: either the membership is the same as membership or is not the same as
/// not_membership."
async fn by_either(server: Server) -> Outcome {
    let (alice, room, [_, b, c]) = varied(&server).await?;
    let either = members_in(&alice, &room, "membership=leave&not_membership=join").await?;
    ensure_eq!(either, [b, c], "membership=leave or not_membership=join");
    Ok(())
}

async fn at(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    alice.say(&room, "now").await?;
    let sync = alice.sync_filtered(&json!({ "room": { "timeline": { "limit": 1 } } }), "").await?;
    let at = encode(text(&joined(&sync, &room)["timeline"], "prev_batch")?);
    bob.leave(&room).await?;
    let got = members_in(&alice, &room, &format!("at={at}")).await?;
    ensure_eq!(got, [format!("{alice} join"), format!("{bob} join")], "members then");
    let got = members_in(&alice, &room, "").await?;
    ensure_eq!(got, [format!("{alice} join"), format!("{bob} leave")], "members now");
    Ok(())
}

async fn not_member(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    bob.get(v3!("rooms/{}/members", room)).await?.error(403, "M_FORBIDDEN")?;
    bob.get(v3!("rooms/{}/joined_members", room)).await?.error(403, "M_FORBIDDEN").map(drop)
}

/// "If you have left the room then this will be the members of the room when you left."
async fn after_leaving(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let carol = server.user("carol").await?;
    bob.leave(&room).await?;
    carol.join(&room).await?;
    let got = members_in(&bob, &room, "").await?;
    ensure_eq!(got, [format!("{alice} join"), format!("{bob} leave")], "members when he left");
    Ok(())
}

async fn joined_members(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let carol = server.user("carol").await?;
    alice.invite(&room, &carol).await?;
    alice.put(v3!("profile/{}/displayname", alice), json!({ "displayname": "Alice" })).await?.ok()?;
    let answer = alice.get(v3!("rooms/{}/joined_members", room)).await?.ok()?;
    let joined = answer["joined"].as_object().cloned().unwrap_or_default();
    let mut users: Vec<&str> = joined.keys().map(String::as_str).collect();
    users.sort_unstable();
    ensure_eq!(users, [alice.id.as_str(), &bob.id], "joined members, without the invited one");
    ensure!(joined.values().all(Value::is_object), "each has an object: {answer}");
    Ok(())
}
