//! How often one may do what: a bucket for each kind of thing and each user or address.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use peerbrain_core::{
    Clock,
    config::{Rate, RateLimits as Rates},
};

use crate::{Error, Result};

/// Locks among which the buckets are spread.
const SHARDS: usize = 16;
/// Buckets behind one lock. Where there are more the full ones go, then any: a flood makes limits soft, not memory
/// short.
const BUCKETS_PER_SHARD: usize = 8_192;

/// What is limited; see `rate_limits` in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Messages, state events and redactions, per user.
    Message,
    /// Logins, per address and per user.
    Login,
    /// Wrong passwords, per user.
    FailedLogin,
    /// Registrations, per address.
    Registration,
    /// Looking for a free name, checking a registration token, per address.
    RegistrationCheck,
    /// Refreshed access tokens, per address.
    Refresh,
    /// Joins and knocks, per user.
    Join,
    /// Invites, per inviting user.
    Invite,
    /// Joins, knocks, leaves and invites of users of another server, per server.
    OtherServer,
    /// What another server reads, per server.
    OtherServerReads,
    /// One-time keys that other servers take, per device.
    OneTimeKey,
    /// Files that are fetched from other servers, per user, or per address where nobody is logged in.
    RemoteFile,
    /// New rooms, per user.
    CreateRoom,
    /// Profile changes, per user.
    Profile,
    /// Searches in messages, per user.
    Search,
    /// Reports, per user.
    Report,
    /// Everything else that writes, per user.
    Write,
    /// Whatever is asked with GET, per user, or per address where nobody is logged in.
    Read,
}

/// The buckets. A bucket is kept as the moment at which it will be full again, in microseconds since 1970: that is
/// all there is to know of it, and one that is full need not be kept.
pub struct RateLimits {
    rates: Rates,
    clock: Arc<dyn Clock>,
    /// Keyed with a secret, so that nobody can make two keys share a bucket.
    hasher: RandomState,
    shards: Vec<Mutex<HashMap<u64, i64>>>,
}

impl RateLimits {
    /// Buckets of the sizes that are configured, all full.
    pub fn new(rates: &Rates, clock: Arc<dyn Clock>) -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self { rates: rates.clone(), clock, hasher: RandomState::new(), shards }
    }

    /// Takes one from the bucket of `key`: a user, or what [`address_key`] gives.
    ///
    /// # Errors
    /// [`Error::LimitExceeded`] with the time until there will be one again; nothing is taken then.
    pub fn check(&self, limit: Limit, key: impl Hash) -> Result<()> {
        self.check_many(limit, key, 1)
    }

    /// Takes `count` at once. Where that is more than a bucket holds, a full one is enough: what it did not hold must come
    /// back before there is one again.
    ///
    /// # Errors
    /// As [`RateLimits::check`].
    pub fn check_many(&self, limit: Limit, key: impl Hash, count: usize) -> Result<()> {
        if count == 0 {
            return Ok(());
        }
        self.draw(limit, key, u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// Puts one back that was taken by [`RateLimits::check`].
    pub fn give_back(&self, limit: Limit, key: impl Hash) {
        let each = micros_per_token(self.rate(limit).per_second);
        let hash = self.hasher.hash_one((limit, key));
        if let Some(shard) = self.shard(hash)
            && let Some(full_at) = shard.lock().get_mut(&hash)
        {
            *full_at = full_at.saturating_sub(each);
        }
    }

    /// The same as [`RateLimits::check`] without taking one.
    pub fn peek(&self, limit: Limit, key: impl Hash) -> Result<()> {
        self.draw(limit, key, 0)
    }

    /// Takes so many; none means to look whether there is one.
    fn draw(&self, limit: Limit, key: impl Hash, take: u32) -> Result<()> {
        if !self.rates.enabled {
            return Ok(());
        }
        let rate = self.rate(limit);
        let each = micros_per_token(rate.per_second);
        let whole = each.saturating_mul(i64::from(rate.burst.get()));
        let now = self.clock.now_ms().saturating_mul(1_000);
        let hash = self.hasher.hash_one((limit, key));
        let Some(shard) = self.shard(hash) else { return Ok(()) };
        let mut buckets = shard.lock();
        let full_at = buckets.get(&hash).copied().unwrap_or(now).max(now);
        let needed = each.saturating_mul(take.clamp(1, rate.burst.get()).into());
        let missing = full_at.saturating_add(needed).saturating_sub(now).saturating_sub(whole);
        if missing > 0 {
            let micros = u64::try_from(missing).unwrap_or_default();
            return Err(Error::LimitExceeded { retry_after: Duration::from_millis(micros.div_ceil(1_000)) });
        }
        if take > 0 {
            if buckets.len() >= BUCKETS_PER_SHARD {
                make_room(&mut buckets, now);
            }
            buckets.insert(hash, full_at.saturating_add(each.saturating_mul(take.into())));
        }
        Ok(())
    }

    fn shard(&self, hash: u64) -> Option<&Mutex<HashMap<u64, i64>>> {
        // The shards are as many as a small power of two, so the low bits choose one fairly.
        self.shards.get(usize::try_from(hash % SHARDS as u64).unwrap_or_default())
    }

    fn rate(&self, limit: Limit) -> Rate {
        let rates = &self.rates;
        match limit {
            Limit::Message => rates.message,
            Limit::Login => rates.login,
            Limit::FailedLogin => rates.failed_login,
            Limit::Registration => rates.registration,
            Limit::RegistrationCheck => rates.registration_check,
            Limit::Refresh => rates.refresh,
            Limit::Join => rates.join,
            Limit::Invite => rates.invite,
            Limit::OtherServer => rates.other_server,
            Limit::OtherServerReads => rates.other_server_reads,
            Limit::OneTimeKey => rates.one_time_key,
            Limit::RemoteFile => rates.remote_file,
            Limit::CreateRoom => rates.create_room,
            Limit::Profile => rates.profile,
            Limit::Search => rates.search,
            Limit::Report => rates.report,
            Limit::Write => rates.write,
            Limit::Read => rates.read,
        }
    }
}

/// The key for a client's address: of IPv6 the first 64 bits, because one client has all the rest.
pub fn address_key(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

/// How long one token takes to come back.
#[expect(clippy::cast_possible_truncation, reason = "the number is clamped to a day before")]
fn micros_per_token(per_second: f64) -> i64 {
    const DAY: f64 = 86_400e6;
    let micros = 1e6 / per_second;
    if micros.is_finite() { micros.clamp(0.0, DAY) as i64 } else { DAY as i64 }
}

fn make_room(buckets: &mut HashMap<u64, i64>, now: i64) {
    buckets.retain(|_, full_at| *full_at > now);
    if buckets.len() >= BUCKETS_PER_SHARD {
        let mut drop_one = false;
        buckets.retain(|_, _| {
            drop_one = !drop_one;
            drop_one
        });
    }
}

#[cfg(test)]
mod tests {
    use peerbrain_core::ManualClock;

    use super::*;

    fn limits(per_second: f64, burst: u32) -> (RateLimits, ManualClock) {
        let clock = ManualClock::at(1_000_000);
        let rates = Rates { message: Rate::new(per_second, burst), ..Rates::default() };
        (RateLimits::new(&rates, Arc::new(clock.clone())), clock)
    }

    fn wait(result: Result<()>) -> Option<u128> {
        match result {
            Ok(()) => None,
            Err(Error::LimitExceeded { retry_after }) => Some(retry_after.as_millis()),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let (limits, clock) = limits(2.0, 3);
        for _ in 0..3 {
            assert_eq!(wait(limits.check(Limit::Message, "alice")), None);
        }
        assert_eq!(wait(limits.check(Limit::Message, "alice")), Some(500));
        assert_eq!(wait(limits.check(Limit::Message, "bob")), None, "buckets are separate");
        clock.advance(Duration::from_millis(499));
        assert_eq!(wait(limits.check(Limit::Message, "alice")), Some(1));
        clock.advance(Duration::from_millis(1));
        assert_eq!(wait(limits.peek(Limit::Message, "alice")), None, "looking takes nothing");
        assert_eq!(wait(limits.check(Limit::Message, "alice")), None);
        assert_eq!(wait(limits.check(Limit::Message, "alice")), Some(500));
        limits.give_back(Limit::Message, "alice");
        assert_eq!(wait(limits.check(Limit::Message, "alice")), None);
        assert_eq!(wait(limits.check(Limit::Message, "alice")), Some(500));
        clock.advance(Duration::from_secs(60));
        for _ in 0..3 {
            assert_eq!(wait(limits.check(Limit::Message, "alice")), None, "no more than a full bucket");
        }
        assert_eq!(wait(limits.check(Limit::Message, "alice")), Some(500));
    }

    #[test]
    fn several_at_once_take_as_many() {
        let (limits, clock) = limits(1.0, 5);
        assert_eq!(wait(limits.check_many(Limit::Message, "alice", 0)), None);
        assert_eq!(wait(limits.check_many(Limit::Message, "alice", 3)), None);
        assert_eq!(wait(limits.check_many(Limit::Message, "alice", 3)), Some(1_000));
        assert_eq!(wait(limits.check_many(Limit::Message, "alice", 2)), None, "what is refused takes nothing");
        assert_eq!(wait(limits.check_many(Limit::Message, "alice", 20)), Some(5_000), "a full bucket is enough");
        clock.advance(Duration::from_secs(5));
        assert_eq!(wait(limits.check_many(Limit::Message, "alice", 20)), None);
        assert_eq!(wait(limits.check(Limit::Message, "alice")), Some(16_000), "and is paid for later");
    }

    #[test]
    fn kinds_are_separate_and_all_can_be_off() {
        let (limits, _clock) = limits(1.0, 1);
        assert_eq!(wait(limits.check(Limit::Message, "alice")), None);
        assert!(wait(limits.check(Limit::Message, "alice")).is_some());
        assert_eq!(wait(limits.check(Limit::Join, "alice")), None);
        let rates = Rates { enabled: false, message: Rate::new(0.0, 1), ..Rates::default() };
        let off = RateLimits::new(&rates, Arc::new(ManualClock::at(0)));
        assert!((0..100).all(|_| off.check(Limit::Message, "alice").is_ok()));
    }

    #[test]
    fn a_rate_of_nothing_waits_a_day() {
        let (limits, _clock) = limits(0.0, 1);
        assert_eq!(wait(limits.check(Limit::Message, "alice")), None);
        assert_eq!(wait(limits.check(Limit::Message, "alice")), Some(86_400_000));
    }

    #[test]
    fn memory_is_bounded() {
        let (limits, clock) = limits(1.0, 5);
        for key in 0..SHARDS * BUCKETS_PER_SHARD * 2 {
            limits.check(Limit::Message, key).unwrap();
        }
        let kept = |limits: &RateLimits| limits.shards.iter().map(|shard| shard.lock().len()).sum::<usize>();
        assert!(kept(&limits) <= SHARDS * BUCKETS_PER_SHARD);
        clock.advance(Duration::from_secs(60));
        for key in 0..SHARDS * BUCKETS_PER_SHARD {
            limits.check(Limit::Message, key).unwrap();
        }
        assert!(kept(&limits) <= SHARDS * BUCKETS_PER_SHARD);
    }

    #[test]
    fn neighbours_in_a_network_share_a_bucket() {
        let key = |text: &str| address_key(text.parse().unwrap());
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:1"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
    }
}
