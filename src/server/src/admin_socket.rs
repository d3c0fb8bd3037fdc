//! The Unix socket in the data folder through which `peerbrain user …` speaks to the running server: one JSON line each
//! way. Only the owner of the data folder can open it, so whoever speaks there is the operator.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::error::Error;
use crate::listen::unix;
use crate::operator::{Operator, Reply, Request};

/// The name of the socket in the data folder.
const NAME: &str = "admin.sock";
/// Bytes of a line.
pub const LINE_BYTES: u64 = 65_536;
/// How long one conversation may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Conversations at the same time.
const AT_ONCE: usize = 8;

/// Where the socket is.
pub fn path(data_dir: &Path) -> PathBuf {
    data_dir.join(NAME)
}

/// The open socket; it is removed when this is dropped.
pub struct AdminSocket {
    path: PathBuf,
    task: JoinHandle<()>,
}

impl AdminSocket {
    /// Opens the socket and answers on it.
    ///
    /// # Errors
    /// A path that is too long for a socket, or a folder that cannot be written to.
    pub fn open(data_dir: &Path, operator: Arc<Operator>) -> Result<Self, Error> {
        let path = path(data_dir);
        let listener = UnixListener::from_std(unix::listen(&path, 0o600)?)?;
        Ok(Self { path, task: tokio::spawn(accept(listener, operator)) })
    }
}

impl Drop for AdminSocket {
    fn drop(&mut self) {
        self.task.abort();
        let _already_gone = std::fs::remove_file(&self.path);
    }
}

async fn accept(listener: UnixListener, operator: Arc<Operator>) {
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let Ok(turn) = turns.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let operator = operator.clone();
                tokio::spawn(async move {
                    let _turn = turn;
                    let talked = tokio::time::timeout(PATIENCE, converse(stream, &operator)).await;
                    if !matches!(talked, Ok(Ok(()))) {
                        tracing::debug!("a conversation on the admin socket broke off");
                    }
                });
            }
            Err(error) => {
                // Out of file descriptors, say: it passes, but not by trying again at once.
                tracing::warn!(%error, "the admin socket cannot accept");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// Reads one line, does what it asks and writes one line.
async fn converse(stream: UnixStream, operator: &Operator) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    BufReader::new(read.take(LINE_BYTES)).read_line(&mut line).await?;
    let reply = match serde_json::from_str::<Request>(&line) {
        Ok(request) => operator.perform(request).await,
        Err(error) => Reply::Failed(format!("the running server does not understand the command: {error}")),
    };
    let mut answer = serde_json::to_vec(&reply)?;
    answer.push(b'\n');
    write.write_all(&answer).await?;
    write.shutdown().await
}
