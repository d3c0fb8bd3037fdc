//! Who may see an event (client-server § Room History Visibility).

use ruma::events::room::{history_visibility::HistoryVisibility, member::MembershipState};

/// What counts for one user and one event: the state of the room *at* the event, that is before it, and what came
/// later.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// `m.room.history_visibility` before the event; `Shared` if there is none or its value is not understood.
    pub visibility: HistoryVisibility,
    /// The user's membership before the event; `Leave` if there is none.
    pub membership: MembershipState,
    /// Whether the user joined the room at any point after the event.
    pub joined_later: bool,
}

/// What the event itself changed of a [`View`].
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Neither.
    None,
    /// It is the room's `m.room.history_visibility`, with this new value.
    Visibility(HistoryVisibility),
    /// It is the user's own `m.room.member`, with this new membership.
    Membership(MembershipState),
}

/// Whether the user may see the event. An event that changes visibility, or the user's own membership, is seen if the
/// state before it or the state after it allows that.
pub fn may_see(view: &View, change: &Change) -> bool {
    let (after_visibility, after_membership) = match change {
        Change::None => (&view.visibility, &view.membership),
        Change::Visibility(after) => (after, &view.membership),
        Change::Membership(after) => (&view.visibility, after),
    };
    allowed(&view.visibility, &view.membership, view.joined_later)
        || allowed(after_visibility, after_membership, view.joined_later)
}

/// The five rules of the specification, for one state.
fn allowed(visibility: &HistoryVisibility, membership: &MembershipState, joined_later: bool) -> bool {
    if *visibility == HistoryVisibility::WorldReadable || *membership == MembershipState::Join {
        return true;
    }
    match visibility {
        HistoryVisibility::Joined => false,
        HistoryVisibility::Invited => *membership == MembershipState::Invite,
        // `shared`, and whatever is not understood.
        _ => joined_later,
    }
}
