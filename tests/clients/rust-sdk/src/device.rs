//! One device as an application keeps it: a client, its SQLite store, and a task that syncs. It can be restarted.

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::StreamExt;
use matrix_sdk::authentication::matrix::MatrixSession;
use matrix_sdk::config::SyncSettings;
use matrix_sdk::deserialized_responses::{TimelineEvent, TimelineEventKind};
use matrix_sdk::encryption::{BackupDownloadStrategy, EncryptionSettings};
use matrix_sdk::event_cache::{DecryptionRetryRequest, RoomEventCache};
use matrix_sdk::ruma::api::client::filter::FilterDefinition;
use matrix_sdk::ruma::events::room::message::{MessageType, RoomMessageEventContent};
use matrix_sdk::ruma::events::{AnySyncMessageLikeEvent, AnySyncTimelineEvent};
use matrix_sdk::ruma::{DeviceId, OwnedEventId, OwnedRoomId, RoomId, UserId};
use matrix_sdk::{Client, HttpError, Room, RoomState};
use tokio::task::JoinHandle;

use crate::stage::{Stage, until, until_true};

pub struct Device {
    pub client: Client,
    pub password: String,
    store: PathBuf,
    homeserver: String,
    strategy: BackupDownloadStrategy,
    syncing: Option<JoinHandle<()>>,
    /// What the server answered to a sync other than a sync.
    pub faults: Arc<Mutex<Vec<String>>>,
    /// The rooms for which someone sent the keys of their history.
    pub bundles: Arc<Mutex<HashSet<OwnedRoomId>>>,
}

/// A message on its way: its event, and the Megolm session that encrypted it.
pub struct Sent {
    pub event_id: OwnedEventId,
    pub session_id: Option<String>,
}

impl Device {
    /// A new device; comes back when it syncs and has uploaded its keys.
    pub async fn log_in(
        stage: &Stage,
        user_id: &str,
        password: &str,
        name: &str,
        strategy: BackupDownloadStrategy,
    ) -> Result<Self> {
        let store = stage.new_store();
        let client = open(&stage.homeserver, &store, strategy).await?;
        client.matrix_auth().login_username(user_id, password).initial_device_display_name(name).await?;
        let mut device = Self {
            client,
            password: password.to_owned(),
            store,
            homeserver: stage.homeserver.clone(),
            strategy,
            syncing: None,
            faults: Arc::default(),
            bundles: Arc::default(),
        };
        device.start().await?;
        Ok(device)
    }

    pub fn id(&self) -> &UserId {
        self.client.user_id().expect("a logged in client")
    }

    pub fn device_id(&self) -> &DeviceId {
        self.client.device_id().expect("a logged in client")
    }

    pub async fn start(&mut self) -> Result<()> {
        self.client.event_cache().subscribe()?;
        self.client.sync_once(settings(Duration::ZERO)).await.context("the first sync")?;
        self.client.encryption().wait_for_e2ee_initialization_tasks().await;
        let mut offered = Box::pin(self.client.encryption().historic_room_key_stream().await.context("encryption")?);
        let bundles = self.bundles.clone();
        let syncing = keep_syncing(self.client.clone(), self.faults.clone());
        let collecting = async move {
            while let Some(bundle) = offered.next().await {
                bundles.lock().expect("no one panics with it").insert(bundle.room_id);
            }
        };
        self.syncing = Some(tokio::spawn(async {
            tokio::join!(syncing, collecting);
        }));
        Ok(())
    }

    pub async fn stop(&mut self) {
        if let Some(syncing) = self.syncing.take() {
            syncing.abort();
            let _ = syncing.await;
        }
    }

    /// The application is closed and opened again: all that remains is its store and its session.
    pub async fn restart(mut self) -> Result<Self> {
        self.stop().await;
        let session: MatrixSession = self.client.matrix_auth().session().context("a session")?;
        let Self { client, password, store, homeserver, strategy, faults, bundles, .. } = self;
        drop(client);
        let client = open(&homeserver, &store, strategy).await?;
        client.restore_session(session).await?;
        let mut again = Self { client, password, store, homeserver, strategy, syncing: None, faults, bundles };
        again.start().await?;
        Ok(again)
    }

    pub fn room(&self, room_id: &RoomId) -> Result<Room> {
        self.client.get_room(room_id).with_context(|| format!("{self} does not know {room_id}"))
    }

    /// Until the room is there with so many members.
    pub async fn joined(&self, room_id: &RoomId, count: u64) -> Result<()> {
        let there = |room: Room| room.state() == RoomState::Joined && room.joined_members_count() == count;
        until_true(format!("{self} sees {count} members"), async || {
            Ok(self.client.get_room(room_id).is_some_and(there))
        })
        .await
    }

    pub async fn say(&self, room_id: &RoomId, text: &str) -> Result<Sent> {
        self.send(room_id, RoomMessageEventContent::text_plain(text)).await
    }

    pub async fn send(&self, room_id: &RoomId, content: RoomMessageEventContent) -> Result<Sent> {
        let sent = self.room(room_id)?.send(content).await?;
        let session_id = sent.encryption_info.as_ref().and_then(|info| info.session_id().map(str::to_owned));
        Ok(Sent { event_id: sent.response.event_id, session_id })
    }

    pub async fn cache(&self, room_id: &RoomId) -> Result<RoomEventCache> {
        Ok(self.room(room_id)?.event_cache().await?.0)
    }

    /// What the device has loaded of the room, oldest first.
    pub async fn events(&self, room_id: &RoomId) -> Result<Vec<TimelineEvent>> {
        Ok(self.cache(room_id).await?.events().await?)
    }

    /// Waits for the message with this text; gives its event.
    pub async fn hears(&self, room_id: &RoomId, text: &str) -> Result<TimelineEvent> {
        let heard = |event: &TimelineEvent| body(event).as_deref() == Some(text);
        until(format!("{self} hears {text:?}"), async || Ok(self.events(room_id).await?.into_iter().find(heard))).await
    }

    /// Loads the room from its first event on, and has what could not be read tried again, as a shown timeline does.
    pub async fn page_back(&self, room_id: &RoomId) -> Result<()> {
        let pagination = self.cache(room_id).await?.pagination();
        until_true(format!("{self} pages back to the beginning"), async || {
            Ok(pagination.run_backwards_once(50).await?.reached_start)
        })
        .await?;
        let session = |event: TimelineEvent| match event.kind {
            TimelineEventKind::UnableToDecrypt { utd_info, .. } => utd_info.session_id,
            _ => None,
        };
        self.client.event_cache().request_decryption(DecryptionRetryRequest {
            room_id: room_id.to_owned(),
            utd_session_ids: self.events(room_id).await?.into_iter().filter_map(session).collect(),
            refresh_info_session_ids: Default::default(),
        });
        Ok(())
    }

    /// All messages that came encrypted and that it can read, oldest first.
    pub async fn texts(&self, room_id: &RoomId) -> Result<Vec<String>> {
        let encrypted = |event: &&TimelineEvent| is_encrypted(event);
        Ok(self.events(room_id).await?.iter().filter(encrypted).filter_map(body).collect())
    }

    /// What this device shows that it cannot read, whether it tried to or not.
    pub async fn unreadable(&self, room_id: &RoomId) -> Result<Vec<String>> {
        let reason = |event: TimelineEvent| match &event.kind {
            TimelineEventKind::Decrypted(_) => None,
            TimelineEventKind::UnableToDecrypt { utd_info, .. } => {
                Some(format!("{:?}: {:?}", event.event_id(), utd_info.reason))
            }
            TimelineEventKind::PlainText { event: raw } => {
                let content = raw.get_field::<serde_json::Value>("content").ok().flatten();
                content
                    .is_some_and(|content| content.get("ciphertext").is_some())
                    .then(|| format!("{:?}: not tried", event.event_id()))
            }
        };
        Ok(self.events(room_id).await?.into_iter().filter_map(reason).collect())
    }
}

impl fmt::Display for Device {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} on {}", self.id(), self.device_id())
    }
}

async fn open(homeserver: &str, store: &Path, strategy: BackupDownloadStrategy) -> Result<Client> {
    let settings = EncryptionSettings {
        auto_enable_cross_signing: false,
        backup_download_strategy: strategy,
        auto_enable_backups: false,
    };
    let client = Client::builder()
        .homeserver_url(homeserver)
        // The login's well-known would lead away from the server under test.
        .respect_login_well_known(false)
        .sqlite_store(store, None)
        .with_encryption_settings(settings);
    Ok(client.build().await?)
}

/// Members are loaded when they are needed, as applications do; the room's summary counts them.
fn settings(timeout: Duration) -> SyncSettings {
    SyncSettings::new().timeout(timeout).filter(FilterDefinition::with_lazy_loading().into())
}

/// Connections may break when the server is restarted; what it answers must be right.
async fn keep_syncing(client: Client, faults: Arc<Mutex<Vec<String>>>) {
    loop {
        let Err(error) = client.sync(settings(Duration::from_secs(10))).await else { continue };
        let connection = matches!(&error, matrix_sdk::Error::Http(error) if matches!(**error, HttpError::Reqwest(_)));
        if !connection {
            faults.lock().expect("no one panics with it").push(error.to_string());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

pub fn is_encrypted(event: &TimelineEvent) -> bool {
    matches!(event.kind, TimelineEventKind::Decrypted(_))
}

/// A message's text, or the name of its picture.
pub fn body(event: &TimelineEvent) -> Option<String> {
    message(event).map(|content| content.body().to_owned())
}

/// A message's type and what belongs to it.
pub fn message(event: &TimelineEvent) -> Option<MessageType> {
    match event.raw().deserialize() {
        Ok(AnySyncTimelineEvent::MessageLike(AnySyncMessageLikeEvent::RoomMessage(message))) => {
            message.as_original().map(|message| message.content.msgtype.clone())
        }
        _ => None,
    }
}
