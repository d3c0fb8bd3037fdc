//! `/sync` for tests: one request, or a loop until something has come.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::failure::Failure;
use crate::path::encode;
use crate::room::text;
use crate::user::User;
use crate::v3;

/// How long a test waits for something that should come at once, in milliseconds: on a busy machine at once may be late.
const PATIENCE: u64 = 30_000;

impl User {
    /// One `/sync` with these query parameters, in the form `name=value&...` (values already encoded).
    pub async fn sync(&self, query: &str) -> Result<Value, Failure> {
        self.get(format!("{}?{query}", v3!("sync"))).await?.ok()
    }

    /// An initial sync, without waiting.
    pub async fn first_sync(&self) -> Result<Value, Failure> {
        self.sync("timeout=0").await
    }

    /// The token of an initial sync.
    pub async fn now(&self) -> Result<String, Failure> {
        text(&self.first_sync().await?, "next_batch")
    }

    /// What came after a token, without waiting.
    pub async fn sync_since(&self, since: &str) -> Result<Value, Failure> {
        self.sync(&format!("timeout=0&since={}", encode(since))).await
    }

    /// A sync with an inline filter, and more parameters.
    pub async fn sync_filtered(&self, filter: &Value, query: &str) -> Result<Value, Failure> {
        self.sync(&format!("timeout=0&filter={}&{query}", encode(filter.to_string()))).await
    }

    /// Syncs on from a token until an answer satisfies `found`; gives that answer. Fails after thirty seconds.
    #[track_caller]
    pub fn sync_until(
        &self,
        since: &str,
        found: impl Fn(&Value) -> bool + Send,
    ) -> impl Future<Output = Result<Value, Failure>> + Send {
        let late = Failure::new(format!("nothing that was waited for came to {} within thirty seconds", self.id));
        async move {
            let started = Instant::now();
            let mut since = since.to_owned();
            while started.elapsed() < Duration::from_millis(PATIENCE) {
                let answer = self.sync(&format!("timeout=1000&since={}", encode(&since))).await?;
                if found(&answer) {
                    return Ok(answer);
                }
                since = text(&answer, "next_batch")?;
            }
            Err(late)
        }
    }
}

/// A joined room in the answer of a sync; null if it is not in it.
pub fn joined<'a>(answer: &'a Value, room: &str) -> &'a Value {
    &answer["rooms"]["join"][room]
}

/// The events of a section such as `timeline`, `state` or `account_data`; empty if it is absent.
pub fn events<'a>(parent: &'a Value, section: &str) -> &'a [Value] {
    parent[section]["events"].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The ids of events, in order.
pub fn ids(events: &[Value]) -> Vec<&str> {
    events.iter().filter_map(|event| event["event_id"].as_str()).collect()
}

/// Finds an event by type and state key.
pub fn find<'a>(events: &'a [Value], kind: &str, key: &str) -> Option<&'a Value> {
    events.iter().find(|event| event["type"] == kind && event["state_key"] == key)
}

/// Whether a joined room's timeline holds an event.
pub fn has_event(answer: &Value, room: &str, event: &str) -> bool {
    ids(events(joined(answer, room), "timeline")).contains(&event)
}

/// The users of a list in `device_lists`, `changed` or `left`, sorted; empty if it is absent.
pub fn listed<'a>(answer: &'a Value, list: &str) -> Vec<&'a str> {
    let mut users: Vec<&str> =
        answer["device_lists"][list].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    users.sort_unstable();
    users
}
