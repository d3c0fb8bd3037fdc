//! From the start of a send until each of several other servers has the message. An operation is a delivery.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use http::Method;
use peerbrain_peer::{Peer, Request};
use serde_json::json;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::connection::PATIENCE;
use crate::drive::{Outcome, Tally};
use crate::error::{Error, Result};
use crate::rows::latency::{number_in, numbered};
use crate::setup::{Room, Stage};
use crate::users::User;

/// From one message to the next: a slow server has delivered by then.
const PAUSE: Duration = Duration::from_millis(500);

/// A user here writes in a room where users of other servers are.
struct Conversation<'a> {
    stage: &'a Stage,
    user: User,
    room: Room,
    /// In how many servers' hands each message must come.
    receivers: usize,
    coming: UnboundedReceiver<Request>,
}

/// Measures one message every [`PAUSE`].
pub async fn run(stage: &mut Stage) -> Result<Outcome> {
    let users = stage.senders(1).await?;
    let room = stage.room(&users).await?;
    let stage = &*stage;
    let user = users.into_iter().next().ok_or(Error::Missing("an account"))?;
    let servers: Vec<Peer> = stage.peer()?.servers().into_iter().take(stage.scale.receivers).collect();
    for server in &servers {
        server.enter(&room.id, &server.user("receiver")).await?;
    }
    let coming = stage.peer()?.watch();
    let mut conversation = Conversation { stage, user, room, receivers: servers.len(), coming };
    // One message that is not counted opens the connections.
    conversation.say(0, &mut Tally::new()?).await?;
    let (mut tally, cpu, start) = (Tally::new()?, stage.watch.cpu()?, Instant::now());
    let mut n = 0;
    while n == 0 || start.elapsed() < stage.run_for {
        n += 1;
        tokio::time::sleep(PAUSE.min(stage.run_for)).await;
        conversation.say(n, &mut tally).await?;
    }
    Ok(Outcome { tally, elapsed: start.elapsed(), cpu: stage.watch.cpu()? - cpu, beside: BTreeMap::new() })
}

impl Conversation<'_> {
    /// Sends message `n` and waits until every server has it.
    async fn say(&mut self, n: usize, tally: &mut Tally) -> Result<()> {
        let body = serde_json::to_vec(&json!({"msgtype": "m.text", "body": numbered(n)}))?;
        let path = self.room.path(&format!("send/m.room.message/remote{n}"));
        let mut connection = self.stage.target.connection();
        let start = Instant::now();
        let authorization = Some(&self.user.authorization);
        let request = self.stage.target.request(Method::PUT, &path, authorization, body.into())?;
        let (coming, mut missing) = (&mut self.coming, self.receivers);
        let everybody = async {
            while missing > 0 {
                let Some(request) = coming.recv().await else { return };
                if request.about().0 == "send" && number_in(&request.body) == Some(n) {
                    tally.success(request.came.saturating_duration_since(start));
                    missing -= 1;
                }
            }
        };
        let (sent, everybody) = tokio::join!(connection.tell(request), tokio::time::timeout(PATIENCE / 4, everybody));
        if everybody.is_err() {
            tally.failure("a server did not get the message");
        }
        sent
    }
}
