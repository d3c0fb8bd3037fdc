//! Which configuration applies.

use std::path::{Path, PathBuf};

use peerbrain_core::Config;
use peerbrain_core::config::{self, ENVIRONMENT_PREFIX, Environment};

use crate::error::Error;

/// The file that is read when the command line names none.
pub const DEFAULT_FILE: &str = "peerbrain.toml";

/// A configuration and where it came from.
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// The file, if there is one.
    pub file: Option<PathBuf>,
}

/// Loads the file that the command line names, or [`DEFAULT_FILE`] if it exists, and the environment over it.
///
/// # Errors
/// What is wrong with the configuration.
pub fn load(named: Option<&Path>) -> Result<Loaded, Error> {
    let default = Path::new(DEFAULT_FILE);
    let file = named.or_else(|| default.exists().then_some(default));
    let config = config::load(file, &environment())?;
    Ok(Loaded { config, file: file.map(Path::to_owned) })
}

/// Our variables. One that is not UTF-8 is kept with replacement characters: the value is then refused in words.
pub fn environment() -> Environment {
    let variables = std::env::vars_os().map(|(name, value)| (lossy(&name), lossy(&value)));
    variables.filter(|(name, _)| name.starts_with(ENVIRONMENT_PREFIX)).collect()
}

fn lossy(text: &std::ffi::OsStr) -> String {
    text.to_string_lossy().into_owned()
}
