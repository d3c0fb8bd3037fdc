//! `peerbrain config …`

use std::path::Path;

use federation::client::Client;
use peerbrain_core::Config;

use crate::command_line::ConfigCommand;
use crate::error::Error;
use crate::terminal::say;
use crate::{configuration, listen, logging};

/// Runs one of the commands.
///
/// # Errors
/// What is wrong with the configuration.
pub fn run(command: &ConfigCommand, file: Option<&Path>) -> Result<(), Error> {
    match command {
        ConfigCommand::Example => say(Config::example().trim_end()),
        ConfigCommand::Check => {
            let loaded = configuration::load(file)?;
            logging::filter(&loaded.config.log)?;
            loaded.config.listeners().iter().try_for_each(listen::check)?;
            Client::check(&loaded.config.federation).map_err(|error| Error::plain(error.to_string()))?;
            let source = loaded.file.map_or("the defaults".to_owned(), |file| file.display().to_string());
            say(&format!("The configuration from {source} and the environment can be used."));
        }
        ConfigCommand::Show => {
            let config = configuration::load(file)?.config;
            let listeners = config.listeners();
            let shown = toml::to_string(&Config { listeners, ..config });
            say(shown.map_err(|error| Error::plain(error.to_string()))?.trim_end());
        }
    }
    Ok(())
}
