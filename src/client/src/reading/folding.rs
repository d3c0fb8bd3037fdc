//! Folds the events of one timeline into thoughts. They come newest first, so whatever is about a thought has come before
//! the thought itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use matrix_sdk::Room;
use matrix_sdk::ruma::{OwnedEventId, OwnedRoomId, OwnedUserId};

use super::message::{Event, Kind, Said, picture};
use super::{Reader, merged};
use crate::account::Account;
use crate::error::Result;
use crate::report::ThoughtReport;
use crate::timelines;

/// What has come so far.
pub struct Folding {
    room_id: OwnedRoomId,
    owner: OwnedUserId,
    owner_name: Option<String>,
    audience: Option<String>,
    reader: Reader,
    edits: HashMap<OwnedEventId, Said>,
    reactions: HashMap<OwnedEventId, BTreeMap<String, BTreeSet<OwnedUserId>>>,
    replies: HashMap<OwnedEventId, u64>,
    thoughts: Vec<ThoughtReport>,
    ids: BTreeSet<String>,
}

impl Folding {
    /// The timeline of a room. Nothing if it is nobody's.
    ///
    /// # Errors
    /// The account's files cannot be read.
    pub async fn of(account: &Account, room: &Room, reader: &Reader) -> Result<Option<Self>> {
        let Some(owner) = timelines::owner(room).await? else { return Ok(None) };
        let member = room.get_member_no_sync(&owner).await?;
        let own = owner == account.user_id();
        let audience = reader.audiences.in_room(room.room_id().as_str()).filter(|_| own);
        Ok(Some(Self {
            room_id: room.room_id().to_owned(),
            owner,
            owner_name: member.and_then(|member| member.display_name().map(str::to_owned)),
            audience: audience.map(|audience| audience.name.clone()),
            reader: reader.clone(),
            edits: HashMap::new(),
            reactions: HashMap::new(),
            replies: HashMap::new(),
            thoughts: Vec::new(),
            ids: BTreeSet::new(),
        }))
    }

    /// How many thoughts have come.
    #[must_use]
    pub fn thoughts(&self) -> usize {
        self.ids.len()
    }

    /// Takes the next older event.
    pub fn add(&mut self, event: Event) {
        match &event.kind {
            // The newest edit counts, which has come first; only the author's own.
            Kind::Edit(target, Some(said)) if event.sender == self.owner => {
                self.edits.entry(target.clone()).or_insert_with(|| (**said).clone());
            }
            Kind::Reaction(target, key) => {
                let keys = self.reactions.entry(target.clone()).or_default();
                keys.entry(key.clone()).or_default().insert(event.sender.clone());
            }
            Kind::Reply(target) => *self.replies.entry(target.clone()).or_default() += 1,
            Kind::Message(said) if event.sender == self.owner => {
                let thought = self.thought(&event, Some(said));
                self.ids.insert(thought.id.clone());
                self.thoughts.push(thought);
            }
            Kind::Closed if event.sender == self.owner => {
                let thought = self.thought(&event, None);
                self.ids.insert(thought.id.clone());
                self.thoughts.push(thought);
            }
            _ => {}
        }
    }

    fn thought(&self, event: &Event, said: Option<&Said>) -> ThoughtReport {
        let original = said.and_then(|said| said.thought.as_ref());
        let edit = self.edits.get(&event.event_id);
        let shown = edit.or(said);
        let meant = edit.and_then(|edit| edit.thought.as_ref()).or(original);
        let reactions = self.reactions.get(&event.event_id);
        let reactors: BTreeSet<&str> = reactors_of(reactions).collect();
        ThoughtReport {
            id: original.map_or_else(|| event.event_id.to_string(), |thought| thought.id.clone()),
            event_id: event.event_id.clone(),
            room_id: self.room_id.clone(),
            author: self.owner.clone(),
            author_name: self.owner_name.clone(),
            title: meant.and_then(|thought| thought.title.clone()).unwrap_or_default(),
            text: shown.map(|said| said.text.clone()).unwrap_or_default(),
            tags: meant.map(|thought| thought.tags.clone()).unwrap_or_default(),
            lang: meant.and_then(|thought| thought.lang.clone()),
            date_ms: event.date_ms,
            edited: edit.is_some(),
            pictures: said.and_then(|said| said.picture.as_ref()).and_then(picture).into_iter().collect(),
            reactions: reactions
                .map(|keys| keys.iter().map(|(key, who)| (key.clone(), who.len() as u64)).collect())
                .unwrap_or_default(),
            replies: self.replies.get(&event.event_id).copied().unwrap_or_default(),
            rating: self.reader.synapses.rating(reactors),
            audiences: self.audience.iter().cloned().collect(),
            undecryptable: said.is_none(),
            shared_by: event.shared_by.clone(),
        }
    }

    /// All thoughts, newest first; several events of one are one.
    #[must_use]
    pub fn finish(self) -> Vec<ThoughtReport> {
        merged(self.thoughts)
    }

    /// Each event by itself, newest first.
    #[must_use]
    pub fn reports(self) -> Vec<ThoughtReport> {
        self.thoughts
    }

    /// Whose timeline it is.
    #[must_use]
    pub fn owner(&self) -> &OwnedUserId {
        &self.owner
    }

    /// Newer texts of thoughts that have not come.
    #[must_use]
    pub fn edits(&self) -> &HashMap<OwnedEventId, Said> {
        &self.edits
    }
}

fn reactors_of(reactions: Option<&BTreeMap<String, BTreeSet<OwnedUserId>>>) -> impl Iterator<Item = &str> {
    reactions.into_iter().flat_map(|keys| keys.values().flatten()).map(|user_id| user_id.as_str())
}
