//! A server that is there, but does not want what it is sent. Is it that, or all that we send?
//!
//! Some say 400, others that the signature is not good (401) or that we may not (403), for they read what was signed in
//! another way than we do. If that goes on for a few attempts, a transaction with nothing in it tells: who takes that
//! knows us and our key, and does not want what it was sent. Then it is sent less at a time, until what it does not want
//! is alone, and gets the rest. Who does not take it is one of those that fail, and loses nothing.

use peerbrain_core::random;

use super::{Sender, Transaction, parcel::Parcel, run::Course};
use crate::Error;

/// How often the pause must have doubled before somebody is asked who says that we are not who we are: keys may be on
/// their way.
const DOUBLED: u32 = 2;

/// What an answer says of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    /// That it makes no sense there.
    Senseless,
    /// That it is not from us, or that we have no right to it.
    Stranger,
    /// Nothing.
    None,
}

impl Sender {
    /// Whether sending this again would change nothing, while the server would take something else.
    pub(super) async fn is_refused(&self, course: &mut Course, parcel: &Parcel, error: &Error) -> bool {
        let alone = parcel.repeated() + parcel.queued == 1;
        let doubtful = match word(error) {
            Word::None => return false,
            // What is smaller shows who is right, until there is nothing smaller.
            Word::Senseless => alone,
            Word::Stranger if course.is_known || self.has_waited(course) => true,
            Word::Stranger => return false,
        };
        if doubtful {
            course.is_known = self.takes_nothing(course).await;
        }
        !doubtful || course.is_known
    }

    /// Whether the server takes a transaction that has nothing in it.
    async fn takes_nothing(&self, course: &Course) -> bool {
        let id = format!("nothing.{}", random::opaque_id(&*self.inner.options.random));
        let nothing = Transaction { id, ..Transaction::default() };
        self.inner.options.transport.send(&course.server, nothing).await.is_ok()
    }

    fn has_waited(&self, course: &Course) -> bool {
        let first = self.inner.options.pace.first_pause;
        let enough = first.saturating_mul(1 << DOUBLED).min(self.inner.options.pace.longest_pause);
        course.pause() >= enough
    }

    /// It is sent less at a time, until what it refuses is alone: that it will not get.
    pub(super) fn refused(&self, course: &mut Course, parcel: &Parcel, error: &Error) {
        if parcel.queued > 0 {
            // That is gone; perhaps it was what is refused.
            return;
        }
        if parcel.repeated() > 1 {
            course.halve(parcel.repeated());
            return;
        }
        tracing::warn!(server = %course.server, %error, "another server refuses something of ours, which it will not get");
        self.took(course, parcel);
    }
}

fn word(error: &Error) -> Word {
    match error {
        Error::Remote { status: 400 | 411 | 413 | 414 | 415 | 422, .. } => Word::Senseless,
        Error::Remote { status: 401 | 403, .. } => Word::Stranger,
        _ => Word::None,
    }
}
