//! Reads a page of public thoughts.

use std::collections::HashMap;

use rooms::{Reader, read::Membership};
use ruma::{OwnedUserId, UserId};
use serde_json::{Value, value::RawValue};
use store::{
    Conn,
    rooms::{MemberRow, RoomRow, current_event, member, rooms_by_nid},
    timelines::{newest_of_timelines, timelines_of},
};
use vocabulary::{Thought, body, formatted_body, text_of};

use super::{
    Page, PublicThought,
    words::{escaped, sanitised},
};
use crate::{Result, Thoughts};

/// Thoughts of one page.
const LIMIT: usize = 20;
/// How far back pictures are looked for.
const PICTURES: usize = 2_000;

/// Which page is asked for.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// The author, one of ours.
    pub author: OwnedUserId,
    /// Where it begins: the `older` of the page before.
    pub before: Option<i64>,
}

impl Thoughts {
    /// A page of somebody's public thoughts; nothing if the author has no public timeline.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn public_page(&self, request: PageRequest) -> Result<Option<Page>> {
        let thoughts = self.clone();
        self.read(move |conn, _| {
            let Some(Public { room, author, since }) = public_timeline(conn, &request.author)? else { return Ok(None) };
            let before = request.before.unwrap_or(i64::MAX);
            let mut found = newest_of_timelines(conn, &[room.nid], before, LIMIT)?;
            found.retain(|event| event.position > since);
            let older = found.last().filter(|_| found.len() == LIMIT).map(|event| event.position);
            let events = thoughts.see(conn, &reader(&request.author), places(room, author.clone()), &found)?;
            let server = request.author.server_name().as_str();
            Ok(Some(Page {
                localpart: request.author.localpart().to_owned(),
                name: author.display_name,
                avatar: author.avatar_url.as_deref().and_then(|url| own_file(url, server)),
                thoughts: events.iter().filter_map(|event| thought(event, server)).collect(),
                older,
            }))
        })
        .await
    }

    /// Whether a file of this server is on somebody's public page.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn is_on_page(&self, author: &UserId, media_id: &str) -> Result<bool> {
        let (thoughts, author) = (self.clone(), author.to_owned());
        let address = format!("\"mxc://{}/{media_id}\"", author.server_name());
        let avatar = format!("mxc://{}/{media_id}", author.server_name());
        self.read(move |conn, _| {
            let Some(Public { room, author: owner, since }) = public_timeline(conn, &author)? else { return Ok(false) };
            if owner.avatar_url.as_deref() == Some(avatar.as_str()) {
                return Ok(true);
            }
            let found = newest_of_timelines(conn, &[room.nid], i64::MAX, PICTURES)?;
            let open = found.iter().filter(|event| event.position > since);
            let nids: Vec<i64> = open.map(|event| event.event).collect();
            let events = thoughts.rooms.events().stored(conn, &nids)?;
            Ok(events.iter().any(|event| event.json.contains(&address)))
        })
        .await
    }
}

/// A public timeline.
struct Public {
    room: RoomRow,
    /// The author's own membership.
    author: MemberRow,
    /// When it was opened to everybody: what was said before is for nobody who was not there.
    since: i64,
}

/// The public timeline of a user: not encrypted, and for everybody to read.
fn public_timeline(conn: &mut Conn, author: &UserId) -> Result<Option<Public>> {
    for nid in timelines_of(conn, author.as_str())? {
        let visibility = current_event(conn, nid, "m.room.history_visibility", "")?;
        let since = visibility.as_ref().map_or(i64::MAX, |event| event.position);
        let visibility = visibility.and_then(|event| serde_json::from_str::<Value>(&event.json).ok());
        let open =
            visibility.as_ref().and_then(|event| event.pointer("/content/history_visibility")).and_then(Value::as_str)
                == Some("world_readable");
        if !open || current_event(conn, nid, "m.room.encryption", "")?.is_some() {
            continue;
        }
        let member = member(conn, nid, author.as_str())?.filter(|member| member.membership() == Membership::Join);
        if let (Some(member), Some(room)) = (member, rooms_by_nid(conn, &[nid])?.pop()) {
            return Ok(Some(Public { room, author: member, since }));
        }
    }
    Ok(None)
}

/// The page is read as its author reads it: all of it is for everybody.
fn reader(author: &UserId) -> Reader {
    Reader { user_id: author.to_owned(), device_id: None, ignored: Default::default() }
}

fn places(room: RoomRow, member: MemberRow) -> HashMap<i64, (RoomRow, MemberRow)> {
    HashMap::from([(room.nid, (room, member))])
}

fn own_file(url: &str, server: &str) -> Option<String> {
    let id = url.strip_prefix("mxc://")?.strip_prefix(server)?.strip_prefix('/')?;
    let is_id = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    is_id.then(|| id.to_owned())
}

/// What an event says, in its newest form.
fn thought(event: &RawValue, server: &str) -> Option<PublicThought> {
    let event: Value = serde_json::from_str(event.get()).ok()?;
    let first = event.get("content")?;
    let edit = event.pointer("/unsigned/m.relations/m.replace");
    let newest = edit.and_then(|edit| edit.pointer("/content/m.new_content")).unwrap_or(first);
    let words = newest.get("body")?.as_str()?;
    let thought = Thought::of(newest).or_else(|| Thought::of(first));
    let title = thought.as_ref().and_then(|thought| thought.title.clone());
    let said_ms = event.get("origin_server_ts").and_then(Value::as_i64).unwrap_or_default();
    let changed = edit.and_then(|edit| edit.get("origin_server_ts")).and_then(Value::as_i64);
    let picture = (first.get("msgtype").and_then(Value::as_str) == Some("m.image"))
        .then(|| own_file(first.get("url")?.as_str()?, server))
        .flatten();
    let text = text_of(title.as_deref(), words);
    let is_name = picture.is_some() && newest.get("filename").and_then(Value::as_str).is_none_or(|name| name == words);
    let formatted = newest.get("formatted_body").and_then(Value::as_str);
    let html = match formatted {
        _ if is_name => String::new(),
        Some(html) => {
            let heading = formatted_body(title.as_deref(), "");
            sanitised(html.strip_prefix(&heading).unwrap_or(html))
        }
        None => escaped(text),
    };
    Some(PublicThought {
        event_id: event.get("event_id")?.as_str()?.to_owned(),
        picture: picture.map(|id| (id, title.clone().unwrap_or_else(|| body(None, text)))),
        title,
        html,
        tags: thought.as_ref().map(|thought| thought.tags.clone()).unwrap_or_default(),
        lang: thought.and_then(|thought| thought.lang),
        said_ms,
        changed_ms: changed.unwrap_or(said_ms),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(content: Value, edit: Option<Value>) -> PublicThought {
        let mut event = json!({"event_id": "$e", "origin_server_ts": 5, "content": content, "unsigned": {}});
        if let Some(edit) = edit {
            event["unsigned"] =
                json!({"m.relations": {"m.replace": {"origin_server_ts": 9, "content": {"m.new_content": edit}}}});
        }
        thought(&serde_json::value::to_raw_value(&event).unwrap(), "a.example").unwrap()
    }

    #[test]
    fn the_newest_form_is_shown() {
        let first = json!({"body": "Rain\n\nIt rained.", "org.peerbrain.thought": {"id": "1", "title": "Rain", "tags": ["wet"]}});
        let shown = read(first.clone(), None);
        assert_eq!(
            (shown.title.as_deref(), shown.html.as_str(), shown.changed_ms),
            (Some("Rain"), "<p>It rained.</p>", 5)
        );
        let edit =
            json!({"body": "Sun\n\nNo <rain>.", "org.peerbrain.thought": {"id": "1", "title": "Sun", "tags": []}});
        let shown = read(first, Some(edit));
        assert_eq!(
            (shown.title.as_deref(), shown.html.as_str(), shown.changed_ms),
            (Some("Sun"), "<p>No &lt;rain&gt;.</p>", 9)
        );
    }

    #[test]
    fn only_files_of_this_server_are_shown() {
        let image = |url: &str| json!({"msgtype": "m.image", "body": "x.png", "url": url});
        assert_eq!(read(image("mxc://a.example/abc"), None).picture.unwrap().0, "abc");
        assert_eq!(read(image("mxc://a.example/a/../b"), None).picture, None);
        assert_eq!(read(image("mxc://evil.example/abc"), None).picture, None);
        assert_eq!(read(image("https://evil.example/abc"), None).picture, None);
    }
}
