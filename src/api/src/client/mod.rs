//! The client-server API, one file per endpoint.

mod account;
mod account_data;
mod admin;
mod arguments;
mod devices;
mod discovery;
mod filter;
mod login;
mod profile;
mod push;
mod registration;
mod rooms;
mod rooms_read;
mod sync;
mod tags;
mod uia;
mod user_directory;

use crate::bridge::Routes;

/// Every route of the client-server API.
pub(crate) fn routes() -> Routes {
    Routes::default()
        .merge(discovery::routes())
        .merge(push::routes())
        .merge(rooms::routes())
        .merge(account::routes())
        .merge(account_data::routes())
        .merge(admin::routes())
        .merge(devices::routes())
        .merge(filter::routes())
        .merge(login::routes())
        .merge(profile::routes())
        .merge(registration::routes())
        .merge(tags::routes())
        .merge(user_directory::routes())
        .merge(rooms_read::routes())
        .merge(sync::routes())
}
