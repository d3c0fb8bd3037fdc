//! Writes answers: straight into one buffer, for most of an answer is events that are text already.

mod device_lists;
mod ephemeral;
mod event;
mod json;
mod relations;
mod room;
mod to_device;

use bytes::Bytes;
use e2ee::keys::KeyCounts;
use store::accounts::{AccountDataRow, account_data};

use crate::{
    Result,
    compute::{Answer, Found, OwnKeys, Section, SentSession, Task, Work},
    filter::EventFilter,
    token::SyncToken,
};
use json::Json;

/// The answer where there is nothing new.
pub(crate) fn nothing(end: &SyncToken, counts: &KeyCounts) -> Bytes {
    let mut json = Json::with_capacity(200);
    json.open('{');
    json.field("next_batch", &end.to_string());
    device_lists::write_counts(&mut json, counts);
    json.close('}');
    json.into_bytes()
}

/// Writes an answer.
pub(crate) fn write(
    work: &mut Work<'_>,
    mut found: Found,
    keys: &OwnKeys,
    session: Option<SentSession>,
) -> Result<Answer> {
    let filter = work.question.filter.clone();
    let initial = work.question.since.is_none() || work.question.full_state;
    let global = found.account_data.remove(&account_data::GLOBAL).unwrap_or_default();
    let room_data = std::mem::take(&mut found.account_data);
    let told = |row: &&AccountDataRow, filter: &EventFilter| filter.allows_type(&row.event_type);
    let global: Vec<&AccountDataRow> = global.iter().filter(|row| told(row, &filter.account_data)).collect();

    let mut rooms: Vec<(&Task, Vec<&AccountDataRow>)> = Vec::with_capacity(found.tasks.len());
    for task in &found.tasks {
        let mut data: Vec<&AccountDataRow> = room_data.get(&task.room.nid).into_iter().flatten().collect();
        data.retain(|row| told(row, &filter.room_account_data));
        if !filter.room_account_data.allows_room(&task.room.room_id) {
            data.clear();
        }
        let tells = task.section != Section::Join || task.newly || initial || !task.is_empty() || !data.is_empty();
        if tells {
            rooms.push((task, data));
        }
    }

    let of_keys = !found.device_lists.is_empty() || keys.given;
    let empty = global.is_empty()
        && rooms.is_empty()
        && found.stripped.is_empty()
        && found.foreign_left.is_empty()
        && found.gone.is_empty()
        && found.presence.is_empty()
        && !of_keys
        && found.to_device.is_empty();
    let events: usize = rooms.iter().map(|(task, _)| task.timeline.len() + task.state.len()).sum();
    let messages: usize = found.to_device.iter().map(|message| message.content.len() + 200).sum();
    let mut json = Json::with_capacity(200 + events * 700 + messages);
    json.open('{');
    json.field("next_batch", &found.token.to_string());
    device_lists::write_lists(&mut json, &found.device_lists);
    device_lists::write_counts(&mut json, &keys.counts);
    to_device::write(&mut json, &found.to_device);
    if !global.is_empty() {
        json.key("account_data");
        write_account_data(&mut json, &global);
    }
    ephemeral::write_presence(&mut json, &found.presence);
    let ended = !found.foreign_left.is_empty() || !found.gone.is_empty();
    if !rooms.is_empty() || !found.stripped.is_empty() || ended {
        json.key("rooms");
        json.open('{');
        for section in [Section::Join, Section::Invite, Section::Knock, Section::Leave] {
            write_section(&mut json, work, section, &rooms, &found, session)?;
        }
        json.close('}');
    }
    json.close('}');
    Ok(Answer { body: json.into_bytes(), end: found.token, empty, repeatable: found.to_device.is_empty() })
}

fn write_section(
    json: &mut Json,
    work: &mut Work<'_>,
    section: Section,
    rooms: &[(&Task, Vec<&AccountDataRow>)],
    found: &Found,
    session: Option<SentSession>,
) -> Result<()> {
    let (left, gone) = match section {
        Section::Leave => (found.foreign_left.as_slice(), found.gone.as_slice()),
        _ => (&[][..], &[][..]),
    };
    let any = rooms.iter().any(|(task, _)| task.section == section)
        || found.stripped.iter().any(|(of, ..)| *of == section)
        || !left.is_empty()
        || !gone.is_empty();
    if !any {
        return Ok(());
    }
    json.key(section.name());
    json.open('{');
    for (task, data) in rooms.iter().filter(|(task, _)| task.section == section) {
        json.key(&task.room.room_id);
        room::write(json, work, task, data, session)?;
    }
    for (_, room_id, state) in found.stripped.iter().filter(|(of, ..)| *of == section) {
        json.key(room_id);
        json.open('{');
        json.key(if section == Section::Invite { "invite_state" } else { "knock_state" });
        json.open('{');
        json.key("events");
        json.open('[');
        state.iter().for_each(|event| json.raw_item(event));
        json.close(']');
        json.close('}');
        json.close('}');
    }
    for (room_id, event) in left {
        json.key(room_id);
        room::write_ended(json, work, Some(event));
    }
    for room_id in gone {
        json.key(room_id);
        room::write_ended(json, work, None);
    }
    json.close('}');
    Ok(())
}

/// An object with the events of account data.
fn write_account_data(json: &mut Json, rows: &[&AccountDataRow]) {
    json.open('{');
    json.key("events");
    json.open('[');
    for row in rows {
        json.open('{');
        json.field("type", &row.event_type);
        json.key("content");
        json.raw_item(&row.content);
        json.close('}');
    }
    json.close(']');
    json.close('}');
}
