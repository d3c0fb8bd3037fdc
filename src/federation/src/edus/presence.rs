//! `m.presence`: who is there (server-server §presence).

use ruma::{
    ServerName, UInt,
    api::federation::transactions::edu::{Edu, PresenceContent, PresenceUpdate},
    presence::PresenceState as State,
    serde::Raw,
};
use serde::{Deserialize, de::Error as _};
use serde_json::Value;
use sync::{HeardPresence, PresenceState};

use crate::{Error, Federation, Result};

/// How many users one message may be about.
const USERS: usize = 1_000;

/// What it is called.
pub(super) const KIND: &str = "m.presence";

/// Reads it user by user: servers leave out when somebody was last active who never was, and what cannot be read of one
/// user is no harm to the others.
pub(super) fn read(edu: &Raw<Edu>) -> serde_json::Result<Edu> {
    #[derive(Deserialize)]
    struct Content {
        push: Vec<Value>,
    }
    let content: Option<Content> = edu.get_field("content")?;
    let content = content.ok_or_else(|| serde_json::Error::missing_field("content"))?;
    let updates = content.push.into_iter().take(USERS).filter_map(|mut update| {
        let members = update.as_object_mut()?;
        members.entry("last_active_ago").or_insert_with(|| u64::from(UInt::MAX).into());
        serde_json::from_value::<PresenceUpdate>(update).ok()
    });
    Ok(Edu::Presence(PresenceContent::new(updates.collect())))
}

/// Takes note of it.
pub(super) async fn receive(federation: &Federation, origin: &ServerName, content: PresenceContent) -> Result<()> {
    let own = content.push.into_iter().filter(|update| update.user_id.server_name() == origin).take(USERS);
    let heard = own.map(heard).collect();
    federation.inner.syncs.hear_presence(heard).await.map_err(|error| Error::Internal(error.to_string()))
}

fn heard(update: PresenceUpdate) -> HeardPresence {
    HeardPresence {
        state: match update.presence {
            State::Online => PresenceState::Online,
            State::Unavailable => PresenceState::Unavailable,
            _ => PresenceState::Offline,
        },
        last_active_ago: update.last_active_ago.into(),
        currently_active: update.currently_active,
        status_msg: update.status_msg,
        user_id: update.user_id,
    }
}
