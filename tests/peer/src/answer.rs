//! What the scripted peer answers: JSON if it is honest, anything if it is not.

use std::time::Duration;

use serde_json::{Value, json};

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Content type.
    pub content_type: String,
    /// More header fields.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
}

/// The body of an answer.
#[derive(Clone, Debug)]
pub enum Body {
    /// Bytes whose number is told.
    Whole(Vec<u8>),
    /// Bytes whose number is not told: a beginning, and a part again and again.
    Repeated {
        /// The beginning.
        first: Vec<u8>,
        /// What follows.
        part: Vec<u8>,
        /// How often it follows.
        times: usize,
    },
    /// A beginning, of which more bytes are told than ever come.
    Announced {
        /// What comes.
        first: Vec<u8>,
        /// How many bytes are told.
        length: u64,
    },
    /// A part again and again with a pause behind it, without an end.
    Slow {
        /// The part.
        part: Vec<u8>,
        /// The pause.
        pause: Duration,
    },
    /// None: the connection is closed.
    Cut,
}

impl Answer {
    /// 200 with JSON.
    pub fn ok(json: Value) -> Self {
        Answer::json(200, json)
    }

    /// JSON with a status.
    pub fn json(status: u16, json: Value) -> Self {
        Answer::text(status, json.to_string())
    }

    /// A text that is said to be JSON.
    pub fn text(status: u16, text: String) -> Self {
        Answer::of(status, Body::Whole(text.into_bytes()))
    }

    /// A body that is said to be JSON.
    pub fn of(status: u16, body: Body) -> Self {
        Answer { status, content_type: "application/json".to_owned(), headers: Vec::new(), body }
    }

    /// A Matrix error.
    pub fn error(status: u16, errcode: &str) -> Self {
        Answer::json(status, json!({ "errcode": errcode, "error": "The scripted peer says so" }))
    }

    /// No such thing.
    pub fn not_found() -> Self {
        Answer::error(404, "M_NOT_FOUND")
    }

    /// The body as JSON; null if it is none.
    pub fn value(&self) -> Value {
        match &self.body {
            Body::Whole(body) => serde_json::from_slice(body).unwrap_or_default(),
            _ => Value::Null,
        }
    }

    /// The same answer with its JSON changed.
    pub fn changed(self, change: impl FnOnce(&mut Value)) -> Self {
        let mut value = self.value();
        change(&mut value);
        Answer { body: Body::Whole(value.to_string().into_bytes()), ..self }
    }
}
