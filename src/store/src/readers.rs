//! The pool of connections that only read.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use diesel::r2d2::{ManageConnection, Pool, R2D2Connection};
use tokio::{runtime::Handle, sync::Semaphore, task};

use crate::{Conn, Error, Result, Target, connection::Role};

/// Opens reading connections for the pool.
struct Readers {
    target: Target,
    role: Role,
    /// Counts the connections that broke, the writer's too.
    outages: Arc<AtomicU64>,
}

/// A pooled connection; a broken one is thrown away when it comes back.
struct Reader {
    conn: Conn,
    broken: bool,
    /// How many outages there had been when this one was last known to work.
    outages: u64,
}

impl ManageConnection for Readers {
    type Connection = Reader;
    type Error = Error;

    fn connect(&self) -> Result<Reader> {
        let outages = self.outages.load(Ordering::Acquire);
        Ok(Reader { conn: Conn::open(&self.target, self.role)?, broken: false, outages })
    }

    /// Asks the database only if some connection has failed since: one that broke is seldom alone.
    fn is_valid(&self, reader: &mut Reader) -> Result<()> {
        let outages = self.outages.load(Ordering::Acquire);
        if reader.outages != outages {
            reader.conn.ping()?;
            reader.outages = outages;
        }
        Ok(())
    }

    fn has_broken(&self, reader: &mut Reader) -> bool {
        let broken = reader.broken || reader.conn.is_broken();
        if broken {
            self.outages.fetch_add(1, Ordering::AcqRel);
        }
        broken
    }
}

/// The pool, behind a semaphore so that waiting costs a task and not a thread.
#[derive(Clone)]
pub(crate) struct ReaderPool {
    pool: Pool<Readers>,
    permits: Arc<Semaphore>,
    /// Whose blocking threads are used: those of the runtime in which the store was opened. The caller's may be few.
    runtime: Option<Handle>,
}

impl ReaderPool {
    pub(crate) fn open(target: Target, role: Role, size: u32, outages: Arc<AtomicU64>) -> Result<Self> {
        let pool = Pool::builder()
            .max_size(size)
            .min_idle(Some(0))
            .idle_timeout(Some(Duration::from_secs(120)))
            .connection_timeout(Duration::from_secs(3))
            .build(Readers { target, role, outages })?;
        Ok(Self { pool, permits: Arc::new(Semaphore::new(size as usize)), runtime: Handle::try_current().ok() })
    }

    /// Runs `f` on a blocking thread with a connection of its own.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Conn) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let permit = self.permits.clone().acquire_owned().await.map_err(|_| Error::Closed)?;
        let pool = self.pool.clone();
        let span = tracing::Span::current();
        let work = move || {
            let _permit = permit;
            span.in_scope(|| Self::blocking(&pool, f))
        };
        let done = match &self.runtime {
            Some(runtime) => runtime.spawn_blocking(work).await,
            None => task::spawn_blocking(work).await,
        };
        done.map_err(|error| if error.is_panic() { Error::Panicked } else { Error::Closed })?
    }

    fn blocking<T>(pool: &Pool<Readers>, f: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        let mut reader = pool.get()?;
        // If `f` panics, nobody knows what it leaves behind.
        reader.broken = true;
        let outcome = f(&mut reader.conn);
        reader.broken = outcome.as_ref().is_err_and(Error::is_of_database);
        outcome
    }
}
