//! Servers that are not in the room.

use events::VerifiedPdu;
use ruma::{EventId, UserId, server_name};
use store::rooms::EventFlags;

use super::world::{World, worlds};
use crate::{
    Answer, Transaction,
    testing::{Draft, message, raw},
};

impl World {
    /// A server sends events that has nothing to do with the room.
    async fn send_from_outside(&self, id: usize, events: &[VerifiedPdu]) -> Answer {
        let pdus = events.iter().map(|event| raw(event)).collect();
        let transaction = Transaction { id: id.to_string().as_str().into(), pdus, edus: Vec::new() };
        self.server.federation.receive_transaction(server_name!("c"), transaction).await.unwrap()
    }

    /// An event after one that there is not.
    fn baseless(&self, number: usize) -> VerifiedPdu {
        self.peer.invent(vec![EventId::parse(format!("${number:A>43}")).unwrap()], &self.last)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_rejected_of_them_is_not_kept() {
    worlds(async |world| {
        let eve = UserId::parse("@eve:b").unwrap();
        let said = |text| world.peer.make(&[&world.last], Draft { sender: eve.clone(), ..message(text) });
        let (outside, inside) = (said("outside"), said("inside"));
        let answer = world.send_from_outside(0, std::slice::from_ref(&outside)).await;
        assert!(answer[outside.event_id()].is_err());
        assert!(world.flags(outside.event_id()).await.is_none());
        assert_eq!(world.send(&[&inside]).await[inside.event_id()], Ok(()));
        assert!(world.flags(inside.event_id()).await.unwrap().has(EventFlags::REJECTED));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn their_events_leave_room_for_others_to_wait() {
    worlds(async |world| {
        let events: Vec<VerifiedPdu> = (0..120).map(|number| world.baseless(number)).collect();
        let mut refused = 0;
        for (id, events) in events.chunks(40).enumerate() {
            let answer = world.send_from_outside(id, events).await;
            refused += answer.values().filter(|outcome| outcome.is_err()).count();
        }
        assert_eq!(refused, 20);
        let of_member = world.baseless(500);
        assert_eq!(world.send(&[&of_member]).await[of_member.event_id()], Ok(()));
    })
    .await;
}
