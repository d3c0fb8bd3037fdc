//! A writer that breaks its promises, so that the kill test can prove that it would notice. Exists only with the feature
//! `sabotage`, and even then only the variable `PEERBRAIN_SABOTAGE` makes it break any:
//! `ack-early` answers callers before the commit, `no-sync` commits without syncing to disk.

use std::{thread, time::Duration};

use diesel::connection::SimpleConnection as _;

use crate::Conn;

/// How long a commit seems to take, as on a slow disk.
const SLOW_COMMIT: Duration = Duration::from_millis(10);

fn by(how: &str) -> bool {
    std::env::var_os("PEERBRAIN_SABOTAGE").is_some_and(|chosen| chosen == how)
}

/// Whether the commit is to be put off until the callers have been answered.
pub(super) fn answers_early() -> bool {
    by("ack-early")
}

/// Commits what was put off.
pub(super) fn commit_late(conn: &mut Conn) {
    if answers_early() {
        thread::sleep(SLOW_COMMIT);
        // Mostly there is nothing to commit, which is an error to some databases.
        let _nothing_to_do = conn.batch_execute("COMMIT");
    }
}

/// Stops syncing.
pub(super) fn stop_syncing(conn: &mut Conn) {
    if by("no-sync") {
        let done = conn.batch_execute(match conn {
            Conn::Pg(_) => "SET synchronous_commit = off",
            Conn::Sqlite(_) => "PRAGMA synchronous = OFF",
        });
        tracing::warn!(?done, "sabotage: commits are not synced");
    }
}
