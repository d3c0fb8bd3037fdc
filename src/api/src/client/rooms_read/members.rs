//! `GET /rooms/{roomId}/members`.

use std::sync::Arc;

use rooms::read::{MembersRequest, Membership};
use ruma::{api::client::membership::get_member_events::v3, events::room::member::MembershipState, serde::Raw};

use crate::{
    App, Error, Result,
    bridge::Ruma,
    client::rooms_read::reader::{reader, token},
};

/// The members of a room, now or at a point in time.
pub(super) async fn members(app: Arc<App>, request: Ruma<v3::Request>) -> Result<v3::Response> {
    let Ruma { body, caller, .. } = request;
    let wanted = MembersRequest {
        at: token(body.at.as_deref())?,
        only: body.membership.as_ref().map(membership).transpose()?,
        except: body.not_membership.as_ref().map(membership).transpose()?,
    };
    let reader = reader(&app, &caller).await?;
    let members = app.rooms.members(&reader, &body.room_id, wanted).await?;
    Ok(v3::Response::new(members.into_iter().map(Raw::from_json).collect()))
}

fn membership(state: &MembershipState) -> Result<Membership> {
    Membership::from_word(state.as_str())
        .ok_or_else(|| Error::invalid_param(format!("there is no membership {:?}", state.as_str())))
}
