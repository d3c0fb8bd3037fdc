//! The client-server API, one file per endpoint.

mod account;
mod account_data;
mod admin;
mod arguments;
mod dehydrated_device;
mod device_parameters;
mod devices;
mod discovery;
mod filter;
mod key_backup;
mod keys;
mod login;
pub(crate) mod media;
mod mutual_rooms;
mod openid;
mod operator;
mod presence;
mod profile;
mod push;
mod receipts;
mod registration;
mod relations;
mod reports;
mod rooms;
mod rooms_read;
mod search;
#[cfg(test)]
mod served;
mod sync;
mod tags;
mod third_party;
mod thoughts;
mod to_device;
mod uia;
mod user_directory;
mod voip;

pub(crate) use rooms_read::public_rooms;

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
        .merge(dehydrated_device::routes())
        .merge(devices::routes())
        .merge(filter::routes())
        .merge(key_backup::routes())
        .merge(keys::routes())
        .merge(login::routes())
        .merge(media::routes())
        .merge(mutual_rooms::routes())
        .merge(openid::routes())
        .merge(operator::routes())
        .merge(presence::routes())
        .merge(profile::routes())
        .merge(receipts::routes())
        .merge(registration::routes())
        .merge(relations::routes())
        .merge(reports::routes())
        .merge(search::routes())
        .merge(tags::routes())
        .merge(third_party::routes())
        .merge(thoughts::routes())
        .merge(to_device::routes())
        .merge(user_directory::routes())
        .merge(voip::routes())
        .merge(rooms_read::routes())
        .merge(sync::routes())
}
