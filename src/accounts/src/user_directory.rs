//! Finding users (client-server §user-directory).

use std::collections::{HashMap, HashSet};

use peerbrain_core::limits::DIRECTORY_USERS;
use ruma::{ServerName, UserId};
use store::{
    Conn,
    accounts::{profiles, user_directory},
};

use crate::{
    Accounts, Result,
    profile::{AVATAR_URL, DISPLAYNAME},
};

/// Users found by their names whose visibility is looked at for one search.
const MOST_CANDIDATES: i64 = 2_000;
/// Candidates whose visibility is looked at together.
const TOGETHER: usize = 100;
/// Words of a search that are looked for.
const MOST_WORDS: usize = 8;

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The best matches first.
    pub users: Vec<FoundUser>,
    /// Whether there are more.
    pub limited: bool,
}

/// A user that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundUser {
    /// The user.
    pub user_id: String,
    /// The name.
    pub display_name: Option<String>,
    /// The address of the picture.
    pub avatar_url: Option<String>,
}

impl Accounts {
    /// Searches the users of this server who share a room with `asking`, or are in a room that anybody may join or
    /// read, or all users where the operator wants that. Each word of `term` must be part of the name or of the local part of the id; letters are compared
    /// without their case.
    pub async fn search_users(&self, asking: &UserId, term: &str, limit: usize) -> Result<Found> {
        let words = words(term, &self.server_name);
        let limit = limit.min(DIRECTORY_USERS);
        if words.is_empty() || limit == 0 {
            return Ok(Found::default());
        }
        let (asking, all) = (asking.to_string(), self.all_users_found);
        Ok(self.store.slow_snapshot(move |conn, _| search(conn, &asking, all, &words, limit)).await?)
    }
}

fn search(conn: &mut Conn, asking: &str, all: bool, words: &[String], limit: usize) -> store::Result<Found> {
    let mut candidates = user_directory::matching(conn, words, "", MOST_CANDIDATES)?;
    candidates.retain(|(user_id, _)| user_id != asking);
    candidates.sort_by_cached_key(|(user_id, text)| (rank(text, words), user_id.clone()));
    let candidates: Vec<String> = candidates.into_iter().map(|(user_id, _)| user_id).collect();
    let mut visible = Vec::new();
    for some in candidates.chunks(TOGETHER) {
        visible.extend(if all { some.to_vec() } else { visible_among(conn, asking, some)? });
        if visible.len() > limit {
            break;
        }
    }
    let limited = visible.len() > limit;
    visible.truncate(limit);
    Ok(Found { users: with_profiles(conn, visible)?, limited })
}

/// Those whom `asking` may find, in their order.
fn visible_among(conn: &mut Conn, asking: &str, some: &[String]) -> store::Result<Vec<String>> {
    let sharing: HashSet<String> = user_directory::sharing_a_room(conn, asking, some)?.into_iter().collect();
    let rest: Vec<String> = some.iter().filter(|user_id| !sharing.contains(*user_id)).cloned().collect();
    let public: HashSet<String> = user_directory::in_public_rooms(conn, &rest)?.into_iter().collect();
    let visible = |user_id: &&String| sharing.contains(*user_id) || public.contains(*user_id);
    Ok(some.iter().filter(visible).cloned().collect())
}

fn with_profiles(conn: &mut Conn, user_ids: Vec<String>) -> store::Result<Vec<FoundUser>> {
    let mut field = |name: &str| -> store::Result<HashMap<String, String>> {
        let rows = profiles::field_of_many(conn, &user_ids, name)?;
        Ok(rows.into_iter().filter_map(|(user, value)| Some((user, serde_json::from_str(&value).ok()?))).collect())
    };
    let (mut names, mut pictures) = (field(DISPLAYNAME)?, field(AVATAR_URL)?);
    let found = |user_id: String| FoundUser {
        display_name: names.remove(&user_id),
        avatar_url: pictures.remove(&user_id),
        user_id,
    };
    Ok(user_ids.into_iter().map(found).collect())
}

/// The text by which a user is found: local part and name, each on a line, in small letters.
pub(crate) fn folded(user_id: &UserId, displayname: Option<&str>) -> String {
    format!("{}\n{}", user_id.localpart(), displayname.unwrap_or_default()).to_lowercase()
}

/// The words of a search. Of a whole user id only the local part is looked for.
fn words(term: &str, server_name: &ServerName) -> Vec<String> {
    let word = |word: &str| {
        let word = word.to_lowercase();
        match word.strip_prefix('@') {
            Some(id) => id.strip_suffix(&format!(":{server_name}")).unwrap_or(id).to_owned(),
            None => word,
        }
    };
    let between = |c: char| c.is_whitespace() || c.is_control();
    term.split(between).map(word).filter(|word| !word.is_empty()).take(MOST_WORDS).collect()
}

/// How well a text fits, small numbers first: a whole name, the beginning of one, the beginning of a word, any part.
fn rank(text: &str, words: &[String]) -> u8 {
    let whole = words.join(" ");
    let first = words.first().map(String::as_str).unwrap_or_default();
    if text.lines().any(|line| line == whole) {
        0
    } else if text.lines().any(|line| line.starts_with(&whole)) {
        1
    } else if text.split(|c: char| !c.is_alphanumeric()).any(|part| part.starts_with(first)) {
        2
    } else {
        3
    }
}

#[cfg(test)]
mod tests {
    use ruma::server_name;
    use serde_json::json;

    use store::testing::each;

    use super::*;
    use crate::testing::World;

    async fn found(world: &World, asking: &UserId, term: &str) -> Vec<String> {
        let found = world.accounts.search_users(asking, term, 10).await.unwrap();
        found.users.into_iter().map(|user| user.user_id.replace(":example.org", "")).collect()
    }

    #[tokio::test]
    async fn users_of_shared_and_public_rooms_are_found() {
        each(async |database| {
            let world = World::open(database);
            let mut ids = Vec::new();
            for name in ["asking", "friend", "stranger", "public", "reader"] {
                ids.push(world.user(name).await.user_id);
                let displayname = json!(format!("Ännchen {name}"));
                world.accounts.set_profile_field(&ids[ids.len() - 1], DISPLAYNAME, displayname).await.unwrap();
            }
            let [asking, friend, stranger, public, reader] = &ids[..] else { panic!() };
            world.room("!shared:example.org", &[asking, friend]).await;
            let private = ("m.room.join_rules", r#"{"content":{"join_rule":"invite"}}"#);
            world.room_with("!private:example.org", &[stranger], Some(private)).await;
            let open = ("m.room.join_rules", r#"{"content":{"join_rule":"public"}}"#);
            world.room_with("!public:example.org", &[public], Some(open)).await;
            let readable = ("m.room.history_visibility", r#"{"content":{"history_visibility":"world_readable"}}"#);
            world.room_with("!readable:example.org", &[reader], Some(readable)).await;
            assert_eq!(found(&world, asking, "ÄNN").await, ["@friend", "@public", "@reader"]);
            assert_eq!(found(&world, asking, "nnche  frie").await, ["@friend"]);
            assert_eq!(found(&world, asking, "@friend:example.org").await, ["@friend"]);
            assert_eq!(found(&world, asking, "stranger").await, Vec::<String>::new());
            assert_eq!(found(&world, asking, "example").await, Vec::<String>::new());
            assert_eq!(found(&world, asking, "fri\0end").await, ["@friend"], "a zero byte parts words");
            assert_eq!(found(&world, asking, "  ").await, Vec::<String>::new());
            for wildcard in ["%", "_", "!", "\\"] {
                assert_eq!(found(&world, asking, wildcard).await, Vec::<String>::new(), "{wildcard}");
            }
            let some = world.accounts.search_users(asking, "ännchen", 2).await.unwrap();
            assert!(some.limited && some.users.len() == 2);
            assert_eq!(some.users[0].display_name.as_deref(), Some("Ännchen friend"));
            world.accounts.lock_user(friend, true).await.unwrap();
            world.accounts.deactivate(public, None, false).await.unwrap();
            assert_eq!(found(&world, asking, "ännchen").await, ["@reader"]);
        })
        .await
    }

    #[tokio::test]
    async fn names_without_spaces_are_found_by_their_parts() {
        each(async |database| {
            let world = World::open(database);
            let (a, b) = (world.user("a").await.user_id, world.user("b").await.user_id);
            world.room("!shared:example.org", &[&a, &b]).await;
            world.accounts.set_profile_field(&b, DISPLAYNAME, json!("山田太郎")).await.unwrap();
            assert_eq!(found(&world, &a, "太郎").await, ["@b"]);
            world.accounts.delete_profile_field(&b, DISPLAYNAME).await.unwrap();
            assert_eq!(found(&world, &a, "太郎").await, Vec::<String>::new());
        })
        .await
    }

    #[tokio::test]
    async fn the_operator_may_let_everybody_find_everybody() {
        each(async |database| {
            let world = World::with(database, |config| config.user_directory.all_users = true);
            let (a, _) = (world.user("a").await.user_id, world.user("bystander").await.user_id);
            assert_eq!(found(&world, &a, "byst").await, ["@bystander"]);
        })
        .await
    }

    #[test]
    fn better_matches_come_first() {
        let words = words("Ann", server_name!("example.org"));
        let ranks: Vec<u8> = ["ann\n", "x\nann smith", "x\nbob ann", "x\njoann"].map(|text| rank(text, &words)).into();
        assert_eq!(ranks, [0, 1, 2, 3]);
    }
}
