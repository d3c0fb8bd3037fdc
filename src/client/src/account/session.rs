//! What is kept of a login, in a file that only its owner may read.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use matrix_sdk::authentication::matrix::MatrixSession;
use serde::{Deserialize, Serialize};

use crate::error::Result;

/// A login, and the key to the account's secrets if this device has been given it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Session {
    /// The address of the server.
    pub homeserver: String,
    /// Who, which device, and the access token.
    pub login: MatrixSession,
    /// The key of secret storage, which is the recovery key: with it this device writes audiences and weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_storage_key: Option<String>,
}

/// Writes a file that only its owner may read: whole or not at all, also if the machine stops meanwhile.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> Result<()> {
    let new = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}
