//! Keys of servers, and what this server is: what may be asked without a signature.

mod get_remote_server_keys;
mod get_remote_server_keys_batch;
mod get_server_keys;
mod get_server_version;

use crate::bridge::Routes;

pub(super) fn routes() -> Routes {
    Routes::default()
        .merge(get_server_keys::routes())
        .endpoint(get_remote_server_keys::get_remote_server_keys)
        .endpoint(get_remote_server_keys_batch::get_remote_server_keys_batch)
        .endpoint(get_server_version::get_server_version)
}
