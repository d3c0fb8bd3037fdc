//! Doing what the operator asks.

use std::sync::Arc;

use accounts::Accounts;
use federation::sender::Sender;
use media::Media;
use peerbrain_core::Config;
use rooms::Rooms;
use ruma::{OwnedUserId, UserId};
use store::Store;
use store::accounts::UserRow;

use super::{ListedUser, Reply, Request};
use crate::error::Error;
use crate::wiring;

/// Users of one list.
const PAGE: usize = 500;

/// Acts on the users, files and rooms of this server, and on what it sends to others.
pub struct Operator {
    accounts: Arc<Accounts>,
    pub(super) media: Arc<Media>,
    pub(super) rooms: Rooms,
    pub(super) store: Store,
    /// Sends to other servers, if this server runs.
    pub(super) sender: Option<Sender>,
}

impl Operator {
    /// For a server that runs.
    pub fn new(accounts: Arc<Accounts>, media: Arc<Media>, rooms: Rooms, store: Store, sender: Sender) -> Self {
        Self { accounts, media, rooms, store, sender: Some(sender) }
    }

    /// Opens the database for itself.
    ///
    /// # Errors
    /// A database that cannot be opened, or that another process has.
    pub async fn open(config: &Config) -> Result<Self, Error> {
        let (store, accounts) = wiring::open_accounts(config)?;
        let media = wiring::open_media(config, &store)?;
        let rooms = wiring::open_rooms(config, &store, &accounts).await?;
        Ok(Self { accounts, media, rooms, store, sender: None })
    }

    /// Closes the database, for whoever has opened it.
    pub async fn close(self) {
        // Nobody goes on with it once this program has ended.
        if let Err(error) = self.rooms.finish_purges().await {
            tracing::warn!(%error, "what is left of deleted rooms will be deleted when the server runs");
        }
        wiring::close(&self.accounts, &self.store).await;
    }

    /// Does it.
    pub async fn perform(&self, request: Request) -> Reply {
        let done = match request {
            Request::ListMedia { user, after, skip } => self.list_media(user, after, skip).await,
            Request::QuarantineMedia { media, undo } => {
                self.quarantine_media(&media, undo).await.map_err(|error| error.to_string())
            }
            Request::DeleteMedia { media } => self.delete_media(&media).await.map_err(|error| error.to_string()),
            Request::ListReports { before } => self.list_reports(before).await.map_err(|error| error.to_string()),
            Request::DeleteReport { number } => self.delete_report(number).await.map_err(|error| error.to_string()),
            Request::ListRooms { after } => self.list_rooms(after).await.map_err(|error| error.to_string()),
            Request::BlockRoom { room, undo } => self.block_room(&room, undo).await.map_err(|error| error.to_string()),
            Request::PurgeRoom { room, block } => {
                self.purge_room(&room, block).await.map_err(|error| error.to_string())
            }
            Request::ListDestinations { after } => self.list_destinations(after.as_deref()).await,
            Request::RetryDestinations { server } => self.retry_destinations(server.as_deref()).await,
            request => self.answer(request).await.map_err(|error| error.to_string()),
        };
        done.unwrap_or_else(Reply::Failed)
    }

    async fn answer(&self, request: Request) -> Result<Reply, accounts::Error> {
        let accounts = &self.accounts;
        let user = match request {
            Request::CreateUser { user, password, admin } => {
                accounts.create_user(self.local_part(&user), &password, admin).await?
            }
            Request::ListUsers { after } => {
                let users = accounts.list_users(after.as_deref().unwrap_or_default(), PAGE).await?;
                return Ok(Reply::Users(users.into_iter().map(listed).collect()));
            }
            Request::SetPassword { user, password } => {
                let user = self.existing(&user)?;
                accounts.set_password(&user, &password).await?;
                user
            }
            Request::SetAdmin { user, admin } => {
                let user = self.existing(&user)?;
                accounts.set_admin(&user, admin).await?;
                user
            }
            Request::SetLocked { user, locked } => {
                let user = self.existing(&user)?;
                accounts.lock_user(&user, locked).await?;
                user
            }
            // They are answered elsewhere.
            _ => {
                return Ok(Reply::Failed("this is not about a user".to_owned()));
            }
        };
        Ok(Reply::Done(user.to_string()))
    }

    /// The name in `@name:server`, if it is written like that and the server is ours.
    fn local_part<'a>(&self, user: &'a str) -> &'a str {
        let whole = user.strip_prefix('@').and_then(|rest| rest.split_once(':'));
        whole.filter(|(_, server)| *server == self.accounts.server_name().as_str()).map_or(user, |(name, _)| name)
    }

    /// The id of a user who may be written either way.
    pub(super) fn existing(&self, user: &str) -> Result<OwnedUserId, accounts::Error> {
        let whole =
            if user.starts_with('@') { user.to_owned() } else { format!("@{user}:{}", self.accounts.server_name()) };
        UserId::parse(whole).map_err(|_| accounts::Error::InvalidParam(format!("{user:?} is not a user").into()))
    }
}

fn listed(row: UserRow) -> ListedUser {
    let marks =
        [(row.admin, "admin"), (row.locked, "locked"), (row.suspended, "suspended"), (row.deactivated, "deactivated")];
    ListedUser {
        id: row.user_id,
        marks: marks.into_iter().filter(|(set, _)| *set).map(|(_, mark)| mark.to_owned()).collect(),
    }
}
