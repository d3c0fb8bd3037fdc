//! Running the server, from the first line it says to the last request it finishes.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use accounts::Accounts;
use actix_web::dev::{Server, ServerHandle};
use actix_web::web;
use futures_util::future::{join_all, select_all};
use media::Media;
use rooms::Rooms;
use sync::Syncs;

use crate::admin_socket::AdminSocket;
use crate::configuration::{self, Loaded};
use crate::error::Error;
use crate::listen::{self, Shared};
use crate::metrics::Metrics;
use crate::operator::Operator;
use crate::signals::StopSignals;
use crate::wiring::{self, Domain};
use crate::{first_start, logging, open_files, terminal};

/// How often accounts are tidied.
const HOUSEKEEPING: Duration = Duration::from_secs(60);
/// How long the server waits at its end until it is written down what was delivered.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// Runs until a signal asks to stop.
///
/// # Errors
/// Whatever keeps the server from starting, or a listener that dies.
pub async fn serve(file: Option<&Path>) -> Result<(), Error> {
    let Loaded { config, file } = configuration::load(file)?;
    logging::start(&config.log)?;
    if file.is_none() {
        first_start::offer_configuration_file();
    }
    first_start::warn_of_trial_name(&config);
    first_start::make_data_folder(&config)?;
    // Early: whoever sends a signal as soon as we say that we are ready must find us listening for it.
    let signals = StopSignals::take()?;
    let most_open = open_files::raise_limit();
    let config = Arc::new(config);
    let domain = wiring::open(&config).await?;
    let Domain { store, accounts, media, rooms, e2ee, push, search, thoughts, syncs, federation, clock } = domain;

    let metrics = Metrics::new(&store, &federation).map_err(|error| Error::plain(error.to_string()))?;
    let requests = Arc::new(metrics.requests.clone());
    let app = api::App {
        accounts: accounts.clone(),
        media: media.clone(),
        rooms: rooms.clone(),
        e2ee,
        push: push.clone(),
        search: search.clone(),
        thoughts,
        syncs: syncs.clone(),
        federation: federation.clone(),
        bodies: api::bridge::Bodies::default(),
        answers: api::bridge::Answers::default(),
        clock,
        config: config.clone(),
        observe: requests,
    };
    let listeners = config.listeners();
    let connections = open_files::connections(config.server.max_connections, most_open, listeners.len());
    let shared = Shared { app: Arc::new(app), store: store.clone(), metrics: web::Data::new(metrics), connections };
    let servers: Vec<Server> =
        listeners.iter().map(|listener| listen::open(listener, &shared)).collect::<Result<_, _>>()?;
    drop(shared);
    let sender = federation.sender().clone();
    let operator = Arc::new(Operator::new(accounts.clone(), media.clone(), rooms.clone(), store.clone(), sender));
    let admin = AdminSocket::open(&config.server.data_dir, operator)
        .inspect_err(|error| tracing::warn!(%error, "the commands `peerbrain user …` cannot reach this server"));
    if let Some(token) = accounts.first_admin_token().await.map_err(|error| Error::plain(error.to_string()))? {
        first_start::show_admin_token(&token);
    }
    if let Err(error) = federation.start().await {
        tracing::warn!(%error, "what other servers sent before the start is worked on when more of it comes");
    }
    terminal::say("Ready.");
    let indexing = tokio::spawn(search.follow());
    let delivering = tokio::spawn(push.clone().deliver());
    let housekeeping = tokio::spawn(tidy(accounts.clone(), media, rooms.clone()));

    let outcome = run(servers, signals, &syncs).await;
    drop(admin);
    housekeeping.abort();
    indexing.abort();
    push.stop();
    // Where the database is away it cannot be waited for: something is delivered again then.
    let _ = tokio::time::timeout(LAST_WORDS, delivering).await;
    federation.stop().await;
    syncs.save().await;
    wiring::close(&accounts, &store).await;
    outcome
}

/// Runs the listeners until a signal comes, then lets requests finish.
async fn run(servers: Vec<Server>, mut signals: StopSignals, syncs: &Syncs) -> Result<(), Error> {
    let handles: Vec<ServerHandle> = servers.iter().map(Server::handle).collect();
    let mut running = select_all(servers.into_iter().map(tokio::spawn));
    tokio::select! {
        signal = signals.next() => {
            tracing::info!(signal, "stopping: requests finish first");
            signals.end_at_the_next();
            syncs.stop();
            join_all(handles.iter().map(|handle| handle.stop(true))).await;
            Ok(())
        }
        (ended, ..) = &mut running => {
            join_all(handles.iter().map(|handle| handle.stop(true))).await;
            Err(Error::plain(match ended {
                Ok(Ok(())) => "a listener has stopped by itself".to_owned(),
                Ok(Err(error)) => format!("a listener has stopped: {error}"),
                Err(error) => format!("a listener has died: {error}"),
            }))
        }
    }
}

/// Tidies accounts and media every minute, and rooms every hour: each by itself, so that none waits for another.
async fn tidy(accounts: Arc<Accounts>, media: Arc<Media>, rooms: Rooms) {
    let of_accounts = async {
        loop {
            tokio::time::sleep(HOUSEKEEPING).await;
            if let Err(error) = accounts.housekeeping().await {
                tracing::warn!(%error, "tidying failed; it is tried again in a minute");
            }
        }
    };
    let of_media = async {
        loop {
            if let Err(error) = media.housekeeping().await {
                tracing::warn!(%error, "tidying media failed; it is tried again in a minute");
            }
            tokio::time::sleep(HOUSEKEEPING).await;
        }
    };
    let of_rooms = async {
        loop {
            tidy_rooms(&rooms).await;
            tokio::time::sleep(HOUSEKEEPING * 60).await;
        }
    };
    tokio::join!(of_accounts, of_media, of_rooms);
}

/// Forgets what redacted events said, tells rooms of profiles that they do not know yet, sends guests out of rooms that were closed to them, and deletes rooms that nobody here
/// wants any more.
async fn tidy_rooms(rooms: &Rooms) {
    if let Err(error) = rooms.forget_originals().await {
        tracing::warn!(%error, "what redacted events said could not be forgotten; it is tried again in an hour");
    }
    if let Err(error) = rooms.announce_profiles().await {
        tracing::warn!(%error, "new profiles could not be told to rooms; it is tried again in an hour");
    }
    if let Err(error) = rooms.send_guests_away(None).await {
        tracing::warn!(%error, "guests could not be sent away; it is tried again in an hour");
    }
    if let Err(error) = rooms.purge_forgotten().await {
        tracing::warn!(%error, "forgotten rooms could not be deleted; it is tried again in an hour");
    }
}
