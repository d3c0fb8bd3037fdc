//! Asking, and saying yes.

use std::time::Duration;

use futures_util::FutureExt as _;
use matrix_sdk::RoomState;
use matrix_sdk::ruma::UserId;
use matrix_sdk::ruma::events::room::member::MembershipState;
use peerbrain_vocabulary::{AudienceKind, Relation};

use super::list::relation;
use super::{is_in, let_in, membership};
use crate::account::Account;
use crate::console::Console;
use crate::error::{Error, Result};
use crate::pending::{self, Journal};
use crate::report::{Friendship, Outcome};
use crate::timelines;

/// How long it is waited for the other side, which may be there at this very moment.
const OTHER_SIDE_SECONDS: u64 = 3;
/// How long it is waited for a knock that is on its way from another server.
const ON_ITS_WAY_SECONDS: u64 = 5;
/// The longest message with a request, in bytes.
const MAX_MESSAGE_BYTES: usize = 1_000;

/// Asks somebody to be a friend.
///
/// * `whom`: their id, `#thoughts-NAME:server`, or a link of matrix.to.
///
/// # Errors
/// It is oneself; there is nobody, or they have no timeline; their server cannot be reached, or they do not want it.
pub async fn request(
    account: &Account,
    whom: &str,
    message: Option<&str>,
    console: &mut dyn Console,
) -> Result<Friendship> {
    if timelines::person(whom)? == account.user_id() {
        return Err(Error::Input("You cannot be a friend of yourself; you can read yourself anyway.".to_owned()));
    }
    if message.is_some_and(|message| message.len() > MAX_MESSAGE_BYTES) {
        return Err(Error::Input(format!("The message is too long: {MAX_MESSAGE_BYTES} bytes at most.")));
    }
    if !account.is_vouched().await? {
        return Err(Error::NotLetIn);
    }
    console.progress("Looking for them", 0, 0);
    let found = timelines::find(account, whom).await;
    console.progress("Looking for them", 1, 1);
    let found = found?;
    let user_id = found.user_id.clone();
    let own = timelines::ensure(account, AudienceKind::Friends).await?;
    Journal::change(account, |journal| {
        journal.ask(&user_id);
    })?;
    match account.client().get_room(&found.room_id).map(|room| room.state()) {
        Some(RoomState::Joined) => return finished(account, &user_id, "You are let in already.").await,
        // They were faster.
        Some(RoomState::Invited) => {}
        Some(RoomState::Knocked) => {
            return told(account, &user_id, Outcome::Requested, Some("They were asked before.")).await;
        }
        _ => {
            let reason = message.map(str::to_owned);
            account
                .client()
                .knock(found.room_id.clone().into(), reason, found.via.clone())
                .await
                .map_err(|error| not_wanted(error.into(), &user_id))?;
        }
    }
    account.sync_once(Duration::ZERO).await?;
    // Whoever asks somebody who asks has said yes.
    if membership(&own, &user_id).await? == Some(MembershipState::Knock) {
        return accept(account, &user_id, console).await;
    }
    let (client, room_id) = (account.client(), &found.room_id);
    let joined = || {
        let joined = client.get_room(room_id).is_some_and(|room| room.state() == RoomState::Joined);
        std::future::ready(Ok(joined)).boxed()
    };
    if pending::until(account, console, 0, joined).await? {
        return finished(account, &user_id, "You are let in.").await;
    }
    told(account, &user_id, Outcome::Requested, None).await
}

fn not_wanted(error: Error, user_id: &UserId) -> Error {
    match error {
        Error::Refused(why) => Error::Refused(format!("{user_id} cannot be asked: {why}")),
        other => other,
    }
}

/// Says yes to somebody who asks: they get the keys of old thoughts, and are let in.
///
/// # Errors
/// They do not ask; none of their devices is cross-signed, or their identity has changed; the server refuses.
pub async fn accept(account: &Account, user_id: &UserId, console: &mut dyn Console) -> Result<Friendship> {
    let own = timelines::ensure(account, AudienceKind::Friends).await?;
    let timeline = &own;
    let asks = || {
        async move { Ok(membership(timeline, user_id).await?.is_some_and(|at| at != MembershipState::Leave)) }.boxed()
    };
    if !pending::until(account, console, ON_ITS_WAY_SECONDS, asks).await? {
        return Err(Error::NotFound(format!("{user_id} does not ask to be your friend.")));
    }
    {
        let _turn = account.people().await;
        match membership(&own, user_id).await? {
            Some(MembershipState::Ban) => {
                return Err(Error::Input(format!("{user_id} is blocked.")));
            }
            at if is_in(at.as_ref()) => {}
            _ => {
                console.progress("Giving them the keys of your thoughts", 0, 0);
                let done = let_in(account, &own, user_id).await;
                console.progress("Giving them the keys of your thoughts", 1, 1);
                done?;
            }
        }
        Journal::change(account, |journal| {
            journal.accept(user_id);
        })?;
        account.sync_once(Duration::ZERO).await?;
    }
    let friends = || async move { Ok(relation(account, user_id).await? == Some(Relation::Friend)) }.boxed();
    if pending::until(account, console, OTHER_SIDE_SECONDS, friends).await? {
        return finished(account, user_id, "You read each other's thoughts.").await;
    }
    let note = "They can read your thoughts. You read theirs once their device has come by, or they use thoughts.";
    told(account, user_id, Outcome::Accepted, Some(note)).await
}

async fn finished(account: &Account, user_id: &UserId, note: &str) -> Result<Friendship> {
    told(account, user_id, Outcome::Imported, Some(note)).await
}

async fn told(account: &Account, user_id: &UserId, outcome: Outcome, note: Option<&str>) -> Result<Friendship> {
    let relation = relation(account, user_id).await?;
    let mut sessions = 0;
    if outcome == Outcome::Imported {
        for room in timelines::theirs(account, user_id).await? {
            if let crate::sharing::Imported::Readable(count) = crate::sharing::look(&room).await? {
                sessions += count;
            }
        }
    }
    Ok(Friendship { user_id: user_id.to_owned(), relation, outcome, sessions, note: note.map(str::to_owned) })
}
