//! Finding the one request that both sides go on with.

use std::time::Duration;

use matrix_sdk::encryption::identities::UserIdentity;
use matrix_sdk::encryption::verification::VerificationRequest;
use matrix_sdk::ruma::events::key::verification::VerificationMethod;
use matrix_sdk::ruma::{OwnedDeviceId, OwnedUserId};
use tokio::time::Instant;

use super::incoming::{Asking, Incoming};
use super::{LOOK, PATIENCE, cancelled};
use crate::account::Account;
use crate::console::Console;
use crate::error::{Error, Result};

/// If both have asked, how long one of them waits for the other to ask again. Other clients know nothing of our order, so
/// it asks again itself after that.
const COURTESY: Duration = Duration::from_secs(10);

/// Two sides that look for each other.
pub struct Meeting<'a> {
    account: &'a Account,
    them: UserIdentity,
    device_id: OwnedDeviceId,
    incoming: Incoming,
    /// What was asked before, and is still known if it was in this process.
    earlier: Vec<Asking>,
    /// The last request of theirs.
    heard: Option<Asking>,
    /// Whether the user was told what to do on the other side.
    told: bool,
}

impl<'a> Meeting<'a> {
    /// Looks for that identity from now on.
    pub fn new(account: &'a Account, them: UserIdentity) -> Result<Self> {
        let device_id = account.client().device_id().map(ToOwned::to_owned);
        let device_id = device_id.ok_or_else(|| Error::Verification("Nobody is logged in.".to_owned()))?;
        Ok(Self {
            account,
            them,
            device_id,
            incoming: Incoming::listen(account),
            earlier: Incoming::kept(account)?,
            heard: None,
            told: false,
        })
    }

    /// The request that both go on with: accepted on both sides.
    ///
    /// # Errors
    /// If the other side does not come, or says no.
    pub async fn request(&mut self, console: &mut dyn Console) -> Result<VerificationRequest> {
        let end = Instant::now() + PATIENCE;
        let mut listen = Duration::ZERO;
        while Instant::now() < end && console.is_open() {
            if let Some(theirs) = self.listen(listen).await? {
                theirs.accept_with_methods(methods()).await?;
                return Ok(theirs);
            }
            if let Some(ours) = self.ask(end, console).await? {
                return Ok(ours);
            }
            listen = self.courtesy();
        }
        Err(cancelled(None))
    }

    /// A request of theirs, if one comes in time. Looks at least once.
    async fn listen(&mut self, time: Duration) -> Result<Option<VerificationRequest>> {
        let end = Instant::now() + time;
        loop {
            self.look().await?;
            let theirs = self.theirs().await;
            if theirs.is_some() || Instant::now() >= end {
                return Ok(theirs);
            }
        }
    }

    /// Asks, and gives the request once they have accepted it. Nothing if they have asked at the same time: then Matrix
    /// ends both requests, and one side has to begin again.
    async fn ask(&mut self, end: Instant, console: &mut dyn Console) -> Result<Option<VerificationRequest>> {
        let asked = self.them.request_verification_with_methods(methods()).await;
        let ours = asked
            .map_err(|error| Error::Verification(format!("{} could not be asked: {error}.", self.them.user_id())))?;
        if !std::mem::replace(&mut self.told, true) {
            console.notice(&self.how_to_answer());
        }
        let before = self.heard.clone();
        while Instant::now() < end && console.is_open() {
            self.look().await?;
            let theirs = self.theirs().await;
            if ours.is_ready() {
                return Ok(Some(ours));
            }
            let by_us = ours.cancel_info().is_some_and(|info| info.cancelled_by_us());
            if ours.is_cancelled() && (by_us || theirs.is_some() || self.heard != before) {
                return Ok(None);
            }
            if ours.is_cancelled() {
                return Err(cancelled(ours.cancel_info().as_ref()));
            }
        }
        ours.cancel().await?;
        Err(cancelled(None))
    }

    /// One look at the server. Whoever asks somebody for the first time invites them to a room for it.
    async fn look(&self) -> Result<()> {
        self.account.sync_once(LOOK).await?;
        let own = self.account.user_id();
        for room in self.account.client().invited_rooms() {
            let invite = room.invite_details().await;
            let from_them = invite.is_ok_and(|invite| invite.inviter_id == self.them.user_id());
            if self.them.user_id() != own && from_them && room.is_direct().await.unwrap_or(false) {
                room.join().await?;
                self.account.sync_once(Duration::ZERO).await?;
            }
        }
        Ok(())
    }

    /// The newest request of theirs that still stands. Those that were ended meanwhile are remembered as heard.
    async fn theirs(&mut self) -> Option<VerificationRequest> {
        let mut asked = std::mem::take(&mut self.earlier);
        asked.extend(self.incoming.take());
        for asking in asked.into_iter().rev() {
            if asking.user_id != self.them.user_id() || asking.device_id == self.device_id {
                continue;
            }
            let encryption = self.account.client().encryption();
            let request = encryption.get_verification_request(&asking.user_id, &asking.flow_id).await;
            self.heard = Some(asking);
            if let Some(request) = request.filter(|request| !request.is_cancelled() && !request.is_passive()) {
                return Some(request);
            }
        }
        None
    }

    /// How long this side listens before it asks again, when both have asked: not at all if its id is the lesser one.
    fn courtesy(&self) -> Duration {
        let ours = (self.account.user_id().to_owned(), self.device_id.clone());
        let theirs = self.heard.as_ref().map(|asking| (asking.user_id.clone(), asking.device_id.clone()));
        if theirs.is_some_and(|theirs| begins_again(&ours, &theirs)) { Duration::ZERO } else { COURTESY }
    }

    fn how_to_answer(&self) -> String {
        let own = self.account.user_id();
        if self.them.user_id() == own {
            "Waiting for your other device: run `thoughts verify` there, or accept in the other client.".to_owned()
        } else {
            format!("Waiting for {}: they run `thoughts verify {own}`, or accept in their client.", self.them.user_id())
        }
    }
}

type Side = (OwnedUserId, OwnedDeviceId);

/// Whether it is for us to ask again when both have asked. Both sides say the same.
fn begins_again(ours: &Side, theirs: &Side) -> bool {
    ours < theirs
}

/// What we can do: compare emoji.
fn methods() -> Vec<VerificationMethod> {
    vec![VerificationMethod::SasV1]
}

#[cfg(test)]
mod tests {
    use matrix_sdk::ruma::{owned_device_id, owned_user_id};

    use super::*;

    #[test]
    fn one_side_asks_again() {
        let alice = (owned_user_id!("@alice:a.example"), owned_device_id!("B"));
        let bob = (owned_user_id!("@bob:b.example"), owned_device_id!("A"));
        let second = (owned_user_id!("@alice:a.example"), owned_device_id!("C"));
        for (one, other) in [(&alice, &bob), (&alice, &second), (&bob, &second)] {
            assert_ne!(begins_again(one, other), begins_again(other, one));
        }
    }
}
