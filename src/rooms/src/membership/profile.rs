//! A user's new name or picture reaches the rooms they are in.

use std::collections::HashSet;

use futures_util::{StreamExt, stream};
use ruma::UserId;
use store::{
    Conn,
    accounts::unannounced_profiles,
    rooms::{MemberRow, Membership, member, rooms_of_user},
};

use crate::{
    Result, Rooms,
    lane::{Proposal, Turn},
    membership::MemberContent,
};

/// How many rooms are told at once.
const AT_ONCE: usize = 16;

/// Users that are read at once.
const PAGE: i64 = 500;

/// How often the rooms are looked through. Who changes a profile yet again meanwhile tells them too.
const ROUNDS: usize = 5;

impl Rooms {
    /// Makes the membership in every room that the user is joined to say their current name and picture, and waits for
    /// it. Changes nothing where that is said already.
    ///
    /// # Errors
    /// What [may pass](crate::Error::may_pass), where it kept a room from being told: all others have been told then,
    /// and the same again tells the rest.
    pub async fn announce_profile(&self, user: &UserId) -> Result<()> {
        let of = user.to_string();
        let changes = self.inner.store.read(move |conn| unannounced_profiles::changes(conn, &of)).await?;
        self.tell_rooms(user).await?;
        if let Some(changes) = changes {
            let of = user.to_string();
            self.inner.store.write(move |tx| unannounced_profiles::announced(tx, &of, changes)).await?;
        }
        Ok(())
    }

    /// Announces the profiles of all whose rooms may not have been told yet: after a crash, or where telling them failed. To
    /// be called now and then.
    ///
    /// # Errors
    /// As [`Rooms::announce_profile`].
    pub async fn announce_profiles(&self) -> Result<()> {
        let mut after = String::new();
        loop {
            let from = after.clone();
            let users = self.inner.store.read(move |conn| unannounced_profiles::list(conn, &from, PAGE)).await?;
            let Some(last) = users.last() else { return Ok(()) };
            after = last.clone();
            for user in users.iter().filter_map(|user| <&UserId>::try_from(user.as_str()).ok()) {
                self.announce_profile(user).await?;
            }
        }
    }

    async fn tell_rooms(&self, user: &UserId) -> Result<()> {
        let mut refused = HashSet::new();
        for _ in 0..ROUNDS {
            let mut untold = self.untold_rooms(user).await?;
            untold.retain(|room| !refused.contains(room));
            if untold.is_empty() {
                return Ok(());
            }
            let tell = |room: i64| async move { (room, self.tell_profile(room, user).await) };
            let told: Vec<_> = stream::iter(untold).map(tell).buffer_unordered(AT_ONCE).collect().await;
            let mut failure = None;
            for (room, outcome) in told {
                match outcome {
                    Ok(()) => {}
                    Err(error) if error.may_pass() => failure = Some(error),
                    Err(error) => {
                        tracing::warn!(room, %error, "a new profile could not be sent to a room");
                        refused.insert(room);
                    }
                }
            }
            if let Some(error) = failure {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Makes a new membership say the current profile: it may have changed while the membership was on its way, when
    /// nobody knew yet that the room is among those to tell.
    pub(crate) async fn settle_profile(&self, room: i64, user: &UserId) {
        let of = user.to_owned();
        let read = self.inner.store.read(move |conn| match member(conn, room, of.as_str())? {
            Some(row) if row.membership() == Membership::Join => says_otherwise(conn, &of).map(|says| says(&row)),
            _ => Ok(false),
        });
        let settled = match read.await {
            Ok(true) => self.tell_profile(room, user).await,
            Ok(false) => Ok(()),
            Err(error) => Err(error.into()),
        };
        if let Err(error) = settled {
            tracing::warn!(room, %error, "a new member's profile may be out of date");
        }
    }

    /// The rooms in which the user is joined under another name or picture than the current ones.
    async fn untold_rooms(&self, user: &UserId) -> Result<Vec<i64>> {
        let of = user.to_owned();
        let untold = self.inner.store.read(move |conn| {
            let says_otherwise = says_otherwise(conn, &of)?;
            let joined = rooms_of_user(conn, of.as_str(), &[Membership::Join])?;
            Ok(joined.into_iter().filter(says_otherwise).map(|row| row.room).collect())
        });
        Ok(untold.await?)
    }

    async fn tell_profile(&self, room: i64, user: &UserId) -> Result<()> {
        let join = MemberContent::of("join").proposal(user, user)?;
        let proposal = Proposal { on_turn: Some(if_joined), with_profile: true, ..join };
        self.propose_one(room, proposal).await?;
        Ok(())
    }
}

/// Tells of a membership whether it says something else than the user's current profile.
fn says_otherwise(conn: &mut Conn, user: &UserId) -> store::Result<impl Fn(&MemberRow) -> bool + use<>> {
    let (name, picture) = accounts::member_profile(conn, user.as_str())?;
    Ok(move |row: &MemberRow| row.display_name != name || row.avatar_url != picture)
}

/// Who has left meanwhile, or was sent out, must not come back by this.
fn if_joined(membership: Option<Membership>) -> Turn {
    match membership {
        Some(Membership::Join) => Turn::Send,
        _ => Turn::Refuse("the user is no longer in the room"),
    }
}
