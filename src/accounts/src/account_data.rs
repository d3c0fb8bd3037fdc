//! Account data, global and of rooms (client-server §client-config).

use peerbrain_core::limits::{ACCOUNT_DATA_BYTES, ACCOUNT_DATA_BYTES_PER_USER, ACCOUNT_DATA_TYPES, ID_BYTES};
use ruma::{RoomId, UserId};
use serde_json::value::RawValue;
use store::{
    Conn, Tx,
    accounts::account_data::{self, GLOBAL},
};

use crate::{
    Accounts, Error, Result,
    storable::{check_storable, is_storable},
};

/// Types that only the server changes.
const OURS: [&str; 2] = ["m.fully_read", "m.push_rules"];

/// How a write ended.
pub(crate) enum Outcome {
    Done,
    UnknownRoom,
    TooMany,
    TooLarge,
}

impl Outcome {
    pub(crate) fn into_result(self) -> Result<()> {
        match self {
            Self::Done => Ok(()),
            Self::UnknownRoom => Err(Error::not_found("you have nothing to do with such a room")),
            Self::TooMany => Err(Error::too_large("there is too much account data")),
            Self::TooLarge => Err(Error::too_large("the account data is too large")),
        }
    }
}

impl Accounts {
    /// A piece of account data as JSON, global or of a room.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn account_data(&self, user_id: &UserId, room_id: Option<&RoomId>, event_type: &str) -> Result<String> {
        if !is_storable(event_type) {
            return Err(Error::not_found("there is no such account data"));
        }
        let (user, room, event_type) = (user_id.to_string(), room_id.map(ToString::to_string), event_type.to_owned());
        let read = move |conn: &mut Conn| match room_number(conn, &user, room.as_deref())? {
            Some(room) => account_data::get(conn, &user, room, &event_type),
            None => Ok(None),
        };
        self.store.read(read).await?.ok_or(Error::not_found("there is no such account data"))
    }

    /// Sets account data. Syncs of the user hear of it.
    ///
    /// * `content`: an object. It is kept and served to the letter: clients sign and encrypt parts of it, and use numbers that
    ///   not every reader of JSON keeps.
    ///
    /// # Errors
    /// [`Error::ServerControlled`]; [`Error::TooLarge`]; [`Error::NotFound`] for a room with which the user has nothing
    /// to do.
    pub async fn set_account_data(
        &self,
        user_id: &UserId,
        room_id: Option<&RoomId>,
        event_type: &str,
        content: &RawValue,
    ) -> Result<()> {
        if OURS.contains(&event_type) {
            return Err(Error::ServerControlled);
        }
        if event_type.is_empty() || event_type.len() > ID_BYTES {
            return Err(Error::invalid_param("the type must have 1 to 255 bytes"));
        }
        check_storable(event_type)?;
        let content = content.get().to_owned();
        let (user, room, event_type) = (user_id.to_string(), room_id.map(ToString::to_string), event_type.to_owned());
        let write = move |tx: &mut Tx<'_>| match room_number(tx.conn(), &user, room.as_deref())? {
            Some(room) => set(tx, &user, room, &event_type, &content),
            None => Ok(Outcome::UnknownRoom),
        };
        self.store.write(write).await?.into_result()
    }
}

/// The number under which account data of a room is kept; none where the user has nothing to do with the room.
pub(crate) fn room_number(conn: &mut Conn, user: &str, room: Option<&str>) -> store::Result<Option<i64>> {
    match room {
        None => Ok(Some(GLOBAL)),
        Some(room) if is_storable(room) => account_data::room_of_user(conn, user, room),
        Some(_) => Ok(None),
    }
}

/// Writes account data within its bounds.
pub(crate) fn set(tx: &mut Tx<'_>, user: &str, room: i64, event_type: &str, content: &str) -> store::Result<Outcome> {
    if content.len() > ACCOUNT_DATA_BYTES {
        return Ok(Outcome::TooLarge);
    }
    let known = account_data::get(tx.conn(), user, room, event_type)?;
    let (most, before) = (number(ACCOUNT_DATA_TYPES), known.as_ref().map_or(0, String::len));
    if known.is_none() && account_data::count(tx.conn(), user, room)? >= most {
        return Ok(Outcome::TooMany);
    }
    // What does not grow may always be set, or a user who has too much could never have less.
    let more = content.len().saturating_sub(before);
    if more > 0 && account_data::bytes(tx.conn(), user)? + number(more) > number(ACCOUNT_DATA_BYTES_PER_USER) {
        return Ok(Outcome::TooMany);
    }
    account_data::set(tx, user, room, event_type, content)?;
    Ok(Outcome::Done)
}

fn number(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use ruma::room_id;
    use serde_json::{Value, json, value::to_raw_value};

    use store::testing::each;

    use super::*;
    use crate::testing::World;

    fn object(value: Value) -> Box<RawValue> {
        to_raw_value(&value).unwrap()
    }

    fn code<T>(result: Result<T>) -> Option<&'static str> {
        result.err().map(|error| error.code())
    }

    #[tokio::test]
    async fn data_is_kept_by_type_and_room() {
        each(async |database| {
            let world = World::open(database);
            let alice = &world.user("alice").await.user_id;
            let room = world.room("!room:example.org", &[alice]).await;
            let (id, accounts) = (Some(room_id!("!room:example.org")), &world.accounts);
            let start = world.store.position();
            accounts.set_account_data(alice, None, "org.a", &object(json!({ "x": 1.5 }))).await.unwrap();
            accounts.set_account_data(alice, id, "org.a", &object(json!({ "y": [] }))).await.unwrap();
            accounts.set_account_data(alice, None, "org.a", &object(json!({}))).await.unwrap();
            assert_eq!(accounts.account_data(alice, None, "org.a").await.unwrap(), "{}");
            assert_eq!(accounts.account_data(alice, id, "org.a").await.unwrap(), r#"{"y":[]}"#);
            assert_eq!(code(accounts.account_data(alice, id, "org.b").await), Some("M_NOT_FOUND"));
            let user = alice.to_string();
            let changed = world.store.snapshot(move |conn, upto| account_data::changed(conn, &user, start, upto));
            let changed: Vec<_> =
                changed.await.unwrap().into_iter().map(|row| (row.room, row.content, row.position - start)).collect();
            assert_eq!(changed, [(room, r#"{"y":[]}"#.to_owned(), 2), (GLOBAL, "{}".to_owned(), 3)]);
            let user = alice.to_string();
            let of_room = world.store.snapshot(move |conn, upto| account_data::of_rooms(conn, &user, &[room], upto));
            assert_eq!(of_room.await.unwrap().len(), 1);
        })
        .await
    }

    #[tokio::test]
    async fn others_see_nothing_of_it() {
        each(async |database| {
            let world = World::open(database);
            let alice = &world.user("alice").await.user_id;
            let bob = &world.user("bob").await.user_id;
            world.accounts.set_account_data(alice, None, "org.a", &object(json!({}))).await.unwrap();
            assert_eq!(code(world.accounts.account_data(bob, None, "org.a").await), Some("M_NOT_FOUND"));
        })
        .await
    }

    #[tokio::test]
    async fn what_is_refused() {
        each(async |database| {
            let world = World::open(database);
            let alice = &world.user("alice").await.user_id;
            let stranger = Some(room_id!("!elsewhere:example.org"));
            let refused = async |room: Option<&RoomId>, event_type: &str, content: Value| {
                let set = world.accounts.set_account_data(alice, room, event_type, &object(content)).await;
                set.err().map(|error| (error.status(), error.code()))
            };
            assert_eq!(refused(None, "m.push_rules", json!({})).await, Some((405, "M_BAD_JSON")));
            assert_eq!(refused(stranger, "m.fully_read", json!({})).await, Some((405, "M_BAD_JSON")));
            assert_eq!(refused(stranger, "org.a", json!({})).await, Some((404, "M_NOT_FOUND")));
            assert_eq!(refused(None, "org.a\0", json!({})).await, Some((400, "M_INVALID_PARAM")));
            assert_eq!(refused(None, "org.a", json!({ "zero\0": "a\0" })).await, None);
            assert_eq!(code(world.accounts.account_data(alice, None, "org.a\0").await), Some("M_NOT_FOUND"));
            let large = json!({ "x": "y".repeat(ACCOUNT_DATA_BYTES) });
            assert_eq!(refused(None, "org.a", large).await, Some((413, "M_TOO_LARGE")));
            assert_eq!(refused(None, &"t".repeat(256), json!({})).await, Some((400, "M_INVALID_PARAM")));
            assert_eq!(code(world.accounts.account_data(alice, stranger, "org.a").await), Some("M_NOT_FOUND"));
        })
        .await
    }

    #[tokio::test]
    async fn it_is_kept_to_the_letter() {
        each(async |database| {
            let world = World::open(database);
            let alice = &world.user("alice").await.user_id;
            let text = r#"{"z":1, "a":123456789012345678901234567890,"b":1.10,"c":"\u0041","z":[ ]}"#;
            let content: Box<RawValue> = serde_json::from_str(text).unwrap();
            world.accounts.set_account_data(alice, None, "org.a", &content).await.unwrap();
            assert_eq!(world.accounts.account_data(alice, None, "org.a").await.unwrap(), text);
        })
        .await
    }

    #[tokio::test]
    async fn all_of_it_together_is_bounded() {
        each(async |database| {
            let world = World::open(database);
            let alice = &world.user("alice").await.user_id;
            let bob = &world.user("bob").await.user_id;
            let room = room_id!("!room:example.org");
            world.room(room.as_str(), &[alice]).await;
            let of_bytes = |bytes: usize| object(json!({ "x": "y".repeat(bytes - 8) }));
            let set = async |user, room, kind: String, bytes| {
                code(world.accounts.set_account_data(user, room, &kind, &of_bytes(bytes)).await)
            };
            for n in 0..64 {
                let room = (n % 2 == 0).then_some(room);
                assert_eq!(set(alice, room, format!("t{n}"), ACCOUNT_DATA_BYTES).await, None);
            }
            assert_eq!(set(alice, None, "more".to_owned(), 20).await, Some("M_TOO_LARGE"));
            assert_eq!(set(alice, None, "t1".to_owned(), ACCOUNT_DATA_BYTES).await, None, "it is no more than before");
            assert_eq!(set(alice, None, "t1".to_owned(), ACCOUNT_DATA_BYTES - 20).await, None);
            assert_eq!(set(alice, None, "more".to_owned(), 21).await, Some("M_TOO_LARGE"));
            assert_eq!(set(alice, None, "more".to_owned(), 20).await, None);
            assert_eq!(set(bob, None, "t".to_owned(), 20).await, None, "it is each user's own");
        })
        .await
    }
}
