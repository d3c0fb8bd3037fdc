//! An account in its folder: the login, the SDK's stores, and one step of `/sync` at a time.

mod bundles;
mod folder;
mod raw;
mod session;
mod stepping;

use std::sync::Arc;
use std::time::Duration;

use matrix_sdk::authentication::matrix::MatrixSession;
use matrix_sdk::config::RequestConfig;
use matrix_sdk::encryption::{BackupDownloadStrategy, EncryptionSettings};
use matrix_sdk::ruma::{OwnedUserId, RoomId, UserId};
use matrix_sdk::{Client, ClientBuilder};
use matrix_sdk_base::crypto::{CollectStrategy, DecryptionSettings, TrustRequirement};
use tokio::sync::{Mutex, MutexGuard};

use bundles::Bundles;
pub use folder::AccountFolder;
pub use session::Session;

use crate::error::{Error, Result};

/// How long a request may take. Uploads of pictures and keys have their own time.
const PATIENCE: Duration = Duration::from_secs(40);

/// How long the end of a command waits for the backup.
const BACKUP_TAKES: Duration = Duration::from_secs(10);

/// An account that is logged in. Copies are the same account.
#[derive(Clone)]
pub struct Account {
    inner: Arc<Inner>,
}

struct Inner {
    client: Client,
    folder: AccountFolder,
    bundles: Bundles,
    user_id: OwnedUserId,
    session: std::sync::Mutex<Session>,
    /// Held by whoever syncs.
    stepping: Mutex<()>,
    /// Held by whoever changes who is where, so that two accepts at once are one after the other.
    people: Mutex<()>,
    /// Held by whoever writes the outbox.
    outbox: Mutex<()>,
    /// Held by whoever makes a timeline, so that two do not make the same.
    making: Mutex<()>,
    /// Held by whoever changes the account's own lists.
    secrets: Mutex<()>,
}

impl Account {
    /// Opens the account of a folder. Whoever does so holds the folder's lock (`process`).
    ///
    /// # Errors
    /// Nobody is logged in there, or the files cannot be used.
    pub async fn open(folder: &AccountFolder) -> Result<Self> {
        let session = folder.session()?;
        let client = builder(folder).homeserver_url(&session.homeserver).build().await.map_err(cannot_open)?;
        let login: MatrixSession = session.login.clone();
        client.restore_session(login).await?;
        Ok(Self::of(client, folder.clone(), session).await)
    }

    /// The account of a client that has just logged in.
    pub(crate) async fn of(client: Client, folder: AccountFolder, session: Session) -> Self {
        let bundles = Bundles::default();
        bundles.listen(&client).await;
        let user_id = session.login.meta.user_id.clone();
        let session = std::sync::Mutex::new(session);
        Self {
            inner: Arc::new(Inner {
                client,
                folder,
                bundles,
                user_id,
                session,
                stepping: Mutex::default(),
                people: Mutex::default(),
                outbox: Mutex::default(),
                making: Mutex::default(),
                secrets: Mutex::default(),
            }),
        }
    }

    /// The SDK's client.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.inner.client
    }

    /// Who this is.
    #[must_use]
    pub fn user_id(&self) -> &UserId {
        &self.inner.user_id
    }

    /// Where its files are.
    #[must_use]
    pub fn folder(&self) -> &AccountFolder {
        &self.inner.folder
    }

    /// The address of the server.
    #[must_use]
    pub fn homeserver(&self) -> String {
        self.session().homeserver.clone()
    }

    /// The key of secret storage, if this device has been given it.
    #[must_use]
    pub fn secret_storage_key(&self) -> Option<String> {
        self.session().secret_storage_key.clone()
    }

    /// Keeps the key of secret storage.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn keep_secret_storage_key(&self, key: &str) -> Result<()> {
        let mut session = self.session();
        session.secret_storage_key = Some(key.to_owned());
        self.folder().keep_session(&session)
    }

    fn session(&self) -> std::sync::MutexGuard<'_, Session> {
        self.inner.session.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Whether somebody has sent the keys of a room to this device, since the account was opened.
    #[must_use]
    pub fn has_bundle(&self, room_id: &RoomId, sender: &UserId) -> bool {
        self.inner.bundles.has(room_id, sender)
    }

    /// To be held while friends and audiences change, which is one at a time.
    pub async fn people(&self) -> MutexGuard<'_, ()> {
        self.inner.people.lock().await
    }

    /// To be held while the outbox is written.
    pub(crate) async fn outbox(&self) -> MutexGuard<'_, ()> {
        self.inner.outbox.lock().await
    }

    /// To be held while a timeline is made.
    pub(crate) async fn making(&self) -> MutexGuard<'_, ()> {
        self.inner.making.lock().await
    }

    /// To be held while the account's own lists change.
    pub(crate) async fn secrets_turn(&self) -> MutexGuard<'_, ()> {
        self.inner.secrets.lock().await
    }

    /// To be called before the program ends: keys that came are in the backup then, for the other devices.
    pub async fn finish(&self) {
        let backups = self.client().encryption().backups();
        if backups.are_enabled().await {
            // What does not reach the backup now does so with a later command.
            let _ = tokio::time::timeout(BACKUP_TAKES, backups.wait_for_steady_state()).await;
        }
    }

    /// Whether this device is cross-signed by the account's own identity, so that it gets keys.
    ///
    /// # Errors
    /// The account's files cannot be read.
    pub async fn is_vouched(&self) -> Result<bool> {
        let device = self.client().encryption().get_own_device().await?;
        Ok(device.is_some_and(|device| device.is_cross_signed_by_owner()))
    }
}

/// A client as all of ours are: only cross-signed devices get keys, and old ones go with an invite.
pub(crate) fn builder(folder: &AccountFolder) -> ClientBuilder {
    let settings = EncryptionSettings {
        auto_enable_cross_signing: false,
        backup_download_strategy: BackupDownloadStrategy::AfterDecryptionFailure,
        auto_enable_backups: false,
    };
    Client::builder()
        .sqlite_store(folder.file("store"), None)
        .with_encryption_settings(settings)
        .with_room_key_recipient_strategy(CollectStrategy::IdentityBasedStrategy)
        // What a device without cross-signing sent is shown all the same; who vouches is told beside it.
        .with_decryption_settings(DecryptionSettings { sender_device_trust_requirement: TrustRequirement::Untrusted })
        .with_enable_share_history_on_invite(true)
        .respect_login_well_known(false)
        .request_config(RequestConfig::new().timeout(PATIENCE).retry_limit(2))
        .user_agent(concat!("thoughts/", env!("CARGO_PKG_VERSION")))
}

/// Why a client could not be made.
pub(crate) fn cannot_open(error: matrix_sdk::ClientBuildError) -> Error {
    use matrix_sdk::ClientBuildError;
    match error {
        ClientBuildError::Http(error) => error.into(),
        ClientBuildError::SqliteStore(error) => Error::Store(error.to_string()),
        other => Error::Input(format!("This server cannot be used: {other}.")),
    }
}
