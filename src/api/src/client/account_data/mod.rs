//! Account data, global and of rooms.

mod get_account_data;
mod set_account_data;

use http::Method;

use crate::{bridge::Routes, client::arguments::v3_and_r0};

pub(crate) fn routes() -> Routes {
    let global = v3_and_r0!("user/{user_id}/account_data/{event_type}");
    let of_room = v3_and_r0!("user/{user_id}/rooms/{room_id}/account_data/{event_type}");
    Routes::default()
        .raw(Method::GET, global, get_account_data::global)
        .raw(Method::PUT, global, set_account_data::global)
        .raw(Method::GET, of_room, get_account_data::of_room)
        .raw(Method::PUT, of_room, set_account_data::of_room)
}
