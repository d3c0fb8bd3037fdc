//! Two devices compare seven emoji.

use std::time::Duration;

use anyhow::{Context, Result};
use matrix_sdk::encryption::verification::{SasVerification, VerificationRequest, VerificationRequestState};

use crate::device::Device;
use crate::stage::{Stage, until, until_true};

const MOMENT: Duration = Duration::from_secs(1);

/// The names of the seven emoji, once both sides have exchanged keys.
pub async fn emoji_of(sas: &SasVerification) -> Result<Vec<&'static str>> {
    let seven = until("emoji are shown", async || Ok(sas.emoji())).await?;
    Ok(seven.iter().map(|emoji| emoji.description).collect())
}

/// The request that another device made, once it came here; accepted.
pub async fn accept(device: &Device, asker: &matrix_sdk::ruma::UserId, flow_id: &str) -> Result<VerificationRequest> {
    let heard = until(format!("{device} is asked to verify"), async || {
        Ok(device.client.encryption().get_verification_request(asker, flow_id).await)
    })
    .await?;
    heard.accept().await?;
    Ok(heard)
}

/// The comparison that the other side has started, accepted.
pub async fn started(heard: &VerificationRequest) -> Result<SasVerification> {
    let sas = until("the other side starts", async || match heard.state() {
        VerificationRequestState::Transitioned { verification } => Ok(verification.sas()),
        _ => Ok(None),
    })
    .await?;
    sas.accept().await?;
    Ok(sas)
}

/// `request` is what `asker` has sent; `answerer` accepts, the asker starts, both confirm.
///
/// The answerer is the one with the private keys, and confirms a moment earlier: an SDK that gets its confirmation and its
/// last message at once sends its own last message and its requests for the keys side by side, and requests that come
/// before that message are refused.
pub async fn compare_emoji(
    stage: &Stage,
    asker: &Device,
    answerer: &Device,
    request: &VerificationRequest,
) -> Result<()> {
    let heard = accept(answerer, asker.id(), request.flow_id()).await?;
    until_true("the verification is accepted", async || Ok(request.is_ready())).await?;
    let asking = request.start_sas().await?.context("emoji are supported")?;
    let answering = started(&heard).await?;
    let (mine, theirs) = (emoji_of(&asking).await?, emoji_of(&answering).await?);
    stage.check("both show the same seven emoji", mine.len() == 7 && mine == theirs, (&mine, &theirs))?;
    answering.confirm().await?;
    tokio::time::sleep(MOMENT).await;
    asking.confirm().await?;
    for (who, sas, request) in [(asker, &asking, request), (answerer, &answering, &heard)] {
        until_true(format!("{who} is done"), async || Ok(sas.is_done() && request.is_done())).await?;
    }
    stage.check("both are done", true, ())
}
