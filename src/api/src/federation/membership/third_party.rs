//! `PUT /exchange_third_party_invite` and `PUT /3pid/onbind`: who was invited by an address is invited by user id.

use std::sync::Arc;

use accounts::{Limit, rate_limits::address_key};
use ruma::{
    api::federation::thirdparty::{bind_callback, exchange_invite::v1},
    events::StateEventType,
};

use crate::{App, Error, Result, bridge::Ruma};

/// Invites in the name of our user who had invited the address.
pub(super) async fn exchange(app: Arc<App>, request: Ruma<v1::Request>) -> Result<v1::Response> {
    let Ruma { body, caller, .. } = request;
    if body.kind != StateEventType::RoomMember {
        return Err(Error::invalid_param("The event is no m.room.member"));
    }
    let content = body.content.deserialize_as_unchecked().map_err(|error| Error::bad_json(error.to_string()))?;
    app.federation.exchange_third_party_invite(&caller, &body.room_id, &body.sender, &body.state_key, &content).await?;
    Ok(v1::Response::new())
}

/// An identity server tells that an address belongs to one of our users, and who has invited it. Anybody may say so.
pub(super) async fn bound(
    app: Arc<App>,
    request: Ruma<bind_callback::v1::Request>,
) -> Result<bind_callback::v1::Response> {
    let Ruma { body, client, .. } = request;
    app.accounts.limits().check(Limit::Invite, client.ip.map(address_key))?;
    app.federation.take_bound_invites(&body.mxid, body.invites).await?;
    Ok(bind_callback::v1::Response::new())
}
