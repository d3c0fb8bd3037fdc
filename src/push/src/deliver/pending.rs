//! What a pusher has to deliver next, read in one moment.

use std::collections::HashMap;

use events::push::Outcome;
use serde_json::{Map, Value, json};
use store::{
    Conn,
    push::{PusherRow, push_progress, pusher},
    rooms::{current_event, member, rooms_by_nid},
};

use super::progress::PusherKey;
use crate::{Push, Result, counts::badge, notified};

/// Notifications that are looked at in one reading.
const COUNT: usize = 20;

/// What there is.
pub(super) struct Pending {
    pub pusher: PusherRow,
    /// Oldest first: (position, the object `notification`).
    pub list: Vec<(i64, Value)>,
    /// Everything up to here has been looked at.
    pub upto: i64,
    /// Whether there may be more after it.
    pub more: bool,
    /// Unread messages in all rooms; none where nobody is to be told.
    pub badge: Option<i64>,
}

/// Reads what comes after a position; none if the pusher is gone.
///
/// * `after`: what was delivered, if the task knows better than the row; `with_badge`: whether a badge is to be told even where
///   there is no notification.
pub(super) async fn pending(
    push: &Push,
    key: &PusherKey,
    after: Option<i64>,
    with_badge: bool,
) -> Result<Option<Pending>> {
    let (push, key) = (push.clone(), key.clone());
    let store = push.store().clone();
    let read = move |conn: &mut Conn, end: i64| {
        let Some(row) = pusher(conn, &key.0, &key.1, &key.2)? else { return Ok(Ok(None)) };
        let after = match after {
            Some(after) => after,
            None if row.behind => row.position,
            None => push_progress(conn)?.max(row.position),
        };
        let part = notified::read(conn, &row.user_id, (after, end), COUNT, false)?;
        let tells = with_badge || part.list.iter().any(|one| !one.read);
        let badge = tells.then(|| badge(conn, &row.user_id)).transpose()?;
        let unread = badge.unwrap_or_default();
        let described: Result<Vec<(i64, Value)>> = part
            .list
            .iter()
            .filter(|one| !one.read)
            .filter_map(|one| {
                push.describe(conn, &row, one, unread).map(|found| Some((one.position, found?))).transpose()
            })
            .collect();
        let pending = |list| Pending {
            list,
            upto: part.reached.unwrap_or(end),
            more: part.reached.is_some(),
            badge,
            pusher: row,
        };
        Ok(described.map(|list| Some(pending(list))))
    };
    store.snapshot(read).await?
}

impl Push {
    /// The object `notification` for one event (push gateway API); none if the event is gone, or not for the user.
    fn describe(
        &self,
        conn: &mut Conn,
        row: &PusherRow,
        one: &notified::Notified,
        unread: i64,
    ) -> Result<Option<Value>> {
        if let Some(invite) = &one.invite {
            let described = self.describe_invite(conn, invite, is_whole(row))?;
            return Ok(described.map(|(told, outcome)| of_invite(row, told, &outcome, unread)));
        }
        let event = self.inner.rooms.events().one(conn, one.event)?;
        let Some(room) = rooms_by_nid(conn, &[one.room])?.pop() else { return Ok(None) };
        if event.redacted_by.is_some() {
            return Ok(None);
        }
        let mut notification = Map::new();
        let mut put = |key: &str, value: Value| drop(notification.insert(key.to_owned(), value));
        put("event_id", json!(event.event_id));
        put("room_id", json!(room.room_id));
        put("counts", json!({ "unread": unread }));
        let tweaks = Outcome::tweaks(&one.actions);
        let loud = tweaks.contains_key("sound") || one.highlight || event.event_type == "m.room.encrypted";
        put("prio", json!(if loud { "high" } else { "low" }));
        let whole = is_whole(row);
        put("devices", json!([device(row, whole.then_some(tweaks))]));
        if whole {
            put("type", json!(event.event_type));
            put("sender", json!(event.sender));
            let parsed: HashMap<String, Value> = serde_json::from_str(&event.json).unwrap_or_default();
            if let Some(content) = parsed.get("content") {
                put("content", content.clone());
            }
            if event.state_key.as_deref() == Some(row.user_id.as_str()) && event.event_type == "m.room.member" {
                put("user_is_target", json!(true));
            }
            if let Some(name) = member(conn, one.room, &event.sender)?.and_then(|sender| sender.display_name) {
                put("sender_display_name", json!(name));
            }
            for (kind, from, to) in
                [("m.room.name", "name", "room_name"), ("m.room.canonical_alias", "alias", "room_alias")]
            {
                let state = current_event(conn, one.room, kind, "")?;
                let state: Option<Value> = state.and_then(|state| serde_json::from_str(&state.json).ok());
                let text = state.as_ref().and_then(|state| state.get("content")?.get(from)?.as_str());
                if let Some(text) = text.filter(|text| !text.is_empty()) {
                    put(to, json!(text));
                }
            }
        }
        Ok(Some(Value::Object(notification)))
    }
}

/// The object `notification` for an invite to a room that is not here.
fn of_invite(row: &PusherRow, mut told: Map<String, Value>, outcome: &Outcome, unread: i64) -> Value {
    let tweaks = Outcome::tweaks(&outcome.actions);
    let loud = tweaks.contains_key("sound") || outcome.highlight;
    told.insert("counts".into(), json!({ "unread": unread }));
    told.insert("prio".into(), json!(if loud { "high" } else { "low" }));
    told.insert("devices".into(), json!([device(row, is_whole(row).then_some(tweaks))]));
    Value::Object(told)
}

/// The object `notification` that only tells a new badge.
pub(super) fn only_badge(row: &PusherRow, unread: i64) -> Value {
    json!({ "counts": { "unread": unread }, "devices": [device(row, None)] })
}

fn data(row: &PusherRow) -> Map<String, Value> {
    let described: Value = serde_json::from_str(&row.json).unwrap_or_default();
    described.get("data").and_then(Value::as_object).cloned().unwrap_or_default()
}

/// The address of a pusher's gateway.
pub(super) fn url(row: &PusherRow) -> String {
    data(row).get("url").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Whether the gateway is to be told everything of an event.
fn is_whole(row: &PusherRow) -> bool {
    data(row).get("format").and_then(Value::as_str) != Some("event_id_only")
}

fn device(row: &PusherRow, tweaks: Option<Map<String, Value>>) -> Value {
    let mut data = data(row);
    data.remove("url");
    let mut device = json!({
        "app_id": row.app_id,
        "pushkey": row.pushkey,
        "pushkey_ts": row.set_at / 1_000,
        "data": data,
    });
    if let (Some(tweaks), Some(device)) = (tweaks, device.as_object_mut()) {
        device.insert("tweaks".into(), Value::Object(tweaks));
    }
    device
}
