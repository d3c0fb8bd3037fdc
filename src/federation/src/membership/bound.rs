//! Invites of addresses: once somebody has shown to own one, an identity server tells the server of that user, which asks
//! those who sent the invites for one of the user (server-server §third-party-invites).

use std::time::Duration;

use ruma::{
    UserId,
    api::federation::thirdparty::{bind_callback::v1::ThirdPartyInvite as Bound, exchange_invite::v1::Request},
    events::room::member::ThirdPartyInvite,
};

use crate::{Error, Federation, Result, client::Bounds};

/// Invites that are looked at of those that are told at once.
const MOST: usize = 20;
/// The other server has us sign the invite before it answers.
const EXCHANGED: Bounds = Bounds { bytes: 65_536, time: Duration::from_secs(30) };

impl Federation {
    /// Asks for invites of a user of ours to whom an address belongs. Whoever says so need not be believed: what an identity
    /// server has signed is checked where the invite is made.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the user is none of ours. That an invite cannot be had is no error.
    pub async fn take_bound_invites(&self, user: &UserId, invites: Vec<Bound>) -> Result<()> {
        if !self.inner.rooms.is_local(user) {
            return Err(Error::NotFound("the user is not one of this server".into()));
        }
        let (federation, user) = (self.clone(), user.to_owned());
        let work = async move {
            for invite in invites.into_iter().filter(|invite| invite.mxid == user).take(MOST) {
                let (room_id, sender) = (invite.room_id.clone(), invite.sender.clone());
                if let Err(error) = federation.exchange(invite).await {
                    tracing::info!(%room_id, %sender, %user, %error, "an invite of an address could not be had");
                }
            }
        };
        // It goes on if the identity server hangs up.
        self.inner.runtime.spawn(work).await.map_err(|error| Error::Internal(error.to_string()))
    }

    async fn exchange(&self, invite: Bound) -> Result<()> {
        if self.inner.rooms.is_local(&invite.sender) {
            return Err(Error::Forbidden("users of this server do not invite addresses".into()));
        }
        let server = invite.sender.server_name().to_owned();
        // How the address is shown is known there.
        let content = ThirdPartyInvite::new(String::new(), invite.signed);
        let request = Request::with_third_party_invite(invite.room_id, invite.sender, invite.mxid, content)
            .map_err(|error| Error::InvalidParam(error.to_string()))?;
        self.inner.client.send(&server, request, EXCHANGED).await.map(drop)
    }
}
