//! Policy servers (server-server §policy-servers): a room may name a server that is asked about every event. What it
//! recommends it signs.
//!
//! Whether an event is recommended is decided in the room's lane, by its current state. The lane asks nobody: where the
//! signature is missing nothing is done, and whoever brought the event has it signed and brings it again.

mod ask;
mod server;

use events::VerifiedPdu;
use futures_util::future::BoxFuture;
use ruma::{ServerName, events::StateEventType, room_version_rules::RoomVersionRules};
use store::federation::room_servers;

pub use server::PolicyServer;

pub(crate) use ask::Policies;

use crate::{Error, Result, lane::Building};

/// The type of the state event that names the policy server.
const EVENT_TYPE: &str = "m.room.policy";

/// Asks policy servers.
pub trait Policy: Send + Sync + 'static {
    /// The signature of a policy server on an event.
    ///
    /// # Errors
    /// [`Error::NotRecommended`].
    fn sign<'a>(&'a self, server: &'a ServerName, event: &'a VerifiedPdu) -> BoxFuture<'a, Result<String>>;
}

/// An event that its room's policy server must be asked about first.
#[derive(Clone, Debug)]
pub struct Unasked {
    /// Whom to ask.
    pub server: PolicyServer,
    /// The event.
    pub event: VerifiedPdu,
    /// The rules of its room.
    pub rules: &'static RoomVersionRules,
}

impl Building<'_> {
    /// The policy server that has a say about an event now.
    pub(crate) fn policy_server(&mut self, event: &events::Pdu) -> Result<Option<PolicyServer>> {
        if event.state_key() == Some("") && event.event_type().to_string() == EVENT_TYPE {
            return Ok(None);
        }
        let root = self.head.room.state;
        let Some(policy) = self.state(root, &StateEventType::from(EVENT_TYPE), "")? else { return Ok(None) };
        let Some(policy) = PolicyServer::read(policy.pdu.content().get()) else { return Ok(None) };
        let (room, ours) = (self.head.room.nid, self.names_us(&policy));
        let is_in_room = ours || room_servers::is_in_room(self.nodes.conn(), room, policy.name.as_str())?;
        Ok(is_in_room.then_some(policy))
    }

    /// Whether a policy server is said to be this one. It is none, so nobody can be asked.
    pub(crate) fn names_us(&self, policy: &PolicyServer) -> bool {
        policy.name == self.rooms.inner.server_name
    }

    /// One of our own events, as its room's policy server recommends it: `signed` is the same event with that signature.
    ///
    /// # Errors
    /// [`Error::Unasked`] where that signature is missing; [`Error::NotRecommended`] in a room that names this server, which
    /// is no policy server: others have nothing signed by it either.
    pub(crate) fn recommended(&mut self, event: VerifiedPdu, signed: Option<&VerifiedPdu>) -> Result<VerifiedPdu> {
        let Some(server) = self.policy_server(&event)? else { return Ok(event) };
        let rules = self.head.rules;
        let same = signed.filter(|signed| signed.event_id() == event.event_id());
        match same.filter(|signed| signed.is_recommended_by(&server.name, &server.key, rules)) {
            Some(signed) => Ok(signed.clone()),
            None if self.names_us(&server) => {
                Err(Error::not_recommended(400, "M_FORBIDDEN", "the room names this server, which is no policy server"))
            }
            None => Err(Error::Unasked(Box::new(Unasked { server, event, rules }))),
        }
    }
}
