//! Who is a friend, who asks, who was asked: from the server's list where it has one, else from the rooms one is in.

use std::collections::BTreeMap;

use matrix_sdk::ruma::events::room::member::MembershipState;
use matrix_sdk::ruma::{OwnedUserId, UserId};
use matrix_sdk::{Room, RoomMemberships, RoomState};
use peerbrain_vocabulary::{Friends, Membership, Owner, Person, Relation, Timeline, names};

use crate::account::Account;
use crate::error::Result;
use crate::report::PersonReport;
use crate::timelines;

/// The most pages of the server's list that are read.
const MAX_PAGES: usize = 100;

/// Everybody with whom there is something.
///
/// # Errors
/// The server cannot be reached.
pub async fn list(account: &Account) -> Result<Vec<PersonReport>> {
    match told(account).await? {
        Some(people) => Ok(people),
        None => derived(account).await,
    }
}

/// What there is with one person.
///
/// # Errors
/// The server cannot be reached.
pub async fn relation(account: &Account, user_id: &UserId) -> Result<Option<Relation>> {
    let people = derived(account).await?;
    Ok(people.into_iter().find(|person| person.user_id == user_id).map(|person| person.relation))
}

/// What the server tells. Nothing if it has no such list.
async fn told(account: &Account) -> Result<Option<Vec<PersonReport>>> {
    let (mut people, mut from) = (Vec::new(), String::new());
    for _ in 0..MAX_PAGES {
        let Some(page) = account.get_json(&format!("{}?limit=1000{from}", names::FRIENDS_PATH)).await? else {
            return Ok(None);
        };
        let page: Friends = serde_json::from_value(page)?;
        for Person { user_id, relation, timelines } in page.friends {
            let Ok(user_id) = OwnedUserId::try_from(user_id) else { continue };
            let name = name_of(account, &user_id, &timelines).await;
            people.push(PersonReport { user_id, name, relation, timelines });
        }
        let Some(end) = page.end else { break };
        from = format!("&from={}", timelines::encoded(&end));
    }
    Ok(Some(people))
}

/// The name that somebody shows in a timeline.
async fn name_of(account: &Account, user_id: &UserId, timelines: &[Timeline]) -> Option<String> {
    for timeline in timelines {
        let room = <&matrix_sdk::ruma::RoomId>::try_from(timeline.room_id.as_str())
            .ok()
            .and_then(|id| account.client().get_room(id));
        if let Some(member) = room?.get_member_no_sync(user_id).await.ok().flatten() {
            return member.display_name().map(str::to_owned);
        }
    }
    None
}

/// What follows from the rooms that this device knows.
///
/// # Errors
/// The account's files cannot be read, or members not be had.
pub async fn derived(account: &Account) -> Result<Vec<PersonReport>> {
    let mut people: BTreeMap<OwnedUserId, (Option<String>, Vec<Timeline>)> = BTreeMap::new();
    for room in account.client().rooms() {
        let Some(owner) = timelines::owner(&room).await? else { continue };
        if owner == account.user_id() {
            if room.state() == RoomState::Joined {
                of_ours(account, &room, &mut people).await?;
            }
            continue;
        }
        let membership = match room.state() {
            RoomState::Joined => Membership::Join,
            RoomState::Invited => Membership::Invite,
            RoomState::Knocked => Membership::Knock,
            RoomState::Left | RoomState::Banned => continue,
        };
        let name = room
            .get_member_no_sync(&owner)
            .await
            .ok()
            .flatten()
            .and_then(|member| member.display_name().map(str::to_owned));
        let timeline = timeline(&room, Owner::Them, membership, None, &owner);
        let entry = people.entry(owner).or_default();
        entry.0 = entry.0.take().or(name);
        entry.1.push(timeline);
    }
    let reports = people.into_iter().filter_map(|(user_id, (name, timelines))| {
        let relation = Relation::of(&timelines)?;
        Some(PersonReport { user_id, name, relation, timelines })
    });
    Ok(reports.collect())
}

async fn of_ours(
    account: &Account,
    room: &Room,
    people: &mut BTreeMap<OwnedUserId, (Option<String>, Vec<Timeline>)>,
) -> Result<()> {
    let wanted = RoomMemberships::JOIN | RoomMemberships::INVITE | RoomMemberships::KNOCK;
    for member in room.members(wanted).await? {
        if member.user_id() == account.user_id() {
            continue;
        }
        let membership = match member.membership() {
            MembershipState::Join => Membership::Join,
            MembershipState::Invite => Membership::Invite,
            MembershipState::Knock => Membership::Knock,
            _ => continue,
        };
        let reason = member.event().reason().map(str::to_owned);
        let timeline = timeline(room, Owner::Me, membership, reason, account.user_id());
        let entry = people.entry(member.user_id().to_owned()).or_default();
        entry.0 = entry.0.take().or_else(|| member.display_name().map(str::to_owned));
        entry.1.push(timeline);
    }
    Ok(())
}

fn timeline(room: &Room, owner: Owner, membership: Membership, reason: Option<String>, whose: &UserId) -> Timeline {
    let via = vec![whose.server_name().to_string()];
    Timeline { room_id: room.room_id().to_string(), owner, membership, reason, via }
}
