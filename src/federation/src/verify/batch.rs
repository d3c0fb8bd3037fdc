//! Some events of a stream, checked together.

use std::{collections::BTreeSet, sync::Arc};

use events::{Provenance, UnverifiedPdu};
use ruma::{OwnedServerName, ServerSigningKeyId, room_version_rules::RoomVersionRules};

use super::{Outcome, Verifier, wanted};
use crate::keys::{Gathering, Keys, Wanted};

/// The text of an event.
pub(super) type Text = Box<str>;

/// What became of the events, which have numbers.
pub(super) struct Batch {
    pub checked: Vec<(usize, Outcome)>,
    /// Those for which keys may still come.
    pub late: Vec<(usize, Text)>,
    /// These keys.
    pub wanted: Wanted,
}

impl Batch {
    /// Checks the events, as far as their keys can be had soon. The first has this number.
    pub async fn check(
        verifier: Verifier,
        gathering: Arc<Gathering>,
        rules: &'static RoomVersionRules,
        first: usize,
        events: Vec<Text>,
    ) -> Self {
        let events = verifier.read(rules, events, Provenance::History).await;
        let wanted = wanted(&events, rules);
        let (keys, servers) = gathering.get(&wanted).await;
        let (mut numbers, mut ready, mut late) = (Vec::new(), Vec::new(), Vec::new());
        for (number, event) in (first..).zip(events) {
            match event {
                Ok(event) if lacks_keys(&event, rules, &keys, &servers) => {
                    late.push((number, event.into_json().into_boxed_str()));
                }
                event => {
                    numbers.push(number);
                    ready.push(event);
                }
            }
        }
        let checked = verifier.check(rules, ready, Arc::new(keys)).await;
        let checked = numbers.into_iter().zip(checked.into_iter().map(|checked| checked.outcome)).collect();
        Self { checked, wanted: if late.is_empty() { Wanted::new() } else { wanted }, late }
    }
}

/// Whether an event is signed with keys that are not known, of servers that may still tell them.
fn lacks_keys(
    event: &UnverifiedPdu,
    rules: &RoomVersionRules,
    keys: &Keys,
    servers: &BTreeSet<OwnedServerName>,
) -> bool {
    if servers.is_empty() {
        return false;
    }
    let moment = event.origin_server_ts();
    let is_unknown = |server: &OwnedServerName, id: &str| {
        <&ServerSigningKeyId>::try_from(id).is_ok_and(|id| keys.at(server, id, moment).is_none())
    };
    let mut signers = event.signers(rules).into_iter().flatten();
    signers.any(|(server, ids)| servers.contains(&server) && ids.into_iter().any(|id| is_unknown(&server, id)))
}
