//! What the first start in an empty folder makes, and what it tells its operator.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use peerbrain_core::Config;

use crate::configuration::DEFAULT_FILE;
use crate::error::Error;
use crate::terminal::say;

/// Makes the data folder, readable by nobody else. One that exists is left as it is.
///
/// # Errors
/// When it cannot be made.
pub fn make_data_folder(config: &Config) -> Result<(), Error> {
    make_folder(&config.server.data_dir)
}

fn make_folder(folder: &Path) -> Result<(), Error> {
    let missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
    let made: Vec<&Path> = folder.ancestors().take_while(missing).collect();
    let make = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    make.map_err(Error::file("make the folder", folder))?;
    // A power cut would take a folder whose name was not synced, with all that was synced in it.
    made.into_iter().try_for_each(sync_name)
}

/// Writes the commented configuration file when neither it nor another one exists. A folder that cannot be written to
/// (settings may all come from the environment) is worth a warning, not a failure.
pub fn offer_configuration_file() {
    let path = Path::new(DEFAULT_FILE);
    match write_secret_file(path, &Config::example()) {
        Ok(()) => say(&format!("Wrote {DEFAULT_FILE}, where every setting is explained.")),
        Err(error) => tracing::warn!(%error, "no example of a configuration file could be written"),
    }
}

/// Says that `localhost` is for trial only, and what a real name means.
pub fn warn_of_trial_name(config: &Config) {
    if config.server.name != "localhost" {
        return;
    }
    say(&format!(
        "This server is called \"localhost\": FOR TRIAL ONLY. Its users can never talk to other servers, and the name of a\n\
         server can never be changed: to use it in earnest, set server.name in {DEFAULT_FILE} (or\n\
         PEERBRAIN__SERVER__NAME) and start over with an empty data folder."
    ));
}

/// Shows the token with which the first administrator registers.
pub fn show_admin_token(token: &str) {
    say(&format!(
        "No administrator exists yet. Whoever registers with this one-time token becomes the administrator:\n\n    {token}\n\n\
         (or run: peerbrain user create NAME --admin)"
    ));
}

/// Writes a new file that only we can read, and syncs it to disk before it gets its name.
///
/// # Errors
/// When the file exists already or cannot be written.
pub fn write_secret_file(path: &Path, text: &str) -> Result<(), Error> {
    // A link, unlike a rename, does not replace a file that is there.
    place_secret_file(path, text, |unfinished, path| fs::hard_link(unfinished, path))
}

/// The same over a file that is there: it has the one text or the other, whenever this breaks off.
///
/// # Errors
/// When it cannot be written.
pub fn replace_secret_file(path: &Path, text: &str) -> Result<(), Error> {
    place_secret_file(path, text, |unfinished, path| fs::rename(unfinished, path))
}

fn place_secret_file(
    path: &Path,
    text: &str,
    place: impl FnOnce(&Path, &Path) -> std::io::Result<()>,
) -> Result<(), Error> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let unfinished = Path::new(&name);
    let write = || {
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(unfinished)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        place(unfinished, path)
    };
    let written = write();
    let _already_gone = fs::remove_file(unfinished);
    written.map_err(Error::file("write", path))?;
    sync_name(path)
}

/// Syncs the folder that a file or folder has just got its name in, so that it keeps the name through a power cut.
///
/// # Errors
/// When the folder cannot be synced.
pub fn sync_name(path: &Path) -> Result<(), Error> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::file("sync", folder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn folders_are_made_in_folders_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one/two");
        for _ in 0..2 {
            make_folder(&path).unwrap();
            for made in [path.as_path(), path.parent().unwrap()] {
                assert_eq!(fs::metadata(made).unwrap().permissions().mode() & 0o777, 0o700);
            }
        }
        fs::write(path.join("file"), "").unwrap();
        assert!(make_folder(&path.join("file/three")).is_err());
    }

    #[test]
    fn secret_files_are_private_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        write_secret_file(&path, "one").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(write_secret_file(&path, "two").is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
