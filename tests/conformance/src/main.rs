//! `conformance`: a black-box suite of the Matrix client-server and server-server API.
//!
//! It runs against any homeserver, knows only its address, its server name and its registration shared secret, and
//! speaks raw JSON: this crate depends on no Matrix library and on no crate of this workspace, so a mistake in shared
//! types cannot hide. A test belongs here if the specification decides its outcome; it quotes the specification
//! where a server is known to deviate. Nothing here may know how any server is built.

// Only JSON values are indexed here: reading one gives null for what is absent, and never panics.
#![allow(clippy::indexing_slicing)]
// What a test expects reads best as a list, also when it is a list of one.
#![allow(clippy::cloned_ref_to_slice_refs)]

mod backup;
mod client;
mod edges;
mod failure;
mod federation;
mod histories;
mod interop;
mod keys;
mod known;
mod path;
mod patience;
mod report;
mod room;
mod run;
mod sync;
mod table;
mod tests;
mod user;

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
pub use peerbrain_peer::{self as peer, fed, reply, signing};

use crate::client::Server;
use crate::failure::Failure;
use crate::histories::Side;
use crate::known::KnownFailures;
use crate::peer::Peer;
use crate::report::Report;
use crate::run::Test;

/// Checks a homeserver against the Matrix specification.
#[derive(Debug, Parser)]
struct Arguments {
    /// Address of the server, such as http://127.0.0.1:8008 (plain HTTP).
    #[arg(long, required_unless_present_any = ["list", "check_table", "print_table"], default_value = "")]
    url: String,
    /// Server name, the part of user ids after the colon.
    #[arg(long, default_value = "localhost")]
    server_name: String,
    /// The registration shared secret, with which the users of the tests are made.
    #[arg(long, default_value = "")]
    shared_secret: String,
    /// Address of a second homeserver. With it the tests of two servers run instead, and no others.
    #[arg(long)]
    peer_url: Option<String>,
    /// Its server name.
    #[arg(long, requires = "peer_url", default_value = "")]
    peer_server_name: String,
    /// Where the suite plays a remote server of its own, an address of 127.0.0.1 with a port. With it the tests of
    /// federation run instead, and no others: the server under test is reached at its name, over TLS.
    #[arg(long, requires = "peer_tls", conflicts_with = "peer_url")]
    peer_listen: Option<SocketAddr>,
    /// The folder with its certificate and the authority, made by tests/federation/certificates.sh.
    #[arg(long)]
    peer_tls: Option<PathBuf>,
    #[command(flatten)]
    histories: histories::Options,
    /// Only tests whose name contains this; may be given several times.
    #[arg(long)]
    only: Vec<String>,
    /// How many tests run at the same time.
    #[arg(long, default_value_t = 4)]
    jobs: usize,
    /// What does not end as expected runs once more, alone; the report tells what needed that.
    #[arg(long)]
    again: bool,
    /// Writes the results as JSON to this file.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Tests that are expected to fail on this server, as lines `area/name: reason`.
    #[arg(long)]
    known_failures: Option<PathBuf>,
    /// Lists the tests and ends.
    #[arg(long)]
    list: bool,
    /// Checks endpoints.tsv against the tests and ends.
    #[arg(long)]
    check_table: bool,
    /// Prints endpoints.tsv with the tests of each row filled in, and ends.
    #[arg(long)]
    print_table: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match start(&arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            let _ = writeln!(std::io::stderr(), "conformance: {message}");
            ExitCode::from(2)
        }
    }
}

/// Does what the command line says; true if all is well.
async fn start(arguments: &Arguments) -> Result<bool, String> {
    if arguments.print_table {
        say(&table::write(&[tests::all(), federation::all()].concat()));
        return Ok(true);
    }
    if arguments.check_table {
        let all = [tests::all(), federation::all()].concat();
        let wrong = [table::check(&all), edges::check(&all)].concat();
        say(&wrong.iter().map(|line| format!("{line}\n")).collect::<String>());
        say(&format!("{} tests, {} mistakes in endpoints.tsv\n", all.len(), wrong.len()));
        return Ok(wrong.is_empty());
    }
    if let Some(url) = &arguments.histories.beside {
        return compare(arguments, url).await.map_err(|failure| failure.to_string());
    }
    let all = match (&arguments.peer_url, arguments.peer_listen) {
        (Some(_), _) => interop::all(),
        (None, Some(_)) => federation::all(),
        (None, None) => tests::all(),
    };
    let names: Vec<&str> = all.iter().map(|test| test.name).collect();
    let known = match &arguments.known_failures {
        Some(path) => known::read(path, &names)?,
        None => KnownFailures::new(),
    };
    let chosen = choose(all, &arguments.only);
    if arguments.list {
        say(&chosen.iter().map(|test| format!("{}\t{}\n", test.name, test.section)).collect::<String>());
        return Ok(true);
    }
    against(arguments, chosen, known).await
}

/// Compares what the server under test and the one at this address make of random histories.
async fn compare(arguments: &Arguments, url: &str) -> Result<bool, Failure> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (Some(address), Some(folder)) = (arguments.peer_listen, &arguments.peer_tls) else {
        return Err(Failure::new("histories need --peer-listen and --peer-tls"));
    };
    let (secret, options) = (&arguments.shared_secret, &arguments.histories);
    let peer = Peer::start(address, folder, &arguments.server_name).await?;
    let beside = Server::new(url, &options.beside_server_name, secret, None)?;
    let beside = Side::new(&beside, peer.towards(beside.name()).await?).await?;
    let tested = Side::new(&Server::new(&arguments.url, &arguments.server_name, secret, None)?, peer).await?;
    histories::run(options, &tested, &beside).await
}

/// Runs the chosen tests and reports.
async fn against(arguments: &Arguments, chosen: Vec<Test>, known: KnownFailures) -> Result<bool, String> {
    if chosen.is_empty() {
        return Err("no test has such a name".to_owned());
    }
    // The HTTP client asks for one when it is built, although only plain HTTP is spoken.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let secret = &arguments.shared_secret;
    let server =
        |url: &str, name: &str, peer| Server::new(url, name, secret, peer).map_err(|failure| failure.to_string());
    let peer = match &arguments.peer_url {
        Some(url) => Some(server(url, &arguments.peer_server_name, None)?),
        None => None,
    };
    let mut server = server(&arguments.url, &arguments.server_name, peer)?;
    if let (Some(address), Some(folder)) = (arguments.peer_listen, &arguments.peer_tls) {
        let peer = Peer::start(address, folder, &arguments.server_name).await.map_err(|failure| failure.to_string())?;
        server = server.with_scripted(peer);
    }
    for server in [Some(&server), server.peer()].into_iter().flatten() {
        server.user("hello").await.map_err(|failure| format!("no user can be made: {failure}"))?;
    }
    let mut ended = run::run(&server, chosen, arguments.jobs).await;
    if arguments.again {
        ended = run::again(&server, ended, |end| report::expected(end, &known)).await;
    }
    let report = Report::new(ended, known);
    say(&report.table());
    if let Some(path) = &arguments.json {
        std::fs::write(path, format!("{:#}\n", report.json()))
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(report.failed() == 0)
}

/// The tests whose name contains one of the words; all if there are none.
fn choose(all: Vec<Test>, words: &[String]) -> Vec<Test> {
    let wanted = |test: &Test| words.is_empty() || words.iter().any(|word| test.name.contains(word.as_str()));
    all.into_iter().filter(wanted).collect()
}

/// Writes to standard output; a closed pipe is nothing to complain about.
fn say(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
