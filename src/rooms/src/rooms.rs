//! The handle through which the server works with rooms.

use std::sync::{Arc, atomic::AtomicI64};

use accounts::Accounts;
use events::{SigningKey, version};
use parking_lot::Mutex;
use peerbrain_core::{clock::Clock, random::Random};
use quick_cache::sync::Cache;
use ruma::{OwnedRoomId, OwnedServerName, RoomId, RoomVersionId, UserId, room_version_rules::RoomVersionRules};
use store::{
    Store,
    rooms::{RoomRow, forget_originals, room_by_id},
    state::NodeCache,
};

use crate::{
    Error, EventCache, Result,
    acl::Acls,
    lane::{Lanes, Shares},
    policy::Policies,
    state_keys::StateKeys,
};

/// How long the original of a redacted event is kept, for those who moderate: seven days.
const ORIGINALS_KEPT_MS: i64 = 7 * 24 * 3_600 * 1_000;

/// What [`Rooms`] is made of.
pub struct Options {
    /// Where rooms are kept.
    pub store: Store,
    /// The name of this server.
    pub server_name: OwnedServerName,
    /// The key it signs with.
    pub key: Arc<SigningKey>,
    /// Our users.
    pub accounts: Arc<Accounts>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Randomness for room ids.
    pub random: Arc<dyn Random>,
    /// Events used lately; must be an observer of the store.
    pub events: Arc<EventCache>,
    /// Bytes of state nodes to keep in memory.
    pub state_cache: u64,
    /// The version of new rooms.
    pub default_version: RoomVersionId,
    /// Where lanes run: the multi-thread runtime, not a web worker's.
    pub runtime: tokio::runtime::Handle,
}

/// Rooms. Cheap to clone.
#[derive(Clone)]
pub struct Rooms {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub store: Store,
    pub server_name: OwnedServerName,
    pub key: Arc<SigningKey>,
    pub accounts: Arc<Accounts>,
    pub nids: Cache<OwnedRoomId, i64>,
    /// Numbers of rooms that are being entered through other servers.
    pub entered: Cache<OwnedRoomId, i64>,
    /// The rooms that are being entered now, as often as they are. What is stored of them goes away meanwhile by no means.
    pub entering: Mutex<Vec<OwnedRoomId>>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub events: Arc<EventCache>,
    pub nodes: NodeCache,
    pub default_version: RoomVersionId,
    pub runtime: tokio::runtime::Handle,
    /// When the last room was made, in milliseconds since 1970.
    pub last_created: AtomicI64,
    pub lanes: Lanes,
    /// What other servers may make lanes do.
    pub shares: Shares,
    pub state_keys: StateKeys,
    pub acls: Acls,
    pub policies: Policies,
    /// Held by whoever deletes the rows of rooms that are gone: one at a time.
    pub purging: tokio::sync::Mutex<()>,
}

impl Rooms {
    /// Starts working with the rooms of a store.
    pub fn new(options: Options) -> Self {
        let Options { store, server_name, key, accounts, clock, random, events, state_cache, default_version, runtime } =
            options;
        let inner = Inner {
            store,
            server_name,
            key,
            accounts,
            nids: Cache::new(10_000),
            entered: Cache::new(1_000),
            entering: Mutex::default(),
            clock,
            random,
            events,
            nodes: NodeCache::new(state_cache),
            default_version,
            runtime,
            last_created: AtomicI64::new(0),
            lanes: Lanes::default(),
            shares: Shares::default(),
            state_keys: StateKeys::new(),
            acls: Acls::new(),
            policies: Policies::default(),
            purging: tokio::sync::Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The store underneath.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// The cache of events.
    pub fn events(&self) -> &EventCache {
        &self.inner.events
    }

    /// The cache of state nodes.
    pub fn nodes(&self) -> &NodeCache {
        &self.inner.nodes
    }

    /// The version of new rooms.
    pub fn default_version(&self) -> &RoomVersionId {
        &self.inner.default_version
    }

    /// Forgets what events said that were redacted more than a week ago. To be called now and then.
    pub async fn forget_originals(&self) -> Result<()> {
        let before = self.inner.clock.now_ms() - ORIGINALS_KEPT_MS;
        let forgotten = self.inner.store.write(move |tx| forget_originals(tx, before)).await?;
        if forgotten > 0 {
            tracing::info!(forgotten, "what redacted events said was forgotten");
        }
        Ok(())
    }

    /// Whether a user is one of ours.
    pub fn is_local(&self, user: &UserId) -> bool {
        user.server_name() == self.inner.server_name
    }

    /// The room of this id.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn room(&self, room_id: &RoomId) -> Result<RoomRow> {
        let id = room_id.to_owned();
        let row = self.inner.store.read(move |conn| room_by_id(conn, id.as_str())).await?;
        row.ok_or_else(|| Error::NotFound("this server does not know the room".into()))
    }
}

/// The rules of a stored room.
pub fn rules_of(room: &RoomRow) -> Result<&'static RoomVersionRules> {
    let version = RoomVersionId::try_from(room.version.as_str())
        .map_err(|_| Error::Internal(format!("room of version {:?}", room.version)))?;
    version::rules(&version).ok_or_else(|| Error::UnsupportedRoomVersion(room.version.clone()))
}
