//! How the crates are put together: each constructor takes what it needs, and this is where it gets it.

use std::sync::Arc;

use accounts::{Accounts, Caches};
use e2ee::{E2ee, KeyCache};
use events::SigningKey;
use federation::Federation;
use media::{Folder, Media};
use peerbrain_core::{Clock, Config, Random, SystemClock, SystemRandom};
use push::{Push, Wakes};
use rooms::{EventCache, Rooms};
use search::Search;
use store::{Observer, Options, Store};
use sync::{Follower, Syncs};
use thoughts::Thoughts;

use crate::error::Error;
use crate::signing_key;
use crate::target::target;

/// Bytes of a megabyte.
const MEGABYTE: u64 = 1_048_576;

/// The domain crates of a running server.
pub struct Domain {
    /// The database.
    pub store: Store,
    /// Users.
    pub accounts: Arc<Accounts>,
    /// Uploaded files.
    pub media: Arc<Media>,
    /// Rooms.
    pub rooms: Rooms,
    /// Keys and device lists.
    pub e2ee: E2ee,
    /// Push rules, notifications, pushers.
    pub push: Push,
    /// Searching in messages.
    pub search: Search,
    /// The social layer.
    pub thoughts: Thoughts,
    /// Syncing.
    pub syncs: Syncs,
    /// Other servers.
    pub federation: Federation,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Opens the database and everything that works on it; makes the signing key at the first start.
///
/// # Errors
/// A database or a key that cannot be used.
pub async fn open(config: &Arc<Config>) -> Result<Domain, Error> {
    let (clock, random) = outside();
    let events = EventCache::new(u64::from(config.database.event_cache_mb) * MEGABYTE);
    let caches = Arc::new(Caches::default());
    let keys = Arc::new(KeyCache::default());
    let wakes = Arc::new(Wakes::default());
    let departures = Arc::new(federation::sender::Wakes::default());
    let follower = Follower::new();
    // Syncs come last: whom they wake must find the others up to date.
    let observers: Vec<Arc<dyn Observer>> =
        vec![events.clone(), caches.clone(), keys.clone(), wakes.clone(), departures.clone(), follower.clone()];
    let opening = {
        let config = config.clone();
        move || open_store(&config, observers)
    };
    let store = tokio::task::spawn_blocking(opening).await.map_err(|error| Error::plain(error.to_string()))??;
    let key =
        Arc::new(signing_key::load_or_make(&config.server.signing_key_path(), &store, &*random, clock.now_ms()).await?);
    let accounts = Arc::new(Accounts::new(store.clone(), caches, clock.clone(), random.clone(), config));
    let media = {
        let (config, store) = (config.clone(), store.clone());
        tokio::task::spawn_blocking(move || open_media(&config, &store))
    };
    let media = media.await.map_err(|error| Error::plain(error.to_string()))??;
    let rooms = Rooms::new(rooms::Options {
        accounts: accounts.clone(),
        runtime: tokio::runtime::Handle::current(),
        store: store.clone(),
        server_name: config.server.name.clone(),
        key: key.clone(),
        clock: clock.clone(),
        random: random.clone(),
        events,
        state_cache: u64::from(config.database.state_cache_mb) * MEGABYTE,
        default_version: config.rooms.default_version.clone(),
    });
    let e2ee = E2ee::new(e2ee::Options {
        rooms: rooms.clone(),
        cache: keys,
        clock: clock.clone(),
        settings: config.federation.clone(),
    });
    let push =
        Push::new(push::Options { rooms: rooms.clone(), clock: clock.clone(), wakes, settings: config.push.clone() });
    let syncs = Syncs::new(sync::Options {
        e2ee: e2ee.clone(),
        rooms: rooms.clone(),
        accounts: accounts.clone(),
        clock: clock.clone(),
        follower,
        timeline_limit: config.sync.timeline_limit,
        long_poll: config.sync.long_poll(),
        keep_answers: config.sync.keep_answers(),
        presence: config.presence.enabled,
    });
    let search = Search::new(rooms.clone());
    let thoughts = Thoughts::new(rooms.clone());
    let federation = Federation::new(federation::Options {
        store: store.clone(),
        accounts: accounts.clone(),
        media: media.clone(),
        rooms: rooms.clone(),
        e2ee: e2ee.clone(),
        syncs: syncs.clone(),
        server_name: config.server.name.clone(),
        key,
        clock: clock.clone(),
        random,
        settings: config.federation.clone(),
        wakes: departures,
        runtime: tokio::runtime::Handle::current(),
    })
    .map_err(|error| Error::plain(error.to_string()))?;
    Ok(Domain { store, accounts, media, rooms, e2ee, push, search, thoughts, syncs, federation, clock })
}

/// Opens only what the commands on users need. Blocks.
///
/// # Errors
/// A database that cannot be used.
pub fn open_accounts(config: &Config) -> Result<(Store, Arc<Accounts>), Error> {
    let (clock, random) = outside();
    let caches = Arc::new(Caches::default());
    let store = open_store(config, vec![caches.clone()])?;
    let accounts = Accounts::new(store.clone(), caches, clock, random, config);
    Ok((store, Arc::new(accounts)))
}

/// Opens the rooms of a database that is open, so that no other server runs on it.
///
/// # Errors
/// A key that cannot be used.
pub async fn open_rooms(config: &Config, store: &Store, accounts: &Arc<Accounts>) -> Result<Rooms, Error> {
    let (clock, random) = outside();
    let key = signing_key::load_or_make(&config.server.signing_key_path(), store, &*random, clock.now_ms()).await?;
    Ok(Rooms::new(rooms::Options {
        accounts: accounts.clone(),
        runtime: tokio::runtime::Handle::current(),
        store: store.clone(),
        server_name: config.server.name.clone(),
        key: Arc::new(key),
        clock,
        random,
        // It hears of no redaction: nothing is redacted here.
        events: EventCache::new(MEGABYTE),
        state_cache: MEGABYTE,
        default_version: config.rooms.default_version.clone(),
    }))
}

/// Gives the server a new signing key, on a database that is open, so that no server runs on it.
///
/// # Errors
/// A key that cannot be used or replaced.
pub async fn rotate_key(config: &Config, store: &Store) -> Result<SigningKey, Error> {
    let (clock, random) = outside();
    signing_key::rotate(&config.server.signing_key_path(), store, &*random, clock.now_ms()).await
}

/// Opens the media of a database that is open, so that no other server runs on it. Blocks; must be called in a runtime.
///
/// # Errors
/// A folder that cannot be used.
pub fn open_media(config: &Config, store: &Store) -> Result<Arc<Media>, Error> {
    let (clock, random) = outside();
    let folder = media_folder(config)?;
    folder.remove_unfinished()?;
    Ok(Arc::new(Media::new(media::Options {
        store: store.clone(),
        incoming: folder.incoming(),
        storage: Arc::new(folder),
        server_name: config.server.name.clone(),
        clock,
        random,
        config: config.media.clone(),
        runtime: tokio::runtime::Handle::current(),
    })))
}

/// The folder of media files; it is made where it is not there. Blocks.
///
/// # Errors
/// A folder that cannot be used.
pub fn media_folder(config: &Config) -> Result<Folder, Error> {
    let path = config.media.folder.clone().unwrap_or_else(|| config.server.data_dir.join("media"));
    Folder::open(&path).map_err(Error::file("use", &path))
}

/// Writes what is still in memory and closes the database.
pub async fn close(accounts: &Accounts, store: &Store) {
    if let Err(error) = accounts.housekeeping().await {
        tracing::warn!(%error, "what was last seen of devices could not be written");
    }
    store.close().await;
}

fn open_store(config: &Config, observers: Vec<Arc<dyn Observer>>) -> Result<Store, Error> {
    let number = |connections: std::num::NonZeroUsize| u32::try_from(connections.get()).unwrap_or(u32::MAX);
    Ok(Store::open(Options {
        target: target(config),
        server_name: config.server.name.to_string(),
        readers: number(config.database.readers),
        slow_readers: number(config.database.slow_readers),
        observers,
    })?)
}

/// The real clock and the real randomness.
fn outside() -> (Arc<dyn Clock>, Arc<dyn Random>) {
    (Arc::new(SystemClock), Arc::new(SystemRandom::new()))
}
