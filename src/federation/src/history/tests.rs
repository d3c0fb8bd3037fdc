//! Clients who look at what is not here.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::{collections::HashSet, sync::atomic::Ordering, time::Instant};

use events::VerifiedPdu;
use rooms::{Error, Reader, read::PageRequest};
use ruma::{EventId, ServerName, UInt, api::client::filter::RoomEventFilter, event_id, server_name, user_id};
use serde_json::{Value, json};
use store::federation::destinations::{self, DestinationRow};

use crate::{
    Transaction,
    incoming::tests::world::{World, worlds},
    testing::{Draft, message, raw, state, user},
};

fn alice() -> Reader {
    Reader { user_id: user("alice"), device_id: None, ignored: HashSet::new() }
}

/// Who has to know, then who may, and last those who cannot be reached.
#[tokio::test(flavor = "multi_thread")]
async fn servers_are_asked_by_how_likely_they_know_and_answer() {
    worlds(async |world| {
        let mut last = world.last.clone();
        for member in ["@dead:c", "@carol:d", "@dave:e", "@erin:f", "@frank:g"] {
            let join = state("m.room.member", member, json!({ "membership": "join" }));
            let join = world.peer.make(&[&last], Draft { sender: member.try_into().unwrap(), ..join });
            world.send(&[&join]).await;
            last = join.event_id().to_owned();
        }
        let dead = DestinationRow { server: "c".into(), retry_at: Some(1), ..DestinationRow::default() };
        world.server.rooms.store().write(move |tx| destinations::set(tx, &dead, 0)).await.unwrap();
        let of =
            async |first: &[&ServerName]| world.server.federation.inner.history.servers(&world.room_id, first).await;
        assert_eq!(of(&[]).await.unwrap(), ["b", "d", "e", "f"], "who has been there for longest, and can be reached");
        let (sender, origin, outside) = (server_name!("g"), server_name!("e"), server_name!("outside"));
        assert_eq!(of(&[sender, origin]).await.unwrap(), ["g", "e", "b", "d"]);
        assert_eq!(of(&[outside, sender]).await.unwrap(), ["g", "b", "d", "e"]);
        let line = world.peer.line(&last, 30);
        world.peer.hide(line[9].event_id());
        let transaction = Transaction { id: "e".into(), pdus: vec![raw(&line[29])], edus: Vec::new() };
        world.server.federation.receive_transaction(origin, transaction).await.unwrap();
        world.comes(line[29].event_id()).await;
        world.settles(0).await;
        let asked = || std::mem::take(&mut *world.peer.history_of.lock());
        assert_eq!(
            asked().first().map(String::as_str),
            Some("b"),
            "whose event it is, is asked before who has brought it"
        );
        // The next one after the gap is frank's.
        let [lost, next] =
            ["lost", "next"].map(|text| Draft { sender: user_id!("@frank:g").to_owned(), ..message(text) });
        let lost = world.peer.make(&[&last], lost);
        world.peer.hide(lost.event_id());
        let next = world.peer.make(&[lost.event_id()], next);
        world.send(&[&next]).await;
        world.comes(next.event_id()).await;
        world.settles(0).await;
        assert_eq!(asked().first().map(String::as_str), Some("g"));
        world.messages().await;
        assert!(asked().iter().any(|server| server == "g"));
    })
    .await;
}

impl World {
    /// A room of thirty messages, of which the first ten have been lost.
    async fn with_gap(&self) -> Vec<VerifiedPdu> {
        self.with_gap_after(&self.last).await
    }

    /// Thirty more messages, of which the first ten have been lost.
    async fn with_gap_after(&self, last: &EventId) -> Vec<VerifiedPdu> {
        let line = self.peer.line(last, 30);
        self.peer.hide(line[9].event_id());
        self.send(&[&line[29]]).await;
        self.comes(line[29].event_id()).await;
        self.settles(0).await;
        assert!(self.flags(line[9].event_id()).await.is_none());
        line
    }

    async fn messages(&self) -> Vec<String> {
        let request =
            PageRequest { from: None, to: None, backward: true, limit: 100, filter: RoomEventFilter::default() };
        let page = self.server.federation.messages(&alice(), &self.room_id, request).await.unwrap();
        let id = |event: &Value| event["event_id"].as_str().unwrap().to_owned();
        page.chunk.iter().map(|event| id(&serde_json::from_str(event.get()).unwrap())).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_fills_the_gap_that_it_reaches() {
    worlds(async |world| {
        let line = world.with_gap().await;
        world.peer.reveal(line[9].event_id());
        let page = world.messages().await;
        let expected: Vec<String> = line.iter().rev().map(|event| event.event_id().to_string()).collect();
        assert_eq!(page[..30], expected);
        assert_eq!(page[30], world.last.as_str());
        let asked = world.peer.asked.load(Ordering::SeqCst);
        assert_eq!(world.messages().await, page);
        assert_eq!(world.peer.asked.load(Ordering::SeqCst), asked, "nothing is missing any more");
        let gaps = world.server.rooms.gaps(&world.room_id, i64::MAX).await.unwrap();
        assert_eq!(gaps, []);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_had_is_not_asked_for_again_at_once() {
    worlds(async |world| {
        let line = world.with_gap().await;
        let before = Instant::now();
        let page = world.messages().await;
        assert_eq!(page[0], line[29].event_id().as_str());
        assert_eq!(page[20], world.last.as_str(), "what is here is shown");
        let asked = world.peer.asked.load(Ordering::SeqCst);
        assert_eq!(world.messages().await, page);
        assert_eq!(world.peer.asked.load(Ordering::SeqCst), asked);
        assert!(before.elapsed().as_secs() < 8);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_nothing_asks_nobody() {
    worlds(async |world| {
        world.with_gap().await;
        let asked = world.peer.asked.load(Ordering::SeqCst);
        let mut nothing = RoomEventFilter::default();
        nothing.limit = Some(UInt::MIN);
        for (limit, filter) in [(100, nothing), (0, RoomEventFilter::default())] {
            let request = PageRequest { from: None, to: None, backward: true, limit, filter };
            let page = world.server.federation.messages(&alice(), &world.room_id, request).await.unwrap();
            assert!(page.chunk.is_empty() && page.gaps.is_empty());
        }
        assert_eq!(world.peer.asked.load(Ordering::SeqCst), asked);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_that_stays_keeps_no_older_one_open() {
    worlds(async |world| {
        let line = world.with_gap().await;
        world.with_gap_after(line[29].event_id()).await;
        world.peer.reveal(line[9].event_id());
        let page = world.messages().await;
        assert!(line.iter().all(|event| page.contains(&event.event_id().to_string())), "{page:?}");
        assert_eq!(world.server.rooms.gaps(&world.room_id, i64::MAX).await.unwrap().len(), 1);
    })
    .await;
}

/// Of few events the state before them is asked. What is here needs none, whatever is missing before it.
#[tokio::test(flavor = "multi_thread")]
async fn gaps_that_stay_keep_nothing_out() {
    worlds(async |world| {
        let lost = |prev: &EventId| {
            let event = world.peer.make(&[prev], message("lost"));
            world.peer.hide(event.event_id());
            event
        };
        let mut last = world.last.clone();
        for _ in 0..6 {
            let gone = lost(&world.last);
            let event = world.peer.make(&[&last, gone.event_id()], message("here"));
            world.send(&[&event]).await;
            world.comes(event.event_id()).await;
            last = event.event_id().to_owned();
        }
        let branch = lost(lost(&world.last).event_id());
        let both = world.peer.make(&[branch.event_id(), &last], message("on both branches"));
        world.peer.hide(both.event_id());
        let newest = world.peer.make(&[both.event_id()], message("newest"));
        world.send(&[&newest]).await;
        world.comes(newest.event_id()).await;
        for event in [&branch, &both] {
            world.peer.reveal(event.event_id());
        }
        let page = world.messages().await;
        for event in [&branch, &both] {
            assert!(page.contains(&event.event_id().to_string()), "{page:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_event_of_a_gap() {
    worlds(async |world| {
        let line = world.with_gap().await;
        let of = async |id: &EventId| world.server.federation.event(&alice(), &world.room_id, id).await;
        let nothing = event_id!("$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        assert!(matches!(of(nothing).await, Err(Error::NotFound(_))));
        let event = of(line[5].event_id()).await.unwrap();
        assert!(event.get().contains(line[5].event_id().as_str()));
        let (reader, filter) = (alice(), RoomEventFilter::default());
        let context = world.server.federation.context(&reader, &world.room_id, line[3].event_id(), 10, filter);
        assert!(context.await.unwrap().event.get().contains(line[3].event_id().as_str()));
        // Who is no member brings nothing in.
        let stranger = Reader { user_id: user("mallory"), ..alice() };
        let asked = world.peer.asked.load(Ordering::SeqCst);
        let refused = world.server.federation.event(&stranger, &world.room_id, line[1].event_id()).await;
        assert!(matches!(refused, Err(Error::NotFound(_))));
        assert_eq!(world.peer.asked.load(Ordering::SeqCst), asked);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_still_on_its_way_is_not_taken_for_the_past() {
    worlds(async |world| {
        let line = world.with_gap().await;
        let next = world.peer.line(line[29].event_id(), 4);
        for number in [0, 3] {
            let event = &next[number];
            let shown = world.server.federation.event(&alice(), &world.room_id, event.event_id()).await.unwrap();
            assert!(shown.get().contains(event.event_id().as_str()));
            assert!(
                world.heads().await.contains(&event.event_id().to_owned()),
                "{number}: those who follow hear of it"
            );
        }
        for event in &next {
            assert!(world.is_here(event.event_id()).await);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_event_next_to_a_time_may_be_in_a_gap() {
    worlds(async |world| {
        let line = world.with_gap().await;
        let ts = line[5].origin_server_ts().get().into();
        for backward in [false, true] {
            let next = world.server.federation.timestamp_to_event(&alice(), &world.room_id, ts, backward).await;
            assert_eq!(next.unwrap(), (line[5].event_id().to_owned(), ts));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_event_than_the_one_asked_for_is_no_answer() {
    worlds(async |world| {
        let line = world.with_gap().await;
        world.peer.wrong.store(true, Ordering::SeqCst);
        let answer = world.server.federation.event(&alice(), &world.room_id, line[5].event_id()).await;
        assert!(matches!(answer, Err(Error::NotFound(_))));
        for event in &line[..10] {
            assert!(world.flags(event.event_id()).await.is_none());
        }
    })
    .await;
}
