//! What the targets of `tests/fuzz` call, and nobody else.

use rooms::foreign::StrippedState;
use ruma::{UserId, api::federation::membership::RawStrippedState};
use serde_json::value::RawValue;

/// What is looked at of the state beside an invite: whole events, and what clients get of the stripped ones.
pub fn shown(told: Vec<RawStrippedState>, inviter: &UserId) -> (Vec<Box<RawValue>>, StrippedState) {
    let (whole, stripped) = super::shown::useful(told, inviter);
    let mut state = StrippedState::default();
    stripped.iter().for_each(|event| state.add_stripped(event, inviter));
    (whole, state)
}
