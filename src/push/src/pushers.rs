//! Pushers (client-server §push-notifications).

use accounts::Session;
use reqwest::Url;
use ruma::UserId;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use store::{
    Conn, Tx,
    push::{PusherRow, delete_others, delete_pusher, pushers_of, set_pusher},
};

use crate::{Error, Push, Result};

/// The path of every push gateway.
pub(crate) const NOTIFY: &str = "/_matrix/push/v1/notify";
/// Bytes of a pushkey.
const PUSHKEY_BYTES: usize = 512;
/// Characters of an app id.
const APP_ID_CHARS: usize = 64;
/// Bytes of everything else that a pusher has.
const JSON_BYTES: usize = 16_384;
/// Pushers of one user.
const PUSHERS: usize = 200;

/// The body of `POST /pushers/set`.
#[derive(Clone, Debug, Deserialize)]
pub struct NewPusher {
    #[serde(default)]
    app_id: Option<String>,
    #[serde(default)]
    pushkey: Option<String>,
    /// Outer: whether it is there at all.
    #[serde(default, deserialize_with = "present")]
    kind: Option<Option<String>>,
    #[serde(default)]
    app_display_name: Option<String>,
    #[serde(default)]
    device_display_name: Option<String>,
    #[serde(default)]
    profile_tag: Option<String>,
    #[serde(default)]
    lang: Option<String>,
    #[serde(default)]
    data: Option<Map<String, Value>>,
    #[serde(default)]
    append: bool,
}

fn present<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(value).map(Some)
}

impl Push {
    /// The pushers of a user, as `GET /pushers` gives them.
    pub async fn pushers(&self, user_id: &UserId) -> Result<Vec<Value>> {
        let user = user_id.to_string();
        let rows = self.store().read(move |conn: &mut Conn| pushers_of(conn, &user)).await?;
        Ok(rows.iter().filter_map(|row| serde_json::from_str(&row.json).ok()).collect())
    }

    /// Sets, changes or deletes a pusher of the session's user.
    ///
    /// # Errors
    /// [`Error::MissingParam`], [`Error::InvalidParam`], [`Error::TooLarge`]; nothing has changed then.
    pub async fn set_pusher(&self, session: &Session, new: NewPusher) -> Result<()> {
        let user = session.user_id.to_string();
        let app_id = required(new.app_id.clone(), "app_id")?;
        let pushkey = required(new.pushkey.clone(), "pushkey")?;
        if app_id.chars().count() > APP_ID_CHARS || app_id.contains('\0') {
            return Err(Error::InvalidParam("an app_id has at most 64 characters".into()));
        }
        if pushkey.len() > PUSHKEY_BYTES || pushkey.contains('\0') {
            return Err(Error::InvalidParam("a pushkey has at most 512 bytes".into()));
        }
        let kind = new.kind.clone().ok_or_else(|| missing("kind"))?;
        let Some(kind) = kind else {
            return Ok(self.store().write(move |tx| delete_pusher(tx, &user, &app_id, &pushkey)).await?);
        };
        let json = described(&new, &kind, &app_id, &pushkey)?;
        let row = PusherRow {
            user_id: user,
            app_id,
            pushkey,
            device_id: session.device_id.to_string(),
            json,
            set_at: self.inner.clock.now_ms(),
            position: 0,
            behind: false,
        };
        let write = move |tx: &mut Tx<'_>| {
            let known = pushers_of(tx.conn(), &row.user_id)?;
            let same = |other: &PusherRow| other.app_id == row.app_id && other.pushkey == row.pushkey;
            if known.len() >= PUSHERS && !known.iter().any(same) {
                return Ok(false);
            }
            set_pusher(tx, &row)?;
            if !new.append {
                delete_others(tx, &row.user_id, &row.app_id, &row.pushkey)?;
            }
            Ok(true)
        };
        match self.store().write(write).await? {
            true => Ok(()),
            false => Err(Error::TooLarge("there are too many pushers".into())),
        }
    }
}

/// What `GET /pushers` will say of it.
fn described(new: &NewPusher, kind: &str, app_id: &str, pushkey: &str) -> Result<String> {
    if kind != "http" {
        return Err(Error::InvalidParam("this server has pushers of the kind http alone".into()));
    }
    let data = new.data.clone().ok_or_else(|| missing("data"))?;
    let url = data.get("url").ok_or_else(|| missing("data.url"))?;
    let wrong = || Error::InvalidParam(format!("data.url must be an address with the path {NOTIFY}"));
    check_url(url.as_str().ok_or_else(wrong)?).ok_or_else(wrong)?;
    if data.get("format").is_some_and(|format| !format.is_string()) {
        return Err(Error::InvalidParam("data.format must be a text".into()));
    }
    let mut json = json!({
        "kind": kind,
        "app_id": app_id,
        "pushkey": pushkey,
        "app_display_name": required(new.app_display_name.clone(), "app_display_name")?,
        "device_display_name": required(new.device_display_name.clone(), "device_display_name")?,
        "lang": required(new.lang.clone(), "lang")?,
        "data": data,
    });
    if let (Some(tag), Some(json)) = (&new.profile_tag, json.as_object_mut()) {
        json.insert("profile_tag".into(), json!(tag));
    }
    let text = json.to_string();
    if text.len() > JSON_BYTES {
        return Err(Error::TooLarge("the pusher is too large".into()));
    }
    Ok(text)
}

/// The address of a gateway, if it may be one.
pub(crate) fn check_url(url: &str) -> Option<Url> {
    let url = Url::parse(url).ok()?;
    let known = matches!(url.scheme(), "http" | "https") && url.has_host() && url.path() == NOTIFY;
    (known && url.username().is_empty() && url.password().is_none()).then_some(url)
}

fn required(value: Option<String>, name: &str) -> Result<String> {
    value.ok_or_else(|| missing(name))
}

fn missing(name: &str) -> Error {
    Error::MissingParam(format!("{name} is missing"))
}
