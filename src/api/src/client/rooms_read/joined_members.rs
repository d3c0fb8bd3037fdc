//! `GET /rooms/{roomId}/joined_members`.

use std::{collections::BTreeMap, sync::Arc};

use rooms::read::JoinedProfile;
use ruma::{
    OwnedUserId, UserId,
    api::client::membership::joined_members::v3::{Request, Response, RoomMember},
};

use crate::{App, Error, Result, bridge::Ruma};

/// The joined members of a room with their profiles.
pub(super) async fn joined_members(app: Arc<App>, request: Ruma<Request>) -> Result<Response> {
    let members = app.rooms.joined_members(&request.caller.user_id, &request.body.room_id).await?;
    let joined = members.into_iter().map(written).collect::<Result<BTreeMap<_, _>>>()?;
    Ok(Response::new(joined))
}

fn written(member: JoinedProfile) -> Result<(OwnedUserId, RoomMember)> {
    let user_id = UserId::parse(&member.user_id).map_err(Error::internal)?;
    let mut profile = RoomMember::new();
    profile.display_name = member.display_name;
    profile.avatar_url = member.avatar_url.map(Into::into);
    Ok((user_id, profile))
}
