//! The pool of connections that only read.

use std::{sync::Arc, time::Duration};

use diesel::{
    connection::SimpleConnection,
    r2d2::{ManageConnection, Pool},
};
use tokio::sync::Semaphore;

use crate::{Conn, Error, Result, Target, connection::Role};

/// Opens reading connections for the pool.
struct Readers {
    target: Target,
}

/// A pooled connection; a broken one is thrown away when it comes back.
struct Reader {
    conn: Conn,
    broken: bool,
}

impl ManageConnection for Readers {
    type Connection = Reader;
    type Error = Error;

    fn connect(&self) -> Result<Reader> {
        Ok(Reader { conn: Conn::open(&self.target, Role::Reader)?, broken: false })
    }

    fn is_valid(&self, reader: &mut Reader) -> Result<()> {
        Ok(reader.conn.batch_execute("SELECT 1")?)
    }

    fn has_broken(&self, reader: &mut Reader) -> bool {
        reader.broken
    }
}

/// The pool, behind a semaphore so that waiting costs a task and not a thread.
#[derive(Clone)]
pub(crate) struct ReaderPool {
    pool: Pool<Readers>,
    permits: Arc<Semaphore>,
}

impl ReaderPool {
    pub(crate) fn open(target: Target, size: u32) -> Result<Self> {
        let pool = Pool::builder()
            .max_size(size)
            .min_idle(Some(0))
            .idle_timeout(Some(Duration::from_secs(120)))
            .test_on_check_out(false)
            .connection_timeout(Duration::from_secs(10))
            .build(Readers { target })?;
        Ok(Self { pool, permits: Arc::new(Semaphore::new(size as usize)) })
    }

    /// Runs `f` on a blocking thread with a connection of its own.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Conn) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let permit = self.permits.clone().acquire_owned().await.map_err(|_| Error::Closed)?;
        let pool = self.pool.clone();
        let span = tracing::Span::current();
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            span.in_scope(|| Self::blocking(&pool, f))
        })
        .await
        .map_err(|_| Error::Closed)?
    }

    /// The same on the calling thread, which must be one that may block.
    pub(crate) fn run_blocking<T>(&self, f: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        Self::blocking(&self.pool, f)
    }

    fn blocking<T>(pool: &Pool<Readers>, f: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        let mut reader = pool.get()?;
        let outcome = f(&mut reader.conn);
        if let Err(error) = &outcome {
            reader.broken = error.is_disconnect();
        }
        outcome
    }
}
