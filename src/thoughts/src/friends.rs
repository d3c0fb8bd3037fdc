//! The list of friends: who is in whose timelines.

use std::collections::{BTreeMap, HashMap};

use rooms::read::Membership as Standing;
use ruma::UserId;
use serde_json::Value;
use store::{
    Conn,
    rooms::{MemberRow, foreign_standing, members_of_room, rooms_by_nid, rooms_of_user},
    timelines::{timelines_among, timelines_of},
};
use vocabulary::{Friends, MAX_FRIENDS_LIMIT, Membership, Owner, Person, Relation, Timeline, names};

use crate::{Result, Thoughts};

/// People of one page where the request says nothing.
const LIMIT: u32 = 500;
const OPEN: [Standing; 3] = [Standing::Join, Standing::Invite, Standing::Knock];

type People = BTreeMap<String, Vec<Timeline>>;

impl Thoughts {
    /// The people with whom a user has something to do, by user id.
    ///
    /// * `from`: the last user id of the page before.
    pub async fn friends(&self, user_id: &UserId, from: Option<String>, limit: Option<u32>) -> Result<Friends> {
        let limit = usize::try_from(limit.unwrap_or(LIMIT).clamp(1, MAX_FRIENDS_LIMIT)).unwrap_or(1);
        let (thoughts, user_id) = (self.clone(), user_id.to_owned());
        self.read(move |conn, _| {
            let mut people = People::new();
            thoughts.of_ours(conn, &user_id, &mut people)?;
            thoughts.of_theirs(conn, &user_id, &mut people)?;
            elsewhere(conn, &user_id, &mut people)?;
            let after = people.into_iter().filter(|(who, _)| from.as_ref().is_none_or(|from| who > from));
            let mut found: Vec<Person> = after
                .filter_map(|(user_id, timelines)| {
                    Some(Person { user_id, relation: Relation::of(&timelines)?, timelines })
                })
                .take(limit + 1)
                .collect();
            let more = found.len() > limit;
            found.truncate(limit);
            let end = found.last().filter(|_| more).map(|person| person.user_id.clone());
            Ok(Friends { friends: found, end })
        })
        .await
    }

    /// Who is in the user's own timelines, or asks to be.
    fn of_ours(&self, conn: &mut Conn, user_id: &UserId, people: &mut People) -> Result<()> {
        for nid in timelines_of(conn, user_id.as_str())? {
            let members = members_of_room(conn, nid, &OPEN)?;
            if !members.iter().any(|member| member.user_id == user_id.as_str() && member.membership() == Standing::Join)
            {
                continue;
            }
            let Some(room) = rooms_by_nid(conn, &[nid])?.pop() else { continue };
            let others: Vec<MemberRow> =
                members.into_iter().filter(|member| member.user_id != user_id.as_str()).collect();
            let reasons = self.reasons(conn, &others)?;
            for member in others {
                let Some(membership) = open(member.membership()) else { continue };
                let reason = reasons.get(&member.event).cloned();
                let via = vec![user_id.server_name().to_string()];
                let timeline = Timeline { room_id: room.room_id.clone(), owner: Owner::Me, membership, reason, via };
                people.entry(member.user_id).or_default().push(timeline);
            }
        }
        Ok(())
    }

    /// Timelines of others, that are here.
    fn of_theirs(&self, conn: &mut Conn, user_id: &UserId, people: &mut People) -> Result<()> {
        let members = rooms_of_user(conn, user_id.as_str(), &OPEN)?;
        let nids: Vec<i64> = members.iter().map(|member| member.room).collect();
        let owners = timelines_among(conn, &nids)?.into_iter().filter(|timeline| timeline.owner != user_id.as_str());
        let owners: HashMap<i64, String> = owners.map(|timeline| (timeline.room, timeline.owner)).collect();
        let mine: Vec<MemberRow> = members.into_iter().filter(|member| owners.contains_key(&member.room)).collect();
        let nids: Vec<i64> = mine.iter().map(|member| member.room).collect();
        let rooms: HashMap<i64, String> =
            rooms_by_nid(conn, &nids)?.into_iter().map(|room| (room.nid, room.room_id)).collect();
        let reasons = self.reasons(conn, &mine)?;
        for member in mine {
            let (Some(owner), Some(room_id), Some(membership)) =
                (owners.get(&member.room), rooms.get(&member.room), open(member.membership()))
            else {
                continue;
            };
            let reason = reasons.get(&member.event).cloned();
            let timeline =
                Timeline { room_id: room_id.clone(), owner: Owner::Them, membership, reason, via: via(owner) };
            people.entry(owner.clone()).or_default().push(timeline);
        }
        Ok(())
    }

    /// What was said with invites and knocks, by the number of the event.
    fn reasons(&self, conn: &mut Conn, members: &[MemberRow]) -> Result<HashMap<i64, String>> {
        let asked = members.iter().filter(|member| member.membership() != Standing::Join);
        let nids: Vec<i64> = asked.map(|member| member.event).collect();
        let events = self.rooms.events().stored(conn, &nids)?;
        Ok(events.iter().filter_map(|event| Some((event.nid, reason(&event.json)?))).collect())
    }
}

/// Knocks and invites of rooms that are not here.
fn elsewhere(conn: &mut Conn, user_id: &UserId, people: &mut People) -> Result<()> {
    for member in foreign_standing(conn, user_id.as_str())? {
        let (Some(owner), Some(membership)) = (creator(&member.state), open(member.membership())) else { continue };
        if owner == user_id.as_str() {
            continue;
        }
        let mut via = via(&owner);
        if !via.contains(&member.via) {
            via.push(member.via);
        }
        let reason = reason(&member.json);
        let timeline = Timeline { room_id: member.room_id, owner: Owner::Them, membership, reason, via };
        people.entry(owner).or_default().push(timeline);
    }
    Ok(())
}

fn open(standing: Standing) -> Option<Membership> {
    match standing {
        Standing::Join => Some(Membership::Join),
        Standing::Invite => Some(Membership::Invite),
        Standing::Knock => Some(Membership::Knock),
        _ => None,
    }
}

fn via(owner: &str) -> Vec<String> {
    owner.split_once(':').map(|(_, server)| server.to_owned()).into_iter().collect()
}

fn reason(json: &str) -> Option<String> {
    let event: Value = serde_json::from_str(json).ok()?;
    event.pointer("/content/reason")?.as_str().map(str::to_owned)
}

/// Who made a room, by its stripped state, if it is a timeline.
fn creator(state: &str) -> Option<String> {
    let events: Vec<Value> = serde_json::from_str(state).ok()?;
    let create = events.iter().find(|event| event.get("type").and_then(Value::as_str) == Some("m.room.create"))?;
    let is_timeline = create.pointer("/content/type").and_then(Value::as_str) == Some(names::PROFILE_ROOM_TYPE);
    is_timeline.then(|| create.get("sender").and_then(Value::as_str).map(str::to_owned))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stripped_state_tells_whose_a_timeline_is() {
        let state = |kind: &str| {
            format!(r#"[{{"type":"m.room.create","sender":"@a:a","state_key":"","content":{{"type":"{kind}"}}}}]"#)
        };
        assert_eq!(creator(&state(names::PROFILE_ROOM_TYPE)), Some("@a:a".to_owned()));
        assert_eq!(creator(&state("m.space")), None);
        assert_eq!(creator("[]"), None);
        assert_eq!(via("@a:a.example:8448"), ["a.example:8448"]);
    }
}
