//! `GET /rooms/{roomId}/hierarchy`: the tree of a space (client-server § Spaces).

use std::collections::{HashMap, HashSet};

use peerbrain_core::limits::{HIERARCHY_DEPTH, HIERARCHY_ROOMS};
use ruma::{OwnedUserId, RoomId, UserId};
use serde::Serialize;
use serde_json::value::RawValue;
use store::{
    Conn,
    rooms::{Membership, RoomRow, rooms_by_id},
};

use super::{
    preview::{Acquaintance, RoomSummary, summaries},
    space_children::children_of,
};
use crate::{Error, Result, Rooms};

/// Rooms of one page.
const PAGE: usize = 50;

/// Rooms that are looked up together.
const LOOK: usize = 50;

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
}

/// A page of the tree.
#[derive(Debug, Serialize)]
pub struct Hierarchy {
    /// The rooms, each before what is below it.
    pub rooms: Vec<HierarchyRoom>,
    /// For the next page, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_batch: Option<String>,
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
        let limit = request.limit.unwrap_or(PAGE).clamp(1, PAGE);
        let max_depth = request.max_depth.unwrap_or(HIERARCHY_DEPTH).min(HIERARCHY_DEPTH);
        self.reading(move |_, conn| {
            let mut walk = Walk { conn, user_id, suggested_only: request.suggested_only, known: HashMap::new() };
            let root = walk.root(&space)?;
            let walked = Token { root, passed: 0, max_depth, suggested_only: request.suggested_only };
            let passed = match &request.from {
                Some(token) => walked.passed_before(token)?,
                None => 0,
            };
            let (rooms, more) = walk.page(space.as_str(), max_depth, passed, limit)?;
            let next = Token { passed: passed + rooms.len(), ..walked };
            Ok(Hierarchy { rooms, next_batch: more.then(|| next.write()) })
        })
        .await
    }
}

/// How far a walk has come. Two walks over the same room with the same parameters are the same.
#[derive(Clone, Copy)]
struct Token {
    root: i64,
    passed: usize,
    max_depth: usize,
    suggested_only: bool,
}

impl Token {
    fn write(self) -> String {
        let Self { root, passed, max_depth, suggested_only } = self;
        format!("h{passed}_{root}_{max_depth}_{}", u8::from(suggested_only))
    }

    /// How many rooms a page with this token has passed over.
    fn passed_before(self, token: &str) -> Result<usize> {
        let passed = token.strip_prefix('h').and_then(|token| token.split_once('_')?.0.parse().ok());
        match passed {
            Some(passed) if (Self { passed, ..self }).write() == token => Ok(passed),
            _ => Err(Error::InvalidParam(
                "the token is not of this walk: max_depth and suggested_only may not change between pages".into(),
            )),
        }
    }
}

/// A walk through the tree.
struct Walk<'a> {
    conn: &'a mut Conn,
    user_id: OwnedUserId,
    suggested_only: bool,
    /// Rooms that were looked up: `None` for what is not here or not for this user.
    known: HashMap<String, Option<(RoomRow, RoomSummary)>>,
}

impl Walk<'_> {
    /// The number of the room on top.
    fn root(&mut self, space: &RoomId) -> Result<i64> {
        self.look_up(vec![space.to_string()])?;
        match self.known.get(space.as_str()) {
            Some(Some((room, _))) => Ok(room.nid),
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
        let mut waiting = vec![(space.to_owned(), 0)];
        while let Some((id, depth)) = waiting.pop() {
            if visited.len() >= HIERARCHY_ROOMS {
                break;
            }
            if visited.contains(&id) {
                continue;
            }
            if !self.known.contains_key(&id) {
                self.look_up_next(&id, &waiting, &visited)?;
            }
            visited.insert(id.clone());
            let Some(Some((room, summary))) = self.known.get(&id) else { continue };
            if page.len() == limit {
                return Ok((page, true));
            }
            let is_space = summary.room_type.as_deref() == Some("m.space");
            let (nid, summary) = (room.nid, summary.clone());
            let children = if is_space { children_of(self.conn, nid, self.suggested_only)? } else { Vec::new() };
            if depth < max_depth {
                let below = children.iter().rev().map(|child| (child.room_id.clone(), depth + 1));
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

    /// Looks up a room, and with it those that come next.
    fn look_up_next(&mut self, id: &str, waiting: &[(String, usize)], visited: &HashSet<String>) -> Result<()> {
        let next = waiting.iter().rev().map(|(id, _)| id);
        let next = next.filter(|id| !self.known.contains_key(*id) && !visited.contains(*id)).take(LOOK - 1);
        let ids: HashSet<String> = next.cloned().chain([id.to_owned()]).collect();
        self.look_up(ids.into_iter().collect())
    }

    fn look_up(&mut self, ids: Vec<String>) -> Result<()> {
        let rooms = rooms_by_id(self.conn, &ids)?;
        self.known.extend(ids.into_iter().map(|id| (id, None)));
        let summaries = summaries(self.conn, &rooms)?;
        let user = Acquaintance::of(self.conn, &self.user_id, &rooms, &summaries)?;
        for (room, summary) in rooms.into_iter().zip(summaries) {
            let banned = user.membership(room.nid) == Some(Membership::Ban) && !summary.world_readable;
            if !banned && user.may_learn_of(&room, &summary)? {
                self.known.insert(room.room_id.clone(), Some((room, summary)));
            }
        }
        Ok(())
    }
}
