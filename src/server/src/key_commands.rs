//! `peerbrain key …`

use std::path::Path;

use crate::command_line::KeyCommand;
use crate::configuration;
use crate::error::Error;
use crate::signing_key;
use crate::terminal::say;
use crate::wiring;

/// Runs one of the commands. The database is opened for it, so it is refused while the server runs.
///
/// # Errors
/// What is wrong with the key or the database.
pub async fn run(command: &KeyCommand, file: Option<&Path>) -> Result<(), Error> {
    let config = configuration::load(file)?.config;
    match command {
        KeyCommand::Rotate => {
            let path = config.server.signing_key_path();
            if signing_key::read(&path)?.is_none() {
                return Err(Error::plain(format!(
                    "{} is not there: either the server has never run here, or put it back (it is in every backup)",
                    path.display()
                )));
            }
            let opening = {
                let config = config.clone();
                move || wiring::open_accounts(&config)
            };
            let opened = tokio::task::spawn_blocking(opening).await.map_err(|error| Error::plain(error.to_string()))?;
            let (store, _) = opened.map_err(|error| match error {
                Error::Store(store::Error::InUse(_)) => {
                    Error::plain("stop the server first: it signs with the old key")
                }
                other => other,
            })?;
            let rotated = wiring::rotate_key(&config, &store).await;
            store.close().await;
            say(&format!("The signing key is now {}. Make a backup: older ones hold the old key.", rotated?.key_id()));
            Ok(())
        }
    }
}
