//! The sections of the configuration. What is written here above a setting is what the operator reads in the example file.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use ruma::{OwnedServerName, RoomVersionId, server_name};
use serde::{Deserialize, Serialize};

use super::describe::{settings, unset_when_empty, words};
use super::{Contact, DatabaseUrl, Federation, Listener, Network, Secret};

/// The whole configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Who this server is.
    pub server: Server,
    /// What clients and servers find under `/.well-known/matrix`.
    pub well_known: WellKnown,
    /// Other servers.
    pub federation: Federation,
    /// Where everything is kept.
    pub database: Database,
    /// Who may register.
    pub registration: Registration,
    /// How passwords are hashed.
    pub passwords: Passwords,
    /// Defaults of rooms.
    pub rooms: Rooms,
    /// Bounds of `/sync`.
    pub sync: Sync,
    /// Who is online.
    pub presence: Presence,
    /// Notifications on phones.
    pub push: Push,
    /// Uploaded files.
    pub media: Media,
    /// The relay for calls.
    pub turn: Turn,
    /// Who finds whom.
    pub user_directory: UserDirectory,
    /// How often one may do what.
    pub rate_limits: RateLimits,
    /// What is logged.
    pub log: Log,
    /// Where the server listens; empty means the default listener (see [`Config::listeners`]).
    pub listeners: Vec<Listener>,
}

impl Config {
    /// Where to listen: what is configured, or the default listener.
    pub fn listeners(&self) -> Vec<Listener> {
        if self.listeners.is_empty() { vec![Listener::default()] } else { self.listeners.clone() }
    }
}

settings! {
    /// Who this server is.
    pub struct Server {
        /// The part of user ids after the colon, such as "example.org". IT CAN NEVER BE CHANGED: users, rooms and events
        /// carry it. "localhost" is for trial only; nobody outside will ever be able to reach its users.
        name: OwnedServerName = server_name!("localhost").to_owned(),
        /// The folder for everything the server keeps.
        data_dir: PathBuf = PathBuf::from("./data"),
        /// The file with the key that signs events. Unset: "signing.key" in the data folder.
        #[serde(deserialize_with = "unset_when_empty")]
        signing_key_path: Option<PathBuf> = None,
        /// Under which address clients reach this server, such as "https://matrix.example.org". Links in answers use it.
        #[serde(deserialize_with = "unset_when_empty")]
        public_base_url: Option<String> = None,
        /// Networks of the reverse proxies whose X-Forwarded-For header is believed, such as ["127.0.0.1", "10.0.0.0/8"].
        /// Behind a proxy that is not listed all clients share one address, and so one set of limits.
        /// "unix" stands for every listener on a Unix socket.
        trusted_proxies: Vec<TrustedProxy> = Vec::new(),
        /// How long a connection may take to bring the head of its first request, in seconds. Then the answer is 408.
        request_head_seconds: u64 = 15,
        /// How long the body of a request may take to come, in seconds. Uploaded files may take longer, while they go on coming.
        request_body_seconds: u64 = 60,
        /// Connections that each listener may have at the same time; further ones wait. 0: the listeners share half of the
        /// files that the system lets this process open, with 20,000 each at most. One address has a quarter of them at most,
        /// unless it is this machine's or that of a proxy that is believed.
        max_connections: usize = 0,
    }
}

impl Server {
    /// The file of the signing key.
    pub fn signing_key_path(&self) -> PathBuf {
        self.signing_key_path.clone().unwrap_or_else(|| self.data_dir.join("signing.key"))
    }

    /// How long a connection may take to bring the head of its first request.
    pub fn request_head(&self) -> Duration {
        Duration::from_secs(self.request_head_seconds)
    }

    /// How long the body of a request may take to come.
    pub fn request_body(&self) -> Duration {
        Duration::from_secs(self.request_body_seconds)
    }

    /// Whether a request that came from `peer` may say from which address it was made. `None` is a Unix socket.
    pub fn trusts(&self, peer: Option<std::net::IpAddr>) -> bool {
        self.trusted_proxies.iter().any(|proxy| match (proxy, peer) {
            (TrustedProxy::Network(network), Some(peer)) => network.contains(peer),
            (TrustedProxy::Unix, None) => true,
            _ => false,
        })
    }
}

/// A reverse proxy that is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum TrustedProxy {
    /// One that connects from this network.
    Network(Network),
    /// One that connects through a Unix socket.
    Unix,
}

impl TryFrom<String> for TrustedProxy {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == "unix" { Ok(Self::Unix) } else { text.parse().map(Self::Network) }
    }
}

impl From<TrustedProxy> for String {
    fn from(proxy: TrustedProxy) -> Self {
        match proxy {
            TrustedProxy::Network(network) => network.to_string(),
            TrustedProxy::Unix => "unix".to_owned(),
        }
    }
}

settings! {
    /// What is answered under /.well-known/matrix of this server.
    pub struct WellKnown {
        /// Where clients find this server: the base_url of /.well-known/matrix/client. Unset: server.public_base_url.
        #[serde(deserialize_with = "unset_when_empty")]
        client: Option<String> = None,
        /// Where other servers find this one: the m.server of /.well-known/matrix/server, such as "matrix.example.org:443".
        /// Unset: host and port of server.public_base_url, if it is a plain https address.
        #[serde(deserialize_with = "unset_when_empty")]
        server: Option<String> = None,
        /// A page that helps users of this server, such as "https://example.org/support.html": the support_page of
        /// /.well-known/matrix/support.
        #[serde(deserialize_with = "unset_when_empty")]
        support_page: Option<String> = None,
        /// Who runs this server and can be asked, as /.well-known/matrix/support tells everybody, such as
        /// [{ role = "m.role.admin", matrix_id = "@admin:example.org", email_address = "admin@example.org" }]. The role is
        /// "m.role.admin" unless another one is given; "m.role.security" is for what must not become known. Each contact
        /// has at least one of the two addresses.
        support_contacts: Vec<Contact> = Vec::new(),
    }
}

settings! {
    /// Where everything is kept.
    pub struct Database {
        /// "sqlite" (a file in the data folder), "sqlite:/some/where/peerbrain.db", or "postgres://user:password@host/name".
        url: DatabaseUrl = DatabaseUrl::new("sqlite"),
        /// Connections for reading.
        readers: NonZeroUsize = nonzero(8),
        /// Further connections for slow reads (searches, backups), so that they hold up nobody else.
        slow_readers: NonZeroUsize = nonzero(2),
        /// Megabytes of memory for events used lately.
        event_cache_mb: u32 = 8,
        /// Megabytes of memory for parts of room states used lately.
        state_cache_mb: u32 = 4,
    }
}

settings! {
    /// Who may register. The first user registers with the one-time token that the first start prints, whatever the mode.
    pub struct Registration {
        /// "closed": nobody. "token": who has a token. "open": everybody (strangers will use your server to send spam).
        mode: RegistrationMode = RegistrationMode::Closed,
        /// The tokens for mode "token".
        tokens: Vec<Secret> = Vec::new(),
        /// A secret for programs that register users through /_synapse/admin/v1/register. Unset: that way is shut.
        #[serde(deserialize_with = "unset_when_empty")]
        shared_secret: Option<Secret> = None,
        /// Whether strangers get guest accounts, whatever the mode. Guests have no password, and may read and write only
        /// in rooms that let guests in.
        guests: bool = false,
    }
}

words! {
    /// Who may register.
    pub enum RegistrationMode {
        /// Nobody.
        Closed = "closed",
        /// Those with a token.
        Token = "token",
        /// Everybody.
        Open = "open",
    }
}

settings! {
    /// How passwords are hashed (Argon2id). Changes concern passwords that are set from then on.
    pub struct Passwords {
        /// Kilobytes of memory for each hash.
        memory_kb: u32 = 19_456,
        /// Passes over that memory.
        passes: u32 = 2,
        /// Hashes computed at the same time. 0: one per processor core.
        at_once: usize = 0,
        /// Requests that may wait for their turn; further ones are told to come back later.
        queue: usize = 64,
        /// Fewest characters of a new password.
        min_length: usize = 8,
    }
}

settings! {
    /// Defaults of rooms.
    pub struct Rooms {
        /// The version of rooms whose creator asks for none: "6" to "12".
        default_version: RoomVersionId = RoomVersionId::V12,
    }
}

settings! {
    /// Bounds of /sync.
    pub struct Sync {
        /// Most events of one room in one answer, whatever a client's filter says.
        timeline_limit: usize = 100,
        /// The longest that a client may wait for something new, in seconds.
        long_poll_seconds: u64 = 300,
        /// How long an answer is kept for the client whose connection broke before it came, in seconds. 0: not at all.
        keep_answers_seconds: u64 = 60,
    }
}

impl Sync {
    /// The longest that a client may wait for something new.
    pub fn long_poll(&self) -> Duration {
        Duration::from_secs(self.long_poll_seconds)
    }

    /// How long an answer is kept for the client whose connection broke before it came.
    pub fn keep_answers(&self) -> Duration {
        Duration::from_secs(self.keep_answers_seconds)
    }
}

settings! {
    /// Who is online.
    pub struct Presence {
        /// Whether users who share a room see who of them is online, and what they say of themselves. It is kept in memory
        /// and told now and then, so that a small machine can bear it.
        enabled: bool = true,
    }
}

settings! {
    /// Delivery of notifications to push gateways, whose addresses the apps of users name.
    pub struct Push {
        /// Networks that gateways may be in although they are private, such as ["127.0.0.1", "10.0.0.0/8"].
        allowed_networks: Vec<Network> = Vec::new(),
        /// Whether gateways may be reached without TLS. Everybody on the way reads the notifications then.
        allow_http: bool = false,
    }
}

settings! {
    /// Uploaded files, and those that are fetched from other servers.
    pub struct Media {
        /// The folder for files of more than 32 KiB; smaller ones are in the database. Unset: "media" in the data folder.
        #[serde(deserialize_with = "unset_when_empty")]
        folder: Option<PathBuf> = None,
        /// Megabytes of the largest file that may be uploaded.
        max_upload_mb: u64 = 100,
        /// Megabytes that one user may have uploaded in all. 0: any number.
        user_quota_mb: u64 = 0,
        /// Files that one user may have uploaded. 0: any number.
        user_quota_files: u64 = 0,
        /// Addresses that a user may have made without having uploaded anything there yet.
        pending_uploads: u32 = 20,
        /// How long such an address waits for its file, in hours.
        pending_hours: u64 = 24,
        /// Megapixels of the largest picture of which thumbnails are made. Each takes 4 MB of memory while one is made.
        thumbnail_megapixels: u64 = 40,
        /// Thumbnails made at the same time. 0: one for every two processor cores.
        thumbnails_at_once: usize = 0,
        /// Megabytes of the largest file that is fetched from another server.
        max_remote_mb: u64 = 100,
        /// Megabytes that files of other servers and their thumbnails may take. Those that nobody has asked for for longest
        /// go first; whoever asks for them again gets them from there again.
        remote_cache_mb: u64 = 10_240,
        /// Days after which such a file goes if nobody has asked for it. 0: it stays as long as there is room.
        remote_cache_days: u64 = 90,
        /// Whether what is uploaded from now on can be had by strangers too, on the paths from before Matrix 1.11, and what is
        /// fetched from other servers from now on. Some old clients need that. Files keep what they came with.
        open_downloads: bool = false,
    }
}

settings! {
    /// The relay through which calls go where two callers cannot reach each other, such as coturn with `use-auth-secret`.
    pub struct Turn {
        /// Its addresses, such as ["turn:turn.example.org?transport=udp", "turns:turn.example.org"]. Empty: there is none.
        uris: Vec<String> = Vec::new(),
        /// The secret that the relay shares with this server (coturn: static-auth-secret).
        #[serde(deserialize_with = "unset_when_empty")]
        shared_secret: Option<Secret> = None,
        /// How long a user's credentials are good, in seconds.
        ttl_seconds: u64 = 86_400,
    }
}

settings! {
    /// Who finds whom in the user directory.
    pub struct UserDirectory {
        /// false: users of rooms that one shares, or that are public. true: all users of this server.
        all_users: bool = false,
    }
}

settings! {
    /// How often one user, or one address before login, may do what. Each is a bucket of `burst` that fills again at
    /// `per_second`. Who exceeds it gets M_LIMIT_EXCEEDED with the time to wait.
    pub struct RateLimits {
        /// Off only for tests.
        enabled: bool = true,
        /// Messages, state events and redactions, per user.
        message: Rate = Rate::new(10.0, 100),
        /// Logins, per address and per user.
        login: Rate = Rate::new(0.2, 10),
        /// Wrong passwords, per user: after them even the right one has to wait.
        failed_login: Rate = Rate::new(0.1, 5),
        /// Registrations, per address.
        registration: Rate = Rate::new(0.05, 5),
        /// Looking for a free user name, checking a registration token, per address.
        registration_check: Rate = Rate::new(1.0, 10),
        /// Refreshed access tokens, per address.
        refresh: Rate = Rate::new(1.0, 100),
        /// Joins and knocks, per user.
        join: Rate = Rate::new(0.5, 30),
        /// Invites, per inviting user.
        invite: Rate = Rate::new(0.5, 30),
        /// Joins, knocks, leaves and invites of users of another server, per server.
        other_server: Rate = Rate::new(10.0, 200),
        /// What another server reads of rooms, users and files, per server: an event is one, a page of events five, a whole
        /// state twenty, also for who joins.
        other_server_reads: Rate = Rate::new(50.0, 1_000),
        /// One-time keys of one device that other servers take, all together. Beyond that they get its fallback key, so that
        /// some are left for others.
        one_time_key: Rate = Rate::new(0.2, 20),
        /// Files of other servers that are not here yet, per user who asks, or per address where nobody is logged in.
        remote_file: Rate = Rate::new(5.0, 300),
        /// New rooms, per user.
        create_room: Rate = Rate::new(0.2, 20),
        /// Profile changes, per user: each is written into all rooms of the user.
        profile: Rate = Rate::new(0.2, 10),
        /// Searches in messages, per user.
        search: Rate = Rate::new(0.5, 15),
        /// Reports of events, rooms and users, per user.
        report: Rate = Rate::new(0.05, 20),
        /// Everything else that writes, per user.
        write: Rate = Rate::new(20.0, 200),
        /// Whatever is asked with GET, per user, or per address where nobody is logged in: syncs, pictures, history.
        read: Rate = Rate::new(100.0, 2_000),
    }
}

/// A bucket of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Tokens that come back each second.
    pub per_second: f64,
    /// Tokens of a full bucket: what may be done at once.
    pub burst: NonZeroU32,
}

impl Rate {
    /// A bucket of `burst` (at least one) that fills again at `per_second`.
    pub fn new(per_second: f64, burst: u32) -> Self {
        Self { per_second, burst: NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN) }
    }
}

settings! {
    /// What is logged, to standard error.
    pub struct Log {
        /// "error", "warn", "info", "debug" or "trace"; or by part, such as "info,peerbrain_rooms=debug".
        level: String = "info".to_owned(),
        /// "text" for people, "json" for programs.
        format: LogFormat = LogFormat::Text,
    }
}

words! {
    /// The form of log lines.
    pub enum LogFormat {
        /// Lines for people.
        Text = "text",
        /// One JSON object per line.
        Json = "json",
    }
}

/// A default that is not zero.
fn nonzero(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN)
}
