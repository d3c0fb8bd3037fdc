//! Full auth chains, from the auth chain index.

use std::collections::{HashMap, HashSet};

use ruma::RoomId;
use store::{
    Conn,
    rooms::{
        AuthChainLink, AuthChainRow, RoomRow, auth_chain_events, auth_chain_links_of, auth_chain_places, event_nids,
    },
};

use crate::{Error, Result, receive::create_id, rules_of};

/// How many chains one answer may look at: each is looked at once for each time that more of it is reached, so this
/// bounds the time, too.
const CHAINS: usize = 200_000;

/// How many events an auth chain may have.
const EVENTS: i64 = 200_000;

/// Chain to the highest sequence that is reached of it.
type Reach = HashMap<i64, i64>;

/// The numbers of all events by which these state events were allowed, and by which those were, and so on. The create
/// event is among them, although no event of room version 12 names it: no other can be judged without it. One of `of`
/// is there if another one leads to it; what was rejected leads nowhere.
///
/// # Errors
/// [`Error::TooLarge`].
pub(crate) fn auth_chain(conn: &mut Conn, room: &RoomRow, of: &[i64]) -> Result<Vec<i64>> {
    let places = auth_chain_places(conn, of)?;
    let mut links = Links::default();
    links.load(conn, places.iter().map(|place| place.chain))?;
    let mut from = Reach::new();
    for place in &places {
        if place.sequence > 1 {
            raise(&mut from, place.chain, place.sequence - 1);
        }
        let own = links.of(place.chain).iter().filter(|link| link.sequence == place.sequence);
        own.for_each(|link| raise(&mut from, link.target_chain, link.target_sequence));
    }
    if let Some(create) = unnamed_create(conn, room)?
        && places.iter().any(|place| place.event != create.event)
    {
        raise(&mut from, create.chain, create.sequence);
    }
    let reach = reach(conn, links, from)?;
    events(conn, &reach)
}

/// The place of the create event in a room whose events do not name it.
fn unnamed_create(conn: &mut Conn, room: &RoomRow) -> Result<Option<AuthChainRow>> {
    let room_id = <&RoomId>::try_from(room.room_id.as_str())
        .map_err(|_| Error::Internal(format!("stored room id {:?}", room.room_id)))?;
    let Some(id) = create_id(rules_of(room)?, room_id) else { return Ok(None) };
    let nids: Vec<i64> = event_nids(conn, room.nid, &[id.to_string()])?.into_iter().map(|(_, nid)| nid).collect();
    Ok(auth_chain_places(conn, &nids)?.pop())
}

/// Everything that these places reach, themselves included; one query for each step from chains to their neighbours.
fn reach(conn: &mut Conn, mut links: Links, from: Reach) -> Result<Reach> {
    let mut reach = Reach::new();
    let mut waiting = from;
    while !waiting.is_empty() {
        links.load(conn, waiting.keys().copied())?;
        let mut next = Reach::new();
        for (chain, sequence) in waiting {
            let before = reach.insert(chain, sequence).unwrap_or(0);
            let new = links.of(chain).iter().filter(|link| link.sequence > before && link.sequence <= sequence);
            new.for_each(|link| raise(&mut next, link.target_chain, link.target_sequence));
        }
        next.retain(|chain, sequence| reach.get(chain).is_none_or(|known| known < sequence));
        waiting = next;
        if reach.len() > CHAINS {
            return Err(too_large());
        }
    }
    Ok(reach)
}

/// The numbers of the events up to these places.
fn events(conn: &mut Conn, reach: &Reach) -> Result<Vec<i64>> {
    if reach.values().sum::<i64>() > EVENTS {
        return Err(too_large());
    }
    let chains: Vec<i64> = reach.keys().copied().collect();
    let rows = auth_chain_events(conn, &chains, 0)?;
    let reached = rows.into_iter().filter(|row| reach.get(&row.chain).is_some_and(|upto| row.sequence <= *upto));
    Ok(reached.map(|row| row.event).collect())
}

/// What goes out from the chains that were looked at.
#[derive(Default)]
struct Links {
    from: HashMap<i64, Vec<AuthChainLink>>,
}

impl Links {
    fn of(&self, chain: i64) -> &[AuthChainLink] {
        self.from.get(&chain).map_or(&[], Vec::as_slice)
    }

    fn load(&mut self, conn: &mut Conn, chains: impl Iterator<Item = i64>) -> Result<()> {
        let wanted: HashSet<i64> = chains.filter(|chain| !self.from.contains_key(chain)).collect();
        self.from.extend(wanted.iter().map(|chain| (*chain, Vec::new())));
        for link in auth_chain_links_of(conn, &Vec::from_iter(wanted))? {
            self.from.entry(link.chain).or_default().push(link);
        }
        Ok(())
    }
}

fn raise(reach: &mut Reach, chain: i64, sequence: i64) {
    let known = reach.entry(chain).or_insert(sequence);
    *known = sequence.max(*known);
}

fn too_large() -> Error {
    Error::TooLarge("the auth chain is too large to be told".into())
}
