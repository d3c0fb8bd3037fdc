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

/// The elements of the lists of an answer to `send_join`, with the names of these; none of an element that is too long.
pub type Elements = Vec<(&'static str, Option<Box<RawValue>>)>;

/// Cuts up such an answer, which comes in pieces of so many bytes: its elements, and what is left.
///
/// # Errors
/// What is wrong with it.
pub fn told(body: &[u8], piece: usize) -> Result<(Elements, Vec<u8>), &'static str> {
    let (mut splitter, mut elements) = (super::told::splitter(), Elements::new());
    for piece in body.chunks(piece.max(1)) {
        elements.extend(splitter.push(piece)?.into_iter().map(|element| (element.list, element.json)));
    }
    Ok((elements, splitter.finish()))
}
