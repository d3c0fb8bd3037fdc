//! Single fields read out of stored events, as leniently as the specification asks: what is not understood counts as
//! absent.

use std::borrow::Cow;

use ruma::events::room::{history_visibility::HistoryVisibility, member::MembershipState};
use serde::Deserialize;
use serde_json::value::RawValue;
use store::rooms::{EventRow, Membership};

#[derive(Deserialize)]
struct WithContent<'a> {
    #[serde(borrow)]
    content: &'a RawValue,
}

/// The content of an event as it stands in the text.
pub(crate) fn raw(event: &EventRow) -> Option<&RawValue> {
    serde_json::from_str::<WithContent<'_>>(&event.json).ok().map(|event| event.content)
}

/// The content of an event as a type.
pub(crate) fn read<'a, T: Deserialize<'a>>(event: &'a EventRow) -> Option<T> {
    serde_json::from_str(raw(event)?.get()).ok()
}

/// The visibility that an `m.room.history_visibility` sets; `shared` where there is none.
pub(crate) fn history_visibility(event: &EventRow) -> HistoryVisibility {
    #[derive(Deserialize)]
    struct Content {
        history_visibility: HistoryVisibility,
    }
    read::<Content>(event).map_or(HistoryVisibility::Shared, |content| content.history_visibility)
}

/// The membership that an `m.room.member` sets; `leave` where there is none.
pub(crate) fn membership(event: &EventRow) -> Membership {
    #[derive(Deserialize)]
    struct Content<'a> {
        #[serde(borrow)]
        membership: Cow<'a, str>,
    }
    read::<Content<'_>>(event)
        .and_then(|content| Membership::from_word(&content.membership))
        .unwrap_or(Membership::Leave)
}

/// A membership as the rules of visibility name it.
pub(crate) fn membership_state(membership: Membership) -> MembershipState {
    match membership {
        Membership::Join => MembershipState::Join,
        Membership::Invite => MembershipState::Invite,
        Membership::Knock => MembershipState::Knock,
        Membership::Leave => MembershipState::Leave,
        Membership::Ban => MembershipState::Ban,
    }
}

/// Whether the content has a `url` (the filter `contains_url`).
pub(crate) fn has_url(event: &EventRow) -> bool {
    #[derive(Deserialize)]
    struct Content {
        url: Option<serde::de::IgnoredAny>,
    }
    read::<Content>(event).is_some_and(|content| content.url.is_some())
}

/// One text of the content.
pub(crate) fn text(event: &EventRow, field: &str) -> Option<String> {
    let mut content: std::collections::HashMap<Cow<'_, str>, &RawValue> = read(event)?;
    serde_json::from_str(content.remove(field)?.get()).ok()
}
