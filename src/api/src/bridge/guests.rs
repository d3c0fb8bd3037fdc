//! What guests may call (client-server §guest-access): what is listed here, and nothing that is added later.

/// Method and path of each, without prefix and version, with `{}` for an argument.
const ALLOWED: [(&str, &str); 34] = [
    // Events.
    ("GET", "rooms/{}/state"),
    ("GET", "rooms/{}/state/{}"),
    ("GET", "rooms/{}/state/{}/{}"),
    ("GET", "rooms/{}/context/{}"),
    ("GET", "rooms/{}/event/{}"),
    ("GET", "rooms/{}/messages"),
    ("GET", "rooms/{}/members"),
    ("GET", "rooms/{}/initialSync"),
    ("GET", "sync"),
    ("POST", "rooms/{}/join"),
    ("POST", "join/{}"),
    ("POST", "rooms/{}/leave"),
    ("PUT", "rooms/{}/send/{}/{}"),
    ("PUT", "rooms/{}/state/{}"),
    ("PUT", "rooms/{}/state/{}/{}"),
    ("PUT", "sendToDevice/{}/{}"),
    // Media.
    ("GET", "media/download/{}/{}"),
    ("GET", "media/download/{}/{}/{}"),
    ("GET", "media/thumbnail/{}/{}"),
    // The own account.
    ("PUT", "profile/{}/{}"),
    ("DELETE", "profile/{}/{}"),
    ("GET", "devices"),
    ("GET", "devices/{}"),
    ("PUT", "devices/{}"),
    ("GET", "account/whoami"),
    ("POST", "keys/upload"),
    ("POST", "keys/query"),
    ("POST", "keys/claim"),
    // Beyond the specification's list: what clients call for any user, and what strangers may call anyway.
    ("POST", "logout"),
    ("POST", "logout/all"),
    ("GET", "capabilities"),
    ("GET", "joined_rooms"),
    ("GET", "publicRooms"),
    ("GET", "room_summary/{}"),
];

/// Whether a guest may call this route.
pub(super) fn may_call(method: &str, route: &str) -> bool {
    let Some(path) = route.strip_prefix("/_matrix/client/") else { return false };
    let path = match path.split_once('/') {
        // The prefix of a proposal has a name of its own behind it.
        Some(("unstable", rest)) => rest.split_once('/').map_or(rest, |(_, path)| path),
        Some((_, path)) => path,
        None => path,
    };
    let path = path.trim_end_matches('/').split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
    let path = path.collect::<Vec<_>>().join("/");
    ALLOWED.contains(&(if method == "HEAD" { "GET" } else { method }, path.as_str()))
}

#[cfg(test)]
mod tests {
    use super::may_call;

    #[test]
    fn guests_may_little() {
        for (method, route, expected) in [
            ("GET", "/_matrix/client/v3/sync", true),
            ("GET", "/_matrix/client/r0/rooms/{room_id}/state/{event_type}/", true),
            ("HEAD", "/_matrix/client/v3/devices/{device_id}", true),
            ("GET", "/_matrix/client/v1/media/thumbnail/{server_name}/{media_id}", true),
            ("POST", "/_matrix/client/v3/createRoom", false),
            ("DELETE", "/_matrix/client/v3/devices/{device_id}", false),
            ("POST", "/_matrix/media/v3/upload", false),
            ("POST", "/_matrix/client/v3/search", false),
            ("POST", "/_matrix/client/v3/account/password", false),
            ("GET", "/_synapse/admin/v1/rooms", false),
        ] {
            assert_eq!(may_call(method, route), expected, "{method} {route}");
        }
    }
}
