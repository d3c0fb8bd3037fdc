//! What each command does: it calls the library and reports what comes back.

mod account;
mod following;
mod people;
mod reading;
mod writing;

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::timeout;

use crate::account::Account;
use crate::cli::Job;
use crate::cli::arguments::{Command, Dm};
use crate::console::Console;
use crate::error::{Error, Result};
use crate::output::{Page, shown};
use crate::report::{Happening, Report};
use crate::{dm, pending, verification};

/// How long a command first does what is pending.
const PENDING: Duration = Duration::from_secs(10);

/// Does a job for whoever looks on.
///
/// # Errors
/// What the command is refused with.
pub fn run<'a>(account: &'a Account, job: Job, console: &'a mut dyn Console) -> BoxFuture<'a, Result<()>> {
    // Boxed, because the compiler cannot see through all that a command may do whether it may change threads.
    Box::pin(done(account, job, console))
}

async fn done(account: &Account, job: Job, console: &mut dyn Console) -> Result<()> {
    let Job { command, pictures } = job;
    if !command.has_no_end() && command != Command::Logout {
        let shows_requests = matches!(command, Command::Friends | Command::Friend(_));
        do_pending(account, shows_requests, console).await;
    }
    match command {
        Command::Logout => account::logout(account, console).await,
        Command::Whoami => account::whoami(account, console).await,
        Command::Profile(profile) => account::profile(account, profile, console).await,
        Command::Recovery(step) => account::recovery(account, step, console).await,
        Command::Post(post) => writing::post(account, post, console).await,
        Command::Edit(edit) => writing::edit(account, edit, console).await,
        Command::Delete(delete) => writing::delete(account, delete, console).await,
        Command::Reply(reply) => writing::reply(account, reply, console).await,
        Command::React(react) => writing::react(account, react, console).await,
        Command::Feed(feed) if feed.follow => following::feed(account, feed, pictures, console).await,
        Command::Feed(feed) => reading::feed(account, feed, pictures, console).await,
        Command::Read(read) => reading::read(account, read, pictures, console).await,
        Command::Search(search) => reading::search(account, search, pictures, console).await,
        Command::Export(export) => reading::export(account, export.file.as_deref(), console).await,
        Command::Friends => people::friends(account, console).await,
        Command::Friend(step) => people::friend(account, step, console).await,
        Command::Audience(step) => people::audience(account, step, console).await,
        Command::Weight(weight) => people::weight(account, weight, console).await,
        Command::Trust(trust) => people::trust(account, trust, console).await,
        Command::Dm(dm) => conversation(account, dm, console).await,
        Command::Verify(verify) => verification::verify(account, verify.user_id.as_deref(), verify.yes, console).await,
        Command::Watch => following::watch(account, console).await,
        Command::Register(_) | Command::Login(_) | Command::Completions { .. } | Command::Man => {
            Err(Error::Input("This command is for no account.".to_owned()))
        }
    }
}

/// What is pending is done first, but a command never fails for it, nor waits long. Requests are told unless the command
/// shows them itself.
async fn do_pending(account: &Account, shows_requests: bool, console: &mut dyn Console) {
    let work = async {
        account.sync_once(Duration::ZERO).await?;
        pending::settle(account, console).await
    };
    match timeout(PENDING, work).await {
        Ok(Ok(happened)) => {
            let is_told = |happening: &Happening| !(shows_requests && matches!(happening, Happening::Request(_)));
            for happening in happened.into_iter().filter(is_told) {
                let told = shown(&Page::plain(), &Report::Happening(Box::new(happening)));
                console.notice(told.trim_end());
            }
        }
        Ok(Err(error)) => tracing::debug!(kind = error.kind(), "what is pending waits"),
        Err(_) => tracing::debug!("what is pending takes long and waits"),
    }
}

async fn conversation(account: &Account, conversation: Dm, console: &mut dyn Console) -> Result<()> {
    let whom = &conversation.who.user_id;
    match &conversation.text {
        Some(text) => {
            let sent = dm::send(account, whom, text, console).await?;
            console.report(Report::Sent(sent));
        }
        None => {
            for line in dm::read(account, whom, usize::from(conversation.limit)).await? {
                console.report(Report::Line(line));
            }
        }
    }
    Ok(())
}
