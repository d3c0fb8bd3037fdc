//! Values for the names in recorded requests.

use super::super::prelude::*;

/// Who asks, and what they ask about.
pub struct Stage {
    pub server: Server,
    pub alice: User,
    pub admin: User,
    bob: User,
    room: String,
    event: String,
    since: String,
}

impl Stage {
    pub async fn new(server: &Server) -> Result<Self, Failure> {
        let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
        let room = alice.create_room(json!({ "preset": "public_chat" })).await?;
        let event = alice.say(&room, "recorded").await?;
        let since = alice.now().await?;
        Ok(Self { server: server.clone(), admin: server.admin().await?, alice, bob, room, event, since })
    }

    /// A path with arguments for the names in braces.
    pub fn path(&self, path: &str) -> String {
        let argument = |name: &str| match name {
            "roomId" => self.room.clone(),
            "userId" => self.alice.id.clone(),
            "eventId" => self.event.clone(),
            "alias" => format!("#{}:{}", self.server.fresh("recorded"), self.server.name()),
            "deviceId" => self.alice.device.clone(),
            "serverName" => self.server.name().to_owned(),
            "version" => "1".to_owned(),
            name => self.server.fresh(name),
        };
        let mut filled = String::new();
        let mut rest = path;
        while let Some((before, behind)) = rest.split_once('{') {
            let (name, after) = behind.split_once('}').unwrap_or((behind, ""));
            filled += before;
            filled += &encode(argument(name));
            rest = after;
        }
        filled + rest
    }

    /// A query of these names. A page behind another is not asked for, but where a token of a sync tells it.
    pub fn query(&self, path: &str, names: &[&str]) -> String {
        let pages = path.ends_with("/messages");
        let value = |name: &str| {
            Some(match name {
                "access_token" => self.alice.token.clone(),
                "user_id" => self.alice.id.clone(),
                "since" | "at" => self.since.clone(),
                "from" if pages && path.starts_with("/_matrix") => self.since.clone(),
                "from" | "pos" => return None,
                "filter" if path.ends_with("/threads") => return None,
                "filter" => "{}".to_owned(),
                "dir" if path.starts_with("/_synapse") && !pages => "f".to_owned(),
                "dir" => "b".to_owned(),
                "order_by" => return None,
                "include" => "all".to_owned(),
                "method" => "scale".to_owned(),
                "not_membership" => "leave".to_owned(),
                "set_presence" => "online".to_owned(),
                "org.matrix.msc3202.device_id" => self.alice.device.clone(),
                "kind" => "user".to_owned(),
                "filename" | "name" | "search_term" => "recorded".to_owned(),
                "limit" | "width" | "height" | "max_depth" | "version" | "_cacheBuster" => "8".to_owned(),
                "timeout" | "ts" | "before_ts" | "from_ts" => "0".to_owned(),
                "org.matrix.msc4140.delay" => "100000".to_owned(),
                // The others say yes or no.
                _ => "false".to_owned(),
            })
        };
        let pairs = names.iter().filter_map(|name| Some(format!("{name}={}", encode(&value(name)?))));
        pairs.collect::<Vec<_>>().join("&")
    }

    /// A body of these names.
    pub fn body(&self, path: &str, names: &[&str]) -> Value {
        let value = |name: &&str| ((*name).to_owned(), self.value(path, name));
        Value::Object(names.iter().map(value).collect())
    }

    /// A value of the form that the name has there.
    fn value(&self, path: &str, name: &str) -> Value {
        let claims = path.ends_with("/keys/claim");
        match name {
            "one_time_keys" if claims => json!({ &self.bob.id: { &self.bob.device: "signed_curve25519" } }),
            "device_keys" if path.ends_with("/keys/query") => json!({ &self.bob.id: [] }),
            "device_keys" => self.alice.device_keys(),
            "messages" => json!({ &self.bob.id: { &self.bob.device: { "recorded": true } } }),
            "identifier" => json!({ "type": "m.id.user", "user": self.alice.id }),
            "type" => json!("m.login.password"),
            "password" | "new_password" => json!(self.alice.password),
            "username" | "token" | "room_alias_name" => json!(self.server.fresh("recorded")),
            "refresh_token" if !path.ends_with("/refresh") => json!(true),
            "auth" => json!({ "type": "m.login.dummy" }),
            "user_id" => json!(self.bob.id),
            "room_id" => json!(self.room),
            "m.fully_read" | "m.read" | "m.read.private" | "org.matrix.msc2285.read.private" => json!(self.event),
            "m.relates_to" => {
                json!({ "rel_type": "m.annotation", "event_id": self.event, "key": self.server.fresh("k") })
            }
            "device_id" | "from_device" => json!(self.alice.device),
            "devices" => json!([self.server.fresh("DEVICE")]),
            "preset" => json!("private_chat"),
            "visibility" => json!("private"),
            "presence" => json!("online"),
            "event_format" => json!("client"),
            "avatar_url" => json!(format!("mxc://{}/recorded", self.server.name())),
            "kind" => json!("http"),
            "data" => json!({ "url": "https://push.example.org/_matrix/push/v1/notify" }),
            "algorithm" => json!("m.megolm_backup.v1.curve25519-aes-sha2"),
            "auth_data" => json!({ "public_key": "abcdefg", "signatures": {} }),
            "new_version" => json!("11"),
            "score" => json!(-100),
            "order" => json!(0.5),
            "expiry_time" => Value::Null,
            "search_categories" => json!({ "room_events": { "search_term": "recorded" } }),
            "master_key" | "self_signing_key" | "user_signing_key" => self.cross_signing_key(name),
            "timeout" | "limit" | "ban" | "kick" | "invite" | "redact" | "state_default" | "events_default"
            | "historical" | "users_default" | "length" | "uses_allowed" | "purge_up_to_ts"
                if !path.ends_with("/createRoom") =>
            {
                json!(8)
            }
            "typing"
            | "enabled"
            | "append"
            | "erase"
            | "is_direct"
            | "inhibit_login"
            | "logout_devices"
            | "block"
            | "purge"
            | "com.beeper.auto_join_invites" => json!(false),
            "initial_state" | "invite" | "actions" | "conditions" | "pinned" | "methods" | "hashes" | "via"
            | "recent_rooms" => json!([]),
            "fallback_keys"
            | "org.matrix.msc2732.fallback_keys"
            | "one_time_keys"
            | "room"
            | "rooms"
            | "lists"
            | "extensions"
            | "room_subscriptions"
            | "creation_content"
            | "power_level_content_override"
            | "filter"
            | "events"
            | "users"
            | "m.topic"
            | "ignored_users"
            | "encrypted" => json!({}),
            _ => json!("recorded"),
        }
    }

    fn cross_signing_key(&self, name: &str) -> Value {
        let usage = name.trim_end_matches("_key");
        json!({ "user_id": self.alice.id, "usage": [usage], "keys": { "ed25519:recorded": "recorded" } })
    }
}
