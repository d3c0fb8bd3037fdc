//! The body of a search.

use ruma::api::client::filter::RoomEventFilter;
use search::{ContextRequest, Criteria, GroupKey, OrderBy};
use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error as _};
use serde_json::{Map, Value};
use store::search::Field;

/// Events on each side of a result where the request asks for no number.
const SURROUNDING: usize = 5;

/// What must be a JSON object. serde would also take a list for a struct.
pub(super) struct Object<T>(pub T);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let object = Map::<String, Value>::deserialize(deserializer)?;
        serde_json::from_value(Value::Object(object)).map(Self).map_err(D::Error::custom)
    }
}

#[derive(Deserialize)]
pub(super) struct Body {
    pub search_categories: Object<Categories>,
}

#[derive(Deserialize)]
pub(super) struct Categories {
    pub room_events: Option<Object<RoomEvents>>,
}

#[derive(Deserialize)]
pub(super) struct RoomEvents {
    search_term: String,
    keys: Option<Vec<String>>,
    filter: Option<Object<RoomEventFilter>>,
    order_by: Option<Order>,
    event_context: Option<Object<EventContext>>,
    include_state: Option<bool>,
    groupings: Option<Object<Groupings>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Order {
    Rank,
    Recent,
}

#[derive(Deserialize)]
struct EventContext {
    before_limit: Option<usize>,
    after_limit: Option<usize>,
    include_profile: Option<bool>,
}

#[derive(Deserialize)]
struct Groupings {
    group_by: Option<Vec<Object<Grouping>>>,
}

#[derive(Deserialize)]
struct Grouping {
    key: Key,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Key {
    RoomId,
    Sender,
}

impl RoomEvents {
    /// What the search crate is asked for. Keys that nobody knows find nothing.
    pub fn into_criteria(self, next_batch: Option<String>) -> Criteria {
        let known = |key: String| match key.as_str() {
            "content.body" => Some(Field::Body),
            "content.name" => Some(Field::Name),
            "content.topic" => Some(Field::Topic),
            _ => None,
        };
        let groups = self.groupings.and_then(|Object(groupings)| groupings.group_by).unwrap_or_default();
        let mut group_by = Vec::new();
        for Object(grouping) in groups {
            let key = match grouping.key {
                Key::RoomId => GroupKey::Room,
                Key::Sender => GroupKey::Sender,
            };
            if !group_by.contains(&key) {
                group_by.push(key);
            }
        }
        Criteria {
            term: self.search_term,
            fields: self.keys.map(|keys| keys.into_iter().filter_map(known).collect()),
            filter: self.filter.map(|Object(filter)| filter).unwrap_or_default(),
            order_by: match self.order_by {
                Some(Order::Recent) => OrderBy::Recent,
                Some(Order::Rank) | None => OrderBy::Rank,
            },
            context: self.event_context.map(|Object(context)| ContextRequest {
                before: context.before_limit.unwrap_or(SURROUNDING),
                after: context.after_limit.unwrap_or(SURROUNDING),
                include_profile: context.include_profile.unwrap_or(false),
            }),
            include_state: self.include_state.unwrap_or(false),
            group_by,
            next_batch,
        }
    }
}
