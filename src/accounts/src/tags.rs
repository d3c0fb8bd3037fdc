//! Room tags: the `m.tag` of a room's account data (client-server §room-tagging).

use peerbrain_core::limits::{ID_BYTES, TAGS_PER_ROOM};
use ruma::{RoomId, UserId};
use serde_json::Value;
use store::{Conn, Tx, accounts::account_data};

use crate::{
    Accounts, Error, JsonObject, Result,
    account_data::{Outcome, room_number, set},
};

const TAG: &str = "m.tag";

impl Accounts {
    /// The tags that a user has put on a room, by their names.
    pub async fn tags(&self, user_id: &UserId, room_id: &RoomId) -> Result<JsonObject> {
        let (user, room) = (user_id.to_string(), room_id.to_string());
        let read = move |conn: &mut Conn| match room_number(conn, &user, Some(&room))? {
            Some(room) => tags_of(conn, &user, room),
            None => Ok(JsonObject::new()),
        };
        Ok(self.store.read(read).await?)
    }

    /// Puts a tag on a room, over one of the same name.
    ///
    /// # Errors
    /// [`Error::InvalidParam`] for a name of more than 255 bytes, [`Error::BadJson`] for an order that is no number,
    /// and what [`Accounts::set_account_data`] refuses.
    pub async fn set_tag(&self, user_id: &UserId, room_id: &RoomId, tag: &str, info: JsonObject) -> Result<()> {
        check_name(tag)?;
        check_order(&info)?;
        let (tag, info) = (tag.to_owned(), Value::Object(info));
        self.change_tags(user_id, room_id, move |tags| {
            tags.insert(tag.clone(), info.clone());
            true
        })
        .await
    }

    /// Takes a tag off a room; it need not be there.
    ///
    /// # Errors
    /// As [`Accounts::set_tag`].
    pub async fn delete_tag(&self, user_id: &UserId, room_id: &RoomId, tag: &str) -> Result<()> {
        check_name(tag)?;
        let tag = tag.to_owned();
        self.change_tags(user_id, room_id, move |tags| tags.remove(&tag).is_some()).await
    }

    /// Changes the tags of a room; `change` says whether there is anything to write.
    async fn change_tags(
        &self,
        user_id: &UserId,
        room_id: &RoomId,
        change: impl Fn(&mut JsonObject) -> bool + Send + 'static,
    ) -> Result<()> {
        let (user, room) = (user_id.to_string(), room_id.to_string());
        let write = move |tx: &mut Tx<'_>| {
            let Some(room) = room_number(tx.conn(), &user, Some(&room))? else { return Ok(Outcome::UnknownRoom) };
            let mut tags = tags_of(tx.conn(), &user, room)?;
            if !change(&mut tags) {
                return Ok(Outcome::Done);
            }
            if tags.len() > TAGS_PER_ROOM {
                return Ok(Outcome::TooMany);
            }
            let content = JsonObject::from_iter([("tags".to_owned(), Value::Object(tags))]);
            set(tx, &user, room, TAG, &Value::Object(content).to_string())
        };
        self.store.write(write).await?.into_result()
    }
}

fn tags_of(conn: &mut Conn, user: &str, room: i64) -> store::Result<JsonObject> {
    let content = account_data::get(conn, user, room, TAG)?.unwrap_or_default();
    // A client may have set the account data to anything.
    let tags = serde_json::from_str::<JsonObject>(&content).ok().and_then(|mut content| content.remove("tags"));
    Ok(match tags {
        Some(Value::Object(tags)) => tags,
        _ => JsonObject::new(),
    })
}

fn check_name(tag: &str) -> Result<()> {
    if tag.is_empty() || tag.len() > ID_BYTES {
        return Err(Error::invalid_param("the name of a tag has 1 to 255 bytes"));
    }
    Ok(())
}

fn check_order(info: &JsonObject) -> Result<()> {
    let fits = match info.get("order") {
        None | Some(Value::Null | Value::Number(_)) => true,
        // Some old clients send it as a string.
        Some(Value::String(text)) => text.parse::<f64>().is_ok(),
        Some(_) => false,
    };
    if fits { Ok(()) } else { Err(Error::bad_json("the order of a tag must be a number")) }
}

#[cfg(test)]
mod tests {
    use ruma::room_id;
    use serde_json::json;

    use store::testing::each;

    use super::*;
    use crate::testing::World;

    fn object(value: Value) -> JsonObject {
        value.as_object().unwrap().clone()
    }

    #[tokio::test]
    async fn tags_come_and_go() {
        each(async |database| {
            let world = World::open(database);
            let alice = &world.user("alice").await.user_id;
            let room = room_id!("!room:example.org");
            world.room(room.as_str(), &[alice]).await;
            let accounts = &world.accounts;
            assert!(accounts.tags(alice, room).await.unwrap().is_empty());
            accounts.set_tag(alice, room, "m.favourite", object(json!({ "order": 0.25 }))).await.unwrap();
            accounts.set_tag(alice, room, "u.Work", JsonObject::new()).await.unwrap();
            let all = json!({ "m.favourite": { "order": 0.25 }, "u.Work": {} });
            assert_eq!(Value::from(accounts.tags(alice, room).await.unwrap()), all);
            let stored = accounts.account_data(alice, Some(room), TAG).await.unwrap();
            assert_eq!(serde_json::from_str::<Value>(&stored).unwrap(), json!({ "tags": all }));
            accounts.delete_tag(alice, room, "m.favourite").await.unwrap();
            let before = world.store.position();
            accounts.delete_tag(alice, room, "m.favourite").await.unwrap();
            assert_eq!(world.store.position(), before, "nothing was there, nothing was written");
            assert_eq!(Value::from(accounts.tags(alice, room).await.unwrap()), json!({ "u.Work": {} }));
        })
        .await
    }

    #[tokio::test]
    async fn odd_tags_are_refused() {
        each(async |database| {
            let world = World::open(database);
            let alice = &world.user("alice").await.user_id;
            let room = room_id!("!room:example.org");
            world.room(room.as_str(), &[alice]).await;
            let refused = async |tag: &str, info: Value| {
                world.accounts.set_tag(alice, room, tag, object(info)).await.err().map(|error| error.code())
            };
            assert_eq!(refused(&"t".repeat(256), json!({})).await, Some("M_INVALID_PARAM"));
            assert_eq!(refused("t", json!({ "order": [] })).await, Some("M_BAD_JSON"));
            for i in 0..TAGS_PER_ROOM {
                assert_eq!(refused(&i.to_string(), json!({})).await, None);
            }
            assert_eq!(refused("one more", json!({})).await, Some("M_TOO_LARGE"));
            let elsewhere = room_id!("!elsewhere:example.org");
            assert!(world.accounts.tags(alice, elsewhere).await.unwrap().is_empty());
            let unknown = world.accounts.set_tag(alice, elsewhere, "t", JsonObject::new()).await;
            assert!(matches!(unknown, Err(Error::NotFound(_))));
        })
        .await
    }
}
