//! From the start of a send until each of many waiting long polls has the message in hand.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::{join_all, try_join_all};
use http::{HeaderValue, Method};
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::NextBatch;
use crate::connection::{Connection, PATIENCE};
use crate::drive::{Outcome, Tally};
use crate::error::{Error, Result};
use crate::setup::{Room, Stage};
use crate::users::User;

/// From one message to the next: all polls wait again by then, on a slow server too.
const PAUSE: Duration = Duration::from_secs(2);

/// How many pollers make their first sync at a time.
const STARTING: usize = 16;

/// Someone whose client waits for news.
struct Poller {
    connection: Connection,
    authorization: HeaderValue,
    since: String,
}

impl Poller {
    async fn start(stage: &Stage, user: &User) -> Result<Self> {
        let connection = stage.target.connection();
        let mut poller = Self { connection, authorization: user.authorization.clone(), since: String::new() };
        poller.sync("/_matrix/client/v3/sync?timeout=0").await?;
        Ok(poller)
    }

    async fn sync(&mut self, path: &str) -> Result<Bytes> {
        let request = self.connection.target().request(Method::GET, path, Some(&self.authorization), Bytes::new())?;
        let body = self.connection.fetch(request).await?;
        self.since = serde_json::from_slice::<NextBatch>(&body)?.next_batch;
        Ok(body)
    }

    /// Polls for ever; tells the number of each message that comes, and when.
    async fn listen(mut self, heard: UnboundedSender<Result<(usize, Instant)>>) {
        loop {
            let path = format!("/_matrix/client/v3/sync?timeout=30000&since={}", self.since);
            let answer = self.sync(&path).await;
            let now = Instant::now();
            let failed = answer.is_err();
            let news = answer.map(|body| (number_in(&body), now));
            // Nobody listens any more: the row is over.
            if !matches!(news, Ok((None, _))) && heard.send(news.map(|(n, at)| (n.unwrap_or(0), at))).is_err() {
                return;
            }
            if failed {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// The text of message `n`, closed by a mark so that message 1 is not found in message 10.
pub(super) fn numbered(n: usize) -> String {
    format!("number-{n};")
}

/// The newest number in an answer. Other events (a join seen late) have none.
pub(super) fn number_in(body: &[u8]) -> Option<usize> {
    const START: &[u8] = b"number-";
    let numbers = body.windows(START.len()).enumerate().filter(|(_, window)| *window == START).filter_map(|(at, _)| {
        let rest = body.get(at + START.len()..)?;
        let end = rest.iter().position(|byte| *byte == b';')?;
        std::str::from_utf8(rest.get(..end)?).ok()?.parse().ok()
    });
    numbers.max()
}

/// Measures one message every [`PAUSE`]. An operation is a delivery.
pub async fn run(stage: &mut Stage, pollers: usize) -> Result<Outcome> {
    let users = stage.senders(pollers).await?;
    let room = stage.room(&users).await?;
    let stage = &*stage;
    // A first sync costs more than what is measured: a few at a time.
    let mut pollers = Vec::with_capacity(users.len());
    for some in users.chunks(STARTING) {
        pollers.extend(try_join_all(some.iter().map(|user| Poller::start(stage, user))).await?);
    }
    let (heard, mut news) = unbounded_channel();
    let listening = join_all(pollers.into_iter().map(|poller| poller.listen(heard.clone())));
    let sending = async {
        let mut tally = Tally::new()?;
        // Polls arrive; then one message that is not counted opens the way.
        tokio::time::sleep(PAUSE / 4).await;
        send_and_wait(stage, &users, &room, 0, &mut news, &mut Tally::new()?).await?;
        let cpu = stage.watch.cpu()?;
        let start = Instant::now();
        let mut n = 0;
        while n == 0 || start.elapsed() < stage.run_for {
            n += 1;
            tokio::time::sleep(PAUSE.min(stage.run_for)).await;
            send_and_wait(stage, &users, &room, n, &mut news, &mut tally).await?;
        }
        let beside = BTreeMap::new();
        Ok(Outcome { tally, elapsed: start.elapsed(), cpu: stage.watch.cpu()? - cpu, beside })
    };
    tokio::select! {
        outcome = sending => outcome,
        _ = listening => Err(Error::Lacks("/sync", "any waiting long poll")),
    }
}

/// Sends message `n` and waits until everybody has it.
async fn send_and_wait(
    stage: &Stage,
    users: &[User],
    room: &Room,
    n: usize,
    news: &mut UnboundedReceiver<Result<(usize, Instant)>>,
    tally: &mut Tally,
) -> Result<()> {
    let authorization = users.first().map(|user| &user.authorization);
    let body = serde_json::to_vec(&json!({"msgtype": "m.text", "body": numbered(n)}))?;
    let mut connection = stage.target.connection();
    let path = room.path(&format!("send/m.room.message/latency{n}"));
    let start = Instant::now();
    let request = stage.target.request(Method::PUT, &path, authorization, body.into())?;
    let everybody = async {
        let mut missing = users.len();
        while missing > 0 {
            match news.recv().await {
                Some(Ok((number, at))) if number == n => {
                    tally.success(at - start);
                    missing -= 1;
                }
                Some(Err(error)) => tally.failure(error),
                Some(Ok(_)) => {}
                None => return,
            }
        }
    };
    let (sent, everybody) = tokio::join!(connection.tell(request), tokio::time::timeout(PATIENCE / 4, everybody));
    if everybody.is_err() {
        tally.failure("a long poll did not deliver the message");
    }
    sent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_message_of_an_answer_is_found() {
        let answer = format!(r#"{{"a":"{}","b":"{}"}}"#, numbered(9), numbered(10));
        assert_eq!(number_in(answer.as_bytes()), Some(10));
        assert_eq!(number_in(b"number-7"), None);
        assert_eq!(number_in(b"{}"), None);
    }
}
