//! Stands between the store and PostgreSQL, and cuts the line at a commit when told to.

use std::{
    io::{Read, Write},
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    thread,
    time::Duration,
};

/// What happens to the next commit.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Cut {
    /// Nothing.
    Never = 0,
    /// PostgreSQL never hears of it.
    Before = 1,
    /// PostgreSQL commits, and its answer is lost.
    After = 2,
}

/// Listens on a socket like that of PostgreSQL.
pub(super) struct Proxy {
    cut: Arc<AtomicU8>,
    down: Arc<AtomicU8>,
}

const SOCKET: &str = ".s.PGSQL.5432";

impl Proxy {
    pub(super) fn start(folder: &Path, server: &Path) -> Self {
        let (cut, down) = (Arc::new(AtomicU8::new(0)), Arc::new(AtomicU8::new(0)));
        let listener = UnixListener::bind(folder.join(SOCKET)).unwrap();
        let server: PathBuf = server.join(SOCKET);
        let proxy = Self { cut: cut.clone(), down: down.clone() };
        thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { return };
                if down.load(Ordering::SeqCst) == 0
                    && let Ok(server) = UnixStream::connect(&server)
                {
                    serve(client, server, cut.clone(), down.clone());
                }
            }
        });
        proxy
    }

    /// Cuts the line at the next commit.
    pub(super) fn cut(&self, cut: Cut) {
        self.cut.store(cut as u8, Ordering::SeqCst);
    }

    /// Lets nobody in after the next cut, until told otherwise.
    pub(super) fn stay_down(&self, down: bool) {
        // 2 becomes 1 at the cut.
        self.down.store(if down { 2 } else { 0 }, Ordering::SeqCst);
    }
}

fn serve(mut client: UnixStream, mut server: UnixStream, cut: Arc<AtomicU8>, down: Arc<AtomicU8>) {
    let (mut back_from, mut back_to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    let muted = Arc::new(AtomicU8::new(0));
    let mute = muted.clone();
    thread::spawn(move || {
        let mut buffer = [0; 16_384];
        while let Ok(length @ 1..) = back_from.read(&mut buffer) {
            if mute.load(Ordering::SeqCst) == 0 && back_to.write_all(&buffer[..length]).is_err() {
                break;
            }
        }
        let _ = back_to.shutdown(std::net::Shutdown::Both);
    });
    thread::spawn(move || {
        let mut buffer = [0; 16_384];
        while let Ok(length @ 1..) = client.read(&mut buffer) {
            let commits = buffer[..length].windows(9).any(|word| word == b"1; COMMIT");
            let what = if commits { cut.swap(Cut::Never as u8, Ordering::SeqCst) } else { Cut::Never as u8 };
            if what != Cut::Never as u8 && down.load(Ordering::SeqCst) == 2 {
                down.store(1, Ordering::SeqCst);
            }
            if what == Cut::Before as u8 {
                break;
            }
            if what == Cut::After as u8 {
                muted.store(1, Ordering::SeqCst);
            }
            if server.write_all(&buffer[..length]).is_err() {
                break;
            }
            if what == Cut::After as u8 {
                thread::sleep(Duration::from_millis(100));
                break;
            }
        }
        let _ = server.shutdown(std::net::Shutdown::Both);
        let _ = client.shutdown(std::net::Shutdown::Both);
    });
}
