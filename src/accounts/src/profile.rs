//! Profiles with any field (client-server §profiles, MSC4133).

use peerbrain_core::limits::{PROFILE_BYTES, PROFILE_KEY_BYTES};
use ruma::{MxcUri, UserId};
use serde_json::Value;
use store::{
    Conn, Tx,
    accounts::{profiles, unannounced_profiles, user_directory},
};

use crate::{
    Accounts, Error, JsonObject, Result,
    storable::{check_storable, is_storable},
    user_directory::folded,
};

/// The field of the name.
pub(crate) const DISPLAYNAME: &str = "displayname";
/// The field of the picture.
pub(crate) const AVATAR_URL: &str = "avatar_url";
/// Bytes of a name or the address of a picture: they are copied into each room's member event.
const MEMBER_FIELD_BYTES: usize = 1_024;

/// What member events must say after a change of a profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// The name now.
    pub displayname: Option<String>,
    /// The address of the picture now.
    pub avatar_url: Option<String>,
    /// Whether one of them has changed, so that the member events of all joined rooms must follow.
    pub changed: bool,
}

/// The name and the picture of a user of this server, for who has a connection already.
pub fn member_profile(conn: &mut Conn, user_id: &str) -> store::Result<(Option<String>, Option<String>)> {
    let rows = profiles::get(conn, user_id)?;
    Ok((text_of(&rows, DISPLAYNAME), text_of(&rows, AVATAR_URL)))
}

/// How a change ended.
enum Outcome {
    Done(Vec<(String, String)>, bool),
    TooLarge,
}

impl Accounts {
    /// The whole profile of a user of this server.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such user.
    pub async fn profile(&self, user_id: &UserId) -> Result<JsonObject> {
        self.active_user(user_id).await.map_err(|error| match error {
            Error::NotFound(_) => no_profile(),
            other => other,
        })?;
        let user_id = user_id.to_string();
        let rows = self.store.read(move |conn| profiles::get(conn, &user_id)).await?;
        Ok(rows.into_iter().map(|(field, value)| (field, stored(&value))).collect())
    }

    /// Whether what a user of this server makes public is shown to strangers: not that of accounts that are closed or shut.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn is_shown(&self, user_id: &UserId) -> Result<bool> {
        Ok(self.user_row(user_id).await?.is_some_and(|user| !user.deactivated && !user.locked))
    }

    /// One field of a profile.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such user or no such field.
    pub async fn profile_field(&self, user_id: &UserId, field: &str) -> Result<Value> {
        let storable = is_storable(user_id.as_str()) && is_storable(field);
        if user_id.server_name() != self.server_name || !storable {
            return Err(no_profile());
        }
        let (user_id, field) = (user_id.to_string(), field.to_owned());
        let value = self.store.read(move |conn| profiles::field(conn, &user_id, &field)).await?;
        value.map(|value| stored(&value)).ok_or_else(no_profile)
    }

    /// The name and the picture of a user of this server, for its member events.
    pub async fn member_profile(&self, user_id: &UserId) -> Result<(Option<String>, Option<String>)> {
        let user_id = user_id.to_string();
        Ok(self.store.read(move |conn| member_profile(conn, &user_id)).await?)
    }

    /// Sets one field. An empty name or picture takes it away.
    ///
    /// # Errors
    /// [`Error::KeyTooLarge`], [`Error::ProfileTooLarge`], [`Error::InvalidParam`] for a key or value that makes no
    /// sense.
    pub async fn set_profile_field(&self, user_id: &UserId, field: &str, value: Value) -> Result<ProfileChange> {
        check_key(field)?;
        check_value(field, &value)?;
        let member_field = field == DISPLAYNAME || field == AVATAR_URL;
        if member_field && value.as_str().is_some_and(str::is_empty) {
            return self.delete_profile_field(user_id, field).await;
        }
        self.change_profile(user_id, field, Some(value.to_string())).await
    }

    /// Takes one field away; it need not be there.
    ///
    /// # Errors
    /// As for [`Accounts::set_profile_field`].
    pub async fn delete_profile_field(&self, user_id: &UserId, field: &str) -> Result<ProfileChange> {
        check_key(field)?;
        self.change_profile(user_id, field, None).await
    }

    async fn change_profile(&self, user_id: &UserId, field: &str, value: Option<String>) -> Result<ProfileChange> {
        let (owner, field) = (user_id.to_owned(), field.to_owned());
        let write = move |tx: &mut Tx<'_>| change(tx, &owner, &field, value.as_deref());
        match self.store.write(write).await? {
            Outcome::TooLarge => Err(Error::ProfileTooLarge),
            Outcome::Done(rows, changed) => Ok(ProfileChange {
                displayname: text_of(&rows, DISPLAYNAME),
                avatar_url: text_of(&rows, AVATAR_URL),
                changed,
            }),
        }
    }
}

/// Writes a change, and gives the profile after it and whether member events must follow.
fn change(tx: &mut Tx<'_>, user_id: &UserId, field: &str, value: Option<&str>) -> store::Result<Outcome> {
    let mut rows = profiles::get(tx.conn(), user_id.as_str())?;
    let before = rows.iter().find(|(known, _)| known == field).map(|(_, value)| value.clone());
    rows.retain(|(known, _)| known != field);
    rows.extend(value.map(|value| (field.to_owned(), value.to_owned())));
    if value.is_some() && size(&rows) > PROFILE_BYTES {
        return Ok(Outcome::TooLarge);
    }
    match value {
        Some(value) => profiles::set(tx, user_id.as_str(), field, value)?,
        None => drop(profiles::delete(tx, user_id.as_str(), field)?),
    }
    let differs = before.as_deref() != value;
    if field == DISPLAYNAME && differs {
        let text = folded(user_id, text_of(&rows, DISPLAYNAME).as_deref());
        user_directory::set(tx, user_id.as_str(), &text)?;
    }
    let changed = differs && (field == DISPLAYNAME || field == AVATAR_URL);
    if changed {
        unannounced_profiles::note(tx, user_id.as_str())?;
    }
    Ok(Outcome::Done(rows, changed))
}

/// Bytes of the profile as one JSON object.
fn size(rows: &[(String, String)]) -> usize {
    // Keys are of a grammar that needs no escapes: two quotes, a colon and a comma (or a brace).
    1 + rows.iter().map(|(field, value)| field.len() + value.len() + 4).sum::<usize>()
}

/// Keys are of the Common Namespaced Identifier Grammar (appendices).
fn check_key(field: &str) -> Result<()> {
    if field.len() > PROFILE_KEY_BYTES {
        return Err(Error::KeyTooLarge);
    }
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    if !field.starts_with(|c: char| c.is_ascii_lowercase()) || !field.chars().all(fits) {
        return Err(Error::invalid_param("the name of a profile field has the characters a-z, 0-9, -, _ and ."));
    }
    Ok(())
}

/// # Errors
/// [`Error::InvalidParam`] for a value that the field cannot have.
pub(crate) fn check_value(field: &str, value: &Value) -> Result<()> {
    if ![DISPLAYNAME, AVATAR_URL, "m.tz"].contains(&field) {
        return Ok(());
    }
    let Some(text) = value.as_str() else {
        return Err(Error::InvalidParam(format!("{field} must be a string").into()));
    };
    if text.len() > MEMBER_FIELD_BYTES {
        return Err(Error::InvalidParam(format!("{field} is too long").into()));
    }
    check_storable(text)?;
    if field == AVATAR_URL && !text.is_empty() && !<&MxcUri>::from(text).is_valid() {
        return Err(Error::invalid_param("avatar_url must be an mxc:// address"));
    }
    Ok(())
}

fn text_of(rows: &[(String, String)], field: &str) -> Option<String> {
    let (_, value) = rows.iter().find(|(known, _)| known == field)?;
    serde_json::from_str(value).ok()
}

/// A stored value; it was JSON when it was stored.
fn stored(value: &str) -> Value {
    serde_json::from_str(value).unwrap_or_default()
}

fn no_profile() -> Error {
    Error::not_found("there is no such user or no such profile field")
}

#[cfg(test)]
mod tests {
    use ruma::user_id;
    use serde_json::json;

    use store::testing::each;

    use super::*;
    use crate::testing::World;

    fn code<T>(result: Result<T>) -> Option<&'static str> {
        result.err().map(|error| error.code())
    }

    #[tokio::test]
    async fn any_field_can_be_set_read_and_deleted() {
        each(async |database| {
            let world = World::open(database);
            let alice = &world.user("alice").await.user_id;
            let accounts = &world.accounts;
            let change = accounts.set_profile_field(alice, DISPLAYNAME, json!("Alice")).await.unwrap();
            assert_eq!(change, ProfileChange { displayname: Some("Alice".into()), avatar_url: None, changed: true });
            assert!(!accounts.set_profile_field(alice, DISPLAYNAME, json!("Alice")).await.unwrap().changed);
            let change = accounts.set_profile_field(alice, "org.example.pets", json!([{ "cat": 1.5 }, null])).await;
            assert_eq!(
                change.unwrap(),
                ProfileChange { displayname: Some("Alice".into()), ..ProfileChange::default() }
            );
            let url = json!("mxc://example.org/picture");
            assert!(accounts.set_profile_field(alice, AVATAR_URL, url.clone()).await.unwrap().changed);
            let whole =
                json!({ "displayname": "Alice", "avatar_url": url, "org.example.pets": [{ "cat": 1.5 }, null] });
            assert_eq!(Value::from(accounts.profile(alice).await.unwrap()), whole);
            let member = accounts.member_profile(alice).await.unwrap();
            assert_eq!(member, (Some("Alice".into()), Some("mxc://example.org/picture".into())));
            assert!(accounts.delete_profile_field(alice, AVATAR_URL).await.unwrap().changed);
            assert!(!accounts.delete_profile_field(alice, AVATAR_URL).await.unwrap().changed);
            assert_eq!(code(accounts.profile_field(alice, AVATAR_URL).await), Some("M_NOT_FOUND"));
            assert!(accounts.set_profile_field(alice, DISPLAYNAME, json!("")).await.unwrap().changed);
            assert_eq!(code(accounts.profile_field(alice, DISPLAYNAME).await), Some("M_NOT_FOUND"));
        })
        .await
    }

    #[tokio::test]
    async fn null_is_a_value() {
        each(async |database| {
            let world = World::open(database);
            let alice = &world.user("alice").await.user_id;
            world.accounts.set_profile_field(alice, "org.example.none", Value::Null).await.unwrap();
            assert_eq!(world.accounts.profile_field(alice, "org.example.none").await.unwrap(), Value::Null);
        })
        .await
    }

    #[tokio::test]
    async fn odd_fields_are_refused() {
        each(async |database| {
            let world = World::open(database);
            let alice = &world.user("alice").await.user_id;
            let refused = async |field: &str, value: Value| {
                code(world.accounts.set_profile_field(alice, field, value).await).unwrap_or("accepted")
            };
            assert_eq!(refused(&"k".repeat(256), json!(1)).await, "M_KEY_TOO_LARGE");
            assert_eq!(refused(&"k".repeat(255), json!(1)).await, "accepted");
            for key in ["", "Upper", "1st", "with space", "ü"] {
                assert_eq!(refused(key, json!(1)).await, "M_INVALID_PARAM", "{key}");
            }
            assert_eq!(refused(DISPLAYNAME, json!(1)).await, "M_INVALID_PARAM");
            assert_eq!(refused(DISPLAYNAME, json!("a\0b")).await, "M_INVALID_PARAM");
            assert_eq!(refused("org.example.any", json!("a\0b")).await, "accepted");
            assert_eq!(code(world.accounts.profile_field(alice, "a\0").await), Some("M_NOT_FOUND"));
            assert_eq!(refused(DISPLAYNAME, json!("x".repeat(1_025))).await, "M_INVALID_PARAM");
            assert_eq!(refused(AVATAR_URL, json!("https://example.org/a.png")).await, "M_INVALID_PARAM");
            assert_eq!(refused("m.tz", json!({})).await, "M_INVALID_PARAM");
        })
        .await
    }

    #[tokio::test]
    async fn a_profile_has_64_kib_in_all() {
        each(async |database| {
            let world = World::open(database);
            let alice = &world.user("alice").await.user_id;
            let accounts = &world.accounts;
            let empty = Value::from(accounts.profile(alice).await.unwrap()).to_string().len();
            // A comma, the key and its quotes and colon, the quotes of the value.
            let room = PROFILE_BYTES - empty - "org.a".len() - 6;
            let too_much = accounts.set_profile_field(alice, "org.a", json!("x".repeat(room + 1))).await;
            assert_eq!(code(too_much), Some("M_PROFILE_TOO_LARGE"));
            accounts.set_profile_field(alice, "org.a", json!("x".repeat(room))).await.unwrap();
            assert_eq!(Value::from(accounts.profile(alice).await.unwrap()).to_string().len(), PROFILE_BYTES);
            assert_eq!(code(accounts.set_profile_field(alice, "org.b", json!(1)).await), Some("M_PROFILE_TOO_LARGE"));
            accounts.set_profile_field(alice, "org.a", json!("less")).await.unwrap();
            accounts.set_profile_field(alice, "org.b", json!(1)).await.unwrap();
        })
        .await
    }

    #[tokio::test]
    async fn strangers_have_no_profile() {
        each(async |database| {
            let world = World::open(database);
            for stranger in [user_id!("@nobody:example.org"), user_id!("@alice:elsewhere.org")] {
                assert_eq!(code(world.accounts.profile(stranger).await), Some("M_NOT_FOUND"));
                assert_eq!(code(world.accounts.profile_field(stranger, DISPLAYNAME).await), Some("M_NOT_FOUND"));
            }
        })
        .await
    }
}
