//! The index: thoughts that were read, in a database of this account's folder.

use std::collections::HashMap;
use std::fs::{OpenOptions, Permissions};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};

use matrix_sdk::ruma::{OwnedEventId, RoomId, UserId};
use rusqlite::{Connection, OptionalExtension, ToSql, params, params_from_iter};

use super::words::{pattern, quoted, words};
use crate::account::Account;
use crate::error::Result;
use crate::reading::Said;
use crate::report::ThoughtReport;

const FORM: &str = "
    CREATE TABLE IF NOT EXISTS thoughts (
        number INTEGER PRIMARY KEY, event TEXT NOT NULL UNIQUE, id TEXT NOT NULL, author TEXT NOT NULL,
        date INTEGER NOT NULL, report TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS thoughts_by_id ON thoughts (id);
    CREATE VIRTUAL TABLE IF NOT EXISTS wording USING fts5 (words, tags, tokenize = 'trigram');
    CREATE TABLE IF NOT EXISTS newest (room TEXT PRIMARY KEY, event TEXT NOT NULL);
";

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
        database.execute_batch(FORM)?;
        Ok(Self { database })
    }

    /// Takes thoughts in, or what has become of them.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn keep(&mut self, thoughts: &[ThoughtReport]) -> Result<()> {
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

    /// Takes newer texts in.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn edit(&mut self, edits: &HashMap<OwnedEventId, Said>) -> Result<()> {
        let mut changed = Vec::new();
        for (event_id, said) in edits {
            let Some(mut thought) = self.by_event(event_id.as_str())? else { continue };
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

    /// Lets go of what was deleted.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn delete(&mut self, events: &[OwnedEventId]) -> Result<()> {
        let writing = self.database.transaction()?;
        for event in events {
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

    /// Thoughts whose id or event id begins so, newest first.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn beginning_with(&self, id: &str) -> Result<Vec<ThoughtReport>> {
        let column = if id.starts_with('$') { "event" } else { "id" };
        let text = format!(
            "SELECT report FROM thoughts WHERE substr({column}, 1, length(?1)) = ?1 ORDER BY date DESC LIMIT 50"
        );
        self.reports(&text, &[&id])
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
            "SELECT report FROM thoughts JOIN wording ON wording.rowid = thoughts.number WHERE {} ORDER BY date DESC LIMIT {limit}",
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
    use std::collections::BTreeMap;

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

    #[test]
    fn a_tag_is_a_whole_word() {
        assert_eq!(found(&index(), "", Some("#Garden")), ["$1"]);
        assert_eq!(found(&index(), "rain", Some("gardening")), Vec::<String>::new());
    }

    #[test]
    fn what_changed_is_found_by_its_new_words_only() {
        let mut index = index();
        let said = Said { thought: None, text: "Sunshine.".to_owned(), picture: None };
        index.edit(&HashMap::from([("$1".try_into().unwrap(), said)])).unwrap();
        assert!(found(&index, "rained", None).is_empty());
        assert_eq!(found(&index, "sunshine", None), ["$1"]);
        index.delete(&["$1".try_into().unwrap()]).unwrap();
        assert!(found(&index, "sunshine", None).is_empty());
        assert!(index.beginning_with("id-of-$1").unwrap().is_empty());
        assert_eq!(index.beginning_with("id-of-$2").unwrap().len(), 1);
    }
}
