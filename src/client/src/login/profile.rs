//! How one appears to others.

use std::path::Path;

use matrix_sdk::ruma::api::error::ErrorKind;

use crate::account::Account;
use crate::error::{Error, Result};
use crate::report::Profile;

/// The largest picture of oneself.
const MAX_AVATAR_BYTES: u64 = 5_000_000;

/// Changes what is given, and shows what others see.
///
/// # Errors
/// The picture is none, or too large; the server refuses.
pub async fn profile(account: &Account, name: Option<&str>, avatar: Option<&Path>) -> Result<Profile> {
    let own = account.client().account();
    if let Some(path) = avatar {
        if std::fs::metadata(path)?.len() > MAX_AVATAR_BYTES {
            return Err(Error::Input("The picture is too large: 5 MB at most.".to_owned()));
        }
        let data = std::fs::read(path)?;
        let format =
            image::guess_format(&data).map_err(|_| Error::Input("The file is no picture that is known.".to_owned()))?;
        let kind: mime::Mime =
            format.to_mime_type().parse().map_err(|_| Error::Input("An unknown picture.".to_owned()))?;
        own.upload_avatar(&kind, data).await?;
    }
    if let Some(name) = name {
        own.set_display_name((!name.is_empty()).then_some(name)).await?;
    }
    Ok(Profile {
        user_id: account.user_id().to_owned(),
        name: absent(own.get_display_name().await)?,
        avatar_url: absent(own.get_avatar_url().await)?,
    })
}

/// A field that is not there is none, though some servers call that an error.
fn absent<T>(told: matrix_sdk::Result<Option<T>>) -> Result<Option<T>> {
    match told {
        Err(error) if matches!(error.client_api_error_kind(), Some(ErrorKind::NotFound)) => Ok(None),
        told => Ok(told?),
    }
}
