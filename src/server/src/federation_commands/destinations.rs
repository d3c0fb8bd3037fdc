//! `peerbrain federation destinations` and `retry`: ask the running server, or open the database themselves when none runs.

use std::path::Path;

use ruma::OwnedServerName;

use crate::configuration;
use crate::error::Error;
use crate::operator::{ListedDestination, Reached, Reply, Request};
use crate::terminal::say;

/// Lists them.
///
/// # Errors
/// What the server, or the database, says against it.
pub async fn list(file: Option<&Path>) -> Result<(), Error> {
    let config = configuration::load(file)?.config;
    let (reached, reply) = Reached::ask_first(&config, Request::ListDestinations { after: None }).await?;
    let outcome = show_all(&reached, reply).await;
    reached.close().await;
    outcome
}

/// Lets one, or all that fail, be tried now.
///
/// # Errors
/// As [`list`].
pub async fn retry(name: Option<OwnedServerName>, file: Option<&Path>) -> Result<(), Error> {
    let config = configuration::load(file)?.config;
    let request = Request::RetryDestinations { server: name.as_ref().map(ToString::to_string) };
    let (reached, reply) = Reached::ask_first(&config, request).await?;
    reached.close().await;
    match reply {
        Reply::Done(count) => {
            say(&name.map_or_else(|| format!("{count} are tried now."), |name| format!("{name} is tried now.")));
            Ok(())
        }
        Reply::Failed(reason) => Err(Error::Plain(reason)),
        _ => Err(strange()),
    }
}

async fn show_all(reached: &Reached, mut reply: Reply) -> Result<(), Error> {
    loop {
        let listed = match reply {
            Reply::Destinations(listed) => listed,
            Reply::Failed(reason) => return Err(Error::Plain(reason)),
            _ => return Err(strange()),
        };
        listed.iter().for_each(|server| say(&line(server)));
        let Some(last) = listed.last() else { return Ok(()) };
        reply = reached.ask(Request::ListDestinations { after: Some(last.server.clone()) }).await?;
    }
}

fn strange() -> Error {
    Error::plain("the running server gave no understandable answer; is it another version?")
}

fn line(server: &ListedDestination) -> String {
    let ListedDestination { server, failing_for, retry_in, error, events, edus } = server;
    let state = match (failing_for, retry_in) {
        (Some(failing), Some(next)) if *next > 0 => {
            format!("fails for {}, next try in {}", span(*failing), span(*next))
        }
        (Some(failing), Some(_)) => format!("fails for {}, is being tried", span(*failing)),
        _ => "is well".to_owned(),
    };
    let error = error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
    format!("{server} {state}; {events} events and {edus} others wait{error}")
}

/// A time in words.
fn span(milliseconds: i64) -> String {
    let seconds = milliseconds.max(0) / 1_000;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_say_it_in_words() {
        let server = ListedDestination {
            server: "a.example".into(),
            failing_for: Some(3 * 3_600_000),
            retry_in: Some(150_000),
            error: Some("refused".into()),
            events: 7,
            edus: 2,
        };
        let expected = "a.example fails for 3 h, next try in 2 min; 7 events and 2 others wait: refused";
        assert_eq!(line(&server), expected);
        let well = ListedDestination { failing_for: None, retry_in: None, error: None, events: 0, edus: 0, ..server };
        assert_eq!(line(&well), "a.example is well; 0 events and 0 others wait");
    }
}
