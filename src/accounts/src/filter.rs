//! Stored filters (client-server §filtering).

use std::sync::Arc;

use peerbrain_core::limits::{FILTER_BYTES, FILTERS_PER_USER};
use quick_cache::{Weighter, sync::Cache};
use ruma::{CanonicalJsonValue, OwnedUserId, UserId, api::client::filter::FilterDefinition};
use serde_json::Value;
use store::accounts::filters;

use crate::{Accounts, Error, JsonObject, Result, tokens};

/// A filter.
#[derive(Clone, Debug)]
pub struct Filter {
    /// As canonical JSON: the same text means the same filter.
    pub text: String,
    /// As it is applied.
    pub definition: FilterDefinition,
}

impl Filter {
    /// Reads a filter, be it one to store or one given in a request.
    ///
    /// # Errors
    /// [`Error::BadJson`] for one of a wrong form, [`Error::TooLarge`].
    pub fn from_object(object: JsonObject) -> Result<Self> {
        let canonical = CanonicalJsonValue::try_from(Value::Object(object))
            .map_err(|_| Error::bad_json("the filter is no canonical JSON"))?;
        let text = canonical.to_string();
        if text.len() > FILTER_BYTES {
            return Err(Error::too_large("the filter is too large"));
        }
        let definition =
            serde_json::from_str(&text).map_err(|error| Error::BadJson(format!("not a filter: {error}").into()))?;
        Ok(Self { text, definition })
    }
}

/// Bytes of memory for filters used lately.
const CACHED_BYTES: u64 = 4 << 20;
/// Filters of the usual size for which that is enough.
const CACHED: usize = 2_000;

/// Filters used lately, by user and id. They never change, so what was read is good for ever.
pub(crate) struct CachedFilters(Cache<(OwnedUserId, i64), Arc<Filter>, Weight>);

#[derive(Clone)]
struct Weight;

impl Weighter<(OwnedUserId, i64), Arc<Filter>> for Weight {
    /// Bytes, rather too many than too few: what is read from a list takes more memory than its text.
    fn weight(&self, (user_id, _): &(OwnedUserId, i64), filter: &Arc<Filter>) -> u64 {
        const ELEMENT: usize = 48;
        let elements = filter.text.bytes().filter(|byte| *byte == b',').count();
        let text = filter.text.len();
        (size_of::<Filter>() + 128 + user_id.as_str().len() + 2 * text + ELEMENT * elements) as u64
    }
}

impl Default for CachedFilters {
    fn default() -> Self {
        Self(Cache::with_weighter(CACHED, CACHED_BYTES, Weight))
    }
}

impl Accounts {
    /// Stores a filter and gives its id; the same filter has the same id.
    ///
    /// # Errors
    /// As [`Filter::from_object`].
    pub async fn create_filter(&self, user_id: &UserId, filter: JsonObject) -> Result<String> {
        let filter = Filter::from_object(filter)?;
        let hash = tokens::hash(&filter.text);
        let user = user_id.to_string();
        let id = match self.store.read(move |conn| filters::id_of(conn, &user, &hash)).await? {
            Some(known) => known,
            None => {
                let (user, text) = (user_id.to_string(), filter.text.clone());
                let most = i64::try_from(FILTERS_PER_USER).unwrap_or(i64::MAX);
                self.store.write(move |tx| filters::insert(tx, &user, &hash, &text, most)).await?
            }
        };
        self.filters.0.insert((user_id.to_owned(), id), Arc::new(filter));
        Ok(id.to_string())
    }

    /// A stored filter.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn filter(&self, user_id: &UserId, filter_id: &str) -> Result<Arc<Filter>> {
        let unknown = || Error::not_found("there is no such filter");
        let id: i64 = filter_id.parse().map_err(|_| unknown())?;
        let key = (user_id.to_owned(), id);
        if let Some(known) = self.filters.0.get(&key) {
            return Ok(known);
        }
        let user = user_id.to_string();
        let text = self.store.read(move |conn| filters::get(conn, &user, id)).await?.ok_or_else(unknown)?;
        let definition = serde_json::from_str(&text).map_err(|_| store::Error::Corrupt("a stored filter".into()))?;
        let filter = Arc::new(Filter { text, definition });
        self.filters.0.insert(key, filter.clone());
        Ok(filter)
    }
}

#[cfg(test)]
mod tests {
    use ruma::user_id;
    use serde_json::json;

    use store::testing::each;

    use super::*;
    use crate::testing::World;

    fn object(value: Value) -> JsonObject {
        value.as_object().unwrap().clone()
    }

    #[tokio::test]
    async fn the_same_filter_has_the_same_id() {
        each(async |database| {
            let world = World::open(database);
            let alice = &world.user("alice").await.user_id;
            let bob = &world.user("bob").await.user_id;
            let accounts = &world.accounts;
            let room = json!({ "timeline": { "limit": 5 }, "state": { "lazy_load_members": true } });
            let id =
                accounts.create_filter(alice, object(json!({ "event_format": "client", "room": room }))).await.unwrap();
            let same =
                accounts.create_filter(alice, object(json!({ "room": room, "event_format": "client" }))).await.unwrap();
            assert_eq!(id, same);
            let other = accounts.create_filter(alice, JsonObject::new()).await.unwrap();
            assert_ne!(id, other);
            accounts.filters.0.clear();
            let read = accounts.filter(alice, &id).await.unwrap();
            assert_eq!(serde_json::from_str::<Value>(&read.text).unwrap()["room"], room);
            assert_eq!(read.definition.room.timeline.limit.map(u64::from), Some(5));
            assert!(Arc::ptr_eq(&read, &accounts.filter(alice, &id).await.unwrap()));
            for (user, id) in [(bob, id.as_str()), (alice, "99"), (alice, "x"), (alice, "")] {
                assert!(matches!(accounts.filter(user, id).await, Err(Error::NotFound(_))));
            }
        })
        .await
    }

    #[test]
    fn large_filters_do_not_fill_the_memory() {
        let cached = CachedFilters::default();
        let types: Vec<String> = (0..6_000).map(|i| i.to_string()).collect();
        let filter = Filter::from_object(object(json!({ "room": { "timeline": { "types": types } } }))).unwrap();
        let filter = Arc::new(filter);
        assert!(Weight.weight(&(user_id!("@a:b").to_owned(), 0), &filter) > 300_000);
        for id in 0..1_000 {
            cached.0.insert((user_id!("@a:b").to_owned(), id), filter.clone());
        }
        assert!(cached.0.weight() <= CACHED_BYTES && cached.0.len() < 20, "{}", cached.0.len());
    }

    #[test]
    fn odd_filters_are_refused() {
        for odd in [
            json!({ "room": [] }),
            json!({ "room": { "timeline": { "limit": -1 } } }),
            json!({ "room": { "timeline": { "limit": 1.5 } } }),
            json!({ "room": { "rooms": "!a:b" } }),
            json!({ "room": { "rooms": ["no room id"] } }),
            json!({ "presence": { "senders": ["nobody"] } }),
            json!({ "event_fields": 3 }),
        ] {
            let text = odd.to_string();
            assert!(matches!(Filter::from_object(object(odd)), Err(Error::BadJson(_))), "{text}");
        }
        let large = json!({ "x": "y".repeat(FILTER_BYTES) });
        assert!(matches!(Filter::from_object(object(large)), Err(Error::TooLarge(_))));
        assert!(Filter::from_object(object(json!({ "unknown.field": { "kept": true } }))).is_ok());
    }
}
