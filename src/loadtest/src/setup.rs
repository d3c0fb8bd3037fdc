//! What rows find prepared: accounts, rooms and messages, made when the first row asks for them and then shared.

use std::cell::RefCell;
use std::ops::Range;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::future::try_join_all;
use http::{HeaderValue, Method};
use peerbrain_peer::Peer;
use serde_json::json;

use crate::connection::{Connection, Target};
use crate::device::Device;
use crate::error::{Error, Result};
use crate::measure::Watch;
use crate::options::Scale;
use crate::users::{Registration, User, text};

/// How many requests a preparation keeps under way.
const WIDTH: usize = 16;

/// How many accounts read the room of many messages.
const READERS: usize = 8;

/// What every message says: as long as people's messages are.
const MESSAGE: &[u8] =
    br#"{"msgtype":"m.text","body":"Shall we meet at the old bridge at seven, as we did last spring?"}"#;

/// The server under test and everything made on it.
#[derive(Debug)]
pub struct Stage {
    /// Where requests go.
    pub target: Target,
    /// The processes to be measured.
    pub watch: Watch,
    /// How large everything is.
    pub scale: Scale,
    /// How long a row runs.
    pub run_for: Duration,
    /// At most this many fresh devices for a row.
    pub devices: usize,
    /// How accounts are made.
    pub registration: Registration,
    peer: Option<Peer>,
    tag: String,
    senders: Vec<User>,
    reading: Option<(Vec<User>, Room)>,
    holders: Option<Vec<Device>>,
}

/// A room.
#[derive(Debug, Clone)]
pub struct Room {
    /// Its id.
    pub id: String,
    /// The same, ready for a path.
    segment: String,
}

impl Stage {
    /// A stage on which nothing stands yet.
    pub fn new(
        target: Target,
        watch: Watch,
        scale: Scale,
        run_for: Duration,
        devices: usize,
        with: Registration,
        peer: Option<Peer>,
    ) -> Self {
        // Names must not collide with those of an earlier run against the same database.
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let tag = format!("{:x}", now.as_millis());
        Self {
            target,
            watch,
            scale,
            run_for,
            devices,
            registration: with,
            peer,
            tag,
            senders: vec![],
            reading: None,
            holders: None,
        }
    }

    /// The other servers, which are played here.
    pub fn peer(&self) -> Result<&Peer> {
        self.peer.as_ref().ok_or(Error::Missing("--peer-port"))
    }

    /// Registers accounts.
    pub async fn users(&self, role: &str, count: usize) -> Result<Vec<User>> {
        self.numbered_users(role, 0..count).await
    }

    async fn numbered_users(&self, role: &str, numbers: Range<usize>) -> Result<Vec<User>> {
        let names = numbers.map(|n| format!("load-{}-{role}-{n}", self.tag)).collect();
        in_parallel(&self.target, names, async |connection, name: String| {
            User::register(connection, &self.registration, &name).await
        })
        .await
    }

    /// The first `count` of the accounts that send.
    pub async fn senders(&mut self, count: usize) -> Result<Vec<User>> {
        let missing = self.senders.len()..count;
        if !missing.is_empty() {
            let more = self.numbered_users("sender", missing).await?;
            self.senders.extend(more);
        }
        Ok(self.senders.iter().take(count).cloned().collect())
    }

    /// The room of many messages, and the accounts in it.
    pub async fn reading_room(&mut self) -> Result<(Vec<User>, Room)> {
        if let Some(reading) = &self.reading {
            return Ok(reading.clone());
        }
        let readers = self.users("reader", READERS).await?;
        let room = self.room(&readers).await?;
        let mut connection = self.target.connection();
        // One after the other by turns, as in a conversation.
        for (n, reader) in readers.iter().cycle().take(self.scale.messages).enumerate() {
            say(&mut connection, &room, &reader.authorization, &format!("m{n}")).await?;
        }
        Ok(self.reading.insert((readers, room)).clone())
    }

    /// Devices that have uploaded their keys and some one-time keys, each of another account.
    pub async fn key_holders(&mut self) -> Result<Vec<Device>> {
        if let Some(holders) = &self.holders {
            return Ok(holders.clone());
        }
        // One device tells whether the server takes keys at all, before hundreds are made.
        for user in self.senders(1).await? {
            let upload = Device::new(&user)?.upload(&self.target, 0..0)?;
            self.target.connection().tell(upload).await?;
        }
        let users = self.users("holder", self.scale.key_holders).await?;
        let devices = users.iter().map(Device::new).collect::<Result<Vec<_>>>()?;
        in_parallel(&self.target, devices.iter().collect(), async |connection, device: &Device| {
            connection.tell(device.upload(&self.target, 0..self.scale.one_time_keys)?).await
        })
        .await?;
        Ok(self.holders.insert(devices).clone())
    }

    /// A room that the first of the accounts makes and the others join.
    pub async fn room(&self, members: &[User]) -> Result<Room> {
        let mut connection = self.target.connection();
        let room = Room::create(&mut connection, members.first()).await?;
        in_parallel(&self.target, members.iter().skip(1).collect(), async |connection, member: &User| {
            room.join(connection, member).await
        })
        .await?;
        Ok(room)
    }

    /// Fills the database with messages in rooms that no row looks at.
    pub async fn history(&self, messages: u64) -> Result<()> {
        const ROOMS: u64 = 32;
        let owners = self.users("historian", ROOMS as usize).await?;
        let rooms = in_parallel(&self.target, owners.iter().collect(), async |connection, owner: &User| {
            Room::create(connection, Some(owner)).await
        })
        .await?;
        // Two at a time in each room.
        let shares = owners.iter().zip(&rooms).flat_map(|pair| [(pair, 0), (pair, 1)]);
        try_join_all(shares.map(async |((owner, room), half)| {
            let mut connection = self.target.connection();
            for n in 0..messages.div_ceil(2 * ROOMS) {
                say(&mut connection, room, &owner.authorization, &format!("h{half}-{n}")).await?;
            }
            Ok(())
        }))
        .await
        .map(drop)
    }
}

impl Room {
    /// A room by its id.
    pub fn new(id: &str) -> Self {
        Self { id: id.to_owned(), segment: path_segment(id) }
    }

    /// Makes a room that anyone may join.
    pub async fn create(connection: &mut Connection, owner: Option<&User>) -> Result<Self> {
        const CREATE: &str = "/_matrix/client/v3/createRoom";
        let authorization = owner.map(|owner| &owner.authorization);
        let body = json!({"preset": "public_chat", "name": "A room under load"});
        let answer = connection.json(Method::POST, CREATE, authorization, Some(&body)).await?;
        Ok(Self::new(text(&answer, CREATE, "room_id")?))
    }

    /// Joins it.
    pub async fn join(&self, connection: &mut Connection, user: &User) -> Result<()> {
        let path = self.path("join");
        connection.json(Method::POST, &path, Some(&user.authorization), Some(&json!({}))).await.map(drop)
    }

    /// A path below the room, of the client API.
    pub fn path(&self, below: &str) -> String {
        format!("/_matrix/client/v3/rooms/{}/{below}", self.segment)
    }

    /// The path by which a user joins it with the help of another server.
    pub fn join_through(&self, server: &str) -> String {
        let server = path_segment(server);
        format!("/_matrix/client/v3/join/{}?via={server}&server_name={server}", self.segment)
    }
}

/// Sends the usual message.
pub async fn say(
    connection: &mut Connection,
    room: &Room,
    authorization: &HeaderValue,
    transaction: &str,
) -> Result<()> {
    let path = room.path(&format!("send/m.room.message/{transaction}"));
    let request = connection.target().request(Method::PUT, &path, Some(authorization), Bytes::from_static(MESSAGE))?;
    connection.tell(request).await
}

/// Does all jobs, several at a time, each worker over a connection of its own; gives the results in the jobs' order.
pub async fn in_parallel<J, T>(
    target: &Target,
    jobs: Vec<J>,
    job: impl AsyncFn(&mut Connection, J) -> Result<T>,
) -> Result<Vec<T>> {
    let results = RefCell::new((0..jobs.len()).map(|_| None).collect::<Vec<Option<T>>>());
    let queue = RefCell::new(jobs.into_iter().enumerate());
    let next = || queue.borrow_mut().next();
    try_join_all((0..WIDTH).map(async |_| {
        let mut connection = target.connection();
        while let Some((place, task)) = next() {
            let result = job(&mut connection, task).await?;
            if let Some(slot) = results.borrow_mut().get_mut(place) {
                *slot = Some(result);
            }
        }
        Result::Ok(())
    }))
    .await?;
    Ok(results.into_inner().into_iter().flatten().collect())
}

/// Percent-encodes an identifier.
pub fn path_segment(id: &str) -> String {
    id.bytes().fold(String::with_capacity(3 * id.len()), |mut path, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
        path
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_ids_become_one_path_segment() {
        let room = Room::new("!a/b?c:example.org");
        assert_eq!(room.path("join"), "/_matrix/client/v3/rooms/%21a%2Fb%3Fc%3Aexample.org/join");
    }
}
