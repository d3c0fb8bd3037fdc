//! Events that other servers send, in transactions of 50. They count when a local client can read them: a server may
//! answer a transaction long before it has worked it off.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::join_all;
use http::{HeaderValue, Method, StatusCode};
use peerbrain_peer::{Parcel, Peer};
use serde_json::Value;
use tokio::sync::Semaphore;

use super::chain::{Chain, EVENTS, Load, loads};
use super::signatures;
use crate::connection::{Connection, PATIENCE};
use crate::drive::{Outcome, Tally};
use crate::error::{Error, Result};
use crate::setup::{Room, Stage, in_parallel};
use crate::users::User;

/// How many transactions of a room may be under way, from all servers together. The next is on its way while the last is
/// worked off, as between real servers; more must not be, for a Synapse for which 100 events of a room wait throws most of
/// them away, to ask for them later.
const UNDER_WAY: usize = 2;

/// How long to wait before an event is asked for again that could not be read: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// A server that sends one transaction after the other, and the local client that looks for its events.
struct Origin {
    peer: Peer,
    /// Given to those whose transaction is under way, by all servers of a room.
    turns: Arc<Semaphore>,
    /// How many transactions this server may send before it waits until the first can be read.
    ahead: usize,
    loads: std::vec::IntoIter<Load<Parcel>>,
    reader: Connection,
    authorization: HeaderValue,
}

impl Origin {
    /// Sends until the end, then waits until everything can be read.
    async fn send_until(&mut self, end: Instant, tally: &RefCell<Tally>) {
        let mut unread = VecDeque::new();
        while Instant::now() < end {
            let Some(load) = self.loads.next() else { break };
            let Ok(turn) = self.turns.clone().acquire_owned().await else { break };
            let start = Instant::now();
            if let Err(error) = self.send(load.parcel).await {
                // What follows would build on events that are not there.
                tally.borrow_mut().failure(error);
                break;
            }
            unread.push_back((start, load.newest, turn));
            if unread.len() > self.ahead
                && let Some((start, newest, _turn)) = unread.pop_front()
            {
                self.count(start, &newest, tally).await;
            }
        }
        for (start, newest, _turn) in unread {
            self.count(start, &newest, tally).await;
        }
    }

    async fn send(&self, parcel: Parcel) -> Result<()> {
        let results = self.peer.hand_over(parcel).await?;
        let refused = results.as_object().into_iter().flatten().find_map(|(_, result)| result.get("error"));
        match refused.and_then(Value::as_str) {
            None => Ok(()),
            Some(error) => Err(Error::Failed(format!("a good event was refused: {error}\n"))),
        }
    }

    async fn count(&mut self, start: Instant, newest: &[String], tally: &RefCell<Tally>) {
        match self.read(newest).await {
            Ok(()) => tally.borrow_mut().successes(start.elapsed(), EVENTS as u64),
            Err(error) => tally.borrow_mut().failure(error),
        }
    }

    /// Waits until all of these can be read.
    async fn read(&mut self, paths: &[String]) -> Result<()> {
        let start = Instant::now();
        for path in paths {
            let mut pause = FIRST_PAUSE;
            loop {
                let target = self.reader.target();
                let request = target.request(Method::GET, path, Some(&self.authorization), Bytes::new())?;
                match self.reader.tell(request).await {
                    Ok(()) => break,
                    Err(Error::Status { status: StatusCode::NOT_FOUND, .. }) if start.elapsed() < PATIENCE => {}
                    Err(error) => return Err(error),
                }
                tokio::time::sleep(pause).await;
                pause = (2 * pause).min(LONGEST_PAUSE);
            }
        }
        Ok(())
    }
}

/// All servers write into one room.
pub async fn into_one_room(stage: &mut Stage, origins: usize) -> Result<Outcome> {
    run(stage, origins, 1).await
}

/// The servers spread evenly over many rooms, each into its own.
pub async fn into_many_rooms(stage: &mut Stage, origins: usize) -> Result<Outcome> {
    let rooms = stage.scale.spread;
    run(stage, origins, rooms).await
}

async fn run(stage: &mut Stage, origins: usize, rooms: usize) -> Result<Outcome> {
    let host = stage.senders(1).await?.into_iter().next().ok_or(Error::Missing("an account"))?;
    let mut origins = prepare(stage, &host, origins, rooms).await?;
    let warm = RefCell::new(Tally::new()?);
    send(&mut origins, warm_up(stage), &warm).await;
    if let Some(error) = warm.into_inner().first_error {
        return Err(Error::Failed(format!("{error}\n")));
    }
    let checked = signatures::seconds(stage).await?;
    let (tally, cpu, start) = (RefCell::new(Tally::new()?), stage.watch.cpu()?, Instant::now());
    send(&mut origins, stage.run_for, &tally).await;
    let (elapsed, cpu) = (start.elapsed(), stage.watch.cpu()? - cpu);
    let mut outcome = Outcome { tally: tally.into_inner(), elapsed, cpu, beside: BTreeMap::new() };
    signatures::share(stage, checked, &mut outcome).await?;
    Ok(outcome)
}

/// How long is sent before anything counts.
fn warm_up(stage: &Stage) -> Duration {
    (stage.run_for / 5).min(Duration::from_secs(1))
}

async fn send(origins: &mut [Origin], run_for: Duration, tally: &RefCell<Tally>) {
    let end = Instant::now() + run_for;
    join_all(origins.iter_mut().map(|origin| origin.send_until(end, tally))).await;
}

/// Makes the rooms, lets a user of each server join its own, and builds what they will send.
async fn prepare(stage: &Stage, host: &User, origins: usize, rooms: usize) -> Result<Vec<Origin>> {
    let rooms = in_parallel(&stage.target, vec![host; rooms], async |connection, host: &User| {
        Room::create(connection, Some(host)).await
    })
    .await?;
    let servers: Vec<Peer> = stage.peer()?.servers().into_iter().take(origins).collect();
    let users: Vec<String> = servers.iter().map(|server| server.user("origin")).collect();
    // As many places as there are rooms or servers, whichever are more: place n is that of server n in room n, both by
    // turns.
    let mut places = Vec::new();
    for place in 0..rooms.len().max(servers.len()) {
        let number = place % servers.len().max(1);
        if let (Some(room), Some(server), Some(user)) =
            (rooms.get(place % rooms.len().max(1)), servers.get(number), users.get(number))
        {
            server.enter(&room.id, user).await?;
            places.push((number, room, server, user));
        }
    }
    let together = Arc::new(Semaphore::new(UNDER_WAY));
    let is_shared = servers.len() > rooms.len();
    // Only now does everybody know the ends of the rooms.
    let seconds = (stage.run_for + warm_up(stage)).as_secs_f64();
    let transactions = (seconds * stage.scale.ready as f64 / (EVENTS * origins.max(1)) as f64) as usize + 2;
    let origin = |(number, peer): (usize, &Peer)| -> Result<Origin> {
        let own = places.iter().filter(|(place, ..)| *place == number);
        let chain = |(_, room, server, user): &(usize, &Room, &Peer, &String)| -> Result<Chain> {
            Ok(Chain::new(&server.room(&room.id)?, &server.me, user))
        };
        let mut chains = own.map(chain).collect::<Result<Vec<Chain>>>()?;
        let loads = loads(&mut chains, transactions, |events| peer.pack(events)).into_iter();
        let (reader, authorization) = (stage.target.connection(), host.authorization.clone());
        // Whoever shares a room must not wait for a turn while holding one.
        let (turns, ahead) = match is_shared {
            true => (together.clone(), 0),
            false => (Arc::new(Semaphore::new(UNDER_WAY)), UNDER_WAY - 1),
        };
        Ok(Origin { peer: peer.clone(), turns, ahead, loads, reader, authorization })
    };
    servers.iter().enumerate().map(origin).collect()
}
