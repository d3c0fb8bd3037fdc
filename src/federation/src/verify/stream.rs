//! Events that are checked while more of them come.

use std::{mem, sync::Arc, time::Duration};

use events::Provenance;
use ruma::room_version_rules::RoomVersionRules;
use tokio::task::JoinSet;

use super::{
    Outcome, Verifier,
    batch::{Batch, Text},
    broken_off, want,
};
use crate::keys::{Gathering, Wanted};

/// Events that are checked together.
const EVENTS: usize = 200;
/// Or so many bytes of them.
const BYTES: usize = 262_144;
/// Batches that are being checked at once: each event of them takes some times the memory of its text. What comes meanwhile
/// waits.
const BATCHES: usize = 16;

/// The events of a part of a room's past, checked as they come. An event whose keys cannot be had soon is put aside as a
/// text, so that servers that are slow or gone hold up no others, and are waited for once.
pub(crate) struct Stream {
    verifier: Verifier,
    rules: &'static RoomVersionRules,
    gathering: Arc<Gathering>,
    /// What waits until the batch is full.
    batch: Vec<Text>,
    bytes: usize,
    batches: JoinSet<Batch>,
    /// What became of the events, as far as they are checked.
    outcomes: Vec<Option<Outcome>>,
    late: Vec<(usize, Text)>,
    /// The keys for these.
    wanted: Wanted,
}

impl Stream {
    /// For events of a room of these rules.
    ///
    /// * `patience`: how long, from now on, is waited for keys before events are put aside.
    pub fn new(verifier: Verifier, rules: &'static RoomVersionRules, patience: Duration) -> Self {
        Self {
            gathering: Arc::new(Gathering::new(verifier.keys.clone(), patience)),
            verifier,
            rules,
            batch: Vec::new(),
            bytes: 0,
            batches: JoinSet::new(),
            outcomes: Vec::new(),
            late: Vec::new(),
            wanted: Wanted::new(),
        }
    }

    /// Takes an event; gives its number, counted from 0. Waits as long as too many are being checked.
    pub async fn push(&mut self, event: Text) -> usize {
        let number = self.outcomes.len();
        self.outcomes.push(None);
        self.bytes += event.len();
        self.batch.push(event);
        if self.batch.len() >= EVENTS || self.bytes >= BYTES {
            while self.batches.len() >= BATCHES && self.one_ends().await {}
            self.begin();
        }
        number
    }

    /// What became of the events, by their numbers.
    pub async fn finish(mut self) -> Vec<Outcome> {
        self.begin();
        while self.one_ends().await {}
        if !self.late.is_empty() {
            self.check_late().await;
        }
        self.outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(|| Err(broken_off()))).collect()
    }

    fn begin(&mut self) {
        let events = mem::take(&mut self.batch);
        self.bytes = 0;
        if !events.is_empty() {
            let first = self.outcomes.len().saturating_sub(events.len());
            let (verifier, gathering) = (self.verifier.clone(), self.gathering.clone());
            self.batches.spawn(Batch::check(verifier, gathering, self.rules, first, events));
        }
    }

    /// Waits for any batch; false if there is none.
    async fn one_ends(&mut self) -> bool {
        let Some(ended) = self.batches.join_next().await else { return false };
        match ended {
            Ok(Batch { checked, late, wanted }) => {
                self.note(checked);
                self.late.extend(late);
                for (server, ids) in wanted {
                    ids.into_iter().for_each(|(id, moment)| want(&mut self.wanted, &server, id, moment));
                }
            }
            Err(error) => tracing::error!(%error, "checking events broke off"),
        }
        true
    }

    /// Once more with all the keys that can be had at all.
    async fn check_late(&mut self) {
        let keys = Arc::new(self.verifier.keys.get(&self.wanted).await);
        let mut late = mem::take(&mut self.late).into_iter();
        loop {
            let (numbers, events): (Vec<usize>, Vec<Text>) = late.by_ref().take(EVENTS).unzip();
            if events.is_empty() {
                return;
            }
            let events = self.verifier.read(self.rules, events, Provenance::History).await;
            let checked = self.verifier.check(self.rules, events, keys.clone()).await;
            self.note(numbers.into_iter().zip(checked.into_iter().map(|checked| checked.outcome)));
        }
    }

    fn note(&mut self, checked: impl IntoIterator<Item = (usize, Outcome)>) {
        for (number, outcome) in checked {
            if let Some(place) = self.outcomes.get_mut(number) {
                *place = Some(outcome);
            }
        }
    }
}
