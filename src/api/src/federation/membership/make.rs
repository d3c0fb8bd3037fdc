//! `GET /make_join`, `/make_knock`, `/make_leave`: templates of membership events.

use std::sync::Arc;

use rooms::foreign::Handshake;
use ruma::api::federation::membership::{prepare_join_event, prepare_knock_event, prepare_leave_event};

use crate::{App, Result, bridge::Ruma};

/// The template of a join.
pub(super) async fn make_join(
    app: Arc<App>,
    request: Ruma<prepare_join_event::v1::Request>,
) -> Result<prepare_join_event::v1::Response> {
    let Ruma { body, caller, .. } = request;
    let template = app.federation.template(&caller, Handshake::Join, &body.room_id, &body.user_id, &body.ver).await?;
    let mut response = prepare_join_event::v1::Response::new(template.event);
    response.room_version = Some(template.version);
    Ok(response)
}

/// The template of a knock.
pub(super) async fn make_knock(
    app: Arc<App>,
    request: Ruma<prepare_knock_event::v1::Request>,
) -> Result<prepare_knock_event::v1::Response> {
    let Ruma { body, caller, .. } = request;
    let template = app.federation.template(&caller, Handshake::Knock, &body.room_id, &body.user_id, &body.ver).await?;
    Ok(prepare_knock_event::v1::Response::new(template.version, template.event))
}

/// The template of a leave.
pub(super) async fn make_leave(
    app: Arc<App>,
    request: Ruma<prepare_leave_event::v1::Request>,
) -> Result<prepare_leave_event::v1::Response> {
    let Ruma { body, caller, .. } = request;
    let template = app.federation.template(&caller, Handshake::Leave, &body.room_id, &body.user_id, &[]).await?;
    Ok(prepare_leave_event::v1::Response::new(Some(template.version), template.event))
}
