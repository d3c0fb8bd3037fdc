//! A request of the server under test, as it came.

use std::time::Instant;

use serde_json::Value;

/// A whole request.
#[derive(Clone, Debug)]
pub struct Request {
    /// HTTP method.
    pub method: String,
    /// Path and query as they came.
    pub uri: String,
    /// The parts of the path, decoded.
    pub parts: Vec<String>,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
    /// Header fields with lower-case names.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The body as JSON; null if it is none.
    pub json: Value,
    /// When it had come as a whole.
    pub came: Instant,
}

impl Request {
    /// Reads what came.
    pub fn new(method: &str, uri: &str, headers: Vec<(String, String)>, body: Vec<u8>) -> Self {
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        };
        Request {
            method: method.to_owned(),
            uri: uri.to_owned(),
            parts: path.split('/').skip(1).map(decode).collect(),
            query: query.split('&').filter(|text| !text.is_empty()).map(pair).collect(),
            headers,
            came: Instant::now(),
            json: serde_json::from_slice(&body).unwrap_or_default(),
            body,
        }
    }

    /// A part of the path, counted from 0; empty if there is none.
    pub fn part(&self, place: usize) -> &str {
        self.parts.get(place).map(String::as_str).unwrap_or_default()
    }

    /// What it is about: the name of the endpoint and its first argument, such as `make_join` and a room id, or
    /// `profile` and a user id. A policy server is asked about a room.
    pub fn about(&self) -> (&str, &str) {
        if self.part(1) == "policy" {
            return ("policy", self.json["room_id"].as_str().unwrap_or_default());
        }
        match (self.part(3), self.part(4)) {
            ("query", "profile") => ("profile", self.argument("user_id")),
            ("query", "directory") => ("directory", self.argument("room_alias")),
            ("user", "devices") => ("devices", self.part(5)),
            ("user", "keys") => (if self.part(5) == "claim" { "claim" } else { "keys" }, ""),
            ("media", kind) => (kind, self.part(5)),
            (endpoint, subject) => (endpoint, subject),
        }
    }

    /// A parameter of the query; empty if there is none.
    pub fn argument(&self, name: &str) -> &str {
        self.arguments(name).next().unwrap_or_default()
    }

    /// Every value of a parameter.
    pub fn arguments<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.query.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// A header field; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// A parameter of the `X-Matrix` header; empty if there is none.
    pub fn signed(&self, name: &str) -> &str {
        let parameters = self.header("authorization").trim_start_matches("X-Matrix").split(',');
        let mut found = parameters.filter_map(|parameter| parameter.trim().split_once('='));
        found.find(|(other, _)| *other == name).map(|(_, value)| value.trim_matches('"')).unwrap_or_default()
    }
}

/// Undoes percent-encoding.
fn decode(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut decoded = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        match piece.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                decoded.extend(piece.bytes().skip(2));
            }
            None => decoded.extend(format!("%{piece}").bytes()),
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::Request;

    #[test]
    fn parts_and_signature() {
        let header = r#"X-Matrix origin="a.org:1",destination=b.org,key="ed25519:1",sig="x+/=""#;
        let headers = vec![("authorization".to_owned(), header.to_owned())];
        let uri = "/_matrix/federation/v1/make_join/%21a%3Ab%2F/@u:c?ver=1&ver=%32";
        let request = Request::new("GET", uri, headers, Vec::new());
        assert_eq!(request.about(), ("make_join", "!a:b/"));
        assert_eq!(request.part(5), "@u:c");
        assert_eq!(request.arguments("ver").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!((request.signed("origin"), request.signed("destination")), ("a.org:1", "b.org"));
        assert_eq!((request.signed("key"), request.signed("sig")), ("ed25519:1", "x+/="));
    }
}
