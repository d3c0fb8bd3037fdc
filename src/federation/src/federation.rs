//! The handle that everybody holds.

use std::sync::Arc;

use accounts::Accounts;
use e2ee::E2ee;
use events::SigningKey;
use media::Media;
use parking_lot::Mutex;
use peerbrain_core::{Clock, Random, config};
use rooms::Rooms;
use ruma::{OwnedServerName, ServerName};
use store::Store;
use sync::Syncs;
use tokio::task::JoinHandle;

use crate::{
    Error, Result, Verifier,
    client::{self, Client, Places},
    devices::Devices,
    files::Files,
    history::{self, History},
    incoming::{self, Incoming},
    keys::{self, KeyRing},
    lookup::Lookups,
    membership::Turns,
    reads::Reads,
    sender::{self, Network, Pace, Sender, Wakes},
};

/// Large rooms elsewhere that are entered at the same time: until they are stored, the events of each may have some times
/// 128 megabytes.
const ENTRIES: usize = 3;

/// What [`Federation`] is made of.
pub struct Options {
    /// The database.
    pub store: Store,
    /// Our users.
    pub accounts: Arc<Accounts>,
    /// Where files of other servers are kept.
    pub media: Arc<Media>,
    /// Rooms.
    pub rooms: Rooms,
    /// Keys, devices, and messages between devices.
    pub e2ee: E2ee,
    /// For what is only in memory: typing, presence.
    pub syncs: Syncs,
    /// The name of this server.
    pub server_name: OwnedServerName,
    /// The key it signs with.
    pub key: Arc<SigningKey>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// The section of the configuration.
    pub settings: config::Federation,
    /// Tells of what goes out; must be an observer of the store.
    pub wakes: Arc<Wakes>,
    /// Where background work runs: the multi-thread runtime, not a web worker's.
    pub runtime: tokio::runtime::Handle,
}

/// Everything between this server and others. Cheap to clone.
#[derive(Clone)]
pub struct Federation {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub store: Store,
    pub accounts: Arc<Accounts>,
    pub rooms: Rooms,
    pub e2ee: E2ee,
    pub syncs: Syncs,
    pub server_name: OwnedServerName,
    pub settings: config::Federation,
    pub runtime: tokio::runtime::Handle,
    pub client: Client,
    pub files: Files,
    pub keys: KeyRing,
    pub verifier: Verifier,
    pub turns: Arc<Turns>,
    pub entries: Places,
    pub reads: Reads,
    pub lookups: Lookups,
    pub history: History,
    pub incoming: Incoming,
    pub sender: Sender,
    pub devices: Devices,
    /// What [`Federation::start`] has started.
    pub background: Mutex<Vec<JoinHandle<()>>>,
}

impl Federation {
    /// Starts dealing with other servers.
    ///
    /// # Errors
    /// A file of certificate authorities that cannot be used.
    pub fn new(options: Options) -> Result<Self> {
        Ok(Self::of(Inner::new(options)?))
    }

    /// Puts the parts to work.
    pub(crate) fn of(inner: Inner) -> Self {
        let inner = Arc::new(inner);
        let weak = Arc::downgrade(&inner);
        inner.client.tell_who_is_back(move |server| {
            if let Some(inner) = weak.upgrade() {
                Self { inner }.is_back(server);
            }
        });
        Self { inner }
    }
}

impl Inner {
    /// All parts.
    ///
    /// # Errors
    /// As [`Federation::new`].
    pub fn new(options: Options) -> Result<Self> {
        let Options { store, accounts, media, rooms, e2ee, syncs, server_name, .. } = options;
        let Options { key, clock, random, settings, wakes, runtime, .. } = options;
        let client = Client::new(client::Options {
            server_name: server_name.clone(),
            key: key.clone(),
            clock: clock.clone(),
            settings: settings.clone(),
        })?;
        let files = Files::new(client.clone(), media, clock.clone(), runtime.clone());
        rooms.set_policy(Arc::new(client.clone()));
        let keys = KeyRing::new(keys::Options {
            store: store.clone(),
            fetch: Arc::new(client.clone()),
            server_name: server_name.clone(),
            key: key.clone(),
            clock: clock.clone(),
            notaries: settings.notaries.clone(),
            strangers: keys::STRANGERS,
            runtime: runtime.clone(),
        });
        let verifier = Verifier::new(keys.clone());
        let history = History::new(history::Options {
            rooms: rooms.clone(),
            peers: Arc::new(client.clone()),
            checks: Arc::new(verifier.clone()),
            server_name: server_name.clone(),
            runtime: runtime.clone(),
        });
        let turns = Arc::<Turns>::default();
        let incoming = Incoming::new(incoming::Options {
            rooms: rooms.clone(),
            history: history.clone(),
            turns: turns.clone(),
            runtime: runtime.clone(),
        });
        let devices = Devices::new(clock.clone(), Arc::new(client.clone()));
        let transport = Network { client: client.clone(), server_name: server_name.clone(), clock: clock.clone() };
        let sender = Sender::new(sender::Options {
            store: store.clone(),
            rooms: rooms.clone(),
            clock: clock.clone(),
            random: random.clone(),
            server_name: server_name.clone(),
            settings: settings.clone(),
            changes: syncs.changes(),
            wakes,
            transport: Arc::new(transport),
            pace: Pace::default(),
            runtime: runtime.clone(),
        });
        Ok(Self {
            store,
            accounts,
            rooms,
            e2ee,
            syncs,
            server_name,
            settings,
            runtime,
            client,
            files,
            keys,
            verifier,
            turns,
            entries: Places::new(ENTRIES),
            reads: Reads::default(),
            lookups: Lookups::default(),
            history,
            incoming,
            sender,
            devices,
            background: Mutex::default(),
        })
    }
}

impl Federation {
    /// Sends to other servers.
    pub fn sender(&self) -> &Sender {
        &self.inner.sender
    }

    /// A server gave a sign of life: what waits for it is sent at once. Cheap enough for every request of theirs.
    pub fn alive(&self, server: &ServerName) {
        self.inner.client.alive(server);
        self.is_back(server);
    }

    fn is_back(&self, server: &ServerName) {
        self.inner.sender.alive(server);
        self.ask_again(server);
    }

    /// The keys of other servers, and our own as others see them.
    pub fn keys(&self) -> &KeyRing {
        &self.inner.keys
    }

    /// The way to other servers.
    pub fn client(&self) -> &Client {
        &self.inner.client
    }

    /// Whether whoever asks is told the keys of a server: those that the configuration lets us have to do with, and always
    /// our own, for what we have signed once must be good also where we have to do with nobody any more.
    pub fn tells_keys_of(&self, server: &ServerName) -> bool {
        server == self.inner.server_name || self.inner.settings.allows(server)
    }

    /// Checks the signatures of events.
    pub fn verifier(&self) -> &Verifier {
        &self.inner.verifier
    }

    /// The name of this server.
    pub fn server_name(&self) -> &ServerName {
        &self.inner.server_name
    }

    /// Lets pass who is allowed by the configuration.
    ///
    /// # Errors
    /// [`Error::NotAllowed`].
    pub fn require_allowed(&self, server: &ServerName) -> Result<()> {
        if self.inner.settings.allows(server) { Ok(()) } else { Err(Error::NotAllowed(server.to_owned())) }
    }
}
