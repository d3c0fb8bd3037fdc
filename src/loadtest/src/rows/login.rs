//! Logins by password, and what they cost everybody else.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::{join_all, try_join_all};
use http::Method;

use crate::connection::Connection;
use crate::drive::{Outcome, Tally, Worker, closed_loop};
use crate::error::Result;
use crate::setup::{Room, Stage, say};
use crate::users::User;

/// How many log in at a time where only logins are measured.
const WIDTH: usize = 4;

/// How many other people there are.
const OTHERS: usize = 8;

/// From one request of one of them to the next: together they leave most of a small machine free.
const PACE: Duration = Duration::from_millis(100);

/// Someone who logs in on one new device after the other.
struct Newcomer {
    connection: Connection,
    user: User,
}

impl Worker for Newcomer {
    async fn step(&mut self) -> Option<Result<()>> {
        Some(self.user.new_device(&mut self.connection).await.map(drop))
    }
}

/// Someone who has been there all along, and by turns writes a message and asks who they are.
struct Resident {
    connection: Connection,
    user: User,
    room: Room,
    asked: usize,
}

impl Resident {
    async fn ask(&mut self) -> Result<()> {
        const WHOAMI: &str = "/_matrix/client/v3/account/whoami";
        self.asked += 1;
        let authorization = &self.user.authorization;
        if self.asked.is_multiple_of(2) {
            return say(&mut self.connection, &self.room, authorization, &format!("beside{}", self.asked)).await;
        }
        let request = self.connection.target().request(Method::GET, WHOAMI, Some(authorization), Bytes::new())?;
        self.connection.tell(request).await
    }

    /// Asks at an even pace. A request that is late makes the next one start at once.
    async fn live(&mut self, end: Instant, tally: &RefCell<Tally>) {
        let mut due = Instant::now();
        while Instant::now() < end {
            let start = Instant::now();
            match self.ask().await {
                Ok(()) => tally.borrow_mut().success(start.elapsed()),
                Err(error) => tally.borrow_mut().failure(error),
            }
            due += PACE;
            tokio::time::sleep(due.saturating_duration_since(Instant::now())).await;
        }
    }
}

/// Logins, a few at a time.
pub async fn throughput(stage: &mut Stage) -> Result<Outcome> {
    let users = stage.users("login", WIDTH).await?;
    closed_loop(&stage.watch, &mut newcomers(stage, users), stage.run_for).await
}

/// Other people's requests at an even pace: first alone, then while always as many log in as the scale says. An
/// operation is one of their requests beside the logins.
pub async fn beside_others(stage: &mut Stage) -> Result<Outcome> {
    let users = stage.users("resident", OTHERS).await?;
    let room = stage.room(&users).await?;
    let resident = |(n, user)| {
        // They do not all do the same at the same time.
        Resident { connection: stage.target.connection(), user, room: room.clone(), asked: n }
    };
    let mut residents: Vec<Resident> = users.into_iter().enumerate().map(resident).collect();
    // Opens the connections.
    try_join_all(residents.iter_mut().map(Resident::ask)).await?;
    let quiet = live(&mut residents, stage.run_for).await?;

    let mut newcomers = newcomers(stage, stage.users("crowd", stage.scale.logins).await?);
    let (logins, beside) =
        tokio::join!(closed_loop(&stage.watch, &mut newcomers, stage.run_for), live(&mut residents, stage.run_for));
    let (mut outcome, mut tally) = (logins?, beside?);
    let p99 = |tally: &Tally| tally.latency.value_at_quantile(0.99) as f64 / 1000.0;
    let (before, during) = (p99(&quiet), p99(&tally));
    outcome.beside.insert("p99 ms without logins".into(), before);
    outcome.beside.insert("times that with logins".into(), during / before.max(f64::MIN_POSITIVE));
    let logins = outcome.tally.latency.len() as f64 / outcome.elapsed.as_secs_f64();
    outcome.beside.insert("logins per second".into(), logins);
    // A refused login or a refused request before them spoils the row as well.
    for spoiled in [&quiet, &outcome.tally] {
        tally.errors += spoiled.errors;
        tally.first_error = tally.first_error.or_else(|| spoiled.first_error.clone());
    }
    outcome.tally = tally;
    Ok(outcome)
}

fn newcomers(stage: &Stage, users: Vec<User>) -> Vec<Newcomer> {
    users.into_iter().map(|user| Newcomer { connection: stage.target.connection(), user }).collect()
}

async fn live(residents: &mut [Resident], run_for: Duration) -> Result<Tally> {
    let tally = RefCell::new(Tally::new()?);
    let end = Instant::now() + run_for;
    join_all(residents.iter_mut().map(|resident| resident.live(end, &tally))).await;
    Ok(tally.into_inner())
}
