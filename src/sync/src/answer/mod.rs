//! Writes answers: straight into one buffer, for most of an answer is events that are text already.

mod event;
mod json;
mod room;

use bytes::Bytes;
use rooms::read::Token;
use store::accounts::{AccountDataRow, account_data};

use crate::{
    Result,
    compute::{Answer, Found, Section, SentSession, Task, Work},
    filter::EventFilter,
};
use json::Json;

/// The answer where there is nothing new.
pub(crate) fn nothing(end: i64) -> Bytes {
    let mut json = Json::with_capacity(32);
    json.open('{');
    json.field("next_batch", &Token::Arrival(end).to_string());
    json.close('}');
    json.into_bytes()
}

/// Writes an answer.
pub(crate) fn write(work: &mut Work<'_>, mut found: Found, session: Option<SentSession>) -> Result<Answer> {
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

    let empty = global.is_empty() && rooms.is_empty() && found.stripped.is_empty();
    let events: usize = rooms.iter().map(|(task, _)| task.timeline.len() + task.state.len()).sum();
    let mut json = Json::with_capacity(200 + events * 700);
    json.open('{');
    json.field("next_batch", &Token::Arrival(work.end).to_string());
    if !global.is_empty() {
        json.key("account_data");
        write_account_data(&mut json, &global);
    }
    if !rooms.is_empty() || !found.stripped.is_empty() {
        json.key("rooms");
        json.open('{');
        for section in [Section::Join, Section::Invite, Section::Knock, Section::Leave] {
            write_section(&mut json, work, section, &rooms, &found, session)?;
        }
        json.close('}');
    }
    json.close('}');
    Ok(Answer { body: json.into_bytes(), end: work.end, empty })
}

fn write_section(
    json: &mut Json,
    work: &mut Work<'_>,
    section: Section,
    rooms: &[(&Task, Vec<&AccountDataRow>)],
    found: &Found,
    session: Option<SentSession>,
) -> Result<()> {
    let any =
        rooms.iter().any(|(task, _)| task.section == section) || found.stripped.iter().any(|(of, ..)| *of == section);
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
