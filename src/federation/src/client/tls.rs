//! Whose certificates are believed.

use std::{path::Path, sync::Arc};

use reqwest::{Client, ClientBuilder, dns::Resolve, redirect::Policy};
use rustls::{ClientConfig, RootCertStore, crypto::ring::default_provider};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use rustls_platform_verifier::Verifier;

use super::CONNECT;
use crate::{Error, Result};

/// Connections to one server that are kept open while nothing is asked.
const IDLE: usize = 2;

/// The certificate authorities of the system, and those of a file.
///
/// # Errors
/// A file that cannot be used. A system without authorities is none: then nobody can be reached, but the server runs.
pub(super) fn configuration(ca_file: Option<&Path>) -> Result<ClientConfig> {
    let extra = ca_file.map(read).transpose()?.unwrap_or_default();
    let provider = Arc::new(default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Internal(error.to_string()))?;
    match Verifier::new_with_extra_roots(extra, provider) {
        Ok(verifier) => {
            Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
        }
        Err(error) => {
            tracing::error!(%error, "no other server can be reached: there are no certificate authorities to believe");
            Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
        }
    }
}

fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let wrong = |reason: String| Error::Internal(format!("federation.ca_file {}: {reason}", path.display()));
    let read = CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))?;
    let certificates = read.collect::<Result<Vec<_>, _>>().map_err(|error| wrong(error.to_string()))?;
    let mut believed = RootCertStore::empty();
    for certificate in &certificates {
        believed.add(certificate.clone()).map_err(|error| wrong(error.to_string()))?;
    }
    if certificates.is_empty() { Err(wrong("there is no certificate in it".into())) } else { Ok(certificates) }
}

/// A client that finds names through `resolver`. It speaks HTTP/1.1, as all servers do with each other: there the `Host`
/// header can be what the specification wants.
pub(super) fn client(
    tls: &ClientConfig,
    resolver: impl Resolve + 'static,
    configure: impl FnOnce(ClientBuilder) -> ClientBuilder,
) -> Result<Client> {
    let builder = Client::builder()
        .tls_backend_preconfigured(tls.clone())
        .dns_resolver(Arc::new(resolver))
        .redirect(Policy::none())
        .https_only(true)
        .http1_only()
        .no_proxy()
        .referer(false)
        .connect_timeout(CONNECT)
        .pool_max_idle_per_host(IDLE)
        .user_agent("PeerBrain");
    configure(builder).build().map_err(|error| Error::Internal(super::reason(&error)))
}
