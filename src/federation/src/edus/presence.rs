//! `m.presence`: who is there (server-server §presence).

use ruma::{
    ServerName,
    api::federation::transactions::edu::{PresenceContent, PresenceUpdate},
    presence::PresenceState as State,
};
use sync::{HeardPresence, PresenceState};

use crate::{Error, Federation, Result};

/// How many users one message may be about.
const USERS: usize = 1_000;

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
