//! What is done when its time has come, whether anybody syncs or not: typing runs out, presence is announced, members of
//! large rooms hear of receipts.

use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use crate::syncs::{Inner, known_rooms};

/// How long presence is looked at no more after somebody was told of it.
const PAUSE: Duration = Duration::from_millis(500);
/// How much longer for each who was told: a hundred in a second, whatever happens.
const PAUSE_EACH: Duration = Duration::from_millis(10);
/// The longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How often is looked whether somebody has gone away.
const LOOK: Duration = Duration::from_secs(2);
/// How often is saved who is online.
const SAVE: Duration = Duration::from_secs(60);

/// When presence is seen to next.
struct Times {
    announce: Instant,
    look: Instant,
    save: Instant,
}

/// Does all this until nobody syncs any more.
pub(crate) async fn tend(syncs: Weak<Inner>) {
    let now = Instant::now();
    let mut times = Times { announce: now, look: now, save: now + SAVE };
    let mut loaded = false;
    loop {
        let Some(syncs) = syncs.upgrade() else { return };
        loaded = loaded || load(&syncs).await;
        let next = once(&syncs, &mut times).await;
        let news = syncs.sources.follower.news.clone();
        drop(syncs);
        tokio::select! {
            () = tokio::time::sleep_until(next.into()) => {}
            () = news.notified() => {}
        }
    }
}

/// Reads who was online before.
async fn load(syncs: &Arc<Inner>) -> bool {
    let ephemeral = &syncs.sources.follower.ephemeral;
    if !ephemeral.presences(|presences| presences.is_enabled()) {
        return true;
    }
    match syncs.sources.rooms.store().read(store::presence::all).await {
        Ok(rows) => {
            ephemeral.load(rows, syncs.clock.now_ms());
            true
        }
        Err(error) => {
            tracing::warn!(%error, "presence from before the start could not be read; it is tried again");
            false
        }
    }
}

/// Does what is due, and gives the time of what comes next.
async fn once(syncs: &Arc<Inner>, times: &mut Times) -> Instant {
    let follower = &syncs.sources.follower;
    let now = Instant::now();
    let (ended, next_end) = follower.ephemeral.expire_typing(now);
    for (room, serial) in ended {
        follower.watches.tell_room(room, serial);
    }
    let (due, next_due) = follower.pace.due(now);
    for room in due {
        follower.watches.wake_room(room);
    }
    let mut next = now + LOOK;
    if follower.ephemeral.presences(|presences| presences.is_enabled()) {
        let touched = follower.ephemeral.presences(|presences| presences.is_touched());
        if now >= times.announce && (touched || now >= times.look) {
            let told = announce(syncs).await;
            let pause = PAUSE + PAUSE_EACH.saturating_mul(u32::try_from(told).unwrap_or(u32::MAX));
            times.announce = now + pause.min(LONGEST_PAUSE);
            times.look = now + LOOK;
        } else if touched {
            next = next.min(times.announce);
        }
        if now >= times.save {
            times.save = now + SAVE;
            save_presence(syncs).await;
        }
    }
    [next_end, next_due].into_iter().flatten().fold(next, Instant::min)
}

/// Announces whose presence has changed, and says how many were woken by that.
async fn announce(syncs: &Arc<Inner>) -> usize {
    let follower = &syncs.sources.follower;
    let announcements = follower.ephemeral.announce(syncs.clock.now_ms());
    let loud: Vec<_> = announcements.into_iter().filter(|announcement| announcement.loud).collect();
    let Some(serial) = loud.iter().map(|announcement| announcement.serial).max() else { return 0 };
    let users: Vec<String> = loud.into_iter().map(|announcement| announcement.user_id).collect();
    for user in &users {
        if let Err(error) = known_rooms(&syncs.sources, user).await {
            tracing::debug!(%error, "who shares rooms with a user whose presence changed is not known");
        }
    }
    follower.watches.tell_sharing(&users, serial)
}

/// Saves who has come online or gone since it was last done.
pub(crate) async fn save_presence(syncs: &Arc<Inner>) {
    let rows = syncs.sources.follower.ephemeral.presences(|presences| presences.unsaved());
    if rows.is_empty() {
        return;
    }
    if let Err(error) = syncs.sources.rooms.store().write(move |tx| store::presence::save(tx, &rows)).await {
        tracing::warn!(%error, "presence could not be saved");
    }
}
