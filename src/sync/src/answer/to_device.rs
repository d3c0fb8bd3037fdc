//! Messages to the device (client-server § Extensions to /sync).

use store::e2ee::ToDeviceRow;

use super::json::Json;

/// Writes the section, where there is something in it.
pub(super) fn write(json: &mut Json, messages: &[ToDeviceRow]) {
    if messages.is_empty() {
        return;
    }
    json.key("to_device");
    json.open('{');
    json.key("events");
    json.open('[');
    for message in messages {
        json.open('{');
        json.field("type", &message.event_type);
        json.field("sender", &message.sender);
        json.key("content");
        json.raw_item(&message.content);
        json.close('}');
    }
    json.close(']');
    json.close('}');
}
