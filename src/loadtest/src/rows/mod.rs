//! The rows of the table: one kind of work each.

mod federation;
mod incremental_sync;
mod initial_sync;
mod keys;
mod latency;
mod login;
mod media;
mod messages;
mod sends;

use std::io::Write as _;
use std::time::Duration;

use peerbrain_peer::Peer;
use serde::Deserialize;

use crate::connection::Target;
use crate::drive::Outcome;
use crate::error::{Error, Result};
use crate::measure::Watch;
use crate::options::{Options, Scale};
use crate::report::{MemoryReport, Report, RowReport};
use crate::setup::Stage;
use crate::users::Registration;

/// One kind of work.
#[derive(Debug, Clone, Copy)]
enum Row {
    /// Messages by so many senders into one room.
    SendOneRoom(usize),
    /// Messages by so many senders into many rooms.
    SendManyRooms(usize),
    /// From the start of a send until each of so many waiting long polls has it.
    Latency(usize),
    /// Initial syncs of an account in one room of many messages.
    InitialSyncOneRoom,
    /// Initial syncs of an account in many rooms.
    InitialSyncManyRooms,
    /// Incremental syncs with nothing new that do not wait.
    IncrementalSync,
    /// Paging back.
    Messages,
    /// Logins by password.
    Login,
    /// Other people's requests while many log in at once.
    BesideLogins,
    /// First uploads of device keys and one-time keys by fresh devices.
    KeyUpload,
    /// Queries of one user's device keys.
    KeyQuery,
    /// Claims of one-time keys, one each.
    KeyClaim,
    /// Files of 10 kB to the server.
    UploadSmall,
    /// Files of 10 kB from the server.
    DownloadSmall,
    /// One large file after the other to the server.
    UploadLarge,
    /// A large file from the server, again and again.
    DownloadLarge,
    /// Joining a large room of other servers.
    FederationJoin,
    /// Events of so many other servers in one room.
    FederationInOneRoom(usize),
    /// Events of so many other servers in many rooms.
    FederationInManyRooms(usize),
    /// From the start of a send until other servers have it.
    FederationLatency,
}

/// The only field of a sync answer that is read.
#[derive(Deserialize)]
struct NextBatch {
    next_batch: String,
}

impl Row {
    /// All rows. Reading comes after the sends, so it meets a database that has been used.
    fn all(scale: &Scale, federated: bool) -> Vec<Self> {
        let one = scale.senders.iter().map(|senders| Self::SendOneRoom(*senders));
        let many = scale.senders.iter().map(|senders| Self::SendManyRooms(*senders));
        let latency = scale.pollers.iter().map(|pollers| Self::Latency(*pollers));
        let others = [
            Self::InitialSyncOneRoom,
            Self::InitialSyncManyRooms,
            Self::IncrementalSync,
            Self::Messages,
            Self::Login,
            Self::BesideLogins,
            Self::KeyUpload,
            Self::KeyQuery,
            Self::KeyClaim,
            Self::UploadSmall,
            Self::DownloadSmall,
            Self::UploadLarge,
            Self::DownloadLarge,
        ];
        let alone = one.chain(many).chain(latency).chain(others);
        if federated { alone.chain(Self::federation(scale)).collect() } else { alone.collect() }
    }

    /// The rows with other servers. The join comes first: it finds none of their keys known.
    fn federation(scale: &Scale) -> Vec<Self> {
        let one = scale.origins.iter().map(|origins| Self::FederationInOneRoom(*origins));
        let many = scale.origins.iter().map(|origins| Self::FederationInManyRooms(*origins));
        [Self::FederationJoin].into_iter().chain(one).chain(many).chain([Self::FederationLatency]).collect()
    }

    fn name(self, scale: &Scale) -> String {
        match self {
            Self::SendOneRoom(senders) => format!("send-{senders}-one-room"),
            Self::SendManyRooms(senders) => format!("send-{senders}-many-rooms"),
            Self::Latency(pollers) => format!("latency-{pollers}-polls"),
            Self::InitialSyncOneRoom => "initial-sync-1-room".to_owned(),
            Self::InitialSyncManyRooms => format!("initial-sync-{}-rooms", scale.rooms),
            Self::IncrementalSync => "incremental-sync".to_owned(),
            Self::Messages => format!("messages-{}", messages::PAGE),
            Self::Login => "login".to_owned(),
            Self::BesideLogins => format!("beside-{}-logins", scale.logins),
            Self::KeyUpload => "key-upload".to_owned(),
            Self::KeyQuery => "key-query".to_owned(),
            Self::KeyClaim => "key-claim".to_owned(),
            Self::UploadSmall => "media-upload-10kB".to_owned(),
            Self::DownloadSmall => "media-download-10kB".to_owned(),
            Self::UploadLarge => format!("media-upload-{}MB", scale.large_file / 1_000_000),
            Self::DownloadLarge => format!("media-download-{}MB", scale.large_file / 1_000_000),
            Self::FederationJoin => format!("federation-join-{}-members", scale.crowd),
            Self::FederationInOneRoom(origins) => format!("federation-in-{origins}-origins-one-room"),
            Self::FederationInManyRooms(origins) => format!("federation-in-{origins}-origins-many-rooms"),
            Self::FederationLatency => format!("federation-latency-{}-servers", scale.receivers),
        }
    }

    /// Whether operations come at a pace of their own, so that only their latencies say something.
    fn paced(self) -> bool {
        matches!(self, Self::Latency(_) | Self::BesideLogins | Self::FederationLatency)
    }

    async fn run(self, stage: &mut Stage) -> Result<Outcome> {
        match self {
            Self::SendOneRoom(senders) => sends::into_one_room(stage, senders).await,
            Self::SendManyRooms(senders) => sends::into_many_rooms(stage, senders).await,
            Self::Latency(pollers) => latency::run(stage, pollers).await,
            Self::InitialSyncOneRoom => initial_sync::of_one_room(stage).await,
            Self::InitialSyncManyRooms => initial_sync::of_many_rooms(stage).await,
            Self::IncrementalSync => incremental_sync::run(stage).await,
            Self::Messages => messages::run(stage).await,
            Self::Login => login::throughput(stage).await,
            Self::BesideLogins => login::beside_others(stage).await,
            Self::KeyUpload => keys::upload(stage).await,
            Self::KeyQuery => keys::query(stage).await,
            Self::KeyClaim => keys::claim(stage).await,
            Self::UploadSmall => media::upload_small(stage).await,
            Self::DownloadSmall => media::download_small(stage).await,
            Self::UploadLarge => media::upload_large(stage).await,
            Self::DownloadLarge => media::download_large(stage).await,
            Self::FederationJoin => federation::join::run(stage).await,
            Self::FederationInOneRoom(origins) => federation::incoming::into_one_room(stage, origins).await,
            Self::FederationInManyRooms(origins) => federation::incoming::into_many_rooms(stage, origins).await,
            Self::FederationLatency => federation::latency::run(stage).await,
        }
    }
}

/// Measures the rows asked for; gives the table, and writes the JSON where that is asked for.
pub async fn measure(options: Options) -> Result<String> {
    if options.shared_secret.is_empty() {
        return Err(Error::Missing("--shared-secret"));
    }
    let scale = Scale::new(options.short);
    let peer = others(&options, &scale).await?;
    let rows = chosen(&scale, peer.is_some(), &options.rows)?;
    let seconds = if options.short { options.seconds.min(0.3) } else { options.seconds };
    let watch = Watch { server: options.pid.into_iter().collect(), database: options.db_pid };
    let registration = Registration { secret: options.shared_secret, server_name: options.server_name };
    let target = Target::parse(&options.url)?;
    let devices = if options.short { options.devices.min(20) } else { options.devices };
    let mut stage = Stage::new(target, watch, scale, Duration::from_secs_f64(seconds), devices, registration, peer);

    let mut memory = MemoryReport { start: stage.watch.memory()?, ..Default::default() };
    if options.history > 0 {
        tell(&format!("filling in {} messages", options.history));
        stage.history(options.history).await?;
    }
    let mut reports = Vec::new();
    for row in rows {
        let name = row.name(&stage.scale);
        tell(&name);
        let outcome = row.run(&mut stage).await;
        let memory = stage.watch.memory()?;
        reports.push(match outcome {
            Err(Error::NotServed) => RowReport::not_served(name, row.paced(), memory, &stage.watch)?,
            outcome => RowReport::new(name, row.paced(), &outcome?, memory, &stage.watch),
        });
    }
    memory.end = stage.watch.memory()?;
    if options.settle > 0.0 {
        tell(&format!("letting the server rest for {} s", options.settle));
        tokio::time::sleep(Duration::from_secs_f64(options.settle)).await;
        memory.settled = Some(stage.watch.memory()?);
    }
    let report = Report { url: options.url, seconds, history: options.history, rows: reports, memory };
    if let Some(path) = &options.json {
        report.write(path)?;
    }
    let table = report.table();
    if report.rows.iter().any(RowReport::failed) {
        return Err(Error::Failed(table));
    }
    Ok(table)
}

/// The other servers, where federation is to be measured.
async fn others(options: &Options, scale: &Scale) -> Result<Option<Peer>> {
    let (Some(first), Some(tls)) = (options.peer_port, &options.peer_tls) else { return Ok(None) };
    let ports = first..first.saturating_add(scale.servers);
    Ok(Some(Peer::start_many(ports, tls, &options.server_name).await?))
}

/// The rows whose names hold one of the words; all where there is none.
fn chosen(scale: &Scale, federated: bool, words: &[String]) -> Result<Vec<Row>> {
    let all = Row::all(scale, federated);
    let names: Vec<String> = all.iter().map(|row| row.name(scale)).collect();
    if let Some(word) = words.iter().find(|word| !names.iter().any(|name| name.contains(word.as_str()))) {
        return Err(Error::Rows(word.clone(), names.join(", ")));
    }
    let wanted = |name: &String| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    Ok(all.into_iter().zip(&names).filter(|(_, name)| wanted(name)).map(|(row, _)| row).collect())
}

/// Tells what goes on. Preparations may take minutes on a slow server.
fn tell(what: &str) {
    // Nobody has to listen.
    let _ = writeln!(std::io::stderr(), "loadtest: {what}");
}
