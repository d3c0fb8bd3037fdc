//! `m.typing`: somebody types, or does not any more (server-server §typing-notifications).

use std::time::Duration;

use ruma::{ServerName, api::federation::transactions::edu::TypingContent};

use crate::{Error, Federation, Result, edus};

/// How long somebody types of whom nothing more is heard: the message has no time of its own, and is repeated before.
const LASTS: Duration = Duration::from_secs(60);

/// Takes note of it.
pub(super) async fn receive(federation: &Federation, origin: &ServerName, content: TypingContent) -> Result<()> {
    let TypingContent { room_id, user_id, typing, .. } = content;
    edus::require_own(origin, &user_id)?;
    edus::require_let_in(federation, origin, &room_id).await?;
    let set = federation.inner.syncs.set_typing(&user_id, &room_id, typing.then_some(LASTS)).await;
    set.map_err(|error| Error::Forbidden(error.to_string()))
}
