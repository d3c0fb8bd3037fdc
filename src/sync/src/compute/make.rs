//! Whether an answer needs the database.

use std::sync::Arc;

use super::{Answer, Database, Question, Sources, compute};
use crate::{Error, Result};

/// Makes an answer: from memory, where what is new came a moment ago and is there, else in a snapshot.
pub(crate) async fn make(sources: Arc<Sources>, question: Question) -> Result<Answer> {
    match from_memory(&sources, &question) {
        Err(Error::NotInMemory) => in_snapshot(sources, question).await,
        outcome => outcome,
    }
}

/// Makes an answer at once if the database need not be asked for anything.
fn from_memory(sources: &Sources, question: &Question) -> Result<Answer> {
    let follower = &sources.follower;
    // All others have been told of a commit when these have.
    let end = follower.watches.position();
    let known = &question.known;
    // Else who was shown by a snapshot what is not announced yet would ask again and again.
    let is_news = known.position < end || (known.position == end && known.serial < follower.ephemeral.serial());
    // Events as servers give them are not in memory.
    if question.since.is_none() || question.full_state || question.filter.federation_format || !is_news {
        return Err(Error::NotInMemory);
    }
    compute(Database::none(), end, follower.events.moment(), sources, question)
}

/// Makes an answer on a thread that may block.
async fn in_snapshot(sources: Arc<Sources>, question: Question) -> Result<Answer> {
    let store = sources.rooms.store().clone();
    let before = sources.follower.events.moment();
    let outcome =
        store.snapshot(move |conn, end| match compute(Database::in_snapshot(conn), end, before, &sources, &question) {
            // The pool must know of a connection that is gone.
            Err(Error::Store(error)) => match Arc::try_unwrap(error) {
                Ok(error) => Err(error),
                Err(shared) => Ok(Err(Error::Store(shared))),
            },
            Err(Error::Rooms(error)) => match Arc::try_unwrap(error) {
                Ok(rooms::Error::Store(error)) => Err(error),
                Ok(error) => Ok(Err(error.into())),
                Err(shared) => Ok(Err(Error::Rooms(shared))),
            },
            outcome => Ok(outcome),
        });
    outcome.await?
}
