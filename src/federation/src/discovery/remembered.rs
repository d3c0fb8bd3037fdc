//! What the DNS said, kept as long as it is good, and longer while the DNS fails.

use std::{convert::Infallible, sync::Arc, time::Duration};

use quick_cache::sync::Cache;
use tokio::sync::Mutex;

use super::dns::{Failure, Looked};

/// Names that are remembered.
const NAMES: usize = 10_000;
/// A record is good for at least this long, so that a busy server does not ask for each request.
const SHORTEST: Duration = Duration::from_secs(30);
/// And for at most this long, so that a server that moves is found again.
const LONGEST: Duration = Duration::from_secs(3_600);
/// How long old records are still used while the DNS fails.
const STALE: Duration = Duration::from_secs(3 * 86_400);
/// How long the DNS is not asked again after it failed and old records helped out.
const RESPITE: Duration = Duration::from_secs(30);

/// Records by name. Who asks for the same name at the same time asks once.
pub(super) struct Remembered<T> {
    slots: Cache<String, Slot<T>>,
}

type Slot<T> = Arc<Mutex<Option<Known<T>>>>;

struct Known<T> {
    records: Arc<[T]>,
    told: i64,
    until: i64,
}

impl<T> Remembered<T> {
    pub fn new() -> Self {
        Self { slots: Cache::new(NAMES) }
    }

    /// The records of this name, from memory or through `ask`; `now` in milliseconds.
    pub async fn get(
        &self,
        name: &str,
        now: i64,
        ask: impl Future<Output = Looked<T>> + Send,
    ) -> Result<Arc<[T]>, Failure> {
        let slot = self.slots.get_or_insert_with(name, || Ok::<_, Infallible>(Slot::default()));
        let slot = slot.unwrap_or_else(|never| match never {});
        let mut slot = slot.lock().await;
        if let Some(known) = &*slot
            && now < known.until
        {
            return Ok(known.records.clone());
        }
        match ask.await {
            Ok(found) => {
                let records: Arc<[T]> = found.records.into();
                let until = now + milliseconds(found.lifetime.clamp(SHORTEST, LONGEST));
                *slot = Some(Known { records: records.clone(), told: now, until });
                Ok(records)
            }
            Err(failure) => match &mut *slot {
                Some(known) if now < known.told + milliseconds(STALE) => {
                    tracing::debug!(name, %failure, "old records of the DNS are used");
                    known.until = now + milliseconds(RESPITE);
                    Ok(known.records.clone())
                }
                _ => Err(failure),
            },
        }
    }
}

fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
