//! How many files and connections this process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Connections that a listener has in any case.
const FEWEST: usize = 16;
/// And at most, unless more are asked for: with TLS each takes some ten kilobytes of memory, whoever made it.
const MOST: usize = 20_000;

/// Raises the limit as far as the system allows, and gives it. Many systems begin with 1,024 for the sake of old programs.
pub fn raise_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum
        && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })
    {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// How many connections each of the listeners may have at the same time: what is configured, or else its share of half of
/// the open files. The other half is for the database, files, and connections to others, which a flood must not take away.
pub fn connections(configured: usize, open_files: u64, listeners: usize) -> usize {
    if configured > 0 {
        return configured;
    }
    let half = usize::try_from(open_files / 2).unwrap_or(usize::MAX);
    (half / listeners.max(1)).clamp(FEWEST, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listeners_share_half_of_the_open_files() {
        assert_eq!(connections(0, 65_536, 2), 16_384);
        assert_eq!(connections(0, 1_024, 1), 512);
        assert_eq!(connections(0, 10, 3), 16);
        assert_eq!(connections(0, u64::MAX, 1), 20_000);
        assert_eq!(connections(7, 65_536, 2), 7);
    }

    #[test]
    fn the_limit_is_raised_as_far_as_may_be() {
        let limit = raise_limit();
        assert_eq!(limit, getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX));
        assert_eq!(raise_limit(), limit);
    }
}
