//! Uploads under way, so that nobody has too many.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use ruma::{OwnedUserId, UserId};

/// Uploads that one user may have under way at the same time.
const PER_USER: u32 = 20;

/// How many each user has.
#[derive(Default)]
pub(crate) struct UnderWay {
    users: Mutex<HashMap<OwnedUserId, u32>>,
}

/// One of them, until it is dropped.
pub(crate) struct Place {
    among: Arc<UnderWay>,
    user: OwnedUserId,
}

impl UnderWay {
    /// A place for one more of this user's.
    pub(crate) fn place(among: &Arc<Self>, user: &UserId) -> Option<Place> {
        let mut users = among.users.lock();
        let count = users.entry(user.to_owned()).or_default();
        if *count >= PER_USER {
            return None;
        }
        *count += 1;
        Some(Place { among: among.clone(), user: user.to_owned() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut users = self.among.users.lock();
        if let Some(count) = users.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                users.remove(&self.user);
            }
        }
    }
}
