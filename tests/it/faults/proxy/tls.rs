//! TLS to both sides.

use std::io::{self, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use crate::federation::authority::Authority;

/// How long a connection may be silent: longer than any server waits for another.
const SILENCE: Duration = Duration::from_secs(130);

/// Somebody who asks.
pub type Asking = BufReader<StreamOwned<ServerConnection, TcpStream>>;
/// A server that is asked.
pub type Answering = BufReader<StreamOwned<ClientConnection, TcpStream>>;

/// A certificate for 127.0.0.1, and the authority that is believed.
#[derive(Clone)]
pub struct Tls {
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
}

impl Tls {
    /// With a certificate of this authority.
    pub fn new(authority: &Authority) -> Self {
        let _already_there = rustls::crypto::ring::default_provider().install_default();
        let (certificate, key) = authority.certificate("127.0.0.1");
        let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
        let server = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap()).unwrap();
        let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        Self { server: Arc::new(server), client: Arc::new(client) }
    }

    /// A connection that somebody has made.
    pub fn accept(&self, stream: TcpStream) -> io::Result<Asking> {
        prepare(&stream)?;
        let connection = ServerConnection::new(self.server.clone()).map_err(io::Error::other)?;
        Ok(BufReader::new(StreamOwned::new(connection, stream)))
    }

    /// A new connection to a server on this machine.
    pub fn connect(&self, address: SocketAddr) -> io::Result<Answering> {
        let stream = TcpStream::connect(address)?;
        prepare(&stream)?;
        let connection = ClientConnection::new(self.client.clone(), address.ip().into()).map_err(io::Error::other)?;
        Ok(BufReader::new(StreamOwned::new(connection, stream)))
    }
}

fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(SILENCE))?;
    stream.set_write_timeout(Some(SILENCE))?;
    stream.set_nodelay(true)
}
