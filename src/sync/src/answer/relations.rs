//! `unsigned.m.relations`.

use rooms::{
    Seen,
    relations::{Bundle, Bundles},
};

use super::{
    event::{Beside, write_whole},
    json::Json,
};
use crate::{compute::Question, events::Loaded};

/// Writes what is bundled with an event. All that is bundled must have been loaded.
pub(super) fn write(json: &mut Json, loaded: &Loaded, bundles: &Bundles, question: &Question, bundle: &Bundle) {
    let event = |json: &mut Json, key: &str, seen: &Seen| {
        if let Some(event) = loaded.get(seen.event.nid) {
            json.key(key);
            let beside = Beside { membership: Some(seen.membership), replaced: false };
            write_whole(json, loaded, bundles, question, event, beside);
        }
    };
    json.key("m.relations");
    json.open('{');
    if let Some(edit) = &bundle.edit {
        event(json, "m.replace", edit);
    }
    if !bundle.references.is_empty() {
        json.key("m.reference");
        json.open('{');
        json.key("chunk");
        json.open('[');
        for id in &bundle.references {
            json.open('{');
            json.field("event_id", id);
            json.close('}');
        }
        json.close(']');
        json.close('}');
    }
    if let Some(thread) = &bundle.thread {
        json.key("m.thread");
        json.open('{');
        event(json, "latest_event", &thread.latest);
        json.number_field("count", thread.replies);
        json.bool_field("current_user_participated", thread.participated);
        json.close('}');
    }
    json.close('}');
}
