//! Asking for events, for tests.

use std::time::{Duration, Instant};

use super::prelude::*;

impl User {
    /// Searches events with these criteria; gives the `room_events` of the answer.
    pub async fn search(&self, criteria: Value) -> Result<Value, Failure> {
        self.search_on(criteria, None).await
    }

    /// Searches on from a token.
    pub async fn search_on(&self, criteria: Value, token: Option<&str>) -> Result<Value, Failure> {
        let path = match token {
            Some(token) => format!("{}?next_batch={}", v3!("search"), encode(token)),
            None => v3!("search"),
        };
        let body = json!({ "search_categories": { "room_events": criteria } });
        Ok(self.post(path, body).await?.ok()?["search_categories"]["room_events"].clone())
    }

    /// Searches until exactly these events are found, in any order, for at most forty seconds: an index may be a little
    /// behind. Gives the last `room_events`.
    pub async fn finds(&self, criteria: Value, want: &[&str]) -> Result<Value, Failure> {
        let started = Instant::now();
        let mut want = want.to_vec();
        want.sort_unstable();
        loop {
            let answer = self.search(criteria.clone()).await?;
            let mut got = found(&answer);
            got.sort_unstable();
            if got == want {
                return Ok(answer);
            }
            if started.elapsed() > Duration::from_secs(40) {
                return Err(Failure::new(format!("{criteria} should find {want:?}, found {got:?}")));
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
}

/// The ids of the events found, in order.
pub fn found(answer: &Value) -> Vec<&str> {
    let results = answer["results"].as_array().map(Vec::as_slice).unwrap_or_default();
    results.iter().filter_map(|result| result["result"]["event_id"].as_str()).collect()
}

/// A word that no other test's events have.
pub fn word(server: &Server) -> String {
    server.fresh("w").replace('-', "q")
}
