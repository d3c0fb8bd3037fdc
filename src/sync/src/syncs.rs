//! The handle through which clients sync.

use std::{collections::HashSet, sync::Arc, time::Duration};

use accounts::Accounts;
use bytes::Bytes;
use peerbrain_core::clock::Clock;
use quick_cache::sync::Cache;
use rooms::{Rooms, read::Token};
use ruma::{UserId, api::client::filter::FilterDefinition};
use store::rooms::{Membership, rooms_of_user};
use tokio::{sync::watch, time::Instant};

use crate::{
    Error, Follower, Request, Result, answer,
    compute::{Answer, Question, Sources, compute},
    filter::Filter,
    follow::Standing,
    poll::{Key, Repeated, Running, Waiting},
};

/// Filters that are kept ready.
const FILTERS: usize = 1_000;

/// What [`Syncs`] is made of.
pub struct Options {
    /// The rooms.
    pub rooms: Rooms,
    /// The accounts.
    pub accounts: Arc<Accounts>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What follows the store; must be among its observers.
    pub follower: Arc<Follower>,
    /// Most events of one timeline, whatever a filter says.
    pub timeline_limit: usize,
    /// The longest that a sync may wait.
    pub long_poll: Duration,
    /// How long a repeated request gets the same answer; zero for never.
    pub keep_answers: Duration,
}

/// Syncing. Cheap to clone.
#[derive(Clone)]
pub struct Syncs {
    inner: Arc<Inner>,
}

struct Inner {
    sources: Arc<Sources>,
    accounts: Arc<Accounts>,
    clock: Arc<dyn Clock>,
    timeline_limit: usize,
    long_poll: Duration,
    filters: Cache<String, Arc<Filter>>,
    repeated: Repeated,
    running: Running,
    waiting: Waiting,
    stopped: watch::Sender<bool>,
}

/// Why waiting has ended.
enum Woken {
    /// Something may be new.
    News,
    /// Time is up, too many wait, or the server stops.
    Over,
}

impl Syncs {
    /// Starts syncing.
    pub fn new(options: Options) -> Self {
        let Options { rooms, accounts, clock, follower, timeline_limit, long_poll, keep_answers } = options;
        let sources = Sources {
            rooms,
            follower,
            basics: Default::default(),
            summaries: Default::default(),
            sent: Default::default(),
        };
        Self {
            inner: Arc::new(Inner {
                sources: Arc::new(sources),
                accounts,
                clock,
                timeline_limit,
                long_poll,
                filters: Cache::new(FILTERS),
                repeated: Repeated::new(keep_answers),
                running: Running::default(),
                waiting: Waiting::default(),
                stopped: watch::Sender::new(false),
            }),
        }
    }

    /// Answers one request with the body of a response: at once where there is something new (or there is no token, or
    /// the full state is asked for), else as soon as there is or the time is up.
    ///
    /// # Errors
    /// [`Error::InvalidParam`] for a token or a filter that is none; what the database says.
    pub async fn sync(&self, request: Request) -> Result<Bytes> {
        let inner = &self.inner;
        let user = &request.session.user_id;
        let since = request.since.as_deref().map(position).transpose()?;
        let filter = self.filter(user, request.filter.as_deref()).await?;
        let key = Key {
            user: user.clone(),
            device: request.session.device_id.clone(),
            since,
            filter: request.filter.clone(),
            full_state: request.full_state,
            form: request.state_form,
        };
        let Some(since) = since.filter(|_| !request.full_state) else {
            if let Some(since) = since {
                self.check(since).await?;
            }
            return Ok(self.compute(key, filter).await?.body);
        };
        if let Some(answer) = inner.repeated.get(&key) {
            return Ok(answer);
        }
        let deadline = Instant::now() + request.timeout.min(inner.long_poll);
        let mut checked = false;
        let mut from = since;
        loop {
            let standing = self.standing(user).await?;
            if standing.newest <= from {
                if from > standing.position && !checked {
                    self.check(from).await?;
                    checked = true;
                }
                let up_to = from.max(standing.position);
                match self.wait(&request, standing, from, deadline).await {
                    Woken::News if inner.accounts.is_current(&request.session).await? => continue,
                    // Whoever has been logged out meanwhile learns the reason by asking again.
                    _ => return Ok(answer::nothing(up_to)),
                }
            }
            let answer = self.compute(Key { since: Some(from), ..key.clone() }, filter.clone()).await?;
            if !answer.empty {
                inner.repeated.keep(&key, &answer.body);
                return Ok(answer.body);
            }
            // The filter, or what the user must not see, has hidden all of it.
            from = answer.end;
        }
    }

    /// Answers every sync that waits, and lets none wait from now on.
    pub fn stop(&self) {
        self.inner.stopped.send_replace(true);
    }

    /// Whether there may be something new for a user; reads their rooms if they are not known.
    async fn standing(&self, user: &UserId) -> Result<Standing> {
        let watches = &self.inner.sources.follower.watches;
        loop {
            let reading = match watches.standing(user.as_str()) {
                Ok(standing) => return Ok(standing),
                Err(reading) => reading,
            };
            let user_id = user.to_string();
            let store = self.inner.sources.rooms.store();
            let (joined, position) = store
                .snapshot(move |conn, position| {
                    let rows = rooms_of_user(conn, &user_id, &[Membership::Join])?;
                    Ok((rows.into_iter().map(|row| row.room).collect::<HashSet<i64>>(), position))
                })
                .await?;
            watches.read(user.as_str(), reading, joined, position);
        }
    }

    async fn wait(&self, request: &Request, mut standing: Standing, from: i64, deadline: Instant) -> Woken {
        let mut stopped = self.inner.stopped.subscribe();
        if deadline <= Instant::now() || *stopped.borrow_and_update() {
            return Woken::Over;
        }
        let session = &request.session;
        let place = self.inner.waiting.enter((session.user_id.clone(), session.device_id.clone()));
        tokio::select! {
            news = standing.receiver.wait_for(|newest| *newest > from) => match news {
                Ok(_) => Woken::News,
                Err(_) => Woken::Over,
            },
            () = tokio::time::sleep_until(deadline) => Woken::Over,
            () = place.sent_away() => Woken::Over,
            _ = stopped.changed() => Woken::Over,
        }
    }

    /// Makes the answer for this key, or takes part in who is making it.
    async fn compute(&self, key: Key, filter: Arc<Filter>) -> Result<Answer> {
        let preferences = self.inner.accounts.preferences(&key.user).await?;
        let question = Question {
            user: key.user.clone(),
            device: key.device.clone(),
            since: key.since,
            filter,
            full_state: key.full_state,
            form: key.form,
            preferences,
            now: self.inner.clock.now_ms(),
        };
        let sources = self.inner.sources.clone();
        self.inner.running.share(key, move || in_snapshot(sources, question)).await
    }

    /// Refuses a token of the future: it is not one of ours.
    async fn check(&self, position: i64) -> Result<()> {
        let store = self.inner.sources.rooms.store();
        if position <= store.position() || position <= store.snapshot(|_, newest| Ok(newest)).await? {
            return Ok(());
        }
        Err(unknown_token())
    }

    /// The filter that a request names or brings.
    async fn filter(&self, user: &UserId, text: Option<&str>) -> Result<Arc<Filter>> {
        let text = text.unwrap_or("{}");
        let inline = text.starts_with('{');
        let key = if inline { text.to_owned() } else { format!("{user} {text}") };
        if let Some(filter) = self.inner.filters.get(&key) {
            return Ok(filter);
        }
        let most = self.inner.timeline_limit;
        let filter = Arc::new(if inline {
            let definition: FilterDefinition = serde_json::from_str(text)
                .map_err(|error| Error::InvalidParam(format!("this is no filter: {error}")))?;
            Filter::new(&definition, most)
        } else {
            Filter::new(&self.inner.accounts.filter(user, text).await?.definition, most)
        });
        self.inner.filters.insert(key, filter.clone());
        Ok(filter)
    }
}

/// Makes an answer on a thread that may block.
async fn in_snapshot(sources: Arc<Sources>, question: Question) -> Result<Answer> {
    let store = sources.rooms.store().clone();
    let outcome = store.snapshot(move |conn, end| match compute(conn, end, &sources, &question) {
        // The pool must know of a connection that is gone.
        Err(Error::Store(error)) => match Arc::try_unwrap(error) {
            Ok(error) => Err(error),
            Err(shared) => Ok(Err(Error::Store(shared))),
        },
        Err(Error::Rooms(error)) => match Arc::try_unwrap(error) {
            Ok(rooms::Error::Store(error)) => Err(error),
            Ok(error) => Ok(Err(error.into())),
            Err(shared) => Ok(Err(Error::Rooms(shared))),
        },
        outcome => Ok(outcome),
    });
    outcome.await?
}

/// The position that a token of `/sync` stands for.
fn position(token: &str) -> Result<i64> {
    match token.parse() {
        Ok(Token::Arrival(position)) => Ok(position),
        _ => Err(unknown_token()),
    }
}

fn unknown_token() -> Error {
    Error::InvalidParam("this is not a token that a sync of this server has given".into())
}
