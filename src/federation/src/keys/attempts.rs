//! Which servers were asked in vain, and when they may be asked again.

use quick_cache::sync::Cache;
use ruma::{OwnedServerName, ServerName};

/// Servers that are remembered. Who is forgotten is only asked too early.
const SERVERS: usize = 10_000;

/// The first pause, in milliseconds. It doubles with each attempt in vain.
const FIRST_PAUSE: i64 = 10_000;

/// The longest pause. Whoever names keys that do not exist can make us blind for new keys of a server no longer than
/// this.
const LONGEST_PAUSE: i64 = 600_000;

/// Attempts in vain.
pub(super) struct Attempts(Cache<OwnedServerName, Attempt>);

#[derive(Clone, Copy)]
struct Attempt {
    at: i64,
    pause: i64,
}

impl Attempts {
    pub fn new() -> Self {
        Self(Cache::new(SERVERS))
    }

    /// Whether a server may be asked now. A clock that was set back does not lengthen the pause.
    pub fn may_ask(&self, server: &ServerName, now: i64) -> bool {
        self.0.get(server).is_none_or(|attempt| now < attempt.at || now >= attempt.at.saturating_add(attempt.pause))
    }

    /// A server was asked and what was wanted is still not known.
    pub fn in_vain(&self, server: &ServerName, now: i64) {
        let pause = self.0.get(server).map_or(FIRST_PAUSE, |attempt| (attempt.pause * 2).min(LONGEST_PAUSE));
        self.0.insert(server.to_owned(), Attempt { at: now, pause });
    }

    /// A server told what was wanted.
    pub fn helped(&self, server: &ServerName) {
        self.0.remove(server);
    }
}

#[cfg(test)]
mod tests {
    use ruma::server_name;

    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let (attempts, server) = (Attempts::new(), server_name!("a.example"));
        assert!(attempts.may_ask(server, 0));
        let mut now = 1_000;
        for pause in [10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 600_000, 600_000] {
            attempts.in_vain(server, now);
            assert!(!attempts.may_ask(server, now) && !attempts.may_ask(server, now + pause - 1));
            assert!(attempts.may_ask(server, now + pause));
            assert!(attempts.may_ask(server, now - 1), "the clock was set back");
            assert!(attempts.may_ask(server_name!("b.example"), now));
            now += pause;
        }
        attempts.helped(server);
        attempts.in_vain(server, now);
        assert!(attempts.may_ask(server, now + 10_000));
    }
}
