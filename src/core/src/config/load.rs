//! Reading the configuration: defaults, then the file, then the environment.

use std::collections::BTreeMap;
use std::path::Path;

use config::{FileFormat, Value, ValueKind};

use super::example::{Known, known_keys, listener_keys};
use super::nearest::unknown;
use super::{Config, ConfigError};

/// What the names of our variables begin with.
pub const ENVIRONMENT_PREFIX: &str = "PEERBRAIN__";

/// Variables by name; those that do not begin with [`ENVIRONMENT_PREFIX`] are none of ours.
pub type Environment = BTreeMap<String, String>;

/// Reads the configuration: defaults, then the file (if one is given), then `environment`.
///
/// # Errors
/// A file that cannot be read or is not TOML, a key that does not exist, a value that is not allowed.
pub fn load(path: Option<&Path>, environment: &Environment) -> Result<Config, ConfigError> {
    let Some(path) = path else { return load_text("", "", environment) };
    let text =
        std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
    load_text(&text, &path.display().to_string(), environment)
}

/// The same from the text of a file; `origin` is what errors call it.
///
/// # Errors
/// As [`load`].
pub fn load_text(text: &str, origin: &str, environment: &Environment) -> Result<Config, ConfigError> {
    let known = known_keys();
    check_file(text, origin, &known)?;
    let defaults = config::Config::try_from(&Config::default()).map_err(|error| wrong_type(&error))?;
    let mut builder =
        config::Config::builder().add_source(defaults).add_source(config::File::from_str(text, FileFormat::Toml));
    for (name, value) in environment {
        let Some(key) = name.strip_prefix(ENVIRONMENT_PREFIX) else { continue };
        let known = find(name, &key.to_ascii_lowercase().replace("__", "."), &known)?;
        let value = from_environment(name, value, known)?;
        builder = builder.set_override(&known.key, value).map_err(|error| wrong_type(&error))?;
    }
    let config: Config =
        builder.build().and_then(config::Config::try_deserialize).map_err(|error| wrong_type(&error))?;
    config.validate()?;
    Ok(config)
}

fn wrong_type(error: &config::ConfigError) -> ConfigError {
    ConfigError::Type(error.to_string())
}

/// Looks for keys of the file that do not exist.
fn check_file(text: &str, origin: &str, known: &[Known]) -> Result<(), ConfigError> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| ConfigError::Syntax {
        origin: origin.to_owned(),
        reason: error.to_string(),
    })?;
    for (name, value) in &table {
        match value {
            toml::Value::Array(blocks) if name == "listeners" => check_listeners(blocks, origin)?,
            value => check_value(name, value, origin, known)?,
        }
    }
    Ok(())
}

fn check_value(key: &str, value: &toml::Value, origin: &str, known: &[Known]) -> Result<(), ConfigError> {
    match value {
        toml::Value::Table(table) if !table.is_empty() => {
            table.iter().try_for_each(|(name, value)| check_value(&format!("{key}.{name}"), value, origin, known))
        }
        toml::Value::Table(_) if known.iter().any(|known| begins_with(&known.key, key)) => Ok(()),
        _ => find(origin, key, known).map(drop),
    }
}

/// Whether `key` lies in the table `table`.
fn begins_with(key: &str, table: &str) -> bool {
    key.strip_prefix(table).is_some_and(|rest| rest.starts_with('.'))
}

fn check_listeners(blocks: &[toml::Value], origin: &str) -> Result<(), ConfigError> {
    let names = listener_keys();
    let used = blocks.iter().filter_map(toml::Value::as_table).flat_map(toml::Table::keys);
    for name in used {
        if !names.contains(&name.as_str()) {
            return Err(unknown(
                origin,
                &format!("listeners.{name}"),
                names.iter().map(|name| format!("listeners.{name}")),
            ));
        }
    }
    Ok(())
}

/// The known key of that name.
fn find<'k>(origin: &str, key: &str, known: &'k [Known]) -> Result<&'k Known, ConfigError> {
    let found = known.iter().find(|known| known.key == key);
    found.ok_or_else(|| unknown(origin, key, known.iter().map(|known| known.key.clone())))
}

/// The value of a variable: a list where the setting is a list, otherwise text that the setting's type reads.
fn from_environment(name: &str, value: &str, known: &Known) -> Result<Value, ConfigError> {
    let kind = match &known.default {
        toml::Value::Array(_) if value.trim_start().starts_with('[') => return toml_list(name, value, known),
        toml::Value::Array(_) if known.key == "listeners" => {
            let reason = "write it as TOML: [{ bind = \"127.0.0.1:8008\", apis = [\"client\"] }]".to_owned();
            return Err(ConfigError::Syntax { origin: name.to_owned(), reason });
        }
        toml::Value::Array(_) => {
            let items = value.split(',').map(str::trim).filter(|item| !item.is_empty());
            ValueKind::Array(items.map(|item| Value::new(Some(&name.to_owned()), item)).collect())
        }
        _ => ValueKind::String(value.to_owned()),
    };
    Ok(Value::new(Some(&name.to_owned()), kind))
}

fn toml_list(name: &str, value: &str, known: &Known) -> Result<Value, ConfigError> {
    let syntax = |reason: String| ConfigError::Syntax { origin: name.to_owned(), reason };
    let table: toml::Table =
        format!("list = {value}").parse().map_err(|error: toml::de::Error| syntax(error.message().to_owned()))?;
    let list = table.get("list").and_then(toml::Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if known.key == "listeners" {
        check_listeners(list, name)?;
    }
    let read: config::Config = config::Config::builder()
        .add_source(config::File::from_str(&format!("list = {value}"), FileFormat::Toml))
        .build()
        .map_err(|error| syntax(error.to_string()))?;
    read.get("list").map_err(|error| syntax(error.to_string()))
}
