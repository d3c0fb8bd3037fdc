//! One event with all that the server adds to it.

use rooms::relations::Bundles;
use store::rooms::Membership;

use super::{json::Json, relations};
use crate::{
    Error, Result,
    compute::{Question, Work},
    events::{ClientEvent, Loaded},
};

/// What is told beside an event.
#[derive(Clone, Copy)]
pub(super) struct Beside {
    /// The reader's membership at the event (MSC4115).
    pub membership: Option<Membership>,
    /// Whether the state that the event replaced is told.
    pub replaced: bool,
}

/// Writes an event as the filter wants it.
pub(super) fn write(json: &mut Json, work: &mut Work<'_>, event: &ClientEvent, beside: Beside) -> Result<()> {
    let question = work.question;
    if question.filter.federation_format {
        let stored = work.sources.rooms.events().one(work.conn.open()?, event.nid)?;
        json.raw_item(&stored.json);
        return Ok(());
    }
    let Some(fields) = &question.filter.fields else {
        write_whole(json, &work.loaded, &work.bundles, question, event, beside);
        return Ok(());
    };
    let mut whole = Json::with_capacity(1_000);
    write_whole(&mut whole, &work.loaded, &work.bundles, question, event, beside);
    let whole = whole.into_bytes();
    let whole = std::str::from_utf8(&whole).map_err(|_| Error::Internal("an event is not UTF-8".into()))?;
    json.raw_item(&fields.of(whole));
    Ok(())
}

/// Writes an event whole.
pub(super) fn write_whole(
    json: &mut Json,
    loaded: &Loaded,
    bundles: &Bundles,
    question: &Question,
    event: &ClientEvent,
    beside: Beside,
) {
    json.open_object(event.open_json());
    json.key("unsigned");
    json.open('{');
    // Clocks differ: an event from the future is of no age.
    json.number_field("age", question.now.saturating_sub(event.ts).max(0));
    if let Some(membership) = beside.membership {
        json.field("membership", membership.as_str());
    }
    if let Some(replaced) = event.replaces.filter(|_| beside.replaced).and_then(|nid| loaded.get(nid)) {
        json.key("prev_content");
        json.raw_item(replaced.content());
        json.field("prev_sender", &replaced.sender);
        json.field("replaces_state", &replaced.event_id);
    }
    if let Some(redaction) = event.redacted_by.and_then(|nid| loaded.get(nid)) {
        json.key("redacted_because");
        json.open_object(redaction.open_json());
        json.key("unsigned");
        json.open('{');
        json.number_field("age", question.now.saturating_sub(redaction.ts).max(0));
        json.close('}');
        json.close('}');
    }
    if let Some(bundle) = bundles.of(event.nid) {
        relations::write(json, loaded, bundles, question, bundle);
    }
    if let Some(request) = &event.request
        && request.0 == question.device.as_str()
        && *event.sender == *question.user.as_str()
    {
        json.field("transaction_id", &request.1);
    }
    json.close('}');
    json.close('}');
}
