//! The other end of the admin socket: what `peerbrain user …` asks a running server.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use crate::admin_socket;
use crate::error::Error;
use crate::operator::{Reply, Request};

/// How long to wait for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks the server that runs on this data folder. `None` when none does.
///
/// # Errors
/// A server that does not answer, or a socket of somebody else's.
pub fn ask(data_dir: &Path, request: &Request) -> Result<Option<Reply>, Error> {
    let path = admin_socket::path(data_dir);
    let stream = match UnixStream::connect(&path) {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        Err(error) => return Err(Error::file("open", &path)(error)),
    };
    let answer = converse(&stream, request).map_err(Error::file("talk to the server through", &path))?;
    let reply = serde_json::from_str(&answer);
    reply
        .map(Some)
        .map_err(|_| Error::plain("the running server gave no understandable answer; is it another version?"))
}

fn converse(mut stream: &UnixStream, request: &Request) -> io::Result<String> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    Ok(answer)
}
