//! What another server tells of a room beside an invite, or after a knock.

use events::Provenance;
use rooms::foreign::StrippedState;
use ruma::{RoomId, UserId, api::federation::membership::RawStrippedState, room_version_rules::RoomVersionRules};
use serde_json::value::RawValue;

use crate::{Checked, Error, Federation, Result};

impl Federation {
    /// What of it is fit for clients. What is not is left out.
    ///
    /// * `about`: the user whose membership is of interest: who invites.
    pub(super) async fn shown(
        &self,
        told: Vec<RawStrippedState>,
        rules: &'static RoomVersionRules,
        room_id: &RoomId,
        about: &UserId,
    ) -> StrippedState {
        let (whole, stripped) = useful(told, about);
        let mut state = StrippedState::default();
        for checked in self.inner.verifier.verify(rules, whole, Provenance::History).await {
            if let Err(error) = add(&mut state, checked, room_id, about) {
                tracing::info!(%room_id, %error, "something told of a room is left out");
            }
        }
        stripped.iter().for_each(|event| state.add_stripped(event, about));
        state
    }

    /// The same where all of it must be whole events of the room, the one that made it among them.
    ///
    /// # Errors
    /// [`Error::InvalidParam`].
    pub(super) async fn shown_whole(
        &self,
        told: Vec<RawStrippedState>,
        rules: &'static RoomVersionRules,
        room_id: &RoomId,
        about: &UserId,
    ) -> Result<StrippedState> {
        let (whole, stripped) = useful(told, about);
        if !stripped.is_empty() {
            return Err(Error::InvalidParam("the state beside the event must be of whole events".into()));
        }
        let mut state = StrippedState::default();
        for checked in self.inner.verifier.verify(rules, whole, Provenance::History).await {
            add(&mut state, checked, room_id, about)?;
        }
        match state.has_create() {
            true => Ok(state),
            false => Err(Error::InvalidParam("the m.room.create of the room must be told".into())),
        }
    }
}

/// Whole events and stripped ones, only those of interest, and of each key one: keys of other servers may have to be
/// fetched for each.
pub(super) fn useful(told: Vec<RawStrippedState>, about: &UserId) -> (Vec<Box<RawValue>>, Vec<Box<RawValue>>) {
    let mut interest = StrippedState::interest(about);
    let (mut whole, mut stripped) = (Vec::new(), Vec::new());
    for event in told {
        #[expect(deprecated, reason = "old servers send it")]
        let (list, event) = match event {
            RawStrippedState::Pdu(event) => (&mut whole, event),
            RawStrippedState::Stripped(event) => (&mut stripped, event.into_json()),
            _ => continue,
        };
        if interest(&event) {
            list.push(event);
        }
    }
    (whole, stripped)
}

fn add(state: &mut StrippedState, checked: Checked, room_id: &RoomId, about: &UserId) -> Result<()> {
    let event = checked.outcome.map_err(|error| Error::InvalidParam(format!("state beside the event: {error}")))?;
    Ok(state.add(&event, room_id, about)?)
}
