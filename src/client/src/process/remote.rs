//! Sockets with names that may be long: the system takes 107 bytes, and a folder's name may be longer.

use std::fs::{File, Permissions};
use std::io::{Error, ErrorKind, Result};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

const LONGEST: usize = 100;

/// The same file by a short name, good while the folder is open.
fn short(path: &Path) -> Result<(PathBuf, Option<File>)> {
    if path.as_os_str().len() <= LONGEST {
        return Ok((path.to_owned(), None));
    }
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(Error::new(ErrorKind::InvalidInput, "no folder"));
    };
    let folder = File::open(folder)?;
    let path = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(name);
    Ok((path, Some(folder)))
}

/// Listens where only the user may connect: the folder is the user's alone, and so is the socket.
pub fn listen(path: &Path) -> Result<UnixListener> {
    let (short, _folder) = short(path)?;
    let listener = UnixListener::bind(short)?;
    std::fs::set_permissions(path, Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Connects to whoever listens.
pub async fn connect(path: &Path) -> Result<UnixStream> {
    let (short, _folder) = short(path)?;
    UnixStream::connect(short).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_long_name_is_no_hindrance() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("x".repeat(150));
        std::fs::create_dir(&folder).unwrap();
        let path = folder.join("run.sock");
        assert!(connect(&path).await.is_err());
        let _listener = listen(&path).unwrap();
        connect(&path).await.unwrap();
    }
}
