//! How far all pushers are, written down now and then: one row for all that keep up, whatever their number.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use store::push::{PusherPlace, set_push_progress};

use super::bell::{Bell, Standing};
use crate::{Push, Result};

/// How long the others wait for a pusher. One that is busy for longer gets a place of its own.
const PATIENCE: Duration = Duration::from_secs(60);
/// Positions after which it is written down though nothing was delivered.
const FAR: i64 = 10_000;

/// User, app, pushkey.
pub(super) type PusherKey = (String, String, String);

/// What is written down of all pushers.
#[derive(Default)]
pub(super) struct Progress {
    /// Up to where all that keep up have delivered.
    written: i64,
}

/// What there is to write.
#[derive(Debug, Default, PartialEq, Eq)]
struct Change {
    position: i64,
    places: Vec<PusherPlace>,
}

impl Progress {
    /// Begins with what is written down.
    pub fn new(written: i64) -> Self {
        Self { written }
    }

    /// Writes down how far the pushers are, if that is worth it.
    ///
    /// * `told`: all commits up to here have woken whom they concern.
    ///
    /// # Errors
    /// What the database says.
    pub async fn write(&mut self, push: &Push, pushers: &[(PusherKey, Arc<Bell>)], told: i64) -> Result<()> {
        // Before it is looked where they are: what is delivered after that counts the next time.
        let delivered = push.inner.delivered.swap(false, Ordering::SeqCst);
        let Change { position, places } = change(pushers, self.written, told, PATIENCE);
        let worth = (delivered && position > self.written) || position - self.written > FAR || !places.is_empty();
        if !worth {
            return Ok(());
        }
        let written = {
            let places = places.clone();
            push.store().write(move |tx| set_push_progress(tx, position, &places)).await
        };
        if let Err(error) = written {
            push.inner.delivered.store(true, Ordering::SeqCst);
            return Err(error.into());
        }
        self.written = position;
        for (key, bell) in pushers {
            if let Some(place) = places.iter().find(|place| place.key == *key) {
                bell.set_behind(place.behind.then_some(place.position));
            }
        }
        Ok(())
    }
}

fn change(pushers: &[(PusherKey, Arc<Bell>)], written: i64, told: i64, patience: Duration) -> Change {
    let mut change = Change { position: told, places: Vec::new() };
    for (key, bell) in pushers {
        let place = |position, behind| PusherPlace { key: key.clone(), position, behind };
        match (bell.standing(), bell.behind()) {
            (Standing::Idle, None) => {}
            (Standing::Idle, Some(_)) => change.places.push(place(told, false)),
            (Standing::Busy(Some(delivered), since), None) if since >= patience => {
                change.places.push(place(delivered, true));
            }
            (Standing::Busy(delivered, _), None) => change.position = change.position.min(delivered.unwrap_or(written)),
            (Standing::Busy(Some(delivered), _), Some(known)) if delivered > known => {
                change.places.push(place(delivered, true));
            }
            (Standing::Busy(..), Some(_)) => {}
        }
    }
    change.position = change.position.max(written);
    change
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> PusherKey {
        (name.to_owned(), "app".to_owned(), "key".to_owned())
    }

    /// Pushers of these users, all idle.
    fn idle(users: &[&str]) -> Vec<(PusherKey, Arc<Bell>)> {
        let one = |user: &&str| {
            let bell = Bell::new();
            bell.delivered(10, Some(bell.rings()));
            (key(user), Arc::new(bell))
        };
        users.iter().map(one).collect()
    }

    #[test]
    fn many_that_keep_up_are_one_position() {
        let pushers = idle(&["user"; 100]);
        let bell = &pushers[7].1;
        assert_eq!(change(&pushers, 5, 50, PATIENCE), Change { position: 50, places: Vec::new() });
        bell.ring(false);
        assert_eq!(change(&pushers, 5, 60, PATIENCE).position, 10, "it is waited for");
        bell.delivered(55, None);
        assert_eq!(change(&pushers, 10, 60, PATIENCE).position, 55);
        bell.delivered(60, Some(bell.rings()));
        assert_eq!(change(&pushers, 55, 61, PATIENCE).position, 61);
    }

    #[test]
    fn who_is_rung_meanwhile_is_not_idle() {
        let pushers = idle(&["user"]);
        let bell = &pushers[0].1;
        bell.ring(false);
        let rings = bell.rings();
        bell.ring(false);
        bell.delivered(20, Some(rings));
        assert!(matches!(bell.standing(), Standing::Busy(Some(20), _)));
    }

    #[test]
    fn nobody_waits_long_for_one_that_fails() {
        let pushers = idle(&["good", "bad"]);
        let bad = &pushers[1].1;
        bad.ring(false);
        let place = |position, behind| PusherPlace { key: key("bad"), position, behind };
        assert_eq!(change(&pushers, 5, 50, Duration::ZERO), Change { position: 50, places: vec![place(10, true)] });
        bad.set_behind(Some(10));
        assert_eq!(change(&pushers, 50, 60, Duration::ZERO), Change { position: 60, places: Vec::new() });
        bad.delivered(30, None);
        assert_eq!(change(&pushers, 60, 70, Duration::ZERO), Change { position: 70, places: vec![place(30, true)] });
        bad.delivered(70, Some(bad.rings()));
        assert_eq!(change(&pushers, 70, 80, Duration::ZERO), Change { position: 80, places: vec![place(80, false)] });
    }

    #[test]
    fn what_is_written_never_goes_back() {
        let new = [(key("new"), Arc::new(Bell::new()))];
        assert_eq!(change(&new, 40, 50, PATIENCE).position, 40);
        new[0].1.delivered(20, None);
        assert_eq!(change(&new, 40, 50, PATIENCE).position, 40);
    }
}
