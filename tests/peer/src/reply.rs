//! One answer of the server, and the ways a test looks at it.

use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::failure::Failure;

/// A whole answer: status, headers, body text and, if it is JSON, its value.
#[derive(Clone, Debug)]
pub struct Reply {
    /// What was asked: method and path, without the token.
    pub request: String,
    /// HTTP status code.
    pub status: u16,
    /// Header fields.
    pub headers: HeaderMap,
    /// The body as text.
    pub text: String,
    /// The body as JSON; null if it is none.
    pub json: Value,
}

impl Reply {
    /// Reads an answer to its end.
    pub async fn read(request: String, response: reqwest::Response) -> Result<Self, Failure> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Reply { request, status, headers, text, json })
    }

    /// The JSON object of a 200; anything else fails the test.
    #[track_caller]
    pub fn ok(self) -> Result<Value, Failure> {
        if self.status == 200 && self.json.is_object() {
            return Ok(self.json);
        }
        Err(Failure::new(format!("{} should answer 200 with an object, answered {}", self.request, self.brief())))
    }

    /// The JSON array of a 200; anything else fails the test.
    #[track_caller]
    pub fn ok_array(self) -> Result<Vec<Value>, Failure> {
        match self.json {
            Value::Array(values) if self.status == 200 => Ok(values),
            _ => Err(Failure::new(format!("{} should answer 200 with an array, got {}", self.request, self.status))),
        }
    }

    /// An error with this status and Matrix error code; gives its JSON object.
    #[track_caller]
    pub fn error(self, status: u16, errcode: &str) -> Result<Value, Failure> {
        if self.status == status && self.json["errcode"] == errcode && self.json["error"].is_string() {
            return Ok(self.json);
        }
        Err(Failure::new(format!(
            "{} should answer {status} {errcode} with an error text, answered {}",
            self.request,
            self.brief()
        )))
    }

    /// A Matrix error with this status, whatever its code (the specification names none).
    #[track_caller]
    pub fn refused(self, status: u16) -> Result<Value, Failure> {
        let code = self.json["errcode"].as_str().unwrap_or_default();
        if self.status == status && code.starts_with("M_") {
            return Ok(self.json);
        }
        let want = format!("{status} with a Matrix error code");
        Err(Failure::new(format!("{} should answer {want}, answered {}", self.request, self.brief())))
    }

    /// A header field as text; empty if absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Status and the beginning of the body, for messages.
    pub fn brief(&self) -> String {
        format!("{} {}", self.status, self.text.chars().take(300).collect::<String>())
    }
}
