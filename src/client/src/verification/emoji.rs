//! From an accepted request to seven emoji.

use std::time::Duration;

use matrix_sdk::encryption::verification::{SasState, SasVerification, VerificationRequest, VerificationRequestState};
use tokio::time::Instant;

use super::{LOOK, PATIENCE, cancelled};
use crate::account::Account;
use crate::error::{Error, Result};

/// How long who answered waits for who asked to start. Some clients leave that to their user.
const ASKER_STARTS: Duration = Duration::from_secs(5);

/// The comparison with its emoji.
///
/// # Errors
/// If one side ends it, does not go on, or does not know emoji.
pub async fn comparison(account: &Account, request: &VerificationRequest) -> Result<SasVerification> {
    let (begin, mut started) = (Instant::now(), false);
    while begin.elapsed() < PATIENCE {
        match request.state() {
            VerificationRequestState::Transitioned { verification } => {
                let sas = verification.sas().ok_or_else(no_emoji)?;
                match sas.state() {
                    SasState::Started { .. } if !sas.we_started() => sas.accept().await?,
                    SasState::KeysExchanged { emojis: Some(_), .. } => return Ok(sas),
                    SasState::KeysExchanged { emojis: None, .. } => return Err(no_emoji()),
                    SasState::Cancelled(info) => return Err(cancelled(Some(&info))),
                    _ => {}
                }
            }
            VerificationRequestState::Ready { .. }
                if !started && (request.we_started() || begin.elapsed() >= ASKER_STARTS) =>
            {
                started = request.start_sas().await?.is_some();
            }
            VerificationRequestState::Cancelled(info) => return Err(cancelled(Some(&info))),
            _ => {}
        }
        account.sync_once(LOOK).await?;
    }
    Err(cancelled(None))
}

fn no_emoji() -> Error {
    Error::Verification("The other client cannot compare emoji. Use another one on that side.".to_owned())
}

/// The names of the seven.
pub fn names(sas: &SasVerification) -> Vec<String> {
    sas.emoji().into_iter().flatten().map(|emoji| emoji.description.to_owned()).collect()
}

/// The seven with their names, as they are shown.
pub fn in_a_row(sas: &SasVerification) -> Option<String> {
    let seven = sas.emoji()?;
    Some(seven.map(|emoji| format!("  {}  {}", emoji.symbol, emoji.description)).join("\n"))
}
