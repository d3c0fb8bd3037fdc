//! Files of a server that is honest, old, or lies.

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicU16, AtomicUsize, Ordering},
    },
    time::Duration,
};

use media::{Folder, Media};
use peerbrain_core::{SystemRandom, config};
use ruma::{ServerName, server_name};
use store::testing::{Database, each};
use tempfile::TempDir;

use super::{Peer, Seen, World, peer::reply};
use crate::{Error, Result, files::Files};

const PARTS: &str = "Content-Type: multipart/mixed; boundary=b1\r\n";
const HEAD: &[u8] = b"--b1\r\nContent-Type: application/json\r\n\r\n{}\r\n--b1\r\n";

fn remote() -> &'static ServerName {
    server_name!("remote.example")
}

/// A cache, and another server.
struct Fetching {
    world: World,
    peer: Peer,
    files: Files,
    _folder: TempDir,
}

impl Fetching {
    /// The other server answers so to all but `.well-known`.
    fn from(
        database: &Database,
        answer: impl Fn(&Seen, &mut dyn Write) -> std::io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let world = World::new();
        world.names.here(&["remote.example", "files.example"]);
        let config = world.authority.server(&["remote.example", "files.example"]);
        let peer = Peer::start(config, move |seen, stream| {
            if seen.path.starts_with("/.well-known") {
                return reply(stream, "404 Not Found", "", b"");
            }
            answer(seen, stream)
        });
        let folder = tempfile::tempdir().unwrap();
        let storage = Folder::open(folder.path()).unwrap();
        let runtime = tokio::runtime::Handle::current();
        let media = Arc::new(Media::new(media::Options {
            store: database.open(),
            incoming: storage.incoming(),
            storage: Arc::new(storage),
            server_name: server_name!("us.example").to_owned(),
            clock: Arc::new(world.clock.clone()),
            random: Arc::new(SystemRandom::new()),
            config: config::Media { max_remote_mb: 1, ..config::Media::default() },
            runtime: runtime.clone(),
        }));
        let files = Files::new(world.client(peer.port), media, Arc::new(world.clock.clone()), runtime);
        Self { world, peer, files, _folder: folder }
    }

    async fn get(&self, id: &str) -> Result<(String, Option<String>, Vec<u8>)> {
        let file = self.files.download(remote(), id, Duration::ZERO, false, || Ok(())).await?;
        let (kind, name, size) = (file.content_type.clone(), file.file_name.clone(), file.size);
        let (mut body, mut bytes) = (file.body(0..size), Vec::new());
        while let Some(piece) = body.next().await {
            bytes.extend_from_slice(&piece.unwrap());
        }
        Ok((kind, name, bytes))
    }
}

/// A body with this as its second part.
fn parts(second: &[u8]) -> Vec<u8> {
    [HEAD, second, b"\r\n--b1--\r\n"].concat()
}

#[tokio::test]
async fn a_file_is_fetched_once() {
    each(async |database| {
        let large: Vec<u8> = (0..500_000_u32).map(|n| (n * 31 % 251) as u8).collect();
        let sent = large.clone();
        let fetching = Fetching::from(&database, move |_, stream| {
            let head = b"Content-Type: text/plain\r\nContent-Disposition: inline; filename=\"tea.txt\"\r\n\r\n";
            reply(stream, "200 OK", PARTS, &parts(&[head.as_slice(), sent.as_slice()].concat()))
        });
        let (one, two) = tokio::join!(fetching.get("large"), fetching.get("large"));
        for got in [one.unwrap(), two.unwrap(), fetching.get("large").await.unwrap()] {
            assert!(got == ("text/plain".to_owned(), Some("tea.txt".to_owned()), large.clone()));
        }
        let seen: Vec<Seen> = fetching.peer.seen();
        let asked = seen.iter().filter(|seen| !seen.path.starts_with("/.well-known"));
        let asked: Vec<&str> = asked.map(|seen| seen.path.as_str()).collect();
        assert_eq!(asked, ["/_matrix/federation/v1/media/download/large?timeout_ms=0"]);
    })
    .await;
}

#[tokio::test]
async fn only_what_is_not_here_is_counted() {
    each(async |database| {
        let fetching = Fetching::from(&database, |_, stream| {
            reply(stream, "200 OK", PARTS, &parts(b"Content-Type: text/plain\r\n\r\ntea"))
        });
        let refuse = || Err(accounts::Error::LimitExceeded { retry_after: Duration::from_secs(1) });
        let refused = fetching.files.download(remote(), "one", Duration::ZERO, false, refuse).await;
        assert!(matches!(refused, Err(Error::Accounts(_))));
        assert!(fetching.peer.seen().is_empty());
        fetching.get("one").await.unwrap();
        fetching.files.download(remote(), "one", Duration::ZERO, false, refuse).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_file_may_be_elsewhere() {
    each(async |database| {
        let port = Arc::new(AtomicU16::new(0));
        let known = port.clone();
        let fetching = Fetching::from(&database, move |seen, stream| match seen.path.as_str() {
            "/kept/x" => reply(stream, "200 OK", "Content-Type: image/png\r\n", b"picture"),
            path if path.contains("/private?") => {
                reply(stream, "200 OK", PARTS, &parts(b"Location: https://10.0.0.1/x\r\n\r\n"))
            }
            _ => {
                let place = format!("Location: https://files.example:{}/kept/x\r\n\r\n", known.load(Ordering::SeqCst));
                reply(stream, "200 OK", PARTS, &parts(place.as_bytes()))
            }
        });
        port.store(fetching.peer.port, Ordering::SeqCst);
        let (kind, _, bytes) = fetching.get("elsewhere").await.unwrap();
        assert_eq!((kind.as_str(), bytes.as_slice()), ("image/png", &b"picture"[..]));
        let refused = fetching.get("private").await.unwrap_err();
        assert!(refused.to_string().contains("private network"), "{refused}");
    })
    .await;
}

#[tokio::test]
async fn old_servers_are_asked_in_the_old_way() {
    each(async |database| {
        let fetching = Fetching::from(&database, |seen, stream| {
            if seen.path.starts_with("/_matrix/media/v3/download/remote.example/old?allow_remote=false") {
                return reply(stream, "200 OK", "Content-Type: text/css\r\n", b"a{}");
            }
            reply(stream, "404 Not Found", "", br#"{"errcode":"M_UNRECOGNIZED","error":"what?"}"#)
        });
        let (kind, _, bytes) = fetching.get("old").await.unwrap();
        assert_eq!((kind.as_str(), bytes.as_slice()), ("text/css", &b"a{}"[..]));
        assert!(matches!(fetching.get("none").await, Err(Error::Media(media::Error::NotFound))));
    })
    .await;
}

#[tokio::test]
async fn lies_are_not_kept() {
    each(async |database| {
        let fetching = Fetching::from(&database, |seen, stream| {
            let file = [b"Content-Type: text/plain\r\n\r\n".as_slice(), &[7; 1_100_000]].concat();
            match seen.path.as_str() {
                path if path.contains("/large?") => reply(stream, "200 OK", PARTS, &parts(&file)),
                path if path.contains("/page?") => reply(stream, "200 OK", "Content-Type: text/html\r\n", b"hello"),
                path if path.contains("/endless?") => {
                    write!(stream, "HTTP/1.1 200 OK\r\n{PARTS}\r\n")?;
                    let more = [7; 65_536];
                    loop {
                        stream.write_all(&more)?;
                    }
                }
                // The file does not end.
                _ => reply(stream, "200 OK", PARTS, &[HEAD, b"\r\n\r\nhalf"].concat()),
            }
        });
        assert!(matches!(fetching.get("large").await, Err(Error::Media(media::Error::TooLarge(_)))));
        for id in ["page", "endless", "half"] {
            let refused = fetching.get(id).await;
            assert!(matches!(refused, Err(Error::BadAnswer { .. })), "{id}: {refused:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn failures_are_remembered_for_a_moment() {
    each(async |database| {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = asked.clone();
        let fetching = Fetching::from(&database, move |_, stream| {
            counted.fetch_add(1, Ordering::SeqCst);
            reply(stream, "404 Not Found", "", br#"{"errcode":"M_NOT_FOUND","error":"no"}"#)
        });
        for _ in 0..3 {
            assert!(matches!(fetching.get("none").await, Err(Error::Media(media::Error::NotFound))));
        }
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        fetching.world.clock.advance(Duration::from_secs(61));
        assert!(fetching.get("none").await.is_err());
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    })
    .await;
}
