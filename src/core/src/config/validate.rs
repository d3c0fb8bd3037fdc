//! What the types of the settings cannot say.

use ruma::RoomVersionId;

use super::{Config, ConfigError, Contact, FederationMode, Listener, Rate, RegistrationMode};

/// Room versions that this server speaks.
const VERSIONS: [RoomVersionId; 7] = [
    RoomVersionId::V6,
    RoomVersionId::V7,
    RoomVersionId::V8,
    RoomVersionId::V9,
    RoomVersionId::V10,
    RoomVersionId::V11,
    RoomVersionId::V12,
];

impl Config {
    /// Checks what the types of the settings cannot say. [`super::load`] has done it already.
    ///
    /// # Errors
    /// The first setting whose value makes no sense, with what is allowed.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.check_addresses()?;
        self.check_database()?;
        self.check_requests()?;
        self.check_numbers()?;
        self.check_media()?;
        self.check_turn()?;
        self.check_rates()?;
        self.check_federation()?;
        let version = &self.rooms.default_version;
        require(VERSIONS.contains(version), "rooms.default_version", version, "one of \"6\" to \"12\"")?;
        let registration = &self.registration;
        let usable = registration.mode != RegistrationMode::Token || !registration.tokens.is_empty();
        require(
            usable,
            "registration.tokens",
            "empty",
            "a list of at least one token when registration.mode is \"token\"",
        )?;
        let secret = registration.shared_secret.as_ref();
        let long_enough = secret.is_none_or(|secret| secret.expose().len() >= 16);
        require(long_enough, "registration.shared_secret", "***", "at least 16 characters long")?;
        self.listeners.iter().try_for_each(check_listener)
    }

    fn check_addresses(&self) -> Result<(), ConfigError> {
        let (server, well_known) = (&self.server, &self.well_known);
        let urls = [
            ("server.public_base_url", &server.public_base_url),
            ("well_known.client", &well_known.client),
            ("well_known.support_page", &well_known.support_page),
        ];
        for (key, url) in urls {
            let Some(url) = url else { continue };
            let fits = url.starts_with("https://") || url.starts_with("http://");
            require(fits, key, url, "an address that begins with \"https://\" (or \"http://\" for trial)")?;
        }
        well_known.support_contacts.iter().try_for_each(Contact::validate)?;
        let Some(server) = &well_known.server else { return Ok(()) };
        let fits = ruma::ServerName::parse(server).is_ok();
        require(fits, "well_known.server", server, "a server name such as \"matrix.example.org:443\"")
    }

    fn check_database(&self) -> Result<(), ConfigError> {
        let url = self.database.url.expose();
        let fits = url == "sqlite"
            || url.strip_prefix("sqlite:").is_some_and(|path| !path.is_empty())
            || url.starts_with("postgres://")
            || url.starts_with("postgresql://");
        require(fits, "database.url", "something else", "\"sqlite\", \"sqlite:path\" or \"postgres://…\"")?;
        let database = &self.database;
        require(database.readers.get() <= 256, "database.readers", database.readers, "from 1 to 256")?;
        require(database.slow_readers.get() <= 64, "database.slow_readers", database.slow_readers, "from 1 to 64")?;
        let (events, states) = (database.event_cache_mb, database.state_cache_mb);
        require((1..=65_536).contains(&events), "database.event_cache_mb", events, "from 1 to 65536")?;
        require((1..=65_536).contains(&states), "database.state_cache_mb", states, "from 1 to 65536")
    }

    fn check_requests(&self) -> Result<(), ConfigError> {
        let server = &self.server;
        let (head, body) = (server.request_head_seconds, server.request_body_seconds);
        require((1..=3_600).contains(&head), "server.request_head_seconds", head, "from 1 to 3600")?;
        require((1..=3_600).contains(&body), "server.request_body_seconds", body, "from 1 to 3600")?;
        let most = server.max_connections;
        require(most <= 10_000_000, "server.max_connections", most, "from 0 to 10000000")
    }

    fn check_numbers(&self) -> Result<(), ConfigError> {
        let (hash, sync) = (&self.passwords, &self.sync);
        require((8..=4_194_304).contains(&hash.memory_kb), "passwords.memory_kb", hash.memory_kb, "from 8 to 4194304")?;
        require((1..=100).contains(&hash.passes), "passwords.passes", hash.passes, "from 1 to 100")?;
        require(hash.at_once <= 1_024, "passwords.at_once", hash.at_once, "from 0 to 1024")?;
        require((1..=100_000).contains(&hash.queue), "passwords.queue", hash.queue, "from 1 to 100000")?;
        require((1..=256).contains(&hash.min_length), "passwords.min_length", hash.min_length, "from 1 to 256")?;
        require(
            (1..=1_000).contains(&sync.timeline_limit),
            "sync.timeline_limit",
            sync.timeline_limit,
            "from 1 to 1000",
        )?;
        require(
            (1..=3_600).contains(&sync.long_poll_seconds),
            "sync.long_poll_seconds",
            sync.long_poll_seconds,
            "from 1 to 3600",
        )?;
        let kept = sync.keep_answers_seconds;
        require(kept <= 3_600, "sync.keep_answers_seconds", kept, "from 0 to 3600")
    }

    fn check_media(&self) -> Result<(), ConfigError> {
        let media = &self.media;
        let largest = media.max_upload_mb;
        require((1..=65_536).contains(&largest), "media.max_upload_mb", largest, "from 1 to 65536")?;
        let remote = media.max_remote_mb;
        require((1..=65_536).contains(&remote), "media.max_remote_mb", remote, "from 1 to 65536")?;
        let cache = media.remote_cache_mb;
        require(
            (remote..=1 << 40).contains(&cache),
            "media.remote_cache_mb",
            cache,
            "from media.max_remote_mb to 2^40",
        )?;
        let days = media.remote_cache_days;
        require(days <= 36_500, "media.remote_cache_days", days, "from 0 to 36500")?;
        let quota = media.user_quota_mb;
        require(quota <= 1 << 40, "media.user_quota_mb", quota, "from 0 to 1099511627776")?;
        let pending = media.pending_uploads;
        require((1..=10_000).contains(&pending), "media.pending_uploads", pending, "from 1 to 10000")?;
        let hours = media.pending_hours;
        require((1..=8_760).contains(&hours), "media.pending_hours", hours, "from 1 to 8760")?;
        let pixels = media.thumbnail_megapixels;
        require((1..=1_000).contains(&pixels), "media.thumbnail_megapixels", pixels, "from 1 to 1000")?;
        let at_once = media.thumbnails_at_once;
        require(at_once <= 1_024, "media.thumbnails_at_once", at_once, "from 0 to 1024")
    }

    fn check_turn(&self) -> Result<(), ConfigError> {
        let turn = &self.turn;
        for uri in &turn.uris {
            let fits = ["turn:", "turns:"].iter().any(|scheme| uri.starts_with(scheme));
            require(fits, "turn.uris", uri, "addresses that begin with \"turn:\" or \"turns:\"")?;
        }
        let both_or_none = turn.uris.is_empty() == turn.shared_secret.is_none();
        require(both_or_none, "turn.shared_secret", "alone", "given together with turn.uris, or not at all")?;
        let ttl = turn.ttl_seconds;
        require((60..=2_592_000).contains(&ttl), "turn.ttl_seconds", ttl, "from 60 to 2592000")
    }

    fn check_federation(&self) -> Result<(), ConfigError> {
        let federation = &self.federation;
        let usable = federation.mode != FederationMode::Listed || !federation.allowed_servers.is_empty();
        require(
            usable,
            "federation.allowed_servers",
            "empty",
            "a list of at least one server when federation.mode is \"listed\"",
        )
    }

    fn check_rates(&self) -> Result<(), ConfigError> {
        let limits = &self.rate_limits;
        let rates: [(&str, Rate); 18] = [
            ("rate_limits.message.per_second", limits.message),
            ("rate_limits.login.per_second", limits.login),
            ("rate_limits.failed_login.per_second", limits.failed_login),
            ("rate_limits.registration.per_second", limits.registration),
            ("rate_limits.registration_check.per_second", limits.registration_check),
            ("rate_limits.refresh.per_second", limits.refresh),
            ("rate_limits.join.per_second", limits.join),
            ("rate_limits.invite.per_second", limits.invite),
            ("rate_limits.other_server.per_second", limits.other_server),
            ("rate_limits.other_server_reads.per_second", limits.other_server_reads),
            ("rate_limits.one_time_key.per_second", limits.one_time_key),
            ("rate_limits.remote_file.per_second", limits.remote_file),
            ("rate_limits.create_room.per_second", limits.create_room),
            ("rate_limits.profile.per_second", limits.profile),
            ("rate_limits.search.per_second", limits.search),
            ("rate_limits.report.per_second", limits.report),
            ("rate_limits.write.per_second", limits.write),
            ("rate_limits.read.per_second", limits.read),
        ];
        rates.into_iter().try_for_each(|(key, rate)| {
            let fits = rate.per_second.is_finite() && rate.per_second > 0.0;
            require(
                fits,
                key,
                rate.per_second,
                "a number above 0 (to have no limits at all: rate_limits.enabled = false)",
            )
        })
    }
}

fn check_listener(listener: &Listener) -> Result<(), ConfigError> {
    let both_or_none = listener.tls_certificate.is_some() == listener.tls_key.is_some();
    require(both_or_none, "listeners.tls_key", "alone", "given together with tls_certificate, or not at all")?;
    require(!listener.apis.is_empty(), "listeners.apis", "empty", "a list of at least one of the APIs")
}

/// An error that names the key, unless its value is allowed.
pub(super) fn require(
    fits: bool,
    key: &'static str,
    value: impl std::fmt::Display,
    allowed: &'static str,
) -> Result<(), ConfigError> {
    if fits { Ok(()) } else { Err(ConfigError::Value { key, value: value.to_string(), allowed }) }
}
