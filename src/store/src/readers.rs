//! The pool of connections that only read.
//!
//! It is our own, and small, because it must not measure time: a pool that gives up when a connection was not open within
//! some seconds fails the callers of a machine that stood still for a moment. Here an opening ends by itself.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use diesel::r2d2::R2D2Connection;
use parking_lot::Mutex;
use tokio::{runtime::Handle, sync::Semaphore, task};

use crate::{Conn, Error, Result, Target, connection::Role, writer::PAUSES};

/// How long a connection that nobody needs is kept.
const KEPT: Duration = Duration::from_secs(120);

/// A connection, and what is known of it.
struct Reader {
    conn: Conn,
    /// How many outages there had been when this one was last known to work.
    outages: u64,
    /// When it was last used.
    used: Instant,
}

/// The connections that nobody uses now, the one used last at the end.
struct Readers {
    target: Target,
    role: Role,
    idle: Mutex<Vec<Reader>>,
    /// Counts the connections that broke, the writer's too.
    outages: Arc<AtomicU64>,
}

impl Readers {
    /// Takes one that is idle, or opens another. Asks the database whether an idle one still works only if some
    /// connection has failed since: one that broke is seldom alone.
    fn take(&self) -> Result<Reader> {
        loop {
            let Some(mut reader) = self.idle.lock().pop() else { return self.open() };
            let outages = self.outages.load(Ordering::Acquire);
            if reader.outages == outages {
                return Ok(reader);
            }
            if reader.conn.ping().is_ok() {
                reader.outages = outages;
                return Ok(reader);
            }
        }
    }

    /// Opens one, in several attempts: a database that is just starting refuses for a moment.
    fn open(&self) -> Result<Reader> {
        let mut last = Error::Closed;
        for pause in PAUSES {
            thread::sleep(Duration::from_millis(pause));
            let outages = self.outages.load(Ordering::Acquire);
            match Conn::open(&self.target, self.role) {
                Ok(conn) => return Ok(Reader { conn, outages, used: Instant::now() }),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Takes one back that works, and closes those that nobody has needed for long.
    fn keep(&self, mut reader: Reader) {
        reader.used = Instant::now();
        let mut idle = self.idle.lock();
        let stale = idle.iter().take_while(|one| reader.used.duration_since(one.used) > KEPT).count();
        let stale: Vec<Reader> = idle.drain(..stale).collect();
        idle.push(reader);
        drop(idle);
        drop(stale);
    }

    /// Runs `f`. Its connection is thrown away where it broke, or where `f` panics: nobody knows what it leaves behind.
    fn run<T>(&self, f: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        let mut reader = self.take()?;
        let outcome = f(&mut reader.conn);
        if outcome.as_ref().is_err_and(Error::is_of_database) || reader.conn.is_broken() {
            self.outages.fetch_add(1, Ordering::AcqRel);
        } else {
            self.keep(reader);
        }
        outcome
    }
}

/// The pool, behind a semaphore so that waiting costs a task and not a thread.
#[derive(Clone)]
pub(crate) struct ReaderPool {
    readers: Arc<Readers>,
    permits: Arc<Semaphore>,
    /// Whose blocking threads are used: those of the runtime in which the store was opened. The caller's may be few.
    runtime: Option<Handle>,
}

impl ReaderPool {
    /// A pool of at most `size` connections, each opened when it is needed.
    pub(crate) fn new(target: Target, role: Role, size: u32, outages: Arc<AtomicU64>) -> Self {
        let readers = Readers { target, role, idle: Mutex::default(), outages };
        let permits = Semaphore::new(size as usize);
        Self { readers: Arc::new(readers), permits: Arc::new(permits), runtime: Handle::try_current().ok() }
    }

    /// Runs `f` on a blocking thread with a connection of its own.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Conn) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let permit = self.permits.clone().acquire_owned().await.map_err(|_| Error::Closed)?;
        let readers = self.readers.clone();
        let span = tracing::Span::current();
        let work = move || {
            let _permit = permit;
            span.in_scope(|| readers.run(f))
        };
        let done = match &self.runtime {
            Some(runtime) => runtime.spawn_blocking(work).await,
            None => task::spawn_blocking(work).await,
        };
        done.map_err(|error| if error.is_panic() { Error::Panicked } else { Error::Closed })?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Database;

    fn pool(database: &Database) -> Readers {
        let outages = Arc::default();
        Readers { target: database.target.clone(), role: Role::QuickReader, idle: Mutex::default(), outages }
    }

    #[test]
    fn connections_are_used_again_and_closed_when_nobody_needs_them() {
        let database = Database::sqlite();
        let readers = pool(&database);
        let (first, mut second) = (readers.take().unwrap(), readers.take().unwrap());
        readers.keep(first);
        readers.run(|_| Ok(())).unwrap();
        assert_eq!(readers.idle.lock().len(), 1, "the idle one was used");
        second.used = second.used.checked_sub(KEPT * 2).unwrap();
        readers.idle.lock().insert(0, second);
        readers.run(|_| Ok(())).unwrap();
        assert_eq!(readers.idle.lock().len(), 1, "the one that was idle for long is gone");
    }

    #[test]
    fn what_broke_or_panicked_is_not_used_again() {
        let database = Database::sqlite();
        let readers = pool(&database);
        let broken: Result<()> = readers.run(|_| Err(Error::Query(diesel::result::Error::BrokenTransactionManager)));
        assert!(broken.is_err() && readers.idle.lock().is_empty());
        assert_eq!(readers.outages.load(Ordering::Acquire), 1);
        let panicked =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| readers.run(|_| -> Result<()> { panic!() })));
        assert!(panicked.is_err() && readers.idle.lock().is_empty());
        // What business refuses is no fault of the connection.
        assert!(readers.run(|_| Err::<(), _>(Error::Stale)).is_err());
        assert_eq!(readers.idle.lock().len(), 1);
    }
}
