//! The lists that must be asked for: a queue that outlives the server.

use ruma::{OwnedServerName, OwnedUserId, ServerName, UserId};
use store::e2ee::{device_list_pauses as pauses, remote_device_lists};

use super::Followed;
use crate::{E2ee, Result};

impl E2ee {
    /// Has the lists of these users asked for until their servers have answered, because they could not be had now.
    pub async fn want_remote(&self, users: &[Followed]) -> Result<()> {
        let users: Vec<String> = users.iter().map(|followed| followed.user_id.to_string()).collect();
        if users.is_empty() {
            return Ok(());
        }
        Ok(self.store().write(move |tx| remote_device_lists::want(tx, &users)).await?)
    }

    /// The servers that are to be asked at this time, in milliseconds since 1970, and the time when more are.
    pub async fn servers_to_ask(&self, now: i64) -> Result<(Vec<String>, Option<i64>)> {
        let read = self.store().read(move |conn| {
            let later = pauses::list(conn)?.into_iter().map(|(_, until)| until).filter(|until| *until > now).min();
            Ok((remote_device_lists::servers(conn, now)?, later))
        });
        Ok(read.await?)
    }

    /// Some of the lists that a server is to be asked for, the oldest first.
    pub async fn lists_to_ask(&self, server: &ServerName, most: i64) -> Result<Vec<Followed>> {
        let server = server.to_string();
        let rows = self.store().read(move |conn| remote_device_lists::wanted(conn, &server, most)).await?;
        let followed = |user_id: OwnedUserId, heard| Followed { user_id, heard };
        Ok(rows.into_iter().filter_map(|row| Some(followed(UserId::parse(row.user_id).ok()?, row.heard))).collect())
    }

    /// Asks for a list no more, because its server does not have it. If a client wants it, it is asked for again.
    pub async fn give_up_remote(&self, followed: &Followed) -> Result<()> {
        let (user_id, heard) = (followed.user_id.to_string(), followed.heard);
        Ok(self.store().write(move |tx| remote_device_lists::give_up(tx, &user_id, heard)).await?)
    }

    /// Lets a server alone that could not be asked: for `first` milliseconds, then for twice as long each time, up to
    /// `longest`.
    pub async fn pause_asking(&self, server: &ServerName, now: i64, (first, longest): (i64, i64)) -> Result<()> {
        let server = server.to_string();
        let write = self.store().write(move |tx| {
            let pause = pauses::get(tx.conn(), &server)?.map_or(first, |last| last.saturating_mul(2)).min(longest);
            pauses::set(tx, &server, now.saturating_add(pause), pause)
        });
        Ok(write.await?)
    }

    /// The servers that are let alone.
    pub async fn paused_servers(&self) -> Result<Vec<OwnedServerName>> {
        let names = self.store().read(pauses::list).await?;
        Ok(names.into_iter().filter_map(|(name, _)| ServerName::parse(name).ok()).collect())
    }

    /// Lets a server be asked at once. Gives whether it was let alone.
    pub async fn end_pause(&self, server: &ServerName) -> Result<bool> {
        let (name, server) = (server.to_string(), server.to_string());
        if self.store().read(move |conn| pauses::get(conn, &name)).await?.is_none() {
            return Ok(false);
        }
        self.store().write(move |tx| pauses::end(tx, &server)).await?;
        Ok(true)
    }
}
