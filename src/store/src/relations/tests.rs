//! Relations as they are written and found, on both databases.

use std::sync::Arc;

use super::*;
use crate::{
    Store,
    rooms::{Append, EventFlags, EventRow, Redaction, Stretch, event_by_id},
    testing::each,
    tests::rows::{message, room_row},
};

const ROOM: i64 = 1;
const ALL: Parent = Parent { nid: 0, upto: i64::MAX };

/// Says something in the room that may relate to something; gives its number.
async fn say(store: &Store, revision: &mut i64, sender: &str, relation: Option<(&str, &str)>) -> i64 {
    let nid = store.next_nid();
    let row = EventRow { sender: sender.into(), ..message(nid, ROOM) };
    let relations = relation.map(|(rel_type, target)| Relation {
        at: 0,
        target: target.into(),
        rel_type: rel_type.into(),
        mark: i64::from(rel_type == REPLACE),
    });
    let append = Append {
        built_on: *revision,
        events: vec![Arc::new(row)],
        relations: relations.into_iter().collect(),
        ..Append::new(room_row(ROOM))
    };
    *revision = store.append(append).await.unwrap().revision;
    nid
}

async fn redact(store: &Store, revision: &mut i64, target: i64) {
    let nid = store.next_nid();
    let append = Append {
        built_on: *revision,
        events: vec![Arc::new(message(nid, ROOM))],
        redactions: vec![Redaction { target, by: nid, at: 1, json: "{}".into() }],
        ..Append::new(room_row(ROOM))
    };
    *revision = store.append(append).await.unwrap().revision;
}

fn id(nid: i64) -> String {
    format!("$event{nid}")
}

/// The children of an event, the newest first.
async fn list(store: &Store, target: i64, rel_type: Option<&str>) -> Vec<i64> {
    let kind = Kind { rel_type: rel_type.map(Into::into), event_type: None };
    let found = store.read(move |c| children(c, ROOM, &id(target), &kind, &Stretch::WHOLE, true, 50)).await;
    found.unwrap()
}

async fn bundled(store: &Store, parent: i64, bundled: Bundled, without: &'static [&'static str]) -> Vec<i64> {
    let parents = [Parent { nid: parent, ..ALL }];
    let mut found: Vec<i64> = store
        .read(move |c| newest_children(c, &parents, bundled, without, 2))
        .await
        .unwrap()
        .into_iter()
        .map(|(of, child)| {
            assert_eq!(of, parent);
            child
        })
        .collect();
    found.sort_unstable();
    found
}

async fn thread(
    store: &Store,
    root: i64,
    user: &'static str,
    without: &'static [&'static str],
    upto: i64,
) -> Option<(i64, bool)> {
    let parents = [Parent { nid: root, upto }];
    let found = store.read(move |c| threads_of(c, &parents, user, without)).await.unwrap();
    found.first().map(|thread| (thread.replies, thread.participated))
}

async fn flags(store: &Store, nid: i64) -> EventFlags {
    let event = store.read(move |c| event_by_id(c, ROOM, &id(nid))).await.unwrap().unwrap();
    EventFlags(event.flags)
}

#[tokio::test]
async fn children_are_found_and_flag_their_parent() {
    each(async |database| {
        let store = database.open();
        let mut revision = 0;
        let parent = say(&store, &mut revision, "@a:test", None).await;
        let like = say(&store, &mut revision, "@b:test", Some((ANNOTATION, &id(parent)))).await;
        assert_eq!(flags(&store, parent).await, EventFlags::default(), "nothing is bundled of annotations");
        let edit = say(&store, &mut revision, "@a:test", Some((REPLACE, &id(parent)))).await;
        let forged = say(&store, &mut revision, "@b:test", Some((REPLACE, &id(parent)))).await;
        let reference = say(&store, &mut revision, "@b:test", Some((REFERENCE, &id(parent)))).await;
        assert_eq!(flags(&store, parent).await, EventFlags::EDITED.with(EventFlags::REFERENCED));
        assert_eq!(list(&store, parent, None).await, [reference, forged, edit, like]);
        assert_eq!(list(&store, parent, Some(ANNOTATION)).await, [like]);
        assert_eq!(bundled(&store, parent, Bundled::Edits, &[]).await, [edit]);
        assert_eq!(bundled(&store, parent, Bundled::References, &[]).await, [reference]);
        assert_eq!(bundled(&store, parent, Bundled::References, &["@b:test"]).await, [0; 0]);
        let found = store
            .read(move |c| {
                let target = id(parent);
                let targets = [target.clone(), id(edit)];
                let all = children_of_many(c, ROOM, &targets, &Kind::default(), (i64::MAX, i64::MAX), false, 9)?;
                let same = annotations_of(c, ROOM, &target, "@b:test", "m.room.message", 0)?;
                let other = annotations_of(c, ROOM, &target, "@b:test", "m.room.message", 1)?;
                Ok((
                    all.iter().map(|place| place.nid).collect::<Vec<_>>(),
                    same,
                    other,
                    flags_of_children(c, ROOM, &target)?,
                ))
            })
            .await
            .unwrap();
        let of_parent = EventFlags::EDITED.with(EventFlags::REFERENCED);
        assert_eq!(found, (vec![like, edit, forged, reference], vec![like], vec![], of_parent));
        redact(&store, &mut revision, edit).await;
        assert_eq!(bundled(&store, parent, Bundled::Edits, &[]).await, [0; 0]);
        assert_eq!(list(&store, parent, None).await, [reference, forged, like]);
    })
    .await;
}

#[tokio::test]
async fn threads_count_and_end_where_they_do() {
    each(async |database| {
        let store = database.open();
        let mut revision = 0;
        let (first, second) =
            (say(&store, &mut revision, "@a:test", None).await, say(&store, &mut revision, "@b:test", None).await);
        let one = say(&store, &mut revision, "@b:test", Some((THREAD, &id(first)))).await;
        say(&store, &mut revision, "@c:test", Some((THREAD, &id(second)))).await;
        let upto = store.snapshot(|_, position| Ok(position)).await.unwrap();
        let two = say(&store, &mut revision, "@b:test", Some((THREAD, &id(first)))).await;
        let three = say(&store, &mut revision, "@c:test", Some((THREAD, &id(first)))).await;
        assert_eq!(bundled(&store, first, Bundled::Replies, &[]).await, [two, three]);
        assert_eq!(bundled(&store, first, Bundled::Replies, &["@c:test"]).await, [one, two]);
        assert_eq!(thread(&store, first, "@a:test", &[], i64::MAX).await, Some((3, false)));
        assert_eq!(thread(&store, first, "@c:test", &[], i64::MAX).await, Some((3, true)));
        assert_eq!(thread(&store, first, "@a:test", &["@b:test", "@x:test"], i64::MAX).await, Some((1, false)));
        assert_eq!(thread(&store, first, "@a:test", &["@b:test", "@c:test"], i64::MAX).await, None);
        assert_eq!(thread(&store, first, "@a:test", &[], upto).await, Some((1, false)));
        assert_eq!(thread(&store, first, "@a:test", &["@b:test"], upto).await, None);
        let roots = async |user: Option<&'static str>| {
            let roots = store.read(move |c| thread_roots(c, ROOM, (i64::MAX, i64::MAX), user, 9)).await.unwrap();
            roots.into_iter().map(|root| root.root).collect::<Vec<_>>()
        };
        assert_eq!(roots(None).await, [id(first), id(second)]);
        assert_eq!(roots(Some("@a:test")).await, [id(first)]);
        assert_eq!(roots(Some("@b:test")).await, [id(first), id(second)], "of which one is theirs");
        assert_eq!(roots(Some("@x:test")).await, [""; 0]);
        for (gone, left) in
            [(three, vec![id(second), id(first)]), (two, vec![id(second), id(first)]), (one, vec![id(second)])]
        {
            redact(&store, &mut revision, gone).await;
            if gone == three {
                assert_eq!(roots(None).await, [id(first), id(second)], "its second event is the newest");
                continue;
            }
            assert_eq!(roots(None).await, left);
        }
        assert_eq!(thread(&store, first, "@b:test", &[], i64::MAX).await, None);
        redact(&store, &mut revision, first).await;
        assert_eq!(thread(&store, second, "@c:test", &[], i64::MAX).await, Some((1, true)));
    })
    .await;
}
