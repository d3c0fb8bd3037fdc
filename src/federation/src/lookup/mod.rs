//! What other servers are asked for clients: profiles, aliases, their directories, spaces (server-server
//! §querying-for-information, §public-room-directory, §spaces), one file for each.
//!
//! How many are asked at once has a bound, so has what they may answer and how long that may take. What they said is good
//! for a moment, so that a client that asks again and again does not make us do so.

mod alias;
mod ask;
mod brief;
mod profile;
mod public_rooms;
mod space;
mod summary;
mod tree;

use std::time::Duration;

use accounts::JsonObject;
use tokio::sync::Semaphore;

use brief::Brief;
use space::Space;

pub use public_rooms::PublicRoomsElsewhere;

/// How many servers are asked at once.
const AT_ONCE: usize = 64;
/// Bytes of the profiles that are kept,
const PROFILES: u64 = 4 << 20;
/// and for how long.
const PROFILES_LAST: Duration = Duration::from_secs(60);

/// Bytes of the spaces that are kept,
const SPACES: u64 = 8 << 20;
/// and for how long: a client that goes through the pages of a tree sees the same tree.
const SPACES_LAST: Duration = Duration::from_secs(300);

/// What was told a moment ago, and who is being asked.
pub(crate) struct Lookups {
    places: Semaphore,
    profiles: Brief<JsonObject>,
    /// By room id.
    spaces: Brief<Space>,
}

impl Default for Lookups {
    fn default() -> Self {
        Self {
            places: Semaphore::new(AT_ONCE),
            profiles: Brief::new(PROFILES, PROFILES_LAST),
            spaces: Brief::new(SPACES, SPACES_LAST),
        }
    }
}
