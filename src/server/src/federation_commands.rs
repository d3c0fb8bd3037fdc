//! `peerbrain federation …`

mod destinations;

use std::{path::Path, sync::Arc};

use events::SigningKey;
use federation::client::{Client, Finding, Options};
use peerbrain_core::{Random as _, SystemClock, SystemRandom};
use ruma::OwnedServerName;

use crate::{command_line::FederationCommand, configuration, error::Error, terminal::say};

/// Runs one of the commands.
///
/// # Errors
/// A configuration that cannot be used, a server that others cannot reach, and what the running server or the database says
/// against it.
pub async fn run(command: FederationCommand, file: Option<&Path>) -> Result<(), Error> {
    match command {
        FederationCommand::Check { name } => check(name, file).await,
        FederationCommand::Destinations => destinations::list(file).await,
        FederationCommand::Retry { name, .. } => destinations::retry(name, file).await,
    }
}

async fn check(name: Option<OwnedServerName>, file: Option<&Path>) -> Result<(), Error> {
    let config = configuration::load(file)?.config;
    let name = name.unwrap_or_else(|| config.server.name.clone());
    // Nothing is signed with it: what is asked here is asked without a signature.
    let mut seed = [0; 32];
    SystemRandom::new().fill(&mut seed);
    let plain = |error: &dyn std::fmt::Display| Error::plain(error.to_string());
    let client = Client::new(Options {
        server_name: config.server.name.clone(),
        key: Arc::new(SigningKey::generate(seed).map_err(|error| plain(&error))?),
        clock: Arc::new(SystemClock),
        settings: config.federation.clone(),
    })
    .map_err(|error| plain(&error))?;
    let findings = client.examine(&name).await;
    for finding in &findings {
        match finding {
            Finding::Fine(text) => say(&format!("fine:     {text}")),
            Finding::Doubtful(text) => say(&format!("DOUBTFUL: {text}")),
            Finding::Unclear(text) => say(&format!("unclear:  {text}")),
            Finding::Wrong(text) => say(&format!("WRONG:    {text}")),
        }
    }
    if findings.iter().any(|finding| matches!(finding, Finding::Wrong(_))) {
        return Err(Error::plain(format!("other servers cannot reach {name}, or not always")));
    }
    say(&format!("Other servers can reach {name}."));
    Ok(())
}
