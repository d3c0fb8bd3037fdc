//! What a lane hands over beside its events.

/// Whom the events of an append notify, as far as that is not the same for all. `at` is always an index into the
/// append's events.
#[derive(Clone, Debug, Default)]
pub struct PushRows {
    /// Members of ours who have come.
    pub joins: Vec<JoinedReader>,
    /// Members whose own rules have become silent, or loud again.
    pub mutes: Vec<MuteChange>,
    /// What counts for single members beside the ordinals.
    pub counts: Vec<OwnCount>,
    /// Events that do something else for one member than for everybody.
    pub own: Vec<OwnNotification>,
    /// Events of threads that notify.
    pub threads: Vec<ThreadNotification>,
}

/// A member of ours who has come, and reads from here on.
#[derive(Clone, Debug)]
pub struct JoinedReader {
    /// The membership event.
    pub at: usize,
    /// Who.
    pub user_id: String,
    /// How many events of the room notify, up to here.
    pub notifications: i64,
    /// How many highlight.
    pub highlights: i64,
}

/// From this event on a member's own rules are silent where the predefined ones notify, or no longer so.
#[derive(Clone, Debug)]
pub struct MuteChange {
    /// The first event of which this is so.
    pub at: usize,
    /// Who.
    pub user_id: String,
    /// Silent or not.
    pub muted: bool,
    /// How many events of the room notify, before this one.
    pub notifications: i64,
    /// How many highlight.
    pub highlights: i64,
}

/// What counts for one member beside the ordinals.
#[derive(Clone, Debug)]
pub struct OwnCount {
    /// The event.
    pub at: usize,
    /// Who.
    pub user_id: String,
    /// To be added.
    pub notifications: i64,
    /// To be added.
    pub highlights: i64,
    /// The ordinals before the event, for a member of whom nothing is known yet.
    pub before: (i64, i64),
}

/// What an event does for one member, where that is not what it does for everybody.
#[derive(Clone, Debug)]
pub struct OwnNotification {
    /// The event.
    pub at: usize,
    /// Its number.
    pub event: i64,
    /// Who.
    pub user_id: String,
    /// `main`, or the id of the thread's root.
    pub thread: String,
    /// What it adds to the notifications, beside the ordinals.
    pub notifications: i16,
    /// What it adds to the highlights.
    pub highlights: i16,
    /// The actions, a JSON list; empty where nothing is done.
    pub actions: String,
    /// Whether it is highlighted.
    pub highlight: bool,
}

/// An event of a thread that notifies under the predefined rules.
#[derive(Clone, Debug)]
pub struct ThreadNotification {
    /// The event.
    pub at: usize,
    /// The id of the root.
    pub thread: String,
    /// Who sent it.
    pub sender: String,
    /// Whether it is highlighted.
    pub highlight: bool,
}

impl PushRows {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.joins.is_empty()
            && self.mutes.is_empty()
            && self.counts.is_empty()
            && self.own.is_empty()
            && self.threads.is_empty()
    }

    /// Whose counts are changed by themselves; some may be named twice.
    pub fn users(&self) -> impl Iterator<Item = &str> {
        let joins = self.joins.iter().map(|row| &*row.user_id);
        let mutes = self.mutes.iter().map(|row| &*row.user_id);
        joins.chain(mutes).chain(self.counts.iter().map(|row| &*row.user_id))
    }

    /// Takes back what belongs to events from this index on.
    pub fn truncate(&mut self, events: usize) {
        self.joins.retain(|row| row.at < events);
        self.mutes.retain(|row| row.at < events);
        self.counts.retain(|row| row.at < events);
        self.own.retain(|row| row.at < events);
        self.threads.retain(|row| row.at < events);
    }
}
