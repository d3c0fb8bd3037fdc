//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Measures a Matrix homeserver in a closed loop: every worker sends its next request when the last was answered.
#[derive(Debug, Parser)]
#[command(name = "loadtest", version, args_conflicts_with_subcommands = true)]
pub struct Options {
    /// What to do instead of measuring.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The server under test, plain HTTP.
    #[arg(long, default_value = "http://127.0.0.1:8008")]
    pub url: String,
    /// The secret of Synapse-compatible registration (/_synapse/admin/v1/register). The server must not limit rates.
    #[arg(long, default_value = "")]
    pub shared_secret: String,
    /// The server's name, the part of user ids after the colon.
    #[arg(long, default_value = "localhost")]
    pub server_name: String,
    /// The server's process, for its CPU time and memory; children are counted too.
    #[arg(long)]
    pub pid: Option<u32>,
    /// A process of its database, say PostgreSQL's postmaster; children are counted too. May be repeated.
    #[arg(long)]
    pub db_pid: Vec<u32>,
    /// How long each row is measured, in seconds.
    #[arg(long, default_value_t = 10.0)]
    pub seconds: f64,
    /// Only rows whose name contains one of these words (separated by commas).
    #[arg(long, value_delimiter = ',')]
    pub rows: Vec<String>,
    /// Write the report here.
    #[arg(long)]
    pub json: Option<PathBuf>,
    /// Measure federation too: play other servers at ports of 127.0.0.1 from this one on, 50 of them (3 with --short). The
    /// server under test must be reachable at its name over TLS, and willing to talk with 127.0.0.1:PORT.
    #[arg(long, requires = "peer_tls")]
    pub peer_port: Option<u16>,
    /// The folder with their certificate and its authority, made by tests/federation/certificates.sh.
    #[arg(long)]
    pub peer_tls: Option<PathBuf>,
    /// A few seconds in all with small rooms: whether everything works, not how fast.
    #[arg(long)]
    pub short: bool,
    /// Fill the database with this many messages in other rooms first.
    #[arg(long, default_value_t = 0)]
    pub history: u64,
    /// At most this many fresh devices are logged in for a row of initial syncs: a login costs a password hash.
    #[arg(long, default_value_t = 2000)]
    pub devices: usize,
    /// How long to wait after the last row before memory is looked at once more, in seconds.
    #[arg(long, default_value_t = 0.0)]
    pub settle: f64,
}

/// The other things this program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sets two reports side by side: how many times the first server does what the second does, at which cost.
    Compare {
        /// The report of the server one is interested in.
        one: PathBuf,
        /// The report it is compared with.
        other: PathBuf,
    },
}

/// How large everything is.
#[derive(Debug, Clone)]
pub struct Scale {
    /// The numbers of concurrent senders, one row each and way of spreading.
    pub senders: Vec<usize>,
    /// How many rooms the senders of the "many" rows spread over.
    pub spread: usize,
    /// The numbers of long polls that wait, one latency row each.
    pub pollers: Vec<usize>,
    /// How many messages lie in the room of the paging and initial sync rows.
    pub messages: usize,
    /// How many rooms the account of the large initial sync is in.
    pub rooms: usize,
    /// How many members each of these rooms has.
    pub members: usize,
    /// How many messages lie in each of these rooms.
    pub room_messages: usize,
    /// How many accounts have keys, in the rows of one-time keys and key queries.
    pub key_holders: usize,
    /// How many one-time keys lie ready for each of them.
    pub one_time_keys: u32,
    /// How many clients log in at once.
    pub logins: usize,
    /// The size of the large file, in bytes.
    pub large_file: usize,
    /// How many other servers there are.
    pub servers: u16,
    /// How many members the room has that is joined over federation.
    pub crowd: usize,
    /// The numbers of servers that send events, one row each and way of spreading.
    pub origins: Vec<usize>,
    /// How many events lie ready for each second of such a row.
    pub ready: usize,
    /// How many servers are told of each message in the latency row.
    pub receivers: usize,
}

impl Scale {
    /// The sizes that figures are told for, or those of a short run.
    pub fn new(short: bool) -> Self {
        if short {
            Self {
                senders: vec![1, 16],
                spread: 4,
                pollers: vec![20],
                messages: 250,
                rooms: 10,
                members: 5,
                room_messages: 5,
                key_holders: 10,
                one_time_keys: 20,
                logins: 5,
                large_file: 1_000_000,
                servers: 3,
                crowd: 60,
                origins: vec![1, 2],
                ready: 2_000,
                receivers: 2,
            }
        } else {
            Self {
                senders: vec![1, 16, 128],
                spread: 32,
                pollers: vec![100, 500],
                messages: 1000,
                rooms: 300,
                members: 5,
                room_messages: 20,
                key_holders: 400,
                one_time_keys: 50,
                logins: 50,
                large_file: 50_000_000,
                servers: 50,
                crowd: 5000,
                origins: vec![1, 8],
                ready: 15_000,
                receivers: 10,
            }
        }
    }
}
