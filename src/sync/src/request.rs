//! What a client asks for.

use std::{sync::Arc, time::Duration};

use accounts::Session;

use crate::PresenceState;

/// A request to `/sync`.
#[derive(Clone)]
pub struct Request {
    /// Who asks, with which device.
    pub session: Arc<Session>,
    /// The `next_batch` of an earlier answer; none for a first sync.
    pub since: Option<String>,
    /// The id of a stored filter, or a filter as JSON, as it stands in the query.
    pub filter: Option<String>,
    /// Whether the full state of all joined rooms is wanted.
    pub full_state: bool,
    /// Which state is wanted, and under which name.
    pub state_form: StateForm,
    /// What the device says of the user's presence as long as it syncs.
    pub presence: PresenceState,
    /// How long to wait for something new.
    pub timeout: Duration,
}

/// Which state of a room stands beside its timeline (client-server § GET /sync, `use_state_after`; MSC4222).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StateForm {
    /// `state`: up to the start of the timeline.
    #[default]
    Before,
    /// `state_after`: up to its end.
    After,
    /// The same under the name that MSC4222 had before it was part of the specification.
    AfterUnstable,
}

impl StateForm {
    /// The name of the section.
    pub(crate) fn section(self) -> &'static str {
        match self {
            Self::Before => "state",
            Self::After => "state_after",
            Self::AfterUnstable => "org.matrix.msc4222.state_after",
        }
    }

    /// Whether the state is that at the end of the timeline.
    pub(crate) fn is_after(self) -> bool {
        self != Self::Before
    }
}
