//! The server's signing key: read, or made at the first start.

use std::path::Path;

use events::SigningKey;
use peerbrain_core::{Random, random};
use store::{Store, meta};

use crate::error::Error;
use crate::first_start::write_secret_file;
use crate::terminal::say;

/// Under which name the database remembers the key that it was last used with.
const FACT: &str = "signing_key";

/// Reads the key at `path`; makes one if there is none and `store` has never been used with another.
///
/// # Errors
/// A file that cannot be read, or a missing key for a database that has one: events signed with a key that nobody knows
/// would be refused by every other server, so that is for the operator to decide.
pub async fn load_or_make(path: &Path, store: &Store, random: &dyn Random) -> Result<SigningKey, Error> {
    let recorded = store.read(|conn| meta::get(conn, FACT)).await?;
    let key = match (read(path)?, &recorded) {
        (Some(key), _) => key,
        (None, None) => make(path, random)?,
        (None, Some(known)) => {
            return Err(Error::plain(format!(
                "the signing key {known} is missing: put the file {} back (it is in every backup)",
                path.display()
            )));
        }
    };
    let id = key.key_id();
    match recorded {
        Some(known) if known == id => return Ok(key),
        Some(known) => tracing::warn!(%known, new = %id, "the signing key has changed; others will only slowly notice"),
        None => {}
    }
    store.write(move |tx| meta::set(tx.conn(), FACT, &id)).await?;
    Ok(key)
}

/// The key in the file, if there is a file.
///
/// # Errors
/// A file that cannot be read or holds no key.
pub fn read(path: &Path) -> Result<Option<SigningKey>, Error> {
    match std::fs::read_to_string(path) {
        Ok(text) => SigningKey::from_text(&text).map(Some).map_err(|error| unusable(path, &error)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::file("read", path)(error)),
    }
}

fn make(path: &Path, random: &dyn Random) -> Result<SigningKey, Error> {
    let key = SigningKey::generate(random::bytes(random)).map_err(|error| unusable(path, &error))?;
    write_secret_file(path, &key.to_text())?;
    say(&format!("Made the signing key {} in {}.", key.key_id(), path.display()));
    Ok(key)
}

fn unusable(path: &Path, error: &events::Error) -> Error {
    Error::plain(format!("{}: {error}", path.display()))
}
