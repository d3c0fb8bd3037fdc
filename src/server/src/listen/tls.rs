//! TLS for a listener.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::certificate::Certificate;
use crate::error::Error;

/// How the listener with this certificate speaks TLS.
///
/// # Errors
/// None that an operator could cause.
pub fn server_config(certificate: Arc<Certificate>) -> Result<ServerConfig, Error> {
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::plain(format!("cannot speak TLS: {error}")))?;
    Ok(config.with_no_client_auth().with_cert_resolver(certificate))
}

/// Reads a certificate chain and its private key, both PEM.
///
/// # Errors
/// A file that cannot be read or holds something else, or a key that is not the certificate's.
pub fn read_certified_key(certificate: &Path, key: &Path) -> Result<CertifiedKey, Error> {
    let unusable = |path: &Path, error: &dyn std::fmt::Display| {
        Error::plain(format!("cannot use {} for TLS: {error}", path.display()))
    };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable(certificate, &error))?;
    if chain.is_empty() {
        return Err(unusable(certificate, &"it holds no certificate"));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, &error))?;
    CertifiedKey::from_der(chain, private, &default_provider()).map_err(|error| unusable(certificate, &error))
}
