//! Who waits with whom until servers are asked for their keys.

use ruma::OwnedServerName;
use store::federation::room_servers;
use tokio::sync::Semaphore;

use super::KeyRing;

/// So many servers are asked as single ones are.
const FEW: usize = 8;

/// Servers that wait together. However many there are, and however slow: they hold up nobody in another line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Line {
    /// Those with whom we share rooms.
    Known,
    /// Anybody. Names of servers are free to be made up, and whoever has made them up can be slow.
    Strangers,
    /// Those of whom many are wanted at once, as for a large room.
    Many,
    /// Those whose keys others want to know of us.
    ForOthers,
}

/// How many servers of each line are asked at once.
pub(super) struct Lines {
    known: Semaphore,
    strangers: Semaphore,
    many: Semaphore,
    for_others: Semaphore,
}

impl Lines {
    pub fn new() -> Self {
        let [known, strangers, many, for_others] = [48, 48, 48, 16].map(Semaphore::new);
        Self { known, strangers, many, for_others }
    }

    /// The turns of a line.
    pub fn turns(&self, line: Line) -> &Semaphore {
        match line {
            Line::Known => &self.known,
            Line::Strangers => &self.strangers,
            Line::Many => &self.many,
            Line::ForOthers => &self.for_others,
        }
    }
}

impl KeyRing {
    /// The line of each of these servers, whose keys are wanted at once.
    pub(super) async fn lines_of(&self, servers: &[OwnedServerName]) -> Vec<Line> {
        if servers.len() > FEW {
            return vec![Line::Many; servers.len()];
        }
        let names: Vec<String> = servers.iter().map(ToString::to_string).collect();
        let read = self.inner.options.store.read(move |conn| {
            names.iter().map(|name| room_servers::is_in_any_room(conn, name)).collect::<store::Result<Vec<bool>>>()
        });
        let shared = read.await.unwrap_or_else(|error| {
            tracing::warn!(%error, "with whom rooms are shared could not be read");
            vec![false; servers.len()]
        });
        shared.into_iter().map(|shared| if shared { Line::Known } else { Line::Strangers }).collect()
    }
}
