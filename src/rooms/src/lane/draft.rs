//! Events on the room's head that are not put into it yet: another server signs them first, or makes its own of them.

use events::EventBuilder;
use ruma::events::TimelineEventType;

use crate::{
    Error, Result,
    lane::{Proposal, Turn, chain::Building, member::Standing},
};

impl Building<'_> {
    /// What a proposal would come to, once the rules have allowed it. Nothing is changed.
    pub(super) fn draft(&mut self, proposal: &Proposal) -> Result<EventBuilder> {
        let named = self.named(proposal)?;
        let proposal = named.as_ref().unwrap_or(proposal);
        let base = self.base()?;
        let membership = match (&proposal.event_type, &proposal.state_key) {
            (TimelineEventType::RoomMember, Some(user)) => {
                let known = self.state(base.state, &proposal.event_type.to_string().into(), user)?;
                Standing::of(known.as_ref())?.membership()
            }
            _ => None,
        };
        if let Some(Turn::Refuse(reason)) = proposal.on_turn.map(|on_turn| on_turn(membership)) {
            return Err(Error::Forbidden(reason.into()));
        }
        self.check_door(proposal, base.state, membership)?;
        let (builder, _) = self.builder(proposal, &base)?;
        let unsigned = builder.clone().template(self.head.rules)?;
        self.check_state(&unsigned, base.state)??;
        Ok(builder)
    }
}
