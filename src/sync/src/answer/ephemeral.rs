//! Receipts, typing and presence.

use store::receipts::{ReceiptKind, ReceiptRow, UNTHREADED};

use super::json::Json;
use crate::{
    compute::{RECEIPT, RoomEphemeral, TYPING},
    ephemeral::Shown,
};

/// Writes the section of a room.
///
/// * `limit`: how many events it may have at most.
pub(super) fn write(json: &mut Json, of_room: &RoomEphemeral, limit: Option<usize>) {
    json.key("ephemeral");
    json.open('{');
    json.key("events");
    json.open('[');
    let mut left = limit.unwrap_or(usize::MAX);
    if let Some(users) = of_room.typing.as_ref().filter(|_| left > 0) {
        left -= 1;
        json.open('{');
        json.field("type", TYPING);
        json.key("content");
        json.open('{');
        json.key("user_ids");
        json.open('[');
        users.iter().for_each(|user| json.text(user));
        json.close(']');
        json.close('}');
        json.close('}');
    }
    // One event for each thread: in one event a user could not have two receipts for the same.
    for of_thread in of_room.receipts.chunk_by(|a, b| a.thread == b.thread).take(left) {
        json.open('{');
        json.field("type", RECEIPT);
        json.key("content");
        json.open('{');
        for of_event in of_thread.chunk_by(|a, b| a.event_id == b.event_id) {
            write_event(json, of_event);
        }
        json.close('}');
        json.close('}');
    }
    json.close(']');
    json.close('}');
}

/// Writes the receipts for one event.
fn write_event(json: &mut Json, rows: &[ReceiptRow]) {
    let Some(first) = rows.first() else { return };
    json.key(&first.event_id);
    json.open('{');
    for of_kind in rows.chunk_by(|a, b| a.kind == b.kind) {
        let private = of_kind.first().is_some_and(ReceiptRow::is_private);
        let kind = if private { ReceiptKind::Private } else { ReceiptKind::Public };
        json.key(kind.as_str());
        json.open('{');
        for row in of_kind {
            json.key(&row.user_id);
            json.open('{');
            json.number_field("ts", row.ts);
            if row.thread != UNTHREADED {
                json.field("thread_id", &row.thread);
            }
            json.close('}');
        }
        json.close('}');
    }
    json.close('}');
}

/// Writes presence where there is any to tell.
pub(super) fn write_presence(json: &mut Json, presence: &[Shown]) {
    if presence.is_empty() {
        return;
    }
    json.key("presence");
    json.open('{');
    json.key("events");
    json.open('[');
    for Shown { user_id, content } in presence {
        json.open('{');
        json.field("type", "m.presence");
        json.field("sender", user_id);
        json.key("content");
        json.raw_item(&serde_json::to_string(content).unwrap_or_else(|_| "{}".to_owned()));
        json.close('}');
    }
    json.close(']');
    json.close('}');
}
