//! What can be told about rooms to those who are not in them.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use ruma::{RoomAliasId, RoomId, UserId, events::room::history_visibility::HistoryVisibility};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use store::{
    Conn,
    rooms::{EventRow, Membership, RoomRow, current_events, joined_among, standings},
};

use super::content;
use crate::{Result, rules_of};

/// The state that a summary is made of.
const TYPES: [&str; 9] = [
    "m.room.create",
    "m.room.name",
    "m.room.topic",
    "m.room.avatar",
    "m.room.canonical_alias",
    "m.room.join_rules",
    "m.room.history_visibility",
    "m.room.guest_access",
    "m.room.encryption",
];

/// How many rooms are looked at whose members one room lets in, and how many for many rooms together.
const ALLOWED: usize = 100;
pub(super) const MOST_ALLOWED: usize = 10_000;

/// A room in a few words (client-server § definitions `RoomSummary`, `PublishedRoomsChunk`). Other servers give them, too,
/// and what they leave out is what the specification says that it means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomSummary {
    /// The room.
    pub room_id: String,
    /// Its canonical alias.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canonical_alias: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its topic in plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Its picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// What kind of room it is, such as `m.space`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_type: Option<String>,
    /// How many members are joined.
    #[serde(default)]
    pub num_joined_members: i64,
    /// Who may join.
    #[serde(default = "public")]
    pub join_rule: String,
    /// Members of these rooms may join, if the join rule is a restricted one.
    #[serde(default, deserialize_with = "few", skip_serializing_if = "Vec::is_empty")]
    pub allowed_room_ids: Vec<String>,
    /// Whether anybody may read it.
    #[serde(default)]
    pub world_readable: bool,
    /// Whether guests may join.
    #[serde(default)]
    pub guest_can_join: bool,
    /// How its messages are encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption: Option<String>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_version: Option<String>,
}

/// Reads ids of rooms, no more than are looked at: another server may name any number of anything.
fn few<'de, D: serde::Deserializer<'de>>(de: D) -> Result<Vec<String>, D::Error> {
    let mut ids = Vec::<String>::deserialize(de)?;
    ids.retain(|id| RoomId::parse(id).is_ok());
    ids.truncate(ALLOWED);
    Ok(ids)
}

fn public() -> String {
    "public".to_owned()
}

impl RoomSummary {
    /// Whether the room is a space.
    pub fn is_space(&self) -> bool {
        self.room_type.as_deref() == Some("m.space")
    }
}

/// Summaries of many rooms, in their order, with one query.
pub(super) fn summaries(conn: &mut Conn, rooms: &[RoomRow]) -> Result<Vec<RoomSummary>> {
    let nids: Vec<i64> = rooms.iter().map(|room| room.nid).collect();
    let mut state: HashMap<(i64, String), std::sync::Arc<EventRow>> = HashMap::with_capacity(rooms.len() * 5);
    if !rooms.is_empty() {
        let events = current_events(conn, &nids, &TYPES)?;
        state.extend(events.into_iter().map(|event| ((event.room, event.event_type.clone()), event.row)));
    }
    Ok(rooms.iter().map(|room| summary(room, |kind| state.get(&(room.nid, kind.to_owned())).map(|e| &**e))).collect())
}

fn summary<'e>(room: &RoomRow, state: impl Fn(&str) -> Option<&'e EventRow>) -> RoomSummary {
    let text = |kind: &str, field: &str| {
        state(kind).and_then(|event| content::text(event, field)).filter(|text| !text.is_empty())
    };
    let (join_rule, allowed_room_ids) = state("m.room.join_rules").and_then(join_rule).unwrap_or_default();
    RoomSummary {
        room_id: room.room_id.clone(),
        canonical_alias: text("m.room.canonical_alias", "alias").filter(|alias| RoomAliasId::parse(alias).is_ok()),
        name: text("m.room.name", "name"),
        topic: state("m.room.topic").and_then(topic),
        avatar_url: text("m.room.avatar", "url"),
        room_type: text("m.room.create", "type"),
        num_joined_members: room.joined,
        join_rule: if join_rule.is_empty() { "invite".to_owned() } else { join_rule },
        allowed_room_ids,
        world_readable: state("m.room.history_visibility")
            .is_some_and(|event| content::history_visibility(event) == HistoryVisibility::WorldReadable),
        guest_can_join: text("m.room.guest_access", "guest_access").as_deref() == Some("can_join"),
        encryption: text("m.room.encryption", "algorithm"),
        room_version: Some(room.version.clone()),
    }
}

/// The join rule, and the rooms whose members it lets in.
fn join_rule(event: &EventRow) -> Option<(String, Vec<String>)> {
    #[derive(Deserialize)]
    struct Content<'a> {
        #[serde(borrow)]
        join_rule: Cow<'a, str>,
        #[serde(borrow)]
        allow: Option<&'a RawValue>,
    }
    #[derive(Deserialize)]
    struct Allow {
        #[serde(rename = "type")]
        kind: String,
        room_id: String,
    }
    let content: Content<'_> = content::read(event)?;
    let mut rooms = Vec::new();
    if matches!(&*content.join_rule, "restricted" | "knock_restricted") {
        let allow = content.allow.and_then(|allow| serde_json::from_str::<Vec<&RawValue>>(allow.get()).ok());
        let allow = allow.into_iter().flatten().filter_map(|rule| serde_json::from_str::<Allow>(rule.get()).ok());
        rooms.extend(allow.filter(|rule| rule.kind == "m.room_membership").map(|rule| rule.room_id).take(ALLOWED));
    }
    Some((content.join_rule.into_owned(), rooms))
}

/// The topic in plain text: of `m.topic` (MSC3765) if it has one, of `topic` otherwise.
fn topic(event: &EventRow) -> Option<String> {
    #[derive(Deserialize)]
    struct Content {
        #[serde(rename = "m.topic")]
        block: Option<Block>,
    }
    #[derive(Deserialize)]
    struct Block {
        #[serde(rename = "m.text")]
        text: Vec<Representation>,
    }
    #[derive(Deserialize)]
    struct Representation {
        mimetype: Option<String>,
        body: String,
    }
    let block = content::read::<Content>(event).and_then(|content| content.block);
    let plain = block.and_then(|block| {
        let mut texts = block.text.into_iter();
        texts.find(|text| text.mimetype.as_deref().is_none_or(|kind| kind == "text/plain")).map(|text| text.body)
    });
    plain.or_else(|| content::text(event, "topic")).filter(|topic| !topic.is_empty())
}

/// What decides whether a user may learn of rooms.
#[derive(Debug, Default)]
pub(super) struct Acquaintance {
    memberships: HashMap<i64, Membership>,
    /// Rooms whose members are let into others, as far as the user is in them.
    joined: HashSet<String>,
}

impl Acquaintance {
    /// Looks up what a user has to do with these rooms, with two queries.
    pub fn of(conn: &mut Conn, user_id: &UserId, rooms: &[RoomRow], summaries: &[RoomSummary]) -> Result<Self> {
        let nids: Vec<i64> = rooms.iter().map(|room| room.nid).collect();
        let standings = standings(conn, user_id.as_str(), &nids)?;
        let memberships = standings.into_iter().map(|member| (member.room, member.membership())).collect();
        let allowed: HashSet<&String> = summaries.iter().flat_map(|room| &room.allowed_room_ids).collect();
        let allowed: Vec<String> = allowed.into_iter().take(MOST_ALLOWED).cloned().collect();
        let joined = if allowed.is_empty() { Vec::new() } else { joined_among(conn, user_id.as_str(), &allowed)? };
        Ok(Self { memberships, joined: joined.into_iter().collect() })
    }

    /// How the user stands in a room.
    pub fn membership(&self, room: i64) -> Option<Membership> {
        self.memberships.get(&room).copied()
    }

    /// Whether the user may learn of a room: who is joined or invited, who may join or knock, and everybody where it
    /// is world-readable (client-server § `GET /hierarchy`).
    pub fn may_learn_of(&self, room: &RoomRow, summary: &RoomSummary) -> Result<bool> {
        if matches!(self.membership(room.nid), Some(Membership::Join | Membership::Invite)) {
            return Ok(true);
        }
        if is_open(room, summary)? {
            return Ok(true);
        }
        Ok(lets_in_members(room, summary)? && summary.allowed_room_ids.iter().any(|room| self.joined.contains(room)))
    }
}

/// Whether members of other rooms are let in for that.
pub(super) fn lets_in_members(room: &RoomRow, summary: &RoomSummary) -> Result<bool> {
    Ok(rules_of(room)?.authorization.restricted_join_rule && summary.join_rule == "restricted")
}

/// Whether anybody may learn of a room.
pub(super) fn is_open(room: &RoomRow, summary: &RoomSummary) -> Result<bool> {
    let rules = &rules_of(room)?.authorization;
    Ok(summary.world_readable
        || match summary.join_rule.as_str() {
            "public" => true,
            "knock" => rules.knocking,
            "knock_restricted" => rules.knock_restricted_join_rule,
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    #[test]
    fn another_server_names_no_more_rooms_than_are_looked_at() {
        let ids: Vec<String> = (0..50_000).map(|n| format!("!{n}:far")).collect();
        let named = ["no id".to_owned(), "!zero\0:far".to_owned()].into_iter().chain(ids.clone()).collect::<Vec<_>>();
        let told = json!({ "room_id": "!a:far", "join_rule": "restricted", "allowed_room_ids": named });
        let summary: RoomSummary = serde_json::from_value(told).unwrap();
        assert_eq!(summary.allowed_room_ids, ids[..ALLOWED]);
    }
}
