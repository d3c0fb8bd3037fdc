//! The story: servers share rooms in a storm, some die in it again and again, and when it is over all have the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;

use super::cast::{Cast, Room};
use super::meeting::{meet, word};
use super::notes::Notes;
use super::proxy::{Fault, Weather};
use super::site::Site;
use super::state_ids::{self, state_ids};
use super::verdict::differences;
use crate::client::encode;
use crate::federation::authority::Authority;
use crate::random::Chance;

/// How long the storm goes on without `PEERBRAIN_STORM`, in seconds.
const STORM: u64 = 20;
/// How long everything may take to arrive after it. Who asked in vain for history does not ask again for a minute, and who
/// could not be reached is left alone for as long.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// Servers and their time.
pub struct Story {
    /// The first two are ours.
    pub sites: Vec<Site>,
    /// Who signed their certificates.
    pub authority: Authority,
    /// The dice.
    pub chance: Chance,
}

impl Story {
    /// Plays it; gives what is not as it should be.
    pub async fn play(&mut self) -> Vec<String> {
        let cast = Arc::new(Cast::assemble(&self.sites).await);
        let notes = Arc::new(Notes::default());
        self.weather(Weather::Storm);
        let people = cast.people(&self.sites, &notes, &mut self.chance);
        let people: Vec<_> = people.into_iter().map(|person| tokio::spawn(person.live())).collect();
        let deaths = self.storm().await;
        notes.end();
        join_all(people).await.into_iter().for_each(|person| person.unwrap());
        self.weather(Weather::Calm);
        self.tell(deaths, &notes);
        let mut found = notes.breaches();
        found.extend(self.end(&cast, &notes).await);
        for site in &mut self.sites {
            site.is_sound().await;
        }
        found
    }

    fn weather(&self, weather: Weather) {
        self.sites.iter().for_each(|site| site.proxy.set(weather));
    }

    /// Kills one of ours after the other until the storm is over; gives how often.
    async fn storm(&mut self) -> usize {
        let seconds = std::env::var("PEERBRAIN_STORM").ok().and_then(|seconds| seconds.parse().ok());
        let (started, lasts) = (Instant::now(), Duration::from_secs(seconds.unwrap_or(STORM)));
        let ours: Vec<usize> = (0..self.sites.len()).filter(|number| self.sites[*number].is_ours()).collect();
        let mut deaths = 0;
        while started.elapsed() < lasts {
            tokio::time::sleep(Duration::from_millis(self.chance.among(2_000..6_000))).await;
            let victim = ours[self.chance.among(0..ours.len() as u64) as usize];
            let pause = Duration::from_millis(self.chance.among(0..2_000));
            self.sites[victim].die(pause).await;
            deaths += 1;
        }
        deaths
    }

    /// Everybody is there and known to be, says a last word, and waits until all have all. Then one more event stands on
    /// everything, and its state must be the same for all.
    async fn end(&self, cast: &Cast, notes: &Notes) -> Vec<String> {
        if let Err(reason) = meet(cast, notes).await {
            return vec![reason];
        }
        let rooms = || cast.rooms.iter().chain([&cast.door]);
        for room in rooms() {
            for (site, user) in cast.residents.iter().enumerate() {
                word(notes, site, user, room, "the storm is over").await;
            }
        }
        let found = settled(cast, notes).await;
        if !found.is_empty() {
            return found;
        }
        let mut seals = Vec::new();
        for room in rooms() {
            seals.push((room, word(notes, 0, &cast.residents[0], room, "sealed").await));
        }
        let found = settled(cast, notes).await;
        if found.is_empty() { self.compare_states(&seals).await } else { found }
    }

    /// The state before these events, as each server tells it to another.
    async fn compare_states(&self, seals: &[(&Room, String)]) -> Vec<String> {
        let client = state_ids::client(&self.authority);
        let mut found = Vec::new();
        for (room, event) in seals {
            let mut told = Vec::new();
            for (number, site) in self.sites.iter().enumerate() {
                // Nobody asks themselves.
                let key = self.sites[usize::from(number == 0)].key().unwrap();
                told.push(state_ids(&client, &key, &site.name(), &room.id, event).await);
            }
            let all: BTreeSet<String> = told.iter().flatten().flatten().cloned().collect();
            for (site, told) in self.sites.iter().zip(told) {
                match told {
                    Ok(told) => {
                        found.extend(all.difference(&told).map(|one| {
                            format!("{} has no {one} in the state before {event} in {}", site.name(), room.id)
                        }))
                    }
                    Err(error) => found.push(error),
                }
            }
        }
        found
    }

    /// Says what happened.
    fn tell(&self, deaths: usize, notes: &Notes) {
        let mut happened: BTreeMap<Fault, u64> = BTreeMap::new();
        for (fault, count) in self.sites.iter().flat_map(|site| site.proxy.happened()) {
            *happened.entry(fault).or_default() += count;
        }
        eprintln!("{deaths} deaths, {} events acknowledged, faults: {happened:?}", notes.facts().len());
    }
}

/// Waits until all servers show the same; gives what still differs when patience is at its end.
async fn settled(cast: &Cast, notes: &Notes) -> Vec<String> {
    let (started, facts) = (Instant::now(), notes.facts());
    loop {
        let found = differences(cast, &facts).await;
        if found.is_empty() || started.elapsed() > PATIENCE {
            return found;
        }
        // Servers that failed to send try again when there is something new, and typing leaves no event behind.
        for user in &cast.residents {
            for room in cast.rooms.iter().chain([&cast.door]) {
                let path = format!("/rooms/{}/typing/{}", encode(&room.id), encode(&user.id));
                user.put(&path, json!({ "typing": true, "timeout": 500 })).await;
            }
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
