//! Invites to rooms that are not here, as pushers and `/notifications` tell them.

use events::{ClientFormat, Unsigned, client_event::client_event, push::Outcome};
use rooms::foreign::foreign_rules;
use ruma::{EventId, RoomId};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use store::{Conn, rooms::ForeignMember};

use crate::{Push, Result, notifications::Notification};

/// What is told of the invite itself.
#[derive(Deserialize)]
struct Invite {
    content: Value,
    origin_server_ts: i64,
}

impl Push {
    /// The fields of the object `notification` (push gateway API) that say what has happened, with the actions; none if the
    /// user is not to hear of it.
    ///
    /// * `whole`: whether the gateway is to be told everything.
    pub(crate) fn describe_invite(
        &self,
        conn: &mut Conn,
        invite: &ForeignMember,
        whole: bool,
    ) -> Result<Option<(Map<String, Value>, Outcome)>> {
        let Some(outcome) = self.inner.rooms.invite_outcome(conn, invite)? else { return Ok(None) };
        let mut told = Map::new();
        let mut put = |key: &str, value: Value| drop(told.insert(key.to_owned(), value));
        put("event_id", json!(invite.event_id));
        put("room_id", json!(invite.room_id));
        if whole {
            put("type", json!("m.room.member"));
            put("sender", json!(invite.sender));
            put("user_is_target", json!(true));
            if let Ok(Invite { content, .. }) = serde_json::from_str(&invite.json) {
                put("content", content);
            }
            let state: Vec<Value> = serde_json::from_str(&invite.state).unwrap_or_default();
            for (kind, state_key, from, to) in [
                ("m.room.name", "", "name", "room_name"),
                ("m.room.canonical_alias", "", "alias", "room_alias"),
                ("m.room.member", &*invite.sender, "displayname", "sender_display_name"),
            ] {
                let is =
                    |event: &Value, field: &str, text: &str| event.get(field).and_then(Value::as_str) == Some(text);
                let holds = |event: &&Value| is(event, "type", kind) && is(event, "state_key", state_key);
                let text =
                    state.iter().find(holds).and_then(|event| event.pointer(&format!("/content/{from}"))?.as_str());
                if let Some(text) = text.filter(|text| !text.is_empty()) {
                    put(to, json!(text));
                }
            }
        }
        Ok(Some((told, outcome)))
    }

    /// The same for `GET /notifications`.
    pub(crate) fn told_invite(&self, conn: &mut Conn, invite: &ForeignMember) -> Result<Option<Notification>> {
        let Some(outcome) = self.inner.rooms.invite_outcome(conn, invite)? else { return Ok(None) };
        let (Ok(event_id), Ok(room_id), Ok(Invite { origin_server_ts, .. })) = (
            <&EventId>::try_from(invite.event_id.as_str()),
            <&RoomId>::try_from(invite.room_id.as_str()),
            serde_json::from_str::<Invite>(&invite.json),
        ) else {
            return Ok(None);
        };
        let format = ClientFormat {
            event_id,
            room_id: Some(room_id),
            rules: foreign_rules(invite)?,
            unsigned: Unsigned::default(),
        };
        Ok(Some(Notification {
            actions: outcome.actions,
            event: client_event(&invite.json, &format).map_err(rooms::Error::from)?,
            read: false,
            room_id: invite.room_id.clone(),
            ts: origin_server_ts,
        }))
    }
}
