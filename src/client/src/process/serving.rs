//! Does the jobs of other processes beside one's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use tokio::io::BufReader;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::words::{Asked, Said, hear, say};
use super::{remote, socket};
use crate::account::Account;
use crate::cli;
use crate::console::{Console, Question};
use crate::error::{Error, Result};
use crate::report::Report;

/// The most jobs of others at a time; whoever comes then waits for a place.
const MAX_JOBS: usize = 32;

/// The most reports that wait for somebody who does not read what they asked for, where there is no end of them.
const MAX_UNREAD: usize = 10_000;

/// The other processes whose work is done here.
pub struct Others {
    serving: Option<(JoinHandle<()>, watch::Sender<bool>, std::path::PathBuf)>,
}

impl Others {
    /// Nobody.
    pub fn none() -> Self {
        Self { serving: None }
    }

    /// Whoever comes, from now on.
    ///
    /// # Errors
    /// The socket cannot be made.
    pub fn serve(account: &Account) -> Result<Self> {
        let path = socket(account.folder());
        // Left by a process that was killed; the lock says that it is no more.
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let listener = remote::listen(&path)?;
        let (enough, ending) = watch::channel(false);
        let task = tokio::spawn(accept(listener, account.clone(), ending));
        Ok(Self { serving: Some((task, enough, path)) })
    }

    /// Takes no new jobs, and finishes those that were begun; those without an end go on in their own processes.
    pub async fn finish(self) {
        let Some((task, enough, path)) = self.serving else { return };
        // Whoever comes now waits for the lock.
        let _ = std::fs::remove_file(path);
        let _ = enough.send(true);
        let _ = task.await;
    }
}

async fn accept(listener: UnixListener, account: Account, mut ending: watch::Receiver<bool>) {
    let (mut jobs, for_jobs) = (JoinSet::new(), ending.clone());
    loop {
        tokio::select! {
            accepted = listener.accept(), if jobs.len() < MAX_JOBS => {
                if let Ok((stream, _)) = accepted {
                    jobs.spawn(serve(stream, account.clone(), for_jobs.clone()));
                }
            }
            Some(_) = jobs.join_next() => {}
            _ = ending.wait_for(|ending| *ending) => break,
        }
    }
    drop(listener);
    while jobs.join_next().await.is_some() {}
}

async fn serve(stream: UnixStream, account: Account, mut ending: watch::Receiver<bool>) {
    let (from, mut to) = stream.into_split();
    let mut from = BufReader::new(from);
    let Ok(Some(Asked::Job(job))) = hear(&mut from).await else { return };
    let has_no_end = job.command.has_no_end();
    let (said, mut saying) = unbounded_channel();
    let (answered, answers) = unbounded_channel();
    let open = Arc::new(AtomicBool::new(true));
    let unread = Arc::new(AtomicUsize::new(0));
    let most = if has_no_end { MAX_UNREAD } else { usize::MAX };
    let mut console = Away { said: said.clone(), answers, open: open.clone(), unread: unread.clone(), most };
    let work = async move {
        let ended = cli::run(&account, job, &mut console).await;
        drop(console);
        let _ = said.send(Said::last(ended));
    };
    let telling = async {
        while let Some(words) = saying.recv().await {
            let last = matches!(words, Said::Done | Said::Failed { .. });
            if say(&mut to, &words).await.is_err() || last {
                break;
            }
            if matches!(words, Said::Report(_)) {
                unread.fetch_sub(1, Ordering::Relaxed);
            }
        }
    };
    let hearing = async {
        while let Ok(Some(words)) = hear(&mut from).await {
            if let Asked::Answer(answer) = words {
                let _ = answered.send(answer);
            }
        }
        // Whoever asked is gone. What was begun is finished, for half of it would be worse.
        open.store(false, Ordering::Relaxed);
        drop(answered);
        std::future::pending::<()>().await;
    };
    tokio::select! {
        ((), ()) = async { tokio::join!(work, telling) } => {}
        () = hearing => {}
        _ = ending.wait_for(|ending| *ending), if has_no_end => {}
    }
}

/// A console in another process.
struct Away {
    said: UnboundedSender<Said>,
    answers: UnboundedReceiver<Option<String>>,
    open: Arc<AtomicBool>,
    /// Reports that were not read yet, and how many may be.
    unread: Arc<AtomicUsize>,
    most: usize,
}

#[async_trait]
impl Console for Away {
    fn report(&mut self, report: Report) {
        if self.unread.fetch_add(1, Ordering::Relaxed) >= self.most {
            self.open.store(false, Ordering::Relaxed);
            return;
        }
        let _ = self.said.send(Said::Report(report));
    }

    fn notice(&mut self, text: &str) {
        let _ = self.said.send(Said::Notice(text.to_owned()));
    }

    fn progress(&mut self, what: &str, done: u64, total: u64) {
        let _ = self.said.send(Said::Progress { what: what.to_owned(), done, total });
    }

    async fn ask(&mut self, question: Question) -> Result<String> {
        let nobody = || Error::NoAnswer("Nobody is there to answer.".to_owned());
        self.said.send(Said::Ask(question)).map_err(|_| nobody())?;
        self.answers.recv().await.flatten().ok_or_else(nobody)
    }

    fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }
}
