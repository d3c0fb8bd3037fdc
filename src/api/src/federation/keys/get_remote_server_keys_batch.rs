//! `POST /_matrix/key/v2/query` (server-server §querying-keys-through-another-server).

use std::sync::Arc;

use ruma::api::federation::discovery::get_remote_server_keys_batch::v2;

use super::get_server_keys::raw;
use crate::{App, Result, bridge::Ruma};

/// What servers said about their keys, with our signature. Those that cannot be reached and of which nothing is known are
/// left out; all keys of the others are told, whichever were asked for.
pub(super) async fn get_remote_server_keys_batch(app: Arc<App>, request: Ruma<v2::Request>) -> Result<v2::Response> {
    let now = app.clock.now();
    let wanted = request.body.server_keys.into_iter().map(|(server, keys)| {
        let until = keys.values().filter_map(|criteria| criteria.minimum_valid_until_ts).max();
        (server, until.unwrap_or(now))
    });
    let wanted = wanted.filter(|(server, _)| app.federation.tells_keys_of(server)).collect();
    let answers = app.federation.keys().notarised(wanted).await?;
    Ok(v2::Response::new(answers.iter().map(raw).collect::<Result<_>>()?))
}
