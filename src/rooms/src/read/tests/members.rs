//! Members, now and at a point in time.

use std::collections::BTreeMap;

use ruma::RoomId;
use store::rooms::Membership;

use super::world::{World, backward, reader, user, value, worlds};
use crate::{
    Error,
    read::{MembersRequest, Token},
};

async fn members(world: &World, room: &RoomId, name: &str, request: MembersRequest) -> BTreeMap<String, String> {
    let members = world.rooms.members(&reader(name), room, request).await.unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    members
        .iter()
        .map(|event| value(event))
        .map(|e| (text(&e["state_key"]), text(&e["content"]["membership"])))
        .collect()
}

fn map(members: &[(&str, &str)]) -> BTreeMap<String, String> {
    members.iter().map(|(name, membership)| (format!("@{name}:test"), (*membership).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn members_by_membership() {
    worlds(async |world| {
        let room = world.public_room().await;
        world.join(&room, "bob").await;
        world.invite(&room, "carol").await;
        world.join(&room, "dave").await;
        world.leave(&room, "dave").await;
        world.ban(&room, "eve").await;
        let all = map(&[("alice", "join"), ("bob", "join"), ("carol", "invite"), ("dave", "leave"), ("eve", "ban")]);
        let only = |only, except| MembersRequest { at: None, only, except };
        assert_eq!(members(&world, &room, "bob", only(None, None)).await, all);
        let joined = members(&world, &room, "bob", only(Some(Membership::Join), None)).await;
        assert_eq!(joined, map(&[("alice", "join"), ("bob", "join")]));
        let mut here = all.clone();
        here.remove("@dave:test");
        assert_eq!(members(&world, &room, "bob", only(None, Some(Membership::Leave))).await, here);
        // Both together mean one or the other.
        assert_eq!(members(&world, &room, "bob", only(Some(Membership::Leave), Some(Membership::Leave))).await, all);

        let profiles = world.rooms.joined_members(&user("bob"), &room).await.unwrap();
        let names: Vec<_> = profiles.iter().map(|member| member.display_name.as_deref().unwrap()).collect();
        assert_eq!(names, ["alice", "bob"]);
        for name in ["carol", "dave", "eve", "frank"] {
            let refused = world.rooms.joined_members(&user(name), &room).await;
            assert!(matches!(refused, Err(Error::Forbidden(_))), "{name}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn members_at_a_point_in_time() {
    worlds(async |world| {
        let room = world.public_room().await;
        world.join(&room, "bob").await;
        world.say(&room, "alice", "hello").await;
        let then = Token::Arrival(world.rooms.store().position());
        let place = world.rooms.messages(&reader("alice"), &room, backward(None, 1)).await.unwrap().end.unwrap();
        world.leave(&room, "bob").await;
        world.join(&room, "carol").await;
        let now = Token::Arrival(world.rooms.store().position());
        world.say(&room, "alice", "again").await;

        let at = |at| MembersRequest { at: Some(at), ..MembersRequest::default() };
        let before = map(&[("alice", "join"), ("bob", "join")]);
        let after = map(&[("alice", "join"), ("bob", "leave"), ("carol", "join")]);
        assert_eq!(members(&world, &room, "alice", at(then)).await, before);
        assert_eq!(members(&world, &room, "alice", at(place)).await, before);
        assert_eq!(members(&world, &room, "alice", at(now)).await, after);
        // Carol was not there yet: she gets the members of now. Bob left: never later ones than then.
        assert_eq!(members(&world, &room, "carol", at(then)).await, after);
        assert_eq!(members(&world, &room, "carol", at(place)).await, after);
        assert_eq!(members(&world, &room, "bob", at(then)).await, before);
        assert_eq!(members(&world, &room, "bob", at(now)).await, map(&[("alice", "join"), ("bob", "leave")]));
    })
    .await;
}
