//! Rooms elsewhere, and of spaces the children: `GET /hierarchy` of another server.

use std::{sync::Arc, time::Duration};

use rooms::read::{RoomElsewhere, RoomSummary};
use ruma::{OwnedServerName, RoomId, ServerName, api::federation::space::get_hierarchy::v1};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{Error, Federation, Result, client::Bounds};

/// A space names a thousand children at most, each with a summary.
const SPACE: Bounds = Bounds { bytes: 4 << 20, time: Duration::from_secs(10) };
/// How many servers are asked for one room.
const TRIED: usize = 3;
/// How many children of a space are looked at.
const CHILDREN: usize = 1_000;

/// What another server tells of a room.
#[derive(Debug)]
pub(super) struct Space {
    /// The room itself.
    pub room: RoomElsewhere,
    /// Those of its children that the server knows.
    pub children: Vec<RoomSummary>,
    /// Those that are closed to this server.
    pub inaccessible: Vec<String>,
}

#[derive(Deserialize)]
struct Answer {
    room: Box<RawValue>,
    #[serde(default)]
    children: Vec<Box<RawValue>>,
    #[serde(default)]
    inaccessible_children: Vec<String>,
}

#[derive(Deserialize)]
struct Children {
    #[serde(default)]
    children_state: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Named {
    state_key: String,
}

impl Federation {
    /// What others tell of a room: the first of these servers that answers.
    ///
    /// # Errors
    /// Those of [`Client::send`](crate::client::Client::send), of the last that was asked; [`Error::NotFound`] where there is
    /// nobody to ask.
    pub(super) async fn space(&self, room_id: &RoomId, servers: Vec<OwnedServerName>) -> Result<Arc<Space>> {
        let spaces = &self.inner.lookups.spaces;
        if let Some(space) = spaces.get(room_id.as_str()) {
            return Ok(space);
        }
        let mut failure = Error::NotFound("no server is known that is in the room".into());
        for server in servers.into_iter().take(TRIED) {
            let request = v1::Request::new(room_id.to_owned());
            let answer: Result<(Answer, usize)> = self.look_up(&server, request, SPACE).await;
            match answer.and_then(|(answer, bytes)| Ok((read(&server, room_id, answer)?, bytes))) {
                Ok((space, bytes)) => return Ok(spaces.keep(room_id.as_str(), space, bytes)),
                Err(error) => {
                    tracing::info!(%server, %room_id, %error, "a server could not tell of a room");
                    failure = error;
                }
            }
        }
        Err(failure)
    }
}

/// Reads an answer: it is of that room, and tells of no others but the children that it names.
fn read(server: &ServerName, room_id: &RoomId, answer: Answer) -> Result<Space> {
    let bad = |reason: String| Error::BadAnswer { server: server.to_owned(), reason };
    let Answer { room, children, inaccessible_children } = answer;
    let summary: RoomSummary = serde_json::from_str(room.get()).map_err(|error| bad(error.to_string()))?;
    if summary.room_id != room_id.as_str() {
        return Err(bad("it is about another room".into()));
    }
    let Children { mut children_state } = serde_json::from_str(room.get()).map_err(|error| bad(error.to_string()))?;
    children_state.truncate(CHILDREN);
    let named = children_state.iter().filter_map(|event| serde_json::from_str::<Named>(event.get()).ok());
    let named: std::collections::HashSet<String> = named.map(|event| event.state_key).collect();
    let children = children.iter().filter_map(|child| serde_json::from_str::<RoomSummary>(child.get()).ok());
    Ok(Space {
        children: children.filter(|child| named.contains(&child.room_id)).take(CHILDREN).collect(),
        inaccessible: inaccessible_children.into_iter().filter(|id| named.contains(id)).take(CHILDREN).collect(),
        room: RoomElsewhere { summary, children_state: Some(children_state) },
    })
}

#[cfg(test)]
mod tests {
    use ruma::{room_id, server_name};
    use serde_json::{Value, json};

    use super::*;

    fn of(answer: &Value) -> Result<Space> {
        read(server_name!("b"), room_id!("!space:b"), serde_json::from_str(&answer.to_string()).unwrap())
    }

    #[test]
    fn only_what_was_asked_for_is_taken() {
        let child = |id: &str| json!({ "type": "m.space.child", "state_key": id, "content": { "via": ["b"] } });
        let state = json!([child("!one:b"), child("!closed:b"), 5]);
        let space = of(&json!({
            "room": { "room_id": "!space:b", "room_type": "m.space", "children_state": state },
            "children": [{ "room_id": "!one:b", "name": "One" }, { "room_id": "!forged:c" }, { "room_id": 5 }],
            "inaccessible_children": ["!closed:b", "!other:c"],
        }))
        .unwrap();
        assert_eq!(space.children.iter().map(|child| child.room_id.as_str()).collect::<Vec<_>>(), ["!one:b"]);
        assert_eq!(space.inaccessible, ["!closed:b"]);
        assert!(space.room.summary.is_space() && space.room.summary.join_rule == "public");
        assert!(of(&json!({ "room": { "room_id": "!other:b" } })).is_err());
        assert!(of(&json!({ "room": { "room_id": "!space:b", "children_state": 5 } })).is_err());
    }
}
