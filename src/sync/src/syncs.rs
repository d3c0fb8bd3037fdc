//! The handle through which clients sync.

use std::{collections::HashSet, sync::Arc, time::Duration};

use accounts::{Accounts, Session};
use bytes::Bytes;
use e2ee::E2ee;
use peerbrain_core::clock::Clock;
use quick_cache::{Weighter, sync::Cache};
use rooms::Rooms;
use ruma::{UserId, api::client::filter::FilterDefinition};
use store::rooms::{Membership, rooms_of_user};
use tokio::{sync::watch, time::Instant};

use crate::{
    Error, Follower, Request, Result, answer,
    compute::{Answer, Question, Sources, make},
    filter::Filter,
    follow::Standing,
    poll::{Key, Repeated, Running, Waiting},
    tend::{save_presence, tend},
    token::{SyncToken, unknown_token},
};

/// Bytes of filters that are kept ready; a usual one has less than 1 KB.
const FILTER_BYTES: u64 = 2 << 20;

#[derive(Clone)]
struct FilterBytes;
impl Weighter<String, Arc<Filter>> for FilterBytes {
    fn weight(&self, key: &String, filter: &Arc<Filter>) -> u64 {
        100 + (key.len() + filter.bytes()) as u64
    }
}

/// What [`Syncs`] is made of.
pub struct Options {
    /// The rooms.
    pub rooms: Rooms,
    /// The accounts.
    pub accounts: Arc<Accounts>,
    /// Keys and device lists.
    pub e2ee: E2ee,
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
    /// Whether users see who is online.
    pub presence: bool,
}

/// Syncing. Cheap to clone.
#[derive(Clone)]
pub struct Syncs {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub sources: Arc<Sources>,
    accounts: Arc<Accounts>,
    pub clock: Arc<dyn Clock>,
    timeline_limit: usize,
    long_poll: Duration,
    filters: Cache<String, Arc<Filter>, FilterBytes>,
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
    /// Starts syncing. Must be called in a runtime, which tends to what happens by itself.
    pub fn new(options: Options) -> Self {
        let Options { rooms, accounts, e2ee, clock, follower, timeline_limit, long_poll, keep_answers, presence } =
            options;
        follower.ephemeral.begin(clock.now_ms(), presence);
        let sources = Sources {
            rooms,
            e2ee,
            follower,
            basics: Default::default(),
            push_rules: Default::default(),
            summaries: Default::default(),
            members: Default::default(),
            sent: Default::default(),
        };
        let inner = Arc::new(Inner {
            sources: Arc::new(sources),
            accounts,
            clock,
            timeline_limit,
            long_poll,
            filters: Cache::with_weighter(1_000, FILTER_BYTES, FilterBytes),
            repeated: Repeated::new(keep_answers),
            running: Running::default(),
            waiting: Waiting::default(),
            stopped: watch::Sender::new(false),
        });
        tokio::spawn(tend(Arc::downgrade(&inner)));
        Self { inner }
    }

    /// Answers one request with the body of a response: at once where there is something new (or there is no token, or
    /// the full state is asked for), else as soon as there is or the time is up.
    ///
    /// # Errors
    /// [`Error::InvalidParam`] for a token or a filter that is none; what the database says.
    pub async fn sync(&self, request: Request) -> Result<Bytes> {
        let inner = &self.inner;
        let user = &request.session.user_id;
        let since = request.since.as_deref().map(|token| self.token(token)).transpose()?;
        let filter = self.filter(user, request.filter.as_deref()).await?;
        let key = Key {
            user: user.clone(),
            device: request.session.device_id.clone(),
            since: since.clone(),
            filter: request.filter.clone(),
            full_state: request.full_state,
            form: request.state_form,
        };
        if let Some(since) = &since {
            self.acknowledge(&request.session, since).await?;
        }
        let _connected = self.connect(&request.session, request.presence);
        let Some(mut from) = since.clone().filter(|_| !request.full_state) else {
            if let Some(since) = since {
                self.check(since.position).await?;
            }
            return Ok(self.compute(key, filter).await?.body);
        };
        if let Some(answer) = inner.repeated.get(&key) {
            return Ok(answer);
        }
        let deadline = Instant::now() + request.timeout.min(inner.long_poll);
        let mut checked = false;
        loop {
            let standing = self.standing(user).await?;
            if !from.is_behind(standing.newest.position, standing.newest.serial) {
                if from.position > standing.position && !checked {
                    self.check(from.position).await?;
                    checked = true;
                }
                let up_to = SyncToken { position: from.position.max(standing.position), ..from.clone() };
                match self.wait(&request, standing, &from, deadline).await {
                    Woken::News if inner.accounts.is_current(&request.session).await? => continue,
                    // Whoever has been logged out meanwhile learns the reason by asking again.
                    _ => {
                        let e2ee = &inner.sources.e2ee;
                        let counts = e2ee.key_counts(user, &request.session.device_id).await?;
                        return Ok(answer::nothing(&up_to, &counts));
                    }
                }
            }
            let answer = self.compute(Key { since: Some(from.clone()), ..key.clone() }, filter.clone()).await?;
            if !answer.empty {
                if answer.repeatable {
                    inner.repeated.keep(&key, &answer.body);
                }
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

    /// Saves what is only in memory and shall be known after a restart: who is online. For the end of the process.
    pub async fn save(&self) {
        save_presence(&self.inner).await;
    }

    /// Whether there may be something new for a user; reads their rooms if they are not known.
    async fn standing(&self, user: &UserId) -> Result<Standing> {
        known_rooms(&self.inner.sources, user.as_str()).await
    }

    async fn wait(&self, request: &Request, mut standing: Standing, from: &SyncToken, deadline: Instant) -> Woken {
        let mut stopped = self.inner.stopped.subscribe();
        if deadline <= Instant::now() || *stopped.borrow_and_update() {
            return Woken::Over;
        }
        let session = &request.session;
        let place = self.inner.waiting.enter((session.user_id.clone(), session.device_id.clone()));
        tokio::select! {
            news = standing.receiver.wait_for(|newest| from.is_behind(newest.position, newest.serial)) => match news {
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
            since: key.since.as_ref().map(|since| since.position),
            known: key.since.clone().unwrap_or_default(),
            filter,
            full_state: key.full_state,
            form: key.form,
            preferences,
            now: self.inner.clock.now_ms(),
        };
        let sources = self.inner.sources.clone();
        self.inner.running.share(key, move || make(sources, question)).await
    }

    /// Reads a token. What it says of changes in memory that cannot have been yet is no more than a guess.
    fn token(&self, text: &str) -> Result<SyncToken> {
        let mut token: SyncToken = text.parse()?;
        if token.serial > self.inner.sources.follower.ephemeral.serial() {
            token.serial = 0;
        }
        Ok(token)
    }

    /// Takes a token for what it says of messages to the device: they have arrived, and are deleted.
    async fn acknowledge(&self, session: &Session, since: &SyncToken) -> Result<()> {
        self.check(since.position).await?;
        let e2ee = &self.inner.sources.e2ee;
        Ok(e2ee.acknowledge_messages(&session.user_id, &session.device_id, since.messages_upto()).await?)
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

/// How a user stands; reads their rooms if they are not known.
pub(crate) async fn known_rooms(sources: &Sources, user: &str) -> Result<Standing> {
    let watches = &sources.follower.watches;
    loop {
        let reading = match watches.standing(user) {
            Ok(standing) => return Ok(standing),
            Err(reading) => reading,
        };
        let user_id = user.to_owned();
        let read = sources.rooms.store().snapshot(move |conn, position| {
            let rows = rooms_of_user(conn, &user_id, &[Membership::Join])?;
            Ok((rows.into_iter().map(|row| row.room).collect::<HashSet<i64>>(), position))
        });
        let (joined, position) = read.await?;
        watches.read(user, reading, joined, position);
    }
}
