//! Relations: what is bundled, found and refused.

use std::collections::HashSet;

use futures_util::future::join_all;
use ruma::{EventId, OwnedEventId, RoomId};
use serde_json::{Value, json, value::RawValue};
use store::relations::Kind;

use super::world::{World, raw, reader, user, value, worlds};
use crate::{
    Error, Origin, Reader,
    read::{Children, ChildrenRequest, ThreadsRequest, Token},
};

fn to(rel_type: &str, target: &EventId) -> Value {
    json!({ "body": rel_type, "m.relates_to": { "rel_type": rel_type, "event_id": target } })
}

fn edit(target: &EventId, body: &str) -> Value {
    let mut content = to("m.replace", target);
    content["m.new_content"] = json!({ "body": body });
    content
}

fn reaction(target: &EventId, key: &str) -> Value {
    json!({ "m.relates_to": { "rel_type": "m.annotation", "event_id": target, "key": key } })
}

impl World {
    async fn relate(&self, room: &RoomId, name: &str, content: Value) -> OwnedEventId {
        self.send(room, name, "m.room.message", content).await
    }

    async fn bundle(&self, room: &RoomId, reader: &Reader, event: &EventId) -> Value {
        value(&self.rooms.event(reader, room, event).await.unwrap())["unsigned"]["m.relations"].clone()
    }

    async fn children(&self, room: &RoomId, reader: &Reader, event: &EventId, request: ChildrenRequest) -> Children {
        self.rooms.children(reader, room, event, request).await.unwrap()
    }

    async fn threads(&self, room: &RoomId, reader: &Reader) -> Vec<Box<RawValue>> {
        let request = ThreadsRequest { from: None, participated: false, limit: 9 };
        self.rooms.threads(reader, room, request).await.unwrap().chunk
    }

    async fn redact(&self, room: &RoomId, name: &str, event: &EventId) {
        let origin = Origin { device_id: "D".into(), txn_id: event.to_string() };
        self.rooms.redact(room, &user(name), event, None, origin).await.unwrap();
    }
}

fn all() -> ChildrenRequest {
    ChildrenRequest { kind: Kind::default(), from: None, to: None, backward: true, limit: 50, recurse: false }
}

fn ids(events: &[Box<RawValue>]) -> Vec<String> {
    events.iter().map(|event| value(event)["event_id"].as_str().unwrap().to_owned()).collect()
}

/// Bob's eyes, who does not want to hear carol.
fn without_carol() -> Reader {
    Reader { ignored: HashSet::from([user("carol")]), ..reader("bob") }
}

async fn crowd(world: &World) -> ruma::OwnedRoomId {
    let room = world.public_room().await;
    for name in ["bob", "carol"] {
        world.join(&room, name).await;
    }
    room
}

#[tokio::test(flavor = "multi_thread")]
async fn every_path_bundles() {
    worlds(async |world| {
        let room = crowd(&world).await;
        let root = world.say(&room, "alice", "root").await;
        // Read once, so that caches hold it as it was.
        world.last(&room, "bob", 5).await.unwrap();
        let reply = world.relate(&room, "bob", to("m.thread", &root)).await;
        let better = world.relate(&room, "bob", edit(&reply, "better")).await;
        let reference = world.relate(&room, "carol", to("m.reference", &root)).await;
        let change = world.relate(&room, "alice", edit(&root, "branch")).await;
        world.relate(&room, "carol", edit(&root, "forged")).await;
        let bundle = world.bundle(&room, &reader("alice"), &root).await;
        assert_eq!(bundle["m.replace"]["event_id"], change.as_str());
        assert_eq!(bundle["m.replace"]["room_id"], room.as_str());
        assert_eq!(bundle["m.reference"], json!({ "chunk": [{ "event_id": reference }] }));
        let thread = &bundle["m.thread"];
        assert_eq!((&thread["count"], &thread["current_user_participated"]), (&json!(1), &json!(true)));
        assert_eq!(thread["latest_event"]["event_id"], reply.as_str());
        let inner = &thread["latest_event"]["unsigned"]["m.relations"];
        assert_eq!(inner["m.replace"]["event_id"], better.as_str());
        let bobs = world.bundle(&room, &reader("bob"), &root).await;
        assert_eq!(bobs["m.thread"]["latest_event"]["unsigned"]["transaction_id"], "2");
        assert_eq!(world.bundle(&room, &reader("carol"), &root).await["m.thread"]["current_user_participated"], false);

        let page = world.last(&room, "bob", 6).await.unwrap();
        let found =
            page.chunk.iter().map(|event| value(event)).find(|event| event["event_id"] == root.as_str()).unwrap();
        assert_eq!(found["unsigned"]["m.relations"]["m.thread"]["count"], 1);
        let around = world.rooms.context(&reader("bob"), &room, &reply, 4, Default::default()).await.unwrap();
        assert_eq!(value(&around.before[0])["unsigned"]["m.relations"]["m.replace"]["event_id"], change.as_str());
        let children = world.children(&room, &reader("bob"), &root, all()).await;
        let reply = value(children.chunk.last().unwrap());
        assert_eq!(reply["unsigned"]["m.relations"]["m.replace"]["event_id"], better.as_str());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_ignored_or_redacted_does_not_count() {
    worlds(async |world| {
        let room = crowd(&world).await;
        let root = world.say(&room, "carol", "root").await;
        let first = world.relate(&room, "alice", to("m.thread", &root)).await;
        for _ in 0..7 {
            world.relate(&room, "carol", to("m.thread", &root)).await;
        }
        let last = world.relate(&room, "carol", to("m.reference", &first)).await;
        let threads = world.threads(&room, &without_carol()).await;
        let shown = value(&threads[0]);
        assert_eq!((&shown["event_id"], &shown["content"]), (&json!(root), &json!({})), "as if it were redacted");
        let thread = &shown["unsigned"]["m.relations"]["m.thread"];
        assert_eq!((&thread["count"], &thread["latest_event"]["event_id"]), (&json!(1), &json!(first)));
        assert!(thread["latest_event"]["unsigned"]["m.relations"].is_null());
        assert_eq!(world.bundle(&room, &reader("alice"), &root).await["m.thread"]["count"], 8);
        assert_eq!(ids(&world.children(&room, &without_carol(), &root, all()).await.chunk), [first.as_str()]);
        world.redact(&room, "carol", &last).await;
        assert!(world.bundle(&room, &reader("alice"), &first).await.is_null());
        world.redact(&room, "alice", &first).await;
        assert_eq!(world.bundle(&room, &reader("alice"), &root).await["m.thread"]["count"], 7);
        assert!(world.threads(&room, &without_carol()).await.is_empty(), "there is nobody he hears");
        // A redacted root keeps its thread.
        world.redact(&room, "carol", &root).await;
        assert_eq!(world.bundle(&room, &reader("alice"), &root).await["m.thread"]["count"], 7);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_left_sees_what_was_there() {
    worlds(async |world| {
        let room = crowd(&world).await;
        let root = world.say(&room, "alice", "root").await;
        let seen = world.relate(&room, "alice", to("m.thread", &root)).await;
        let change = world.relate(&room, "alice", edit(&root, "one")).await;
        world.leave(&room, "bob").await;
        for _ in 0..9 {
            world.relate(&room, "alice", to("m.thread", &root)).await;
            world.relate(&room, "alice", edit(&root, "two")).await;
            world.relate(&room, "alice", to("m.reference", &root)).await;
        }
        let bundle = world.bundle(&room, &reader("bob"), &root).await;
        assert_eq!(bundle["m.replace"]["event_id"], change.as_str());
        assert_eq!(
            (&bundle["m.thread"]["count"], &bundle["m.thread"]["latest_event"]["event_id"]),
            (&json!(1), &json!(seen))
        );
        assert!(bundle["m.reference"].is_null());
        assert_eq!(world.children(&room, &reader("bob"), &root, all()).await.chunk.len(), 2);
        assert_eq!(ids(&world.threads(&room, &reader("bob")).await), [root.as_str()]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reaction_counts_once() {
    worlds(async |world| {
        let room = crowd(&world).await;
        let target = world.say(&room, "alice", "like me").await;
        let like = |n: usize| {
            let (rooms, room, content) = (world.rooms.clone(), room.clone(), raw(reaction(&target, "👍")));
            let origin = Origin { device_id: "D".into(), txn_id: format!("like{n}") };
            async move { rooms.send_message(&room, &user("bob"), "m.reaction".into(), &content, origin, None).await }
        };
        // Many at once are built as one chain.
        let sent = join_all((0..20).map(like)).await;
        let refused = sent.iter().filter(|sent| matches!(sent, Err(Error::DuplicateAnnotation))).count();
        assert_eq!((sent.iter().filter(|sent| sent.is_ok()).count(), refused), (1, 19));
        let (n, first) = sent.iter().enumerate().find_map(|(n, sent)| Some((n, sent.as_ref().ok()?))).unwrap();
        assert_eq!(like(n).await.unwrap().event_id, first.event_id, "the same request again");
        world.send(&room, "bob", "m.reaction", reaction(&target, "👎")).await;
        world.send(&room, "carol", "m.reaction", reaction(&target, "👍")).await;
        world.redact(&room, "bob", &first.event_id).await;
        world.send(&room, "bob", "m.reaction", reaction(&target, "👍")).await;
        assert!(matches!(like(99).await, Err(Error::DuplicateAnnotation)));
        let request =
            ChildrenRequest { kind: Kind { rel_type: Some("m.annotation".into()), event_type: None }, ..all() };
        assert_eq!(world.children(&room, &reader("alice"), &target, request).await.chunk.len(), 3);
        assert!(world.bundle(&room, &reader("alice"), &target).await.is_null());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn threads_do_not_begin_with_children() {
    worlds(async |world| {
        let room = crowd(&world).await;
        let root = world.say(&room, "alice", "root").await;
        let nest = async |target: &EventId, n: u32| {
            let origin = Origin { device_id: "D".into(), txn_id: format!("nest{n}") };
            let content = raw(to("m.thread", target));
            world.rooms.send_message(&room, &user("bob"), "m.room.message".into(), &content, origin, None).await
        };
        let child = world.relate(&room, "bob", to("m.reference", &root)).await;
        assert!(matches!(nest(&child, 1).await, Err(Error::Unknown(_))));
        let reply = json!({ "body": "yes", "m.relates_to": { "m.in_reply_to": { "event_id": root } } });
        let reply = world.relate(&room, "bob", reply).await;
        nest(&reply, 2).await.unwrap();
        nest(ruma::event_id!("$nowhere"), 3).await.unwrap();
        world.redact(&room, "bob", &child).await;
        nest(&child, 4).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn children_come_in_pages() {
    worlds(async |world| {
        let room = crowd(&world).await;
        let root = world.say(&room, "alice", "root").await;
        let (mut born, mut level) = (Vec::new(), root.clone());
        for n in 0..3 {
            for _ in 0..2 {
                born.push(world.relate(&room, "bob", to("m.reference", &level)).await.to_string());
                world.say(&room, "bob", "between").await;
            }
            level = born[2 * n].as_str().try_into().unwrap();
        }
        for (recurse, backward, count) in [(false, false, 2), (true, false, 6), (true, true, 6), (false, true, 2)] {
            let mut want: Vec<String> = born[..count].to_vec();
            if backward {
                want.reverse();
            }
            let (mut found, mut from, mut pages): (Vec<String>, Option<Token>, _) = (Vec::new(), None, 0);
            loop {
                let request = ChildrenRequest { from, backward, recurse, limit: 1, ..all() };
                let page = world.children(&room, &reader("alice"), &root, request).await;
                assert_eq!((page.prev, page.depth.is_some()), (from, recurse));
                found.extend(ids(&page.chunk));
                pages += 1;
                from = page.next;
                if from.is_none() {
                    break;
                }
            }
            assert_eq!((found, pages), (want, count), "recurse {recurse}, backward {backward}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn threads_come_in_pages() {
    worlds(async |world| {
        let room = crowd(&world).await;
        let mut roots = Vec::new();
        for name in ["alice", "bob", "carol", "alice"] {
            let root = world.say(&room, name, "root").await;
            world.relate(&room, name, to("m.thread", &root)).await;
            roots.push(root.to_string());
        }
        let first: OwnedEventId = roots[0].as_str().try_into().unwrap();
        world.relate(&room, "carol", to("m.thread", &first)).await;
        // Nobody is shown a thread without a root.
        world.relate(&room, "carol", to("m.thread", ruma::event_id!("$nowhere"))).await;
        roots.rotate_left(1);
        roots.reverse();
        let read = async |name: &str, participated: bool| {
            let (mut found, mut from) = (Vec::new(), None);
            loop {
                let request = ThreadsRequest { from, participated, limit: 1 };
                let page = world.rooms.threads(&reader(name), &room, request).await.unwrap();
                found.extend(ids(&page.chunk));
                from = page.next;
                if from.is_none() {
                    return found;
                }
            }
        };
        assert_eq!(read("bob", false).await, roots);
        assert_eq!(read("bob", true).await, roots[3..]);
        assert_eq!(read("carol", true).await, [roots[0].clone(), roots[2].clone()]);
        assert_eq!(read("alice", true).await, roots[..2]);
        let wrong = ThreadsRequest { from: Some(Token::Arrival(3)), participated: false, limit: 1 };
        assert!(matches!(world.rooms.threads(&reader("bob"), &room, wrong).await, Err(Error::InvalidParam(_))));
    })
    .await;
}
