//! Initial syncs, each by a device that has never synced: of one room with many messages, and of many rooms.

use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use http::{HeaderValue, Method};

use crate::connection::Connection;
use crate::drive::{Outcome, Worker, closed_loop};
use crate::error::Result;
use crate::setup::{Room, Stage, in_parallel, say};
use crate::users::User;

/// How many accounts share the rooms of the large sync with the one that syncs.
const NEIGHBOURS: usize = 12;

/// Someone who takes a fresh device and syncs.
struct Newcomer {
    connection: Connection,
    devices: Rc<RefCell<Vec<HeaderValue>>>,
}

impl Worker for Newcomer {
    async fn step(&mut self) -> Option<Result<()>> {
        let device = self.devices.borrow_mut().pop()?;
        let path = "/_matrix/client/v3/sync?timeout=0";
        let request = self.connection.target().request(Method::GET, path, Some(&device), Bytes::new());
        Some(match request {
            Ok(request) => self.connection.tell(request).await,
            Err(error) => Err(error),
        })
    }
}

/// Devices of the accounts in the room of many messages, eight at a time.
pub async fn of_one_room(stage: &mut Stage) -> Result<Outcome> {
    let (readers, _) = stage.reading_room().await?;
    run(stage, &readers, 8).await
}

/// Devices of one account in many rooms, four at a time.
pub async fn of_many_rooms(stage: &mut Stage) -> Result<Outcome> {
    let account = stage.users("everywhere", 1).await?;
    let neighbours = stage.users("neighbour", NEIGHBOURS).await?;
    let rooms = (0..stage.scale.rooms).collect();
    let (others, messages) = (stage.scale.members.saturating_sub(1), stage.scale.room_messages);
    in_parallel(&stage.target, rooms, async |connection, n: usize| {
        let others: Vec<&User> = neighbours.iter().cycle().skip(n % NEIGHBOURS).take(others).collect();
        let room = Room::create(connection, account.first()).await?;
        for other in &others {
            room.join(connection, other).await?;
        }
        for (m, author) in account.iter().chain(others).cycle().take(messages).enumerate() {
            say(connection, &room, &author.authorization, &format!("r{n}-{m}")).await?;
        }
        Ok(())
    })
    .await?;
    run(stage, &account, 4).await
}

/// A few syncs tell how many devices the time will need; those are logged in, and then the row begins.
async fn run(stage: &Stage, users: &[User], width: usize) -> Result<Outcome> {
    let probe = sync_all(stage, users, width, width).await?;
    let per_second = width as f64 / probe.elapsed.as_secs_f64().max(0.001);
    let count = (1.5 * per_second * stage.run_for.as_secs_f64()) as usize;
    let count = count.clamp(width, stage.devices.max(width));
    sync_all(stage, users, width, count).await
}

async fn sync_all(stage: &Stage, users: &[User], width: usize, count: usize) -> Result<Outcome> {
    let owners = users.iter().cycle().take(count).collect();
    let devices =
        in_parallel(&stage.target, owners, async |connection, user: &User| user.new_device(connection).await).await?;
    let devices = Rc::new(RefCell::new(devices));
    let newcomer = || Newcomer { connection: stage.target.connection(), devices: Rc::clone(&devices) };
    let mut workers: Vec<Newcomer> = (0..width).map(|_| newcomer()).collect();
    closed_loop(&stage.watch, &mut workers, stage.run_for).await
}
