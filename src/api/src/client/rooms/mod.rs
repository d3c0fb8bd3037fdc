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

use crate::bridge::Routes;

pub(crate) fn routes() -> Routes {
    let create = ["/_matrix/client/v3/createRoom", "/_matrix/client/r0/createRoom"];
    Routes::default()
        .raw(Method::POST, &create, create_room::create_room)
        .add(send_message::send_message)
        .add(send_state::send_state)
        .add(redact::redact)
        .add(join::by_id)
        .add(join::by_id_or_alias)
        .add(knock::knock)
        .add(invite::invite)
        .add(leave::leave)
        .add(forget::forget)
        .add(kick::kick)
        .add(ban::ban)
        .add(ban::unban)
        .add(upgrade::upgrade)
}
