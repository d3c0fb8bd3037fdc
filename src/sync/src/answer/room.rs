//! One room.

use rooms::read::Token;
use store::{accounts::AccountDataRow, push::Count};

use super::{
    ephemeral,
    event::{self, Beside},
    json::Json,
    write_account_data,
};
use crate::{
    Result,
    compute::{Section, SentSession, Task, Work},
    events::ClientEvent,
};

/// Writes a room that the user is in, or was.
pub(super) fn write(
    json: &mut Json,
    work: &mut Work<'_>,
    task: &Task,
    data: &[&AccountDataRow],
    session: Option<SentSession>,
) -> Result<()> {
    json.open('{');
    if task.section == Section::Join {
        write_summary(json, work, task);
    }
    json.key(work.question.form.section());
    json.open('{');
    json.key("events");
    json.open('[');
    for told in &task.state {
        note(work, told, session);
        event::write(json, work, told, Beside { membership: None, replaced: !task.full })?;
    }
    json.close(']');
    json.close('}');

    json.key("timeline");
    json.open('{');
    json.key("events");
    json.open('[');
    for seen in &task.timeline {
        note(work, &seen.event, session);
        let membership = Some(seen.membership);
        event::write(json, work, &seen.event, Beside { membership, replaced: true })?;
    }
    json.close(']');
    json.bool_field("limited", task.limited);
    json.field("prev_batch", &Token::Arrival(task.start().saturating_sub(1).max(0)).to_string());
    json.close('}');

    if !data.is_empty() {
        json.key("account_data");
        write_account_data(json, data);
    }
    if !task.ephemeral.is_empty() {
        ephemeral::write(json, &task.ephemeral, work.question.filter.ephemeral.limit);
    }
    if task.section == Section::Join {
        write_unread(json, task, work.question.filter.unread_threads);
    }
    json.close('}');
    Ok(())
}

/// Writes a room that is elsewhere, or gone, and in which the user is no more: with the event that ended it, if there is one.
pub(super) fn write_ended(json: &mut Json, work: &Work<'_>, event: Option<&str>) {
    json.open('{');
    json.key(work.question.form.section());
    json.open('{');
    json.key("events");
    json.open('[');
    json.close(']');
    json.close('}');
    json.key("timeline");
    json.open('{');
    json.key("events");
    json.open('[');
    if let Some(event) = event {
        json.raw_item(event);
    }
    json.close(']');
    json.bool_field("limited", false);
    json.field("prev_batch", &Token::Arrival(work.end).to_string());
    json.close('}');
    json.close('}');
}

/// Writes what is unread: of all the room, or of the main timeline and of each thread.
fn write_unread(json: &mut Json, task: &Task, threads: bool) {
    json.key("unread_notifications");
    write_count(json, if threads { task.unread.main } else { task.unread.total });
    if threads {
        json.key("unread_thread_notifications");
        json.open('{');
        for (thread, count) in &task.unread.threads {
            json.key(thread);
            write_count(json, *count);
        }
        json.close('}');
    }
}

fn write_count(json: &mut Json, count: Count) {
    json.open('{');
    json.number_field("highlight_count", count.highlights);
    json.number_field("notification_count", count.notifications);
    json.close('}');
}

fn write_summary(json: &mut Json, work: &Work<'_>, task: &Task) {
    let Some(summary) = &task.summary else { return };
    json.key("summary");
    json.open('{');
    if summary.tells_heroes() {
        json.key("m.heroes");
        json.open('[');
        for (user, _) in summary.heroes(work.question.user.as_str()) {
            json.text(user);
        }
        json.close(']');
    }
    json.number_field("m.joined_member_count", task.room.joined);
    json.number_field("m.invited_member_count", task.room.invited);
    json.close('}');
}

/// Remembers which members the device has been told of.
fn note(work: &Work<'_>, event: &ClientEvent, session: Option<SentSession>) {
    if let Some(session) = session
        && event.membership.is_some()
    {
        work.sources.sent.note(session, event.nid);
    }
}
