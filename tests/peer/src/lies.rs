//! Lies: what a test puts in the place of an honest answer.

use std::fmt;
use std::sync::Arc;

use crate::answer::Answer;
use crate::request::Request;
use crate::{Peer, locked};

type Lie = Arc<dyn Fn(&Request, Answer) -> Answer + Send + Sync>;

/// The lies that are told, by endpoint and what is asked about.
#[derive(Default)]
pub struct Lies(Vec<(String, String, Lie)>);

impl fmt::Debug for Lies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(endpoint, subject, _)| (endpoint, subject))).finish()
    }
}

impl Peer {
    /// Answers in another way from now on: a lie gets the request and the honest answer, and gives what is sent.
    pub fn lie<F>(&self, endpoint: &str, subject: &str, lie: F)
    where
        F: Fn(&Request, Answer) -> Answer + Send + Sync + 'static,
    {
        locked(&self.inner.lies).0.push((endpoint.to_owned(), subject.to_owned(), Arc::new(lie)));
    }

    /// Answers honestly again.
    pub fn honest(&self, endpoint: &str, subject: &str) {
        locked(&self.inner.lies).0.retain(|(other, about, _)| (other.as_str(), about.as_str()) != (endpoint, subject));
    }

    /// The answer that is sent in the place of an honest one.
    pub(super) fn twist(&self, request: &Request, honest: Answer) -> Answer {
        let (endpoint, subject) = request.about();
        let wanted =
            |(other, about, _): &&(String, String, Lie)| (other.as_str(), about.as_str()) == (endpoint, subject);
        let lies: Vec<Lie> = locked(&self.inner.lies).0.iter().filter(wanted).map(|(_, _, lie)| lie.clone()).collect();
        lies.into_iter().fold(honest, |answer, lie| lie(request, answer))
    }
}
