//! Device lists, and what is left of the device's own keys.

use e2ee::{device_lists::DeviceLists, keys::KeyCounts};

use super::json::Json;

/// Writes `device_lists` where there is anything to tell.
pub(super) fn write_lists(json: &mut Json, lists: &DeviceLists) {
    if lists.is_empty() {
        return;
    }
    json.key("device_lists");
    json.open('{');
    for (name, users) in [("changed", &lists.changed), ("left", &lists.left)] {
        json.key(name);
        json.open('[');
        users.iter().for_each(|user| json.text(user));
        json.close(']');
    }
    json.close('}');
}

/// Writes what stands in every answer: clients take its absence for a server that knows no keys.
pub(super) fn write_counts(json: &mut Json, counts: &KeyCounts) {
    json.key("device_one_time_keys_count");
    json.raw_item(&counts.one_time);
    json.key("device_unused_fallback_key_types");
    json.raw_item(&counts.unused_fallback);
}
