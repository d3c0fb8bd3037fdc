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

/// If both have asked, how long the one whose request is to be taken waits for that. Other clients know nothing of our order.
const COURTESY: Duration = Duration::from_secs(10);

/// Two sides that look for each other.
pub struct Meeting<'a> {
    account: &'a Account,
    them: UserIdentity,
    device_id: OwnedDeviceId,
    incoming: Incoming,
}

/// A request of theirs, and when it came.
struct Theirs {
    request: VerificationRequest,
    asking: Asking,
    since: Instant,
}

impl<'a> Meeting<'a> {
    /// Looks for that identity from now on.
    pub fn new(account: &'a Account, them: UserIdentity) -> Result<Self> {
        let device_id = account.client().device_id().map(ToOwned::to_owned);
        let device_id = device_id.ok_or_else(|| Error::Verification("Nobody is logged in.".to_owned()))?;
        Ok(Self { account, them, device_id, incoming: Incoming::listen(account.client()) })
    }

    /// The request that both go on with: accepted on both sides.
    ///
    /// # Errors
    /// If the other side does not come, or says no.
    pub async fn request(&mut self, console: &mut dyn Console) -> Result<VerificationRequest> {
        self.look().await?;
        if let Some(theirs) = self.theirs().await {
            theirs.request.accept_with_methods(methods()).await?;
            return Ok(theirs.request);
        }
        let ours = self.ask().await?;
        console.notice(&self.how_to_answer());
        let end = Instant::now() + PATIENCE;
        let mut theirs = None;
        while Instant::now() < end && console.is_open() {
            self.look().await?;
            theirs = self.theirs().await.or(theirs);
            if let Some(theirs) = theirs.take_if(|theirs| theirs.since.elapsed() >= self.courtesy(&theirs.asking)) {
                theirs.request.accept_with_methods(methods()).await?;
                ours.cancel().await?;
                return Ok(theirs.request);
            }
            if ours.is_ready() {
                return Ok(ours);
            }
            if ours.is_cancelled() && theirs.is_none() {
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

    /// The newest request of theirs that still stands.
    async fn theirs(&self) -> Option<Theirs> {
        for asking in self.incoming.take().into_iter().rev() {
            if asking.user_id != self.them.user_id() || asking.device_id == self.device_id {
                continue;
            }
            let encryption = self.account.client().encryption();
            let request = encryption.get_verification_request(&asking.user_id, &asking.flow_id).await;
            if let Some(request) = request.filter(|request| !request.is_cancelled() && !request.is_passive()) {
                return Some(Theirs { request, asking, since: Instant::now() });
            }
        }
        None
    }

    async fn ask(&self) -> Result<VerificationRequest> {
        self.them
            .request_verification_with_methods(methods())
            .await
            .map_err(|error| Error::Verification(format!("{} could not be asked: {error}.", self.them.user_id())))
    }

    /// How long a request of theirs waits when there is one of ours. Ours is taken if it comes from the lesser id.
    fn courtesy(&self, asking: &Asking) -> Duration {
        let ours = (self.account.user_id().to_owned(), self.device_id.clone());
        if ours_is_taken(&ours, &(asking.user_id.clone(), asking.device_id.clone())) {
            COURTESY
        } else {
            Duration::ZERO
        }
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

/// Whether our request is taken when both have asked. Both sides say the same of the same request.
fn ours_is_taken(ours: &Side, theirs: &Side) -> bool {
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
    fn both_sides_take_the_same_request() {
        let alice = (owned_user_id!("@alice:a.example"), owned_device_id!("B"));
        let bob = (owned_user_id!("@bob:b.example"), owned_device_id!("A"));
        let second = (owned_user_id!("@alice:a.example"), owned_device_id!("C"));
        for (one, other) in [(&alice, &bob), (&alice, &second), (&bob, &second)] {
            assert_ne!(ours_is_taken(one, other), ours_is_taken(other, one));
        }
    }
}
