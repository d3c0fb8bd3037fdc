//! The memory that answers take while they are under way. A client may ask for much and read slowly, on as many connections as
//! it likes, and an answer that is whole lies in memory until it has gone. So all large ones share one budget.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use actix_web::{
    HttpResponse,
    body::{BodySize, BoxBody, MessageBody},
};
use bytes::Bytes;
use http::Method;
use parking_lot::Mutex;

use crate::{
    Error,
    bridge::{
        Call,
        asker::{Asker, Credentials},
        tally::Tally,
    },
};

/// Bytes that all of them may take at the same time.
const MOST: usize = 256 << 20;
/// Part of it that one user, server or address may have.
const EACH: usize = 4;
/// Answers of fewer bytes are not counted.
const LARGE: usize = 65_536;
/// In how many milliseconds there may be memory again.
const LATER: u64 = 2_000;
/// How much is handed on at a time: what is handed on is no longer counted.
const PIECE: usize = 16_384;
/// What reads though it is no GET.
const READS: [&str; 4] = ["/keys/query", "/search", "/publicRooms", "/user/keys/query"];

/// The budget. Cheap to clone.
#[derive(Clone)]
pub struct Answers {
    inner: Arc<Inner>,
}

struct Inner {
    most: usize,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    all: usize,
    of: Tally<Asker>,
}

/// What one answer has of it, until this is dropped.
struct Place {
    inner: Arc<Inner>,
    asker: Asker,
    bytes: usize,
}

impl Default for Answers {
    fn default() -> Self {
        Self::new(MOST)
    }
}

impl Answers {
    fn new(most: usize) -> Self {
        Self { inner: Arc::new(Inner { most, held: Mutex::default() }) }
    }

    /// A place for an answer, if there is one. Who has none yet gets one for an answer of any size where all fit, or else
    /// there would be answers that nobody can ever read.
    ///
    /// * `must`: the answer goes out in any case, and is counted.
    fn place(&self, asker: Asker, bytes: usize, must: bool) -> Option<Place> {
        let most = self.inner.most;
        let mut held = self.inner.held.lock();
        let own = held.of.of(&asker);
        let fits = |held: usize, most: usize| held == 0 || held.saturating_add(bytes) <= most;
        if !(must || fits(own, most / EACH) && fits(held.all, most)) {
            return None;
        }
        held.all += bytes;
        held.of.add(asker.clone(), bytes);
        Some(Place { inner: self.inner.clone(), asker, bytes })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.inner.held.lock();
        held.all -= self.bytes;
        held.of.take(&self.asker, self.bytes);
    }
}

/// What must be known of a request to count its answer.
pub(super) struct Counted {
    answers: Answers,
    credentials: Credentials,
    /// Whether the request may be refused after all: it changes nothing, so it can be repeated.
    repeatable: bool,
}

impl Counted {
    /// Looks at a request before it is answered.
    pub fn of(call: &Call) -> Self {
        let method = call.request.method();
        let reads =
            method == Method::GET || method == Method::HEAD || READS.iter().any(|end| call.route.ends_with(end));
        Self { answers: call.app.answers.clone(), credentials: Credentials::of(call), repeatable: reads }
    }

    /// The answer, counted until it has gone if it is a large one in memory; 429 where there is no place for it.
    pub async fn send(self, response: HttpResponse) -> HttpResponse {
        let BodySize::Sized(size) = response.body().size() else { return response };
        if size < LARGE as u64 {
            return response;
        }
        let (head, body) = response.into_parts();
        // What is read from a file as it goes is not in memory.
        let bytes = match body.try_into_bytes() {
            Ok(bytes) => bytes,
            Err(body) => return head.set_body(body),
        };
        let asker = self.credentials.asker().await;
        match self.answers.place(asker, bytes.len(), !self.repeatable) {
            Some(place) => head.set_body(BoxBody::new(Going { bytes, _place: place })),
            None => Error::limit_exceeded(LATER).into_response(),
        }
    }
}

/// An answer that keeps its place until the last of it has been handed on.
struct Going {
    bytes: Bytes,
    _place: Place,
}

impl MessageBody for Going {
    type Error = actix_web::Error;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.bytes.len() as u64)
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let piece = self.bytes.len().min(PIECE);
        Poll::Ready((piece > 0).then(|| Ok(self.bytes.split_to(piece))))
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    fn asker(name: &str) -> Asker {
        Asker::Server(name.to_owned())
    }

    #[test]
    fn very_many_answers_at_once() {
        let answers = Answers::new(800);
        let place = |name: &str, bytes| answers.place(asker(name), bytes, false);
        let first = place("a", 150).unwrap();
        assert!(place("a", 51).is_none(), "each has a quarter");
        let second = place("a", 50).unwrap();
        let alone = place("b", 300).expect("what is larger than that goes alone");
        assert!(place("b", 1).is_none());
        let last = place("c", 200).unwrap();
        assert!(place("d", 101).is_none() && place("d", 100).is_some(), "there is no more");
        let must = answers.place(asker("a"), 500, true).unwrap();
        assert!(place("d", 1).is_none(), "what must go is counted");
        drop((must, alone, first));
        assert!(place("a", 150).is_some());
        drop((second, last));
        let huge = place("a", 2_000).expect("nobody else is there");
        assert!(place("d", 1).is_none());
        drop(huge);
        let left = answers.inner.held.lock();
        assert_eq!((left.all, left.of.len()), (0, 0));
    }

    #[test]
    fn a_slow_reader_keeps_the_place() {
        let answers = Answers::new(800_000);
        let text: Vec<u8> = (0..200_000_usize).map(|n| (n % 251) as u8).collect();
        let place = answers.place(asker("a"), text.len(), false).unwrap();
        let mut going = Box::pin(Going { bytes: text.clone().into(), _place: place });
        assert_eq!(going.size(), BodySize::Sized(200_000));
        let (mut read, mut context) = (Vec::new(), Context::from_waker(Waker::noop()));
        while let Poll::Ready(Some(piece)) = going.as_mut().poll_next(&mut context) {
            assert!(answers.place(asker("a"), 1, false).is_none());
            let piece = piece.unwrap();
            assert!(piece.len() <= PIECE);
            read.extend_from_slice(&piece);
        }
        assert!(read == text);
        drop(going);
        assert!(answers.place(asker("a"), 1, false).is_some());
    }
}
