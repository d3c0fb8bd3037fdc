//! A Synapse from PyPI, started by the script that starts it for other tests.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, RwLock};

use crate::client::Client;
use crate::federation::authority::Authority;

/// The folder of its scripts.
const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/synapse");

/// A running Synapse. It ends, and its folder goes, with this value or with the test process, whichever is first.
pub struct Synapse {
    client: Client,
    /// A shell that reads from us, and cleans up when it reads the end.
    keeper: Child,
}

impl Synapse {
    /// Starts one of this name, and says where it answers other servers. None (said on standard error) where none is
    /// installed, unless `PEERBRAIN_REQUIRE_SYNAPSE=1` has it installed.
    pub fn start(name: &str, authority: &Authority) -> Option<(Self, SocketAddr)> {
        if !is_installed() && std::env::var_os("PEERBRAIN_REQUIRE_SYNAPSE").is_none_or(|value| value != "1") {
            eprintln!("SKIPPED: no Synapse is installed (tests/synapse/start.sh does that)");
            return None;
        }
        let folder = tempfile::Builder::new().prefix("peerbrain-synapse-").tempdir().unwrap().keep();
        let keeper = keep(&folder);
        let (certificate, key) = authority.certificate("127.0.0.1");
        for (file, text) in [("tls.crt", certificate), ("tls.key", key), ("ca.crt", authority.pem())] {
            fs::write(folder.join(file), text).unwrap();
        }
        // Held until both are known, so that they are not the same.
        let ports = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [clients, servers] = ports.each_ref().map(|port| port.local_addr().unwrap());
        drop(ports);
        let mut start = Command::new(Path::new(SCRIPTS).join("start.sh"));
        start.arg(&folder).arg(clients.port().to_string());
        start.env("SYNAPSE_SERVER_NAME", name).env("FEDERATION_TLS", &folder);
        let started = start.env("FEDERATION_PORT", servers.port().to_string()).stdin(Stdio::null()).output().unwrap();
        let client = Client::new(Arc::new(RwLock::new(format!("http://{clients}"))));
        let synapse = Self { client, keeper };
        assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
        Some((synapse, servers))
    }

    /// A client without a token.
    pub fn client(&self) -> &Client {
        &self.client
    }
}

impl Drop for Synapse {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _it_cleaned_up = self.keeper.wait();
    }
}

/// Whether the script finds one.
fn is_installed() -> bool {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let cache = variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")));
    let place = variable("SYNAPSE_VENV").or_else(|| Some(cache?.join("peerbrain/synapse")));
    place.is_some_and(|place| place.join("installed").exists())
}

/// Starts the shell that cleans up when its standard input ends: then we are gone, in whatever way.
fn keep(folder: &Path) -> Child {
    let script = "trap '' INT TERM HUP; cat >/dev/null; \"$1\" \"$2\"; rm -rf \"$2\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, "keeper"]).arg(Path::new(SCRIPTS).join("stop.sh")).arg(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}
