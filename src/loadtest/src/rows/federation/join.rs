//! Joining a large room of other servers, with its full state: from the request until the last member is stored. An
//! operation is a join. There is one only, for the next would find the keys of all servers known.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Method;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{crowd, signatures};
use crate::connection::Connection;
use crate::drive::{Outcome, Tally};
use crate::error::{Error, Result};
use crate::setup::{Room, Stage};
use crate::users::User;

/// After this the server is given up.
const LONGEST: Duration = Duration::from_secs(1200);

/// Between two looks at the members, while the join goes on.
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

#[derive(Deserialize)]
struct Members {
    joined: HashMap<String, IgnoredAny>,
}

/// Joins once.
pub async fn run(stage: &mut Stage) -> Result<Outcome> {
    let user = stage.senders(1).await?.into_iter().next().ok_or(Error::Missing("an account"))?;
    let (peer, members) = (stage.peer()?, stage.scale.crowd);
    let room = crowd::gather(peer, members)?;
    let path = room.join_through(&peer.me.name);
    let mut connection = stage.target.connection();
    let before = stage.watch.memory()?.server_anonymous;
    let checked = signatures::seconds(stage).await?;
    let (mut tally, cpu, start) = (Tally::new()?, stage.watch.cpu()?, Instant::now());
    let ((), peak) = stage.watch.peak_during(join(&mut connection, &user, &room, &path, members + 1)).await?;
    let (elapsed, cpu) = (start.elapsed(), stage.watch.cpu()? - cpu);
    tally.success(elapsed);
    let mut outcome = Outcome { tally, elapsed, cpu, beside: BTreeMap::new() };
    outcome.beside.insert("seconds until the last member is stored".into(), elapsed.as_secs_f64());
    if !stage.watch.server.is_empty() {
        outcome.beside.insert("anonymous MiB of the server before".into(), before);
        outcome.beside.insert("anonymous MiB of the server meanwhile, at most".into(), peak);
    }
    signatures::share(stage, checked, &mut outcome).await?;
    Ok(outcome)
}

/// Joins, and waits until the server knows so many members.
async fn join(connection: &mut Connection, user: &User, room: &Room, path: &str, wanted: usize) -> Result<()> {
    let (start, authorization) = (Instant::now(), Some(&user.authorization));
    let request = connection.target().request(Method::POST, path, authorization, Bytes::from_static(b"{}"))?;
    match connection.tell(request).await {
        // A slow server goes on when nobody waits for its answer any more.
        Ok(()) | Err(Error::Patience) => {}
        Err(error) => return Err(error),
    }
    let mut looking = connection.target().connection();
    loop {
        let members = room.path("joined_members");
        let request = looking.target().request(Method::GET, &members, authorization, Bytes::new())?;
        match looking.fetch(request).await {
            Ok(answer) if serde_json::from_slice::<Members>(&answer)?.joined.len() >= wanted => return Ok(()),
            Ok(_) | Err(Error::Status { .. } | Error::Patience) if start.elapsed() < LONGEST => {}
            Ok(_) => return Err(Error::Patience),
            Err(error) => return Err(error),
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}
