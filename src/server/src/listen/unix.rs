//! Unix sockets.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use crate::error::Error;

/// Opens a socket with these permissions, in place of one that a dead process left behind.
///
/// # Errors
/// A path that is too long (about 100 bytes), that is taken by another process or by something that is no socket.
pub fn listen(path: &Path, mode: u32) -> Result<UnixListener, Error> {
    let open = || {
        remove_dead(path)?;
        let listener = UnixListener::bind(path)?;
        fs::set_permissions(path, Permissions::from_mode(mode))?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    };
    open().map_err(|source: io::Error| Error::Listen { place: format!("unix:{}", path.display()), source })
}

fn remove_dead(path: &Path) -> io::Result<()> {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket());
    if is_socket && UnixStream::connect(path).is_err() { fs::remove_file(path) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_socket_is_replaced_and_a_living_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let first = listen(&path, 0o600).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(listen(&path, 0o600).is_err());
        drop(first);
        listen(&path, 0o600).unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "precious").unwrap();
        assert!(listen(&file, 0o600).is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
    }
}
