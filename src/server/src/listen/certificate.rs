//! The certificate of a listener, which is read again when its files change: whoever renews it need not know of us.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::signal::unix::Signal;
use tokio::task::spawn_blocking;
use tokio::time::interval;

use super::tls::read_certified_key;
use crate::error::Error;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// A certificate chain and its private key, as new connections get them.
#[derive(Debug)]
pub struct Certificate {
    certificate: PathBuf,
    key: PathBuf,
    used: RwLock<Used>,
}

#[derive(Debug)]
struct Used {
    pair: Arc<CertifiedKey>,
    /// What the files looked like when they were last read, with or without success.
    files: [Option<Look>; 2],
}

/// What tells one state of a file from another: when it was changed (seconds and nanoseconds), and its number.
type Look = (i64, i64, u64);

impl Certificate {
    /// Reads a certificate chain and its private key, both PEM.
    ///
    /// # Errors
    /// A file that cannot be read or holds something else, or a key that is not the certificate's.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, Error> {
        // First looked at, then read: a change in between will be noticed.
        let files = [look(certificate), look(key)];
        let pair = Arc::new(read_certified_key(certificate, key)?);
        let used = RwLock::new(Used { pair, files });
        Ok(Self { certificate: certificate.to_owned(), key: key.to_owned(), used })
    }

    /// Reads the files again where they have changed, or where `asked` to. True if what they hold is used from now on.
    ///
    /// # Errors
    /// As [`Certificate::read`]; what was used before stays in use, and nothing is tried until the files change again.
    fn read_again(&self, asked: bool) -> Result<bool, Error> {
        let files = [look(&self.certificate), look(&self.key)];
        if !asked && self.used.read().files == files {
            return Ok(false);
        }
        self.used.write().files = files;
        let pair = Arc::new(read_certified_key(&self.certificate, &self.key)?);
        self.used.write().pair = pair;
        Ok(true)
    }

    /// Looks after the files for ever: every minute, and at every SIGHUP.
    pub async fn follow(self: Arc<Self>, mut hangups: Signal) {
        let mut minutes = interval(LOOK_EVERY);
        loop {
            let asked = tokio::select! {
                _ = minutes.tick() => false,
                Some(()) = hangups.recv() => true,
            };
            let certificate = self.clone();
            let file = self.certificate.display();
            match spawn_blocking(move || certificate.read_again(asked)).await {
                Ok(Ok(true)) => tracing::info!(%file, "the certificate was read again"),
                Ok(Ok(false)) => {}
                Ok(Err(error)) => tracing::error!(%error, "the certificate that was read before stays in use"),
                Err(error) => tracing::error!(%error, %file, "the certificate could not be looked at"),
            }
        }
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.used.read().pair.clone())
    }
}

fn look(path: &Path) -> Option<Look> {
    let found = fs::metadata(path).ok()?;
    Some((found.ctime(), found.ctime_nsec(), found.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: [&str; 2] =
        [include_str!("../../tests/it/tls/certificate.pem"), include_str!("../../tests/it/tls/key.pem")];
    const SECOND: [&str; 2] = [
        include_str!("../../tests/it/tls/renewed_certificate.pem"),
        include_str!("../../tests/it/tls/renewed_key.pem"),
    ];

    /// Puts a file in another's place, as programs that renew certificates do.
    fn put(path: &Path, text: &str) {
        let new = path.with_extension("new");
        fs::write(&new, text).unwrap();
        fs::rename(new, path).unwrap();
    }

    #[test]
    fn a_change_is_noticed_and_a_broken_one_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let [certificate, key] = ["certificate.pem", "key.pem"].map(|name| folder.path().join(name));
        put(&certificate, FIRST[0]);
        put(&key, FIRST[1]);
        let read = Certificate::read(&certificate, &key).unwrap();
        let used = || read.used.read().pair.cert.clone();
        let first = used();
        assert!(!read.read_again(false).unwrap());
        put(&certificate, SECOND[0]);
        assert!(read.read_again(false).is_err(), "the key is still that of the first");
        assert!(!read.read_again(false).unwrap(), "it is complained of once");
        assert_eq!(used(), first);
        put(&key, SECOND[1]);
        assert!(read.read_again(false).unwrap());
        assert_ne!(used(), first);
        let second = used();
        put(&key, "no key");
        assert!(read.read_again(false).is_err());
        fs::remove_file(&certificate).unwrap();
        assert!(read.read_again(false).is_err());
        assert!(read.read_again(true).is_err());
        assert_eq!(used(), second);
        put(&certificate, FIRST[0]);
        put(&key, FIRST[1]);
        assert!(read.read_again(true).unwrap());
        assert_eq!(used(), first);
    }
}
