//! Where accounts are kept: one folder each, in a folder of the user.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::Session;
use super::session::write_private;
use crate::error::{Error, Result};

/// The longest name of an account's folder.
const MAX_NAME_CHARS: usize = 120;

/// The folder of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountFolder {
    path: PathBuf,
}

impl AccountFolder {
    /// The folder of an account that is on this computer.
    ///
    /// * `data`: where accounts are kept, if not in the user's data folder.
    /// * `account`: its name, or its Matrix id; without it the one used last, or the only one.
    ///
    /// # Errors
    /// There is none, or not that one.
    pub fn choose(data: Option<&Path>, account: Option<&str>) -> Result<Self> {
        let data = data_folder(data)?;
        let name = match account {
            Some(account) => folder_name(account)?,
            None => last_used(&data)?,
        };
        let folder = Self { path: data.join(&name) };
        if !folder.is_logged_in() {
            let told = account.map_or_else(
                || "Nobody is logged in on this computer.".to_owned(),
                |account| format!("{account} is not logged in on this computer."),
            );
            return Err(Error::NotLoggedIn(told));
        }
        // Whoever may not write there has other troubles, of which the command tells.
        let _ = write_private(&data.join("last"), name.as_bytes());
        Ok(folder)
    }

    /// A folder for an account that logs in.
    ///
    /// * `user_hint`: what it is called if `account` says nothing.
    ///
    /// # Errors
    /// The account is logged in there already, or the folder cannot be made.
    pub fn create(data: Option<&Path>, account: Option<&str>, user_hint: &str) -> Result<Self> {
        let data = data_folder(data)?;
        let name = folder_name(account.unwrap_or(user_hint))?;
        let folder = Self { path: data.join(&name) };
        if folder.is_logged_in() {
            return Err(Error::LoggedInAlready(account.unwrap_or(user_hint).to_owned()));
        }
        DirBuilder::new().recursive(true).mode(0o700).create(&folder.path)?;
        Ok(folder)
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file in it.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// What is kept of the login.
    ///
    /// # Errors
    /// Nobody is logged in, or the file cannot be read.
    pub fn session(&self) -> Result<Session> {
        match std::fs::read(self.file("session.json")) {
            Ok(text) => Ok(serde_json::from_slice(&text)?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(Error::NotLoggedIn("Nobody is logged in on this computer.".to_owned()))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps a login, and makes it the account that is used without a name.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn keep_session(&self, session: &Session) -> Result<()> {
        write_private(&self.file("session.json"), &serde_json::to_vec(session)?)?;
        if let (Some(data), Some(name)) = (self.path.parent(), self.path.file_name().and_then(|name| name.to_str())) {
            write_private(&data.join("last"), name.as_bytes())?;
        }
        Ok(())
    }

    /// Keeps JSON in a file that only its owner may read.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_json(&self, name: &str, value: &impl serde::Serialize) -> Result<()> {
        write_private(&self.file(name), &serde_json::to_vec(value)?)
    }

    /// What JSON was kept in a file; the default if there is none.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read_json<T: serde::de::DeserializeOwned + Default>(&self, name: &str) -> Result<T> {
        match std::fs::read(self.file(name)) {
            Ok(text) => Ok(serde_json::from_slice(&text)?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(T::default()),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes the account from this computer, with all its keys.
    ///
    /// # Errors
    /// A file cannot be removed.
    pub fn remove(&self) -> Result<()> {
        // The login first, so that what is left of a removal that breaks off is no account.
        for name in ["session.json", "."] {
            let path = self.file(name);
            let removed = if name == "." { std::fs::remove_dir_all(&self.path) } else { std::fs::remove_file(path) };
            match removed {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }

    fn is_logged_in(&self) -> bool {
        self.file("session.json").exists()
    }
}

fn data_folder(given: Option<&Path>) -> Result<PathBuf> {
    if let Some(given) = given {
        return Ok(std::path::absolute(given)?);
    }
    let from = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = from("XDG_DATA_HOME").or_else(|| from("HOME").map(|home| home.join(".local/share")));
    let base = base.ok_or_else(|| Error::Input("There is no home folder; use --data FOLDER.".to_owned()))?;
    Ok(base.join("thoughts"))
}

/// The account used last, or the only one there is.
fn last_used(data: &Path) -> Result<String> {
    if let Ok(name) = std::fs::read_to_string(data.join("last"))
        && data.join(&name).join("session.json").exists()
    {
        return Ok(name);
    }
    let folders = std::fs::read_dir(data).into_iter().flatten().flatten();
    let mut names: Vec<String> = folders
        .filter(|entry| entry.path().join("session.json").exists())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    match (names.pop(), names.is_empty()) {
        (Some(name), true) => Ok(name),
        (Some(_), false) => {
            Err(Error::NotLoggedIn("Several accounts are on this computer: say which with --account NAME.".to_owned()))
        }
        (None, _) => Err(Error::NotLoggedIn("Nobody is logged in on this computer.".to_owned())),
    }
}

/// A name for a folder: `@alice:example.org` becomes `alice@example.org`.
fn folder_name(account: &str) -> Result<String> {
    let name = account.strip_prefix('@').map_or_else(|| account.to_owned(), |rest| rest.replacen(':', "@", 1));
    let name: String =
        name.chars().map(|c| if c.is_alphanumeric() || "@._=+-".contains(c) { c } else { '_' }).collect();
    if name.is_empty() || name.starts_with('.') || name == "last" || name.chars().count() > MAX_NAME_CHARS {
        return Err(Error::Input(format!("{account:?} is no name for an account.")));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_else() {
        assert_eq!(folder_name("@alice:example.org:8448").unwrap(), "alice@example.org_8448");
        assert_eq!(folder_name("../../etc").map_err(|_| ()), Err(()));
        assert_eq!(folder_name("a/../b").unwrap(), "a_.._b");
        assert!(folder_name("").is_err() && folder_name("last").is_err());
    }

    #[test]
    fn nobody_is_logged_in_in_an_empty_folder() {
        let data = tempfile::tempdir().unwrap();
        assert!(matches!(AccountFolder::choose(Some(data.path()), None), Err(Error::NotLoggedIn(_))));
        let folder = AccountFolder::create(Some(data.path()), None, "@alice:a").unwrap();
        assert!(matches!(folder.session(), Err(Error::NotLoggedIn(_))));
        folder.write_json("x.json", &vec![1, 2]).unwrap();
        assert_eq!(folder.read_json::<Vec<u8>>("x.json").unwrap(), [1, 2]);
        folder.remove().unwrap();
        assert!(!folder.path().exists());
    }
}
