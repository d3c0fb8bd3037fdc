//! Listeners of every kind, and what each offers.

use std::fs;
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustls::pki_types::{CertificateDer, pem::PemObject};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::program::{Folder, Kind, PATIENCE, each, exchange};

/// The certificate of a listener.
pub const CERTIFICATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/tls/certificate.pem");
/// Its private key.
pub const KEY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/tls/key.pem");
const RENEWED_CERTIFICATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/tls/renewed_certificate.pem");
const RENEWED_KEY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/tls/renewed_key.pem");

#[test]
fn each_listener_offers_what_it_should() {
    each(|kind| {
        let listeners = "[{ bind = \"127.0.0.1:0\", apis = [\"client\"] }, \
                          { bind = \"unix:inside.sock\", apis = [\"metrics\", \"health\", \"admin\"] }]";
        let folder = Folder::new(kind).with("LISTENERS", listeners);
        let folder = folder.with("REGISTRATION__SHARED_SECRET", "a secret of some length");
        let server = folder.start();
        assert_eq!(server.get("/_matrix/client/versions").0, 200);
        for path in ["/health", "/metrics", "/nothing", "/_synapse/admin/v1/register"] {
            let (status, body) = server.get(path);
            assert!(status == 404 && body.contains("M_UNRECOGNIZED"), "{path}: {status} {body}");
        }
        let inside =
            |path: &str| exchange(UnixStream::connect(folder.path("inside.sock")).unwrap(), "GET", path, "", "");
        assert_eq!(inside("/health").0, 200);
        assert_eq!(inside("/_matrix/client/versions").0, 404);
        assert_eq!(inside("/.well-known/matrix/client").0, 404);
        assert_eq!(inside("/_synapse/admin/v1/register").0, 200);
        let metrics = || {
            let (status, metrics) = inside("/metrics");
            assert_eq!(status, 200);
            metrics
        };
        // What the server does after its start may wait for the writer.
        let patience = Instant::now() + PATIENCE;
        while !metrics().contains("peerbrain_store_writes_waiting 0") {
            assert!(Instant::now() < patience, "{}", metrics());
            thread::sleep(Duration::from_millis(50));
        }
        let metrics = metrics();
        for expected in [
            "peerbrain_build_info{version=",
            "process_resident_memory_bytes ",
            "peerbrain_federation_checked_events_total 0",
            "peerbrain_federation_checked_requests_total 0",
            "peerbrain_federation_checked_seconds_total 0",
            "peerbrain_http_requests_total{endpoint=\"/_matrix/client/versions\",method=\"GET\",status=\"2xx\"} 1",
        ] {
            assert!(metrics.contains(expected), "{expected} is not in {metrics}");
        }
    });
}

#[test]
fn tls_is_spoken() {
    let listeners = format!(
        "[{{ bind = \"127.0.0.1:0\", apis = [\"health\"], tls_certificate = \"{CERTIFICATE}\", tls_key = \"{KEY}\" }}]"
    );
    let server = Folder::new(Kind::Sqlite).with("LISTENERS", &listeners).start();
    assert!(server.said.contains("https://"), "{}", server.said);
    assert_eq!(exchange(trusting(CERTIFICATE, server.tls_port()), "GET", "/health", "", ""), (200, "ok\n".to_owned()));
}

/// A connection to a listener that trusts only this certificate.
pub fn trusting(certificate: &str, port: u16) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let tls = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    let socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    StreamOwned::new(tls, socket)
}

#[test]
fn a_renewed_certificate_is_used_without_a_restart() {
    let listeners =
        "[{ bind = \"127.0.0.1:0\", apis = [\"health\"], tls_certificate = \"chain.pem\", tls_key = \"key.pem\" }]";
    let folder = Folder::new(Kind::Sqlite).with("LISTENERS", listeners);
    let place = |certificate: &str, key: &str| {
        fs::copy(certificate, folder.path("chain.pem")).unwrap();
        fs::copy(key, folder.path("key.pem")).unwrap();
    };
    place(CERTIFICATE, KEY);
    let server = folder.start();
    let trusts = |certificate: &str| {
        let mut stream = trusting(certificate, server.tls_port());
        stream.conn.complete_io(&mut stream.sock).is_ok()
    };
    assert!(trusts(CERTIFICATE) && !trusts(RENEWED_CERTIFICATE));
    place(RENEWED_CERTIFICATE, RENEWED_KEY);
    server.signal("HUP");
    let patience = Instant::now() + PATIENCE;
    while !trusts(RENEWED_CERTIFICATE) {
        assert!(Instant::now() < patience, "{}", fs::read_to_string(folder.path("log")).unwrap());
        thread::sleep(Duration::from_millis(50));
    }
    assert!(!trusts(CERTIFICATE));
    assert_eq!(server.stop("TERM"), Some(0));
}

#[test]
fn what_cannot_be_opened_is_named() {
    let folder =
        Folder::new(Kind::Sqlite).with("LISTENERS", "[{ bind = \"127.0.0.1:1\" }, { bind = \"127.0.0.1:1\" }]");
    let complaint = folder.fails(&["serve"]);
    assert!(complaint.contains("127.0.0.1:1"), "{complaint}");
    let wrong = format!("[{{ bind = \"127.0.0.1:0\", tls_certificate = \"{KEY}\", tls_key = \"{KEY}\" }}]");
    let complaint = Folder::new(Kind::Sqlite).with("LISTENERS", &wrong).fails(&["serve"]);
    assert!(complaint.contains("key.pem") && complaint.contains("no certificate"), "{complaint}");
}
