//! Asks rooms' policy servers to sign events (server-server §policy-servers).

use std::time::Duration;

use events::VerifiedPdu;
use futures_util::future::BoxFuture;
use rooms::policy::Policy;
use ruma::{ServerName, api::federation::policy::sign_event::v1::Request};
use serde_json::value::RawValue;

use crate::{
    Error,
    client::{Bounds, Client},
};

/// A signature is small, and whoever sends a message is waiting for it.
const SIGNED: Bounds = Bounds { bytes: 65_536, time: Duration::from_secs(10) };

impl Policy for Client {
    fn sign<'a>(&'a self, server: &'a ServerName, event: &'a VerifiedPdu) -> BoxFuture<'a, rooms::Result<String>> {
        Box::pin(async move {
            let text = RawValue::from_string(event.json().to_owned());
            let request = Request::new(text.map_err(|error| rooms::Error::Internal(error.to_string()))?);
            let answer = self.send(server, request, SIGNED).await.map_err(|error| refused(&error))?;
            let missing =
                || rooms::Error::not_recommended(400, "M_FORBIDDEN", "the policy server has not signed the event");
            answer.ed25519_signature(server).map(str::to_owned).ok_or_else(missing)
        })
    }
}

/// What the policy server says, for the client word by word.
fn refused(error: &Error) -> rooms::Error {
    match error {
        Error::Remote { status: status @ (400 | 403 | 404 | 429), errcode: Some(code), message, .. }
            if code != "M_UNRECOGNIZED" =>
        {
            rooms::Error::not_recommended(*status, code, message)
        }
        other => rooms::Error::not_recommended(502, "M_UNKNOWN", &format!("the room's policy server: {other}")),
    }
}
