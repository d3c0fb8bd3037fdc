//! `peerbrain db …`

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use peerbrain_core::{Clock as _, Config, SystemClock};
use store::backup::{self, Attachment, Contents};
use store::{Options, Store};

use crate::command_line::DbCommand;
use crate::configuration::{self, DEFAULT_FILE, Loaded};
use crate::error::Error;
use crate::first_start::{make_data_folder, sync_name, write_secret_file};
use crate::signing_key;
use crate::target::target;
use crate::terminal::say;
use crate::wiring;

/// What the files are called in a backup.
const KEY: &str = "signing.key";
const CONFIGURATION: &str = "peerbrain.toml";
const ENVIRONMENT: &str = "peerbrain.env";

/// Runs one of the commands.
///
/// # Errors
/// What is wrong with the database or the backup.
pub async fn run(command: DbCommand, file: Option<&Path>) -> Result<(), Error> {
    let named = file.map(Path::to_owned);
    let work = move || match command {
        DbCommand::Check => check(&configuration::load(named.as_deref())?.config),
        DbCommand::Migrate => migrate(&configuration::load(named.as_deref())?.config),
        DbCommand::Backup { file } => back_up(&configuration::load(named.as_deref())?, &file),
        DbCommand::Restore { file } => restore(named.as_deref(), &file),
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::plain(error.to_string()))?
}

fn check(config: &Config) -> Result<(), Error> {
    let found = backup::check(&target(config), config.server.name.as_str())?;
    found.iter().for_each(|complaint| say(complaint));
    if found.is_empty() {
        say("The database is sound.");
        return Ok(());
    }
    Err(Error::plain("the database is damaged: restore a backup"))
}

fn migrate(config: &Config) -> Result<(), Error> {
    make_data_folder(config)?;
    let store = Store::open(Options {
        target: target(config),
        server_name: config.server.name.to_string(),
        readers: 1,
        slow_readers: 1,
        observers: Vec::new(),
    })?;
    store.close_blocking();
    say("The database is of this version.");
    Ok(())
}

/// Writes the backup under another name first, so that a file of that name is always a whole backup.
fn back_up(loaded: &Loaded, file: &Path) -> Result<(), Error> {
    if file.exists() {
        return Err(Error::plain(format!("{} exists already", file.display())));
    }
    let attachments = attachments(loaded)?;
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    let unfinished = PathBuf::from(name);
    let written = write(loaded, &attachments, &unfinished)
        .and_then(|()| fs::rename(&unfinished, file).map_err(Error::file("write", file)));
    if written.is_err() {
        let _already_gone = fs::remove_file(&unfinished);
    }
    written?;
    sync_name(file)?;
    say(&format!("Wrote {}. It holds secrets: keep it where only you can read it.", file.display()));
    Ok(())
}

fn write(loaded: &Loaded, attachments: &[Attachment], unfinished: &Path) -> Result<(), Error> {
    let out = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(unfinished);
    let mut out = BufWriter::with_capacity(1 << 20, out.map_err(Error::file("write", unfinished))?);
    backup::write(&target(&loaded.config), attachments, &wiring::media_folder(&loaded.config)?, &mut out)?;
    let synced = out.flush().and_then(|()| out.get_ref().sync_all());
    synced.map_err(Error::file("write", unfinished))
}

/// Key, configuration file and variables, as far as there are any.
fn attachments(loaded: &Loaded) -> Result<Vec<Attachment>, Error> {
    let key = loaded.config.server.signing_key_path();
    let text = fs::read_to_string(&key).map_err(Error::file("read", &key))?;
    let mut files = vec![Attachment { name: KEY.to_owned(), text }];
    if let Some(path) = &loaded.file {
        let text = fs::read_to_string(path).map_err(Error::file("read", path))?;
        files.push(Attachment { name: CONFIGURATION.to_owned(), text });
    }
    let variables = configuration::environment();
    if !variables.is_empty() {
        let text = variables.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        files.push(Attachment { name: ENVIRONMENT.to_owned(), text });
    }
    Ok(files)
}

/// Verifies the backup, then restores configuration (unless there is one), database and key.
fn restore(named: Option<&Path>, file: &Path) -> Result<(), Error> {
    let open =
        || File::open(file).map(|file| BufReader::with_capacity(1 << 20, file)).map_err(Error::file("read", file));
    let contents = backup::verify(open()?)?;
    let header = &contents.header;
    say(&format!("{} is a whole backup of {} with {} rows.", file.display(), header.server_name, contents.rows));
    restore_configuration(named.unwrap_or(Path::new(DEFAULT_FILE)), &contents)?;
    let config = configuration::load(named)?.config;
    if config.server.name.as_str() != header.server_name {
        return Err(Error::plain(format!(
            "the backup is of the server {}, and the configuration says {}",
            header.server_name, config.server.name
        )));
    }
    make_data_folder(&config)?;
    let key = config.server.signing_key_path();
    // Before the database: without its key it would be of no use, while a key alone does no harm.
    restore_key(&key, &contents)?;
    let now_ms = SystemClock.now_ms();
    backup::restore(&target(&config), &wiring::media_folder(&config)?, now_ms, open()?)?;
    say("Restored. Clients keep their sessions; what happened after the backup is lost.");
    Ok(())
}

/// Writes the configuration file of the backup where there is none, and its variables beside it.
fn restore_configuration(path: &Path, contents: &Contents) -> Result<(), Error> {
    if path.exists() {
        return Ok(());
    }
    if let Some(text) = attachment(contents, CONFIGURATION) {
        write_secret_file(path, text)?;
        say(&format!("Wrote {} as it was.", path.display()));
    }
    let variables = path.with_file_name(ENVIRONMENT);
    match attachment(contents, ENVIRONMENT) {
        Some(text) if !variables.exists() => {
            write_secret_file(&variables, text)?;
            say(&format!("The environment also held settings: they are in {}, set them again.", variables.display()));
        }
        _ => {}
    }
    Ok(())
}

/// Writes the key of the backup, unless it is there already.
fn restore_key(path: &Path, contents: &Contents) -> Result<(), Error> {
    let text = attachment(contents, KEY).ok_or_else(|| Error::plain("the backup holds no signing key"))?;
    let unusable =
        |error: events::Error| Error::plain(format!("the signing key in the backup cannot be used: {error}"));
    let saved = events::SigningKey::from_text(text).map_err(unusable)?;
    match signing_key::read(path)? {
        None => write_secret_file(path, text),
        Some(key) if key.to_text() == saved.to_text() => Ok(()),
        Some(_) => Err(Error::plain(format!("{} holds another signing key: move it away first", path.display()))),
    }
}

fn attachment<'a>(contents: &'a Contents, name: &str) -> Option<&'a str> {
    contents.attachments.iter().find(|file| file.name == name).map(|file| file.text.as_str())
}
