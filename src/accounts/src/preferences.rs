//! What a user's account data asks of the server: whom to ignore, and whether to let invites through.

use std::{collections::HashSet, sync::Arc};

use ruma::{OwnedUserId, UserId};
use serde_json::Value;
use store::{
    Conn,
    accounts::account_data::{self, GLOBAL},
};

use crate::{Accounts, JsonObject, Result};

/// What a user's account data asks of the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    /// Whose events and invites the user does not want to see (`m.ignored_user_list`).
    pub ignored: HashSet<OwnedUserId>,
    /// Whether the user wants no invites at all (`m.invite_permission_config`, MSC4380).
    pub invites_blocked: bool,
}

impl Accounts {
    /// The preferences of a user. They are kept in memory and never older than the newest commit.
    pub async fn preferences(&self, user_id: &UserId) -> Result<Arc<Preferences>> {
        if let Some(known) = self.caches.preferences(user_id) {
            return Ok(known);
        }
        let before = self.caches.before_reading();
        let user = user_id.to_string();
        let read = Arc::new(self.store.read(move |conn| read(conn, &user)).await?);
        self.caches.keep_preferences(user_id, read.clone(), before);
        Ok(read)
    }
}

fn read(conn: &mut Conn, user: &str) -> store::Result<Preferences> {
    let ignored = account_data::get(conn, user, GLOBAL, "m.ignored_user_list")?;
    let invites = account_data::get(conn, user, GLOBAL, "m.invite_permission_config")?;
    Ok(Preferences {
        ignored: ignored.map(|content| ignored_users(&content)).unwrap_or_default(),
        invites_blocked: invites.is_some_and(|content| blocks_invites(&content)),
    })
}

/// The users of an ignore list; what is no user id in it is passed over.
fn ignored_users(content: &str) -> HashSet<OwnedUserId> {
    let content: JsonObject = serde_json::from_str(content).unwrap_or_default();
    let users = content.get("ignored_users").and_then(Value::as_object);
    users.into_iter().flat_map(JsonObject::keys).filter_map(|user| UserId::parse(user.as_str()).ok()).collect()
}

fn blocks_invites(content: &str) -> bool {
    let content: JsonObject = serde_json::from_str(content).unwrap_or_default();
    content.get("default_action").and_then(Value::as_str) == Some("block")
}

#[cfg(test)]
mod tests {
    use ruma::owned_user_id;
    use serde_json::json;

    use store::testing::each;

    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn a_change_is_seen_at_once() {
        each(async |database| {
            let world = World::open(database);
            let alice = &world.user("alice").await.user_id;
            let set = async |event_type: &str, content: Value| {
                let content = serde_json::value::to_raw_value(&content).unwrap();
                world.accounts.set_account_data(alice, None, event_type, &content).await.unwrap();
                let now = world.accounts.preferences(alice).await.unwrap();
                assert!(Arc::ptr_eq(&now, &world.accounts.preferences(alice).await.unwrap()), "it is cached");
                now
            };
            assert_eq!(*world.accounts.preferences(alice).await.unwrap(), Preferences::default());
            let users = json!({ "@bob:example.org": {}, "nonsense": {}, "@eve:elsewhere.org": 7 });
            let now = set("m.ignored_user_list", json!({ "ignored_users": users })).await;
            let ignored = HashSet::from([owned_user_id!("@bob:example.org"), owned_user_id!("@eve:elsewhere.org")]);
            assert_eq!(now.ignored, ignored);
            assert!(set("m.invite_permission_config", json!({ "default_action": "block" })).await.invites_blocked);
            let now = set("m.invite_permission_config", json!({ "default_action": ["block"] })).await;
            assert_eq!(*now, Preferences { ignored, invites_blocked: false });
            assert!(set("m.ignored_user_list", json!({ "ignored_users": [] })).await.ignored.is_empty());
        })
        .await
    }
}
