//! One room of an answer.

use std::sync::Arc;

use push::counts::Unread;
use rooms::read::Viewer;
use ruma::OwnedUserId;
use store::{
    rooms::{MemberRow, Membership, RoomRow},
    sync::{DeltaRow, Span},
};

use super::{ephemeral::RoomEphemeral, summary::Summary};
use crate::events::ClientEvent;

/// The section of `rooms` in which a room is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Section {
    Join,
    Invite,
    Knock,
    Leave,
}

impl Section {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Invite => "invite",
            Self::Knock => "knock",
            Self::Leave => "leave",
        }
    }
}

/// An event of a timeline, and the reader's membership at it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub event: Arc<ClientEvent>,
    pub membership: Membership,
}

/// A room that the user is in, or was: what was found of it, step by step.
pub(crate) struct Task {
    pub section: Section,
    pub room: RoomRow,
    /// The user's membership; none where they were joined all along.
    pub member: Option<MemberRow>,
    /// Whether the whole state is told, not what changed of it.
    pub full: bool,
    /// Whether the client does not know the room yet, or not any more.
    pub newly: bool,
    /// Whether the user has never been joined in the time that is told: nothing but the own membership is.
    pub outside: bool,
    /// What arrivals the timeline is taken from.
    pub span: Span,
    /// Root of the state at the end of the span.
    pub root: i64,
    /// How the user may read what was before they joined or after they left.
    pub viewer: Viewer,

    /// All arrivals that were read, newest first: (position, number).
    pub arrivals: Vec<(i64, i64)>,
    /// The events that are told, oldest first.
    pub timeline: Vec<Seen>,
    /// Whether there are older ones in the span that are not told.
    pub limited: bool,
    /// How the current state changed: from where the client stands, or where it knows nothing of the room from the
    /// start of the timeline; in order.
    pub deltas: Vec<DeltaRow>,
    /// The events of the section `state` or `state_after`.
    pub state: Vec<Arc<ClientEvent>>,
    pub summary: Option<Summary>,
    pub unread: Unread,
    /// Whether the counts changed without an event.
    pub recounted: bool,
    /// Receipts and typing.
    pub ephemeral: RoomEphemeral,
}

impl Task {
    /// A room of which nothing is read yet.
    pub fn new(section: Section, room: RoomRow, member: Option<MemberRow>, viewer: Viewer, span: Span) -> Self {
        Self {
            section,
            root: room.state,
            room,
            member,
            full: false,
            newly: false,
            outside: false,
            span,
            viewer,
            arrivals: Vec::new(),
            timeline: Vec::new(),
            limited: false,
            deltas: Vec::new(),
            state: Vec::new(),
            summary: None,
            unread: Unread::default(),
            recounted: false,
            ephemeral: RoomEphemeral::default(),
        }
    }

    /// The position at which the timeline starts; behind the span where it has nothing that arrived in it.
    pub fn start(&self) -> i64 {
        let arrived = self.timeline.iter().map(|seen| seen.event.position).find(|position| *position > 0);
        arrived.unwrap_or(self.span.upto.saturating_add(1))
    }

    /// Whether there is nothing to tell of it beside account data.
    pub fn is_empty(&self) -> bool {
        self.timeline.is_empty()
            && self.state.is_empty()
            && self.summary.is_none()
            && !self.limited
            && !self.recounted
            && self.ephemeral.is_empty()
    }
}

/// Who reads a room while joined.
pub(crate) fn joined_viewer(user_id: &OwnedUserId) -> Viewer {
    Viewer { user_id: user_id.clone(), standing: rooms::read::Standing::Joined, world_readable: false }
}
