//! The index: thoughts that were read, in a database of this account's folder.

use std::collections::{BTreeMap, HashMap};
use std::fs::{OpenOptions, Permissions};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};

use matrix_sdk::ruma::{OwnedEventId, OwnedUserId, RoomId, UserId};
use rusqlite::{Connection, OptionalExtension, ToSql, params, params_from_iter};

use super::words::{pattern, quoted, words};
use crate::account::Account;
use crate::error::Result;
use crate::reading::Said;
use crate::report::ThoughtReport;

/// Made once: each opening would write otherwise.
const FORM: &str = "
    BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS thoughts (
        number INTEGER PRIMARY KEY, event TEXT NOT NULL UNIQUE, id TEXT NOT NULL, author TEXT NOT NULL,
        date INTEGER NOT NULL, report TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS thoughts_by_id ON thoughts (id);
    CREATE VIRTUAL TABLE IF NOT EXISTS wording USING fts5 (words, tags, tokenize = 'trigram');
    INSERT INTO wording (wording, rank) VALUES ('secure-delete', 1);
    CREATE TABLE IF NOT EXISTS newest (room TEXT PRIMARY KEY, event TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS came_in (room TEXT PRIMARY KEY, ms INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS keyless (room TEXT NOT NULL, key TEXT NOT NULL, event TEXT NOT NULL, PRIMARY KEY (room, key));
    PRAGMA user_version = 1;
    COMMIT;
";

/// The most events that are read for one answer.
const MAX_EVENTS: usize = 10_000;

/// The index of an account.
pub struct Index {
    database: Connection,
}

impl Index {
    /// Opens the index, or makes it. Only the user may read it.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn open(account: &Account) -> Result<Self> {
        let path = account.folder().file("index.db");
        if !path.exists() {
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path)?;
            std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        }
        Self::of(Connection::open(path)?)
    }

    fn of(database: Connection) -> Result<Self> {
        database.busy_timeout(std::time::Duration::from_secs(20))?;
        database.execute_batch("PRAGMA secure_delete = ON")?;
        if database.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))? < 1 {
            database.execute_batch(FORM)?;
        }
        Ok(Self { database })
    }

    /// Takes thoughts in, or what has become of them.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn keep(&mut self, thoughts: &[ThoughtReport]) -> Result<()> {
        let mut kept = Vec::new();
        for thought in thoughts {
            // An event has one author and one room, whatever a server says.
            let known = self.by_event(thought.event_id.as_str())?;
            if known
                .is_none_or(|known| (known.room_id, known.author) == (thought.room_id.clone(), thought.author.clone()))
            {
                kept.push(thought);
            }
        }
        self.write(&kept)
    }

    /// Takes in what is not there yet.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn keep_new(&mut self, thoughts: &[ThoughtReport]) -> Result<()> {
        let mut new = Vec::new();
        for thought in thoughts {
            if self.by_event(thought.event_id.as_str())?.is_none() {
                new.push(thought);
            }
        }
        self.write(&new)
    }

    fn write(&mut self, thoughts: &[&ThoughtReport]) -> Result<()> {
        let writing = self.database.transaction()?;
        for thought in thoughts.iter().filter(|thought| !thought.undecryptable) {
            let date = i64::try_from(thought.date_ms).unwrap_or(i64::MAX);
            writing.execute(
                "INSERT INTO thoughts (event, id, author, date, report) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (event) DO UPDATE SET report = excluded.report",
                params![
                    thought.event_id.as_str(),
                    thought.id,
                    thought.author.as_str(),
                    date,
                    serde_json::to_string(thought)?
                ],
            )?;
            let number: i64 = writing.query_row(
                "SELECT number FROM thoughts WHERE event = ?1",
                [thought.event_id.as_str()],
                |row| row.get(0),
            )?;
            writing.execute("DELETE FROM wording WHERE rowid = ?1", [number])?;
            let tags: String = thought.tags.iter().map(|tag| format!(" {} ", tag.to_lowercase())).collect();
            let text = format!("{}\n{}\n{}", thought.title, thought.text, thought.tags.join(" "));
            writing
                .execute("INSERT INTO wording (rowid, words, tags) VALUES (?1, ?2, ?3)", params![number, text, tags])?;
        }
        Ok(writing.commit()?)
    }

    /// Takes newer texts in, of thoughts of this author in this room.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn edit(&mut self, room_id: &RoomId, author: &UserId, edits: &HashMap<OwnedEventId, Said>) -> Result<()> {
        let mut changed = Vec::new();
        for (event_id, said) in edits {
            let Some(mut thought) = self.by_event(event_id.as_str())? else { continue };
            if thought.room_id != room_id || thought.author != author {
                continue;
            }
            thought.text.clone_from(&said.text);
            thought.edited = true;
            if let Some(meant) = &said.thought {
                thought.title = meant.title.clone().unwrap_or_default();
                thought.tags.clone_from(&meant.tags);
            }
            changed.push(thought);
        }
        self.keep(&changed)
    }

    /// Lets go of what was deleted in a room by its author.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn delete(&mut self, room_id: &RoomId, events: &[(OwnedUserId, OwnedEventId)]) -> Result<()> {
        let mut gone = Vec::new();
        for (sender, event) in events {
            let known = self.by_event(event.as_str())?;
            if known.is_some_and(|known| known.room_id == room_id && known.author == *sender) {
                gone.push(event);
            }
        }
        let writing = self.database.transaction()?;
        for event in gone {
            writing.execute(
                "DELETE FROM wording WHERE rowid IN (SELECT number FROM thoughts WHERE event = ?1)",
                [event.as_str()],
            )?;
            writing.execute("DELETE FROM thoughts WHERE event = ?1", [event.as_str()])?;
        }
        Ok(writing.commit()?)
    }

    /// The newest event of a room up to which all is here.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn newest(&self, room_id: &RoomId) -> Result<Option<OwnedEventId>> {
        let mut query = self.database.prepare_cached("SELECT event FROM newest WHERE room = ?1")?;
        let event: Option<String> = query.query_row([room_id.as_str()], |row| row.get(0)).optional()?;
        Ok(event.and_then(|event| event.try_into().ok()))
    }

    /// Notes up to where all is here.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn set_newest(&self, room_id: &RoomId, event_id: &OwnedEventId) -> Result<()> {
        self.database.execute(
            "INSERT INTO newest (room, event) VALUES (?1, ?2) ON CONFLICT (room) DO UPDATE SET event = excluded.event",
            params![room_id.as_str(), event_id.as_str()],
        )?;
        Ok(())
    }

    /// When one came into a room, if that is remembered.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn came_in(&self, room_id: &RoomId) -> Result<Option<u64>> {
        let mut query = self.database.prepare_cached("SELECT ms FROM came_in WHERE room = ?1")?;
        let ms: Option<i64> = query.query_row([room_id.as_str()], |row| row.get(0)).optional()?;
        Ok(ms.and_then(|ms| u64::try_from(ms).ok()))
    }

    /// Remembers when one came into a room.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn set_came_in(&self, room_id: &RoomId, ms: u64) -> Result<()> {
        let ms = i64::try_from(ms).unwrap_or(i64::MAX);
        self.database
            .execute("INSERT OR REPLACE INTO came_in (room, ms) VALUES (?1, ?2)", params![room_id.as_str(), ms])?;
        Ok(())
    }

    /// Events of a room whose keys were missing, one for each key.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn keyless(&self, room_id: &RoomId) -> Result<Vec<String>> {
        let mut query = self.database.prepare_cached("SELECT event FROM keyless WHERE room = ?1")?;
        let rows = query.query_map([room_id.as_str()], |row| row.get(0))?;
        rows.map(|event| Ok(event?)).collect()
    }

    /// Notes whose keys are missing.
    ///
    /// * `all`: whether these are all of the room; else they are the newest.
    /// * `most`: how many are remembered.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn set_keyless(
        &mut self,
        room_id: &RoomId,
        all: bool,
        keyless: &BTreeMap<String, String>,
        most: usize,
    ) -> Result<()> {
        let writing = self.database.transaction()?;
        if all {
            writing.execute("DELETE FROM keyless WHERE room = ?1", [room_id.as_str()])?;
        }
        for (key, event) in keyless {
            writing.execute(
                "INSERT OR IGNORE INTO keyless (room, key, event) VALUES (?1, ?2, ?3)",
                params![room_id.as_str(), key, event],
            )?;
        }
        writing.execute(
            "DELETE FROM keyless WHERE room = ?1 AND rowid NOT IN
             (SELECT rowid FROM keyless WHERE room = ?1 ORDER BY rowid DESC LIMIT ?2)",
            params![room_id.as_str(), i64::try_from(most).unwrap_or(i64::MAX)],
        )?;
        Ok(writing.commit()?)
    }

    /// Thoughts whose id or event id begins so, newest first, each with one of its events.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn beginning_with(&self, id: &str) -> Result<Vec<ThoughtReport>> {
        let column = if id.starts_with('$') { "event" } else { "id" };
        let text = format!(
            "SELECT report FROM thoughts WHERE substr({column}, 1, length(?1)) = ?1
             GROUP BY author, id ORDER BY date DESC LIMIT 50"
        );
        self.reports(&text, &[&id])
    }

    /// All events of a thought, the first one first.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn events_of(&self, author: &UserId, id: &str) -> Result<Vec<ThoughtReport>> {
        let text = "SELECT report FROM thoughts WHERE id = ?1 AND author = ?2 ORDER BY date, number LIMIT 1000";
        self.reports(text, &[&id, &author.as_str()])
    }

    fn by_event(&self, event_id: &str) -> Result<Option<ThoughtReport>> {
        Ok(self.reports("SELECT report FROM thoughts WHERE event = ?1", &[&event_id])?.pop())
    }

    /// Thoughts with all the words, newest first.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn find(
        &self,
        typed: &str,
        author: Option<&UserId>,
        tag: Option<&str>,
        limit: usize,
    ) -> Result<Vec<ThoughtReport>> {
        let (long, short) = words(typed);
        let (mut conditions, mut values) = (vec!["1".to_owned()], Vec::new());
        if !long.is_empty() {
            values
                .push(format!("words : ({})", long.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" AND ")));
            conditions.push(format!("wording MATCH ?{}", values.len()));
        }
        for word in &short {
            values.push(pattern(word));
            conditions.push(format!("wording.words LIKE ?{} ESCAPE '\\'", values.len()));
        }
        if let Some(author) = author {
            values.push(author.to_string());
            conditions.push(format!("author = ?{}", values.len()));
        }
        if let Some(tag) = tag {
            values.push(pattern(&format!(" {} ", tag.trim_start_matches('#').to_lowercase())));
            conditions.push(format!("wording.tags LIKE ?{} ESCAPE '\\'", values.len()));
        }
        let text = format!(
            "SELECT report FROM thoughts WHERE (author, id) IN (
                 SELECT author, id FROM thoughts JOIN wording ON wording.rowid = thoughts.number WHERE {}
                 GROUP BY author, id ORDER BY max(date) DESC LIMIT {limit}
             ) LIMIT {MAX_EVENTS}",
            conditions.join(" AND ")
        );
        let values: Vec<&dyn ToSql> = values.iter().map(|value| value as &dyn ToSql).collect();
        Ok(crate::reading::merged(self.reports(&text, &values)?))
    }

    fn reports(&self, text: &str, values: &[&dyn ToSql]) -> Result<Vec<ThoughtReport>> {
        let mut query = self.database.prepare_cached(text)?;
        let rows = query.query_map(params_from_iter(values), |row| row.get::<_, String>(0))?;
        rows.map(|text| Ok(serde_json::from_str(&text?)?)).collect()
    }
}

#[cfg(test)]
mod tests {
    use matrix_sdk::ruma::OwnedRoomId;

    use super::*;

    fn thought(event: &str, title: &str, text: &str, tags: &[&str]) -> ThoughtReport {
        ThoughtReport {
            id: format!("id-of-{event}"),
            event_id: event.try_into().unwrap(),
            room_id: "!r:a".try_into().unwrap(),
            author: "@a:a".try_into().unwrap(),
            author_name: None,
            title: title.to_owned(),
            text: text.to_owned(),
            tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
            lang: None,
            date_ms: 1,
            edited: false,
            pictures: Vec::new(),
            reactions: BTreeMap::new(),
            replies: 0,
            rating: 0.0,
            audiences: Vec::new(),
            undecryptable: false,
            shared_by: None,
        }
    }

    fn index() -> Index {
        let mut index = Index::of(Connection::open_in_memory().unwrap()).unwrap();
        index
            .keep(&[
                thought("$1", "Rain", "It rained \"all\" day.", &["garden"]),
                thought("$2", "", "庭の木が雨に濡れている", &["gardening"]),
                thought("$3", "Ärger", "50% of it", &[]),
            ])
            .unwrap();
        index
    }

    fn found(index: &Index, typed: &str, tag: Option<&str>) -> Vec<String> {
        let mut found: Vec<String> =
            index.find(typed, None, tag, 10).unwrap().into_iter().map(|t| t.event_id.to_string()).collect();
        found.sort();
        found
    }

    #[test]
    fn words_of_every_language_are_found() {
        let index = index();
        assert_eq!(found(&index, "RAINED day", None), ["$1"]);
        assert_eq!(found(&index, "\"all\"", None), ["$1"]);
        assert_eq!(found(&index, "雨に濡れ", None), ["$2"]);
        assert_eq!(found(&index, "雨", None), ["$2"]);
        assert_eq!(found(&index, "ärger", None), ["$3"]);
        assert_eq!(found(&index, "0%", None), ["$3"]);
        assert_eq!(found(&index, "%", None), ["$3"]);
        assert!(found(&index, "OR", None).is_empty());
        assert!(found(&index, "rained nowhere", None).is_empty());
    }

    fn stranger() -> OwnedUserId {
        "@m:b".try_into().unwrap()
    }

    #[test]
    fn every_event_of_a_thought_is_known_and_shown_as_one() {
        let mut index = index();
        let part = |event: &str, text: &str| ThoughtReport {
            id: "trip".to_owned(),
            replies: 1,
            ..thought(event, "", text, &[])
        };
        index.keep(&[part("$p1", "Mountains."), part("$p2", "")]).unwrap();
        index.keep(&[part("$p1", "Mountains."), part("$p2", "")]).unwrap();
        let shown = index.find("mountains", None, None, 10).unwrap();
        assert_eq!((shown.len(), shown.first().map(|thought| thought.replies)), (1, Some(2)));
        let author: OwnedUserId = "@a:a".try_into().unwrap();
        assert_eq!(index.events_of(&author, "trip").unwrap().len(), 2);
        assert_eq!(index.beginning_with("trip").unwrap().len(), 1);
    }

    #[test]
    fn what_is_there_is_not_made_old_nor_somebody_elses() {
        let mut index = index();
        index.keep_new(&[thought("$1", "Rain", "Snowed.", &[])]).unwrap();
        index.keep(&[ThoughtReport { author: stranger(), ..thought("$1", "Rain", "Snowed.", &[]) }]).unwrap();
        assert!(found(&index, "snowed", None).is_empty());
        assert_eq!(found(&index, "rained", None), ["$1"]);
    }

    #[test]
    fn missing_keys_are_remembered_within_bounds() {
        let mut index = index();
        let room: OwnedRoomId = "!r:a".try_into().unwrap();
        let keys: BTreeMap<String, String> = (0..5).map(|n| (format!("k{n}"), format!("e{n}"))).collect();
        index.set_keyless(&room, false, &keys, 3).unwrap();
        assert_eq!(index.keyless(&room).unwrap().len(), 3);
        index.set_keyless(&room, true, &BTreeMap::new(), 3).unwrap();
        assert!(index.keyless(&room).unwrap().is_empty());
        assert_eq!(index.came_in(&room).unwrap(), None);
        index.set_came_in(&room, 7).unwrap();
        assert_eq!(index.came_in(&room).unwrap(), Some(7));
    }

    #[test]
    fn a_tag_is_a_whole_word() {
        assert_eq!(found(&index(), "", Some("#Garden")), ["$1"]);
        assert_eq!(found(&index(), "rain", Some("gardening")), Vec::<String>::new());
    }

    #[test]
    fn what_changed_is_found_by_its_new_words_only() {
        let mut index = index();
        let said = Said { thought: None, text: "Sunshine.".to_owned(), picture: None };
        let edits = HashMap::from([("$1".try_into().unwrap(), said)]);
        let (room, author): (OwnedRoomId, OwnedUserId) = ("!r:a".try_into().unwrap(), "@a:a".try_into().unwrap());
        index.edit(&"!other:b".try_into().map(|room: OwnedRoomId| room).unwrap(), &author, &edits).unwrap();
        index.edit(&room, &stranger(), &edits).unwrap();
        assert_eq!(found(&index, "rained", None), ["$1"], "others change nothing");
        index.edit(&room, &author, &edits).unwrap();
        assert!(found(&index, "rained", None).is_empty());
        assert_eq!(found(&index, "sunshine", None), ["$1"]);
        let event: OwnedEventId = "$1".try_into().unwrap();
        index.delete(&room, &[(stranger(), event.clone())]).unwrap();
        index
            .delete(&"!other:b".try_into().map(|room: OwnedRoomId| room).unwrap(), &[(author.clone(), event.clone())])
            .unwrap();
        assert_eq!(found(&index, "sunshine", None), ["$1"], "others delete nothing");
        index.delete(&room, &[(author, event)]).unwrap();
        assert!(found(&index, "sunshine", None).is_empty());
        assert!(index.beginning_with("id-of-$1").unwrap().is_empty());
        assert_eq!(index.beginning_with("id-of-$2").unwrap().len(), 1);
    }
}
