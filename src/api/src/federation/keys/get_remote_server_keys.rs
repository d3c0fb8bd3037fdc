//! `GET /_matrix/key/v2/query/{serverName}` (server-server §querying-keys-through-another-server).

use std::sync::Arc;

use ruma::api::federation::discovery::get_remote_server_keys::v2;

use super::get_server_keys::raw;
use crate::{App, Result, bridge::Ruma};

/// What a server said about its keys, with our signature; nothing if it cannot be reached and nothing is known.
pub(super) async fn get_remote_server_keys(app: Arc<App>, request: Ruma<v2::Request>) -> Result<v2::Response> {
    let v2::Request { server_name, minimum_valid_until_ts, .. } = request.body;
    let wanted = [(server_name, minimum_valid_until_ts)].into_iter();
    let wanted = wanted.filter(|(server, _)| app.federation.tells_keys_of(server)).collect();
    let answers = app.federation.keys().notarised(wanted).await?;
    Ok(v2::Response::new(answers.iter().map(raw).collect::<Result<_>>()?))
}
