//! Which lists are here, and whom to ask for the others.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use ruma::{OwnedUserId, UserId};
use store::{
    Conn,
    e2ee::{RemoteList, RemoteListRow, cross_signing, remote_device_lists, remote_devices, sharing},
};

use super::{
    TheirKeys,
    bounds::{LISTS_PER_READ, LISTS_PER_WRITE},
};
use crate::{
    E2ee, Result,
    ids::is_storable,
    keys::{ManyKeys, UserKeys},
};

/// A list that is followed and not here: an answer is kept with [`E2ee::keep_remote`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// Whose.
    pub user_id: OwnedUserId,
    /// Anything heard after this makes the answer out of date.
    pub heard: i64,
}

/// Where the keys of users of other servers are.
#[derive(Debug, Default)]
pub struct Looked {
    /// Here, as far as there is room for it in one answer.
    pub known: ManyKeys,
    /// Elsewhere, and to be kept.
    pub followed: Vec<Followed>,
    /// Elsewhere, of users with whom no room is shared: they are asked for each time.
    pub strangers: Vec<OwnedUserId>,
}

/// What the database says of some users.
#[derive(Default)]
struct Read {
    rows: HashMap<String, RemoteListRow>,
    /// Whose lists are here.
    fresh: HashSet<String>,
    known: ManyKeys,
}

impl E2ee {
    /// Looks for the keys of users of other servers. From now on the lists of those with whom a room is shared are followed.
    pub async fn look_for_remote(&self, users: Vec<OwnedUserId>) -> Result<Looked> {
        let names: Vec<String> = users.iter().map(ToString::to_string).filter(|name| is_storable(name)).collect();
        if names.is_empty() {
            return Ok(Looked::default());
        }
        let mut read = self.store().snapshot(move |conn, _| read(conn, &names)).await?;
        let new: Vec<(String, String)> = users
            .iter()
            .filter(|user| is_storable(user.as_str()) && !read.rows.contains_key(user.as_str()))
            .map(|user| (user.to_string(), user.server_name().to_string()))
            .collect();
        read.rows.extend(self.follow(new).await?.into_iter().map(|row| (row.user_id.clone(), row)));
        let mut looked = Looked { known: read.known, ..Looked::default() };
        let elsewhere = |user: &OwnedUserId| is_storable(user.as_str()) && !read.fresh.contains(user.as_str());
        for user_id in users.into_iter().filter(elsewhere) {
            match read.rows.get(user_id.as_str()) {
                Some(row) => looked.followed.push(Followed { heard: row.heard, user_id }),
                None => looked.strangers.push(user_id),
            }
        }
        Ok(looked)
    }

    /// Begins to follow the lists of those of these users, (user, server), with whom a room is shared.
    async fn follow(&self, users: Vec<(String, String)>) -> Result<Vec<RemoteListRow>> {
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let names = |users: &[(String, String)]| users.iter().map(|(user, _)| user.clone()).collect::<Vec<_>>();
        let asked = names(&users);
        let shared: HashSet<String> = self.store().read(move |conn| sharing(conn, &asked)).await?.into_iter().collect();
        let users: Vec<_> = users.into_iter().filter(|(user, _)| shared.contains(user)).collect();
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let write = self.store().write(move |tx| {
            // They may have left meanwhile.
            let shared: HashSet<String> = sharing(tx.conn(), &names(&users))?.into_iter().collect();
            let users: Vec<_> = users.iter().filter(|(user, _)| shared.contains(user)).cloned().collect();
            remote_device_lists::follow(tx, &users)?;
            remote_device_lists::of_users(tx.conn(), &names(&users))
        });
        Ok(write.await?)
    }

    /// Keeps whole lists that were asked for. Those that are out of date already stay wanted.
    ///
    /// * `stream_id`: with each, the newest change that it has, where its server tells it.
    pub async fn keep_remote(&self, lists: Vec<(Followed, Option<i64>, TheirKeys)>) -> Result<()> {
        let list = |(followed, stream_id, their): (Followed, Option<i64>, TheirKeys)| RemoteList {
            user_id: followed.user_id.to_string(),
            heard: followed.heard,
            stream_id,
            devices: their.devices,
            keys: their.keys,
        };
        let mut lists: Vec<RemoteList> = lists.into_iter().map(list).collect();
        while !lists.is_empty() {
            let rest = lists.split_off(lists.len().min(LISTS_PER_WRITE));
            let some = std::mem::replace(&mut lists, rest);
            let write = self.store().write(move |tx| {
                for list in &some {
                    if !remote_device_lists::keep(tx, list)? {
                        remote_device_lists::want(tx, std::slice::from_ref(&list.user_id))?;
                    }
                }
                Ok(())
            });
            write.await?;
        }
        Ok(())
    }
}

fn read(conn: &mut Conn, users: &[String]) -> store::Result<Read> {
    let rows = remote_device_lists::of_users(conn, users)?;
    let fresh: Vec<String> = rows.iter().filter(|row| row.fresh).map(|row| row.user_id.clone()).collect();
    let mut known = ManyKeys::default();
    for users in fresh.chunks(LISTS_PER_READ) {
        let (mut devices, mut keys): (HashMap<String, Vec<_>>, HashMap<String, Vec<_>>) = Default::default();
        for row in remote_devices::of_users(conn, users)? {
            devices.entry(row.user_id.clone()).or_default().push(row);
        }
        for row in cross_signing::of_users(conn, users)? {
            keys.entry(row.user_id.clone()).or_default().push(row);
        }
        for user in users {
            let (devices, keys) = (devices.remove(user).unwrap_or_default(), keys.remove(user).unwrap_or_default());
            if let Ok(user_id) = UserId::parse(user.as_str()) {
                known.add(user_id, Arc::new(UserKeys::of_remote(devices, keys)));
            }
        }
    }
    let rows = rows.into_iter().map(|row| (row.user_id.clone(), row)).collect();
    Ok(Read { rows, fresh: fresh.into_iter().collect(), known })
}
