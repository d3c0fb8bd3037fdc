//! Text that must not appear in a log or on a screen.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// A secret setting. `Debug` and serialisation show `***`; only [`Secret::expose`] gives the text.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. What takes it must not log it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("***")
    }
}

/// The address of the database. `Debug` and serialisation show `***` for a password in it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// Wraps `url`: `sqlite`, `sqlite:path` or `postgres://…`.
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// The address with its password. What takes it must not log it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The address without its password, in which one may also stand as a parameter.
    fn redacted(&self) -> String {
        let hidden = |rest: &str| match rest.rsplit_once('@') {
            Some((login, host)) => {
                let user = login.split_once(':').map_or(login, |(user, _)| user);
                format!("{user}:***@{host}")
            }
            None => rest.to_owned(),
        };
        let Some((scheme, rest)) = self.0.split_once("://") else { return self.0.clone() };
        let (place, parameters) = rest.split_once('?').map_or((rest, ""), |(place, _)| (place, "?***"));
        format!("{scheme}://{}{parameters}", hidden(place))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.redacted())
    }
}

impl Serialize for DatabaseUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.redacted())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        let shown = |url: &str| format!("{:?}", DatabaseUrl::new(url));
        assert_eq!(shown("sqlite:/a/b.db"), "sqlite:/a/b.db");
        assert_eq!(shown("postgres://me:p@ss:w@host:5432/db"), "postgres://me:***@host:5432/db");
        assert_eq!(shown("postgres://host/db?password=x"), "postgres://host/db?***");
        assert_eq!(format!("{:?}", Some(Secret::new("x"))), "Some(***)");
    }
}
