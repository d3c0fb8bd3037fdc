//! `GET /rooms/{roomId}/hierarchy`: the tree of a space (client-server § Spaces).

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use peerbrain_core::limits::{HIERARCHY_DEPTH, HIERARCHY_ROOMS};
use ruma::{OwnedUserId, RoomId, ServerName, UserId};
use serde::Serialize;
use serde_json::value::RawValue;
use store::{
    Conn,
    rooms::{Membership, rooms_by_id},
};

use super::{
    elsewhere::{MissingRoom, RoomElsewhere, RoomsElsewhere, may_learn_of},
    hierarchy_token::Token,
    preview::{Acquaintance, RoomSummary, summaries},
    space_children::{Child, children_elsewhere, children_of},
};
use crate::{Error, Result, Rooms};

/// Rooms of one page.
const PAGE: usize = 50;

/// Rooms that are looked up together.
const LOOK: usize = 50;

/// Rooms of which others are asked at a time.
const MISSING: usize = 20;

/// Which part of the tree is asked for.
#[derive(Clone, Debug, Default)]
pub struct HierarchyRequest {
    /// The token of an earlier page.
    pub from: Option<String>,
    /// How many rooms at most; 50 where it is absent, and never more.
    pub limit: Option<usize>,
    /// How far down to go; the space itself is at 0.
    pub max_depth: Option<usize>,
    /// Whether only those children count that the space suggests.
    pub suggested_only: bool,
    /// What other servers told of rooms that are not here.
    pub told: Arc<RoomsElsewhere>,
    /// Whether the page is to say of which rooms others must be asked. Otherwise these are left out.
    pub ask: bool,
}

/// A page of the tree.
#[derive(Debug, Serialize)]
pub struct Hierarchy {
    /// The rooms, each before what is below it.
    pub rooms: Vec<HierarchyRoom>,
    /// For the next page, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_batch: Option<String>,
    /// Of these rooms others must be asked; then the page can be made.
    #[serde(skip)]
    pub missing: Vec<MissingRoom>,
}

/// One room of the tree.
#[derive(Debug, Serialize)]
pub struct HierarchyRoom {
    /// The room.
    #[serde(flatten)]
    pub summary: RoomSummary,
    /// Of a space: its `m.space.child` events, stripped, in their order.
    pub children_state: Vec<Box<RawValue>>,
}

impl Rooms {
    /// A page of the tree below a space, as far as the user may learn of its rooms. Each room comes once. The walk
    /// starts anew for each page and passes over what was returned before: nothing is kept between pages, and what the
    /// user may see is judged at each of them.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where the user may not learn of the space, or there is none; [`Error::InvalidParam`] for a
    /// token of another walk.
    pub async fn hierarchy(&self, user_id: &UserId, space: &RoomId, request: HierarchyRequest) -> Result<Hierarchy> {
        let (user_id, space) = (user_id.to_owned(), space.to_owned());
        let HierarchyRequest { from, limit, max_depth, suggested_only, told, ask } = request;
        let limit = limit.unwrap_or(PAGE).clamp(1, PAGE);
        let max_depth = max_depth.unwrap_or(HIERARCHY_DEPTH).min(HIERARCHY_DEPTH);
        self.reading(move |_, conn| {
            let mut walk =
                Walk { conn, user_id, suggested_only, told, ask, known: HashMap::new(), missing: Vec::new() };
            let Some(root) = walk.root(&space)? else {
                return Ok(Hierarchy { rooms: Vec::new(), next_batch: None, missing: walk.missing });
            };
            let walked = Token { root, passed: 0, max_depth, suggested_only };
            let passed = match &from {
                Some(token) => walked.passed_before(token)?,
                None => 0,
            };
            let (rooms, more) = walk.page(space.as_str(), max_depth, passed, limit)?;
            let next = Token { passed: passed + rooms.len(), ..walked };
            Ok(Hierarchy { rooms, next_batch: more.then(|| next.write()), missing: walk.missing })
        })
        .await
    }
}

/// A walk through the tree.
struct Walk<'a> {
    conn: &'a mut Conn,
    user_id: OwnedUserId,
    suggested_only: bool,
    told: Arc<RoomsElsewhere>,
    ask: bool,
    known: HashMap<String, Known>,
    missing: Vec<MissingRoom>,
}

/// What is known of a room.
enum Known {
    /// It is not for this user, or nobody tells of it.
    Hidden,
    /// It is not here, and nobody was asked.
    Missing,
    /// It is here, under this number.
    Here(i64, RoomSummary),
    /// Another server told of it.
    Elsewhere(RoomElsewhere),
}

/// A room that is to be visited.
struct Next {
    room_id: String,
    depth: usize,
    via: Vec<String>,
}

impl Walk<'_> {
    /// What tells the room on top from others; nothing where others must be asked of it.
    fn root(&mut self, space: &RoomId) -> Result<Option<i64>> {
        self.look_up(vec![space.to_string()])?;
        match self.known.get(space.as_str()) {
            Some(Known::Here(room, _)) => Ok(Some(*room)),
            Some(Known::Elsewhere(_)) => Ok(Some(Token::root_elsewhere(space))),
            Some(Known::Missing) if self.ask => {
                self.miss(space.as_str(), &[]);
                Ok(None)
            }
            _ => Err(Error::Forbidden("you are not allowed to view this room".into())),
        }
    }

    /// Walks down, passes over some rooms and returns the next ones, and whether there are more.
    fn page(
        &mut self,
        space: &str,
        max_depth: usize,
        mut pass: usize,
        limit: usize,
    ) -> Result<(Vec<HierarchyRoom>, bool)> {
        let mut page = Vec::new();
        let mut visited = HashSet::new();
        let mut waiting = vec![Next { room_id: space.to_owned(), depth: 0, via: Vec::new() }];
        while let Some(Next { room_id: id, depth, via }) = waiting.pop() {
            if visited.len() >= HIERARCHY_ROOMS || self.missing.len() >= MISSING {
                break;
            }
            if visited.contains(&id) {
                continue;
            }
            if !self.known.contains_key(&id) {
                self.look_up_next(&id, &waiting, &visited)?;
            }
            visited.insert(id.clone());
            let left_out = match self.known.get(&id) {
                None | Some(Known::Hidden) => true,
                Some(Known::Missing) => !self.ask,
                Some(Known::Here(..) | Known::Elsewhere(_)) => false,
            };
            if left_out {
                continue;
            }
            if page.len() == limit {
                return Ok((page, true));
            }
            let Some((summary, children)) = self.visit(&id, &via)? else { continue };
            if depth < max_depth {
                let below = children.iter().rev().map(|child| Next {
                    room_id: child.room_id.clone(),
                    depth: depth + 1,
                    via: child.via.clone(),
                });
                waiting.extend(below);
                // No more than these can still be visited.
                let excess = waiting.len().saturating_sub(HIERARCHY_ROOMS);
                waiting.drain(..excess);
            }
            if pass > 0 {
                pass -= 1;
                continue;
            }
            let children_state = children.into_iter().map(|child| child.stripped).collect();
            page.push(HierarchyRoom { summary, children_state });
        }
        Ok((page, false))
    }

    /// A room and its children; nothing where others must be asked first.
    fn visit(&mut self, id: &str, via: &[String]) -> Result<Option<(RoomSummary, Vec<Child>)>> {
        match self.known.get(id) {
            Some(Known::Here(room, summary)) => {
                let (room, summary) = (*room, summary.clone());
                let children =
                    if summary.is_space() { children_of(self.conn, room, self.suggested_only)? } else { Vec::new() };
                return Ok(Some((summary, children)));
            }
            Some(Known::Elsewhere(RoomElsewhere { summary, children_state: Some(told) })) => {
                return Ok(Some((summary.clone(), children_elsewhere(told, self.suggested_only)?)));
            }
            // Of a space of which nobody more can be asked is told that it is there.
            Some(Known::Elsewhere(RoomElsewhere { summary, .. })) if !self.ask || !summary.is_space() => {
                return Ok(Some((summary.clone(), Vec::new())));
            }
            _ => {}
        }
        self.miss(id, via);
        Ok(None)
    }

    /// Notes that others must be asked of a room.
    fn miss(&mut self, id: &str, via: &[String]) {
        let via = via.iter().filter_map(|server| ServerName::parse(server).ok()).collect();
        self.missing.extend(RoomId::parse(id).ok().map(|room_id| MissingRoom { room_id, via }));
    }

    /// Looks up a room, and with it those that come next.
    fn look_up_next(&mut self, id: &str, waiting: &[Next], visited: &HashSet<String>) -> Result<()> {
        let next = waiting.iter().rev().map(|next| &next.room_id);
        let next = next.filter(|id| !self.known.contains_key(*id) && !visited.contains(*id)).take(LOOK - 1);
        let ids: HashSet<String> = next.cloned().chain([id.to_owned()]).collect();
        self.look_up(ids.into_iter().collect())
    }

    fn look_up(&mut self, ids: Vec<String>) -> Result<()> {
        let rooms = rooms_by_id(self.conn, &ids)?;
        for id in ids {
            let told = self.look_elsewhere(&id)?;
            self.known.insert(id, told);
        }
        let summaries = summaries(self.conn, &rooms)?;
        let user = Acquaintance::of(self.conn, &self.user_id, &rooms, &summaries)?;
        for (room, summary) in rooms.into_iter().zip(summaries) {
            let banned = user.membership(room.nid) == Some(Membership::Ban) && !summary.world_readable;
            let known = match !banned && user.may_learn_of(&room, &summary)? {
                true => Known::Here(room.nid, summary),
                false => Known::Hidden,
            };
            self.known.insert(room.room_id, known);
        }
        Ok(())
    }

    /// What is known of a room that is not here.
    fn look_elsewhere(&mut self, id: &str) -> Result<Known> {
        match self.told.get(id) {
            Some(Some(room)) if may_learn_of(self.conn, &self.user_id, &room.summary)? => {
                Ok(Known::Elsewhere(room.clone()))
            }
            Some(_) => Ok(Known::Hidden),
            None => Ok(Known::Missing),
        }
    }
}
