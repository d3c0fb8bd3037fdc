//! The first events of a room, in the order that the specification gives.

use std::collections::HashSet;

use events::{canonical, validate};
use ruma::{CanonicalJsonValue, OwnedUserId, UserId, events::TimelineEventType, room_version_rules::RoomVersionRules};
use serde_json::{Value, json};

use crate::{
    Error, Result,
    create::{CreateRoom, Preset, power_levels, request::Visibility},
    lane::Proposal,
};

/// What a new room is built from, all of it checked.
pub(super) struct Plan<'a> {
    pub rules: &'a RoomVersionRules,
    pub version: &'a str,
    pub creator: &'a UserId,
    pub request: &'a CreateRoom,
    /// The whole alias, if one is wanted.
    pub alias: Option<&'a str>,
    /// The creator's own membership.
    pub member: Value,
    /// The memberships of those who are invited.
    pub invites: Vec<(OwnedUserId, Value)>,
}

impl Plan<'_> {
    pub(super) fn preset(&self) -> Preset {
        self.request.preset.unwrap_or(match self.request.visibility {
            Visibility::Public => Preset::PublicChat,
            Visibility::Private => Preset::PrivateChat,
        })
    }

    /// Those who get the creator's power.
    fn trusted(&self) -> &[OwnedUserId] {
        if self.preset() == Preset::TrustedPrivateChat { &self.request.invite } else { &[] }
    }

    /// The proposals for the room's lane.
    pub(super) fn proposals(&self) -> Result<Vec<Proposal>> {
        let mut all = vec![self.create()?];
        all.push(self.member(self.creator, &self.member)?);
        let over = self.request.power_level_content_override.as_ref();
        let levels = power_levels::content(self.rules, self.creator, self.trusted(), self.preset(), over)?;
        all.push(self.state("m.room.power_levels", "", &levels)?);
        if let Some(alias) = self.alias {
            all.push(self.state("m.room.canonical_alias", "", &json!({ "alias": alias }))?);
        }
        let mut chosen = HashSet::new();
        let mut initial = Vec::new();
        for state in &self.request.initial_state {
            chosen.insert((state.event_type.as_str(), state.state_key.as_str()));
            let event_type = TimelineEventType::from(state.event_type.as_str());
            let content = validate::client_content(&event_type, Some(&state.state_key), &state.content)?;
            initial.push(Proposal::state(self.creator.to_owned(), event_type, state.state_key.as_str(), content));
        }
        for (event_type, content) in self.preset().state() {
            if !chosen.contains(&(event_type, "")) {
                all.push(self.state(event_type, "", &content)?);
            }
        }
        all.extend(initial);
        if let Some(name) = &self.request.name {
            all.push(self.state("m.room.name", "", &json!({ "name": name }))?);
        }
        if let Some(topic) = &self.request.topic {
            let content = json!({ "topic": topic, "m.topic": { "m.text": [{ "body": topic }] } });
            all.push(self.state("m.room.topic", "", &content)?);
        }
        for (user, member) in &self.invites {
            all.push(self.member(user, member)?);
        }
        Ok(all)
    }

    fn create(&self) -> Result<Proposal> {
        let mut content = canonical::object_from(&self.request.creation_content)?;
        content.remove("creator");
        if !self.rules.authorization.use_room_create_sender {
            content.insert("creator".into(), CanonicalJsonValue::String(self.creator.to_string()));
        }
        content.insert("room_version".into(), CanonicalJsonValue::String(self.version.to_owned()));
        if self.rules.authorization.explicitly_privilege_room_creators && !self.trusted().is_empty() {
            let entry = content.entry("additional_creators".into());
            let CanonicalJsonValue::Array(creators) = entry.or_insert(CanonicalJsonValue::Array(Vec::new())) else {
                return Err(Error::InvalidParam("`additional_creators` is a list of users".into()));
            };
            for user in self.trusted() {
                let user = CanonicalJsonValue::String(user.to_string());
                if !creators.contains(&user) {
                    creators.push(user);
                }
            }
        }
        Ok(Proposal::state(self.creator.to_owned(), TimelineEventType::RoomCreate, "", content))
    }

    /// The membership of one of our users, who is named when the room is made.
    fn member(&self, user: &UserId, content: &Value) -> Result<Proposal> {
        Ok(Proposal { with_profile: true, ..self.state("m.room.member", user.as_str(), content)? })
    }

    fn state(&self, event_type: &str, state_key: &str, content: &Value) -> Result<Proposal> {
        let event_type = TimelineEventType::from(event_type);
        let content = serde_json::value::to_raw_value(content).map_err(|error| Error::BadJson(error.to_string()))?;
        let content = validate::client_content(&event_type, Some(state_key), &content)?;
        Ok(Proposal::state(self.creator.to_owned(), event_type, state_key, content))
    }
}
