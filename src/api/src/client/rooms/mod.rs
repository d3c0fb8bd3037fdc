//! Everything that changes rooms.

mod ban;
mod create_room;
mod forget;
mod invite;
mod join;
mod kick;
mod knock;
mod leave;
mod redact;
mod resolve;
mod send_message;
mod send_state;
mod upgrade;

use http::Method;

pub(crate) use resolve::room_and_servers;

use crate::{bridge::Routes, client::arguments::v3_and_r0};

pub(crate) fn routes() -> Routes {
    Routes::default()
        .raw(Method::POST, v3_and_r0!("createRoom"), create_room::create_room)
        .endpoint(send_message::send_message)
        .endpoint(send_state::send_state)
        .endpoint(redact::redact)
        .endpoint(join::by_id)
        .endpoint(join::by_id_or_alias)
        .endpoint(knock::knock)
        .endpoint(invite::invite)
        .endpoint(leave::leave)
        .endpoint(forget::forget)
        .endpoint(kick::kick)
        .endpoint(ban::ban)
        .endpoint(ban::unban)
        .endpoint(upgrade::upgrade)
}
