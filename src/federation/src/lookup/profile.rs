//! Profiles of users of other servers.

use std::{sync::Arc, time::Duration};

use accounts::JsonObject;
use ruma::{UserId, api::federation::query::get_profile_information::v1};
use serde_json::Value;

use crate::{Error, Federation, Result, client::Bounds};

/// A profile has 64 KiB at most (client-server §profiles), in canonical JSON.
const PROFILE: Bounds = Bounds { bytes: 131_072, time: Duration::from_secs(10) };

/// What clients take for text is left out where it is none.
const TEXTS: [&str; 2] = ["displayname", "avatar_url"];

impl Federation {
    /// The profile of a user of another server.
    ///
    /// # Errors
    /// Those of [`Client::send`](crate::client::Client::send): also what that server says of a user whom it has not.
    pub async fn profile(&self, user_id: &UserId) -> Result<Arc<JsonObject>> {
        let profiles = &self.inner.lookups.profiles;
        if let Some(profile) = profiles.get(user_id.as_str()) {
            return Ok(profile);
        }
        let request = v1::Request::new(user_id.to_owned());
        let (mut profile, bytes): (JsonObject, usize) = self.look_up(user_id.server_name(), request, PROFILE).await?;
        profile.retain(|field, value| !TEXTS.contains(&field.as_str()) || value.is_string());
        Ok(profiles.keep(user_id.as_str(), profile, bytes))
    }

    /// One field of it.
    ///
    /// # Errors
    /// As [`Self::profile`]; [`Error::NotFound`] for a field that it has not.
    pub async fn profile_field(&self, user_id: &UserId, field: &str) -> Result<Value> {
        let profile = self.profile(user_id).await?;
        let value = profile.get(field).filter(|value| !value.is_null()).cloned();
        value.ok_or_else(|| Error::NotFound("the profile has no such field".into()))
    }
}
