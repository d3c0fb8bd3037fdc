//! History visibility: the table of the specification's rules, case by case.

use events::visibility::{Change, View, may_see};
use ruma::events::room::{
    history_visibility::HistoryVisibility::{self, Invited, Joined, Shared, WorldReadable},
    member::MembershipState::{self, Ban, Invite, Join, Knock, Leave},
};

const MEMBERSHIPS: [MembershipState; 5] = [Join, Invite, Knock, Leave, Ban];

fn see(visibility: HistoryVisibility, membership: MembershipState, joined_later: bool) -> bool {
    may_see(&View { visibility, membership, joined_later }, &Change::None)
}

#[test]
fn rules() {
    for later in [false, true] {
        for membership in MEMBERSHIPS {
            let joined = membership == Join;
            assert!(see(WorldReadable, membership.clone(), later));
            assert_eq!(see(Shared, membership.clone(), later), joined || later);
            assert_eq!(see("what".into(), membership.clone(), later), joined || later, "as if shared");
            assert_eq!(see(Invited, membership.clone(), later), joined || membership == Invite);
            assert_eq!(see(Joined, membership, later), joined);
        }
    }
}

#[test]
fn the_event_that_changes_it() {
    let stranger = |visibility| View { visibility, membership: Leave, joined_later: false };
    assert!(may_see(&stranger(WorldReadable), &Change::Visibility(Joined)));
    assert!(may_see(&stranger(Joined), &Change::Visibility(WorldReadable)));
    assert!(!may_see(&stranger(Joined), &Change::Visibility(Shared)));

    let own = |membership| View { visibility: Joined, membership, joined_later: false };
    assert!(may_see(&own(Leave), &Change::Membership(Join)));
    assert!(may_see(&own(Join), &Change::Membership(Leave)));
    assert!(may_see(&own(Join), &Change::Membership(Ban)));
    assert!(!may_see(&own(Invite), &Change::Membership(Leave)));
}
