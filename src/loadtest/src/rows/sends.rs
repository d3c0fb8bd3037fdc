//! Messages by 1, 16 and 128 senders, into one room and into many.

use http::HeaderValue;

use crate::connection::Connection;
use crate::drive::{Outcome, Worker, warm_closed_loop};
use crate::error::Result;
use crate::setup::{Room, Stage, in_parallel, say};
use crate::users::User;

/// Someone who writes into one or several rooms by turns.
struct Sender {
    connection: Connection,
    authorization: HeaderValue,
    rooms: Vec<Room>,
    sent: usize,
    /// What makes transaction ids differ from those of another row by the same sender.
    row: String,
}

impl Worker for Sender {
    async fn step(&mut self) -> Option<Result<()>> {
        let room = self.rooms.get(self.sent % self.rooms.len().max(1))?;
        self.sent += 1;
        let transaction = format!("{}-{}", self.row, self.sent);
        Some(say(&mut self.connection, room, &self.authorization, &transaction).await)
    }
}

/// All senders are the members of one room.
pub async fn into_one_room(stage: &mut Stage, count: usize) -> Result<Outcome> {
    let senders = stage.senders(count).await?;
    let room = stage.room(&senders).await?;
    run(stage, senders, vec![vec![room]; count], format!("one{count}")).await
}

/// The senders spread evenly: a few in each room, or a few rooms for each.
pub async fn into_many_rooms(stage: &mut Stage, count: usize) -> Result<Outcome> {
    let senders = stage.senders(count).await?;
    let mut rooms_of: Vec<Vec<Room>> = vec![vec![]; count];
    let owners = (0..stage.scale.spread).zip(senders.iter().cycle()).collect();
    let rooms = in_parallel(&stage.target, owners, async |connection, (_, owner): (usize, &User)| {
        Room::create(connection, Some(owner)).await
    })
    .await?;
    // As many places as there are rooms or senders, whichever are more: place n is sender n's in room n, both by turns.
    let mut joins = Vec::new();
    for place in 0..rooms.len().max(count) {
        let (Some(room), Some(sender)) = (rooms.get(place % rooms.len().max(1)), senders.get(place % count)) else {
            continue;
        };
        if let Some(rooms) = rooms_of.get_mut(place % count) {
            rooms.push(room.clone());
        }
        // The first of them have made the rooms.
        if place >= rooms.len() {
            joins.push((room, sender));
        }
    }
    in_parallel(&stage.target, joins, async |connection, (room, sender): (&Room, &User)| {
        room.join(connection, sender).await
    })
    .await?;
    run(stage, senders, rooms_of, format!("many{count}")).await
}

async fn run(stage: &Stage, senders: Vec<User>, rooms_of: Vec<Vec<Room>>, row: String) -> Result<Outcome> {
    let mut workers: Vec<Sender> = senders
        .into_iter()
        .zip(rooms_of)
        .map(|(user, rooms)| Sender {
            connection: stage.target.connection(),
            authorization: user.authorization,
            rooms,
            sent: 0,
            row: row.clone(),
        })
        .collect();
    warm_closed_loop(&stage.watch, &mut workers, stage.run_for).await
}
