//! Who reads, from the session of a request.

use accounts::Session;
use rooms::{Token, read::Reader};

use crate::{App, Result};

/// The reader behind a session.
pub(crate) async fn reader(app: &App, session: &Session) -> Result<Reader> {
    let preferences = app.accounts.preferences(&session.user_id).await?;
    Ok(Reader {
        user_id: session.user_id.clone(),
        device_id: Some(session.device_id.clone()),
        ignored: preferences.ignored.clone(),
    })
}

/// A pagination token of the query. Some programs send an empty one for none.
pub(crate) fn token(text: Option<&str>) -> Result<Option<Token>> {
    Ok(text.filter(|text| !text.is_empty()).map(str::parse).transpose()?)
}
