//! The full-text index over messages, names and topics. Which words a text has is said by the caller; here they are only
//! kept and found again.
//!
//! On SQLite that is an FTS5 table without contents, on PostgreSQL a `tsvector` with a GIN index. A row also has *marks*,
//! words that no text has: the room, the field and, where the words are those of an edit, the edit. So one look into the
//! index finds a word in some rooms, whatever is said in all others.

mod find;
mod forget;
#[cfg(test)]
mod plans;
mod progress;
mod write;

pub use find::{Part, WordQuery, matching};
pub(crate) use forget::{forget, forget_room};
pub use progress::{Batch, Progress, encrypted, finish, logged, older, start, to_do_again};
pub use write::{SearchRow, write};

/// The fields that are searched. The words of a field's mark are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// `content.body` of `m.room.message`.
    Body,
    /// `content.name` of `m.room.name`.
    Name,
    /// `content.topic` of `m.room.topic`.
    Topic,
}

/// What begins every mark. It is no letter and no digit, so no text has such a word; and it is not ASCII, so FTS5's
/// tokenizer leaves it in its word.
const MARK: char = '¤';

fn field_mark(field: Field) -> String {
    let word = match field {
        Field::Body => "body",
        Field::Name => "name",
        Field::Topic => "topic",
    };
    format!("{MARK}{word}")
}

fn room_mark(room: i64) -> String {
    format!("{MARK}r{room}")
}

fn edit_mark(edit: i64) -> String {
    format!("{MARK}e{edit}")
}
