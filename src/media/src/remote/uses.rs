//! When files of other servers were last asked for: gathered in memory, and written about once an hour for each.

use std::collections::HashMap;

use parking_lot::Mutex;
use ruma::OwnedServerName;
use store::{Tx, media::remote};

use crate::{Media, Result, address::Address};

/// Files of which that is remembered until it is written; of further ones it is forgotten.
const MOST: usize = 50_000;
/// How exactly it is known, in milliseconds.
const EXACTNESS: i64 = 3_600_000;

/// What has not been written yet.
#[derive(Default)]
pub(super) struct Uses {
    files: Mutex<HashMap<(OwnedServerName, String), i64>>,
}

impl Uses {
    /// Somebody asked for a file.
    pub fn note(&self, address: &Address, now: i64) {
        let Address::Remote(server, id) = address else { return };
        let mut files = self.files.lock();
        if files.len() < MOST {
            files.insert((server.clone(), id.clone()), now);
        }
    }
}

impl Media {
    /// Writes down what was asked for.
    pub(crate) async fn write_uses(&self) -> Result<()> {
        let uses = std::mem::take(&mut *self.cache.uses.files.lock());
        if uses.is_empty() {
            return Ok(());
        }
        let write = move |tx: &mut Tx<'_>| {
            uses.iter().try_for_each(|((server, id), now)| {
                remote::used(tx, server.as_str(), id, *now, now.saturating_sub(EXACTNESS))
            })
        };
        Ok(self.store.write(write).await?)
    }
}
