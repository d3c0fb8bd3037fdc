//! Runs tests side by side and says how each ended.

use std::pin::Pin;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};

use crate::client::Server;
use crate::failure::Outcome;

/// How long one test may take: several times as long as it waits for anything single, for a busy machine.
const LIMIT: Duration = Duration::from_secs(180);

/// A test's future.
pub type Running = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// A registered test.
#[derive(Clone, Copy, Debug)]
pub struct Test {
    /// `area/name`, unique.
    pub name: &'static str,
    /// The part of the specification it checks.
    pub section: &'static str,
    /// The rows of the table of endpoints it covers: `METHOD v3/path/{argument}` for a success, with a Matrix error
    /// code or a status behind it for a refusal.
    pub covers: &'static [&'static str],
    /// Starts it.
    pub run: fn(Server) -> Running,
}

/// How a test ended.
#[derive(Debug)]
pub struct Ended {
    /// The test.
    pub test: Test,
    /// Why it failed, if it did.
    pub failure: Option<String>,
    /// How an earlier attempt ended that was not to be expected.
    pub before: Option<String>,
    /// How long it took.
    pub took: Duration,
}

/// Runs the tests, at most `jobs` at a time, and gives their ends in the order of registration.
pub async fn run(server: &Server, tests: Vec<Test>, jobs: usize) -> Vec<Ended> {
    let mut ended: Vec<(usize, Ended)> = stream::iter(tests.into_iter().enumerate())
        .map(|(place, test)| async move { (place, one(server.clone(), test).await) })
        .buffer_unordered(jobs.max(1))
        .collect()
        .await;
    ended.sort_by_key(|(place, _)| *place);
    ended.into_iter().map(|(_, ended)| ended).collect()
}

/// Runs those that did not end as expected once more, one by one: what a machine that stood still did to them does not
/// happen twice. What they said before is kept.
pub async fn again(server: &Server, ended: Vec<Ended>, expected: impl Fn(&Ended) -> bool) -> Vec<Ended> {
    let mut last = Vec::new();
    for before in ended {
        if expected(&before) {
            last.push(before);
            continue;
        }
        let said = before.failure.unwrap_or_else(|| "it passed".to_owned());
        last.push(Ended { before: Some(said), ..one(server.clone(), before.test).await });
    }
    last
}

/// Runs one test in a task of its own, under the time limit; a panic in it is its failure.
async fn one(server: Server, test: Test) -> Ended {
    let started = Instant::now();
    let mut task = tokio::spawn((test.run)(server));
    let failure = match tokio::time::timeout(LIMIT, &mut task).await {
        Err(_) => {
            task.abort();
            Some(format!("it did not end within {} seconds", LIMIT.as_secs()))
        }
        Ok(Ok(Ok(()))) => None,
        Ok(Ok(Err(failure))) => Some(failure.to_string()),
        Ok(Err(error)) => Some(format!("the test itself broke: {error}")),
    };
    Ended { test, failure, before: None, took: started.elapsed() }
}
