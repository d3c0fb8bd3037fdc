//! The server's signing key: read, made at the first start, or replaced by another.

use std::path::Path;

use events::{PublicKey, SigningKey};
use peerbrain_core::{Random, random};
use store::federation::old_signing_keys::{self, OldKeyRow};
use store::{Conn, Store, meta};

use crate::error::Error;
use crate::first_start::{replace_secret_file, write_secret_file};
use crate::terminal::say;

/// Under which names the database remembers the key that it was last used with: its id and its public half.
const FACT: &str = "signing_key";
const PUBLIC_FACT: &str = "signing_key_public";

/// Reads the key at `path`; makes one if there is none and `store` has never been used with another. If the key is another
/// than the last time, the one from then joins the old keys, which are published for ever: what it signed stays good.
///
/// # Errors
/// A file that cannot be read, or a missing key for a database that has one: events signed with a key that nobody knows
/// would be refused by every other server, so that is for the operator to decide.
pub async fn load_or_make(path: &Path, store: &Store, random: &dyn Random, now: i64) -> Result<SigningKey, Error> {
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
    if let Some(known) = recorded.filter(|known| *known != id) {
        tracing::warn!(%known, new = %id, "the signing key has changed; others will only slowly notice");
    }
    let public = key.public_key_base64();
    store.write(move |tx| record(tx.conn(), &id, &public, now)).await?;
    Ok(key)
}

/// Puts a new key in the place of the one at `path`. If that breaks off anywhere, the key that the file then has is used
/// at the next start, and the other one, if it ever was in use, is an old one.
///
/// # Errors
/// As [`load_or_make`], and a file that cannot be replaced.
pub async fn rotate(path: &Path, store: &Store, random: &dyn Random, now: i64) -> Result<SigningKey, Error> {
    load_or_make(path, store, random, now).await?;
    let key = SigningKey::generate(random::bytes(random)).map_err(|error| unusable(path, &error))?;
    replace_secret_file(path, &key.to_text())?;
    load_or_make(path, store, random, now).await
}

/// Remembers the key in use, and the one before it as an old one.
fn record(conn: &mut Conn, id: &str, public: &str, now: i64) -> store::Result<()> {
    let known = (meta::get(conn, FACT)?, meta::get(conn, PUBLIC_FACT)?);
    if known == (Some(id.to_owned()), Some(public.to_owned())) {
        return Ok(());
    }
    if let (Some(known), Some(public)) = known
        && let Ok(public) = PublicKey::from_base64(&public)
    {
        let row = OldKeyRow { key_id: known, public_key: public.to_bytes().to_vec(), expired_at: now };
        old_signing_keys::put(conn, &row)?;
    }
    old_signing_keys::remove(conn, id)?;
    meta::set(conn, FACT, id)?;
    meta::set(conn, PUBLIC_FACT, public)
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
