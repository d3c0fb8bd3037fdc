//! `peerbrain room …` and `peerbrain report …`: ask the running server, or open the database themselves when none runs.

use std::path::Path;

use crate::command_line::{ReportCommand, RoomCommand};
use crate::configuration::{self, Loaded};
use crate::error::Error;
use crate::operator::{ListedReport, ListedRoom, Reached, Reply, Request};
use crate::terminal::say;

/// Runs one of the commands on rooms.
///
/// # Errors
/// What the server, or the database, says against it.
pub async fn run(command: RoomCommand, file: Option<&Path>) -> Result<(), Error> {
    perform(
        file,
        match command {
            RoomCommand::List => Request::ListRooms { after: 0 },
            RoomCommand::Block { room, undo } => Request::BlockRoom { room, undo },
            RoomCommand::Purge { room, block } => Request::PurgeRoom { room, block },
        },
    )
    .await
}

/// Runs one of the commands on reports.
///
/// # Errors
/// As [`run`].
pub async fn run_report(command: ReportCommand, file: Option<&Path>) -> Result<(), Error> {
    perform(
        file,
        match command {
            ReportCommand::List => Request::ListReports { before: None },
            ReportCommand::Delete { number } => Request::DeleteReport { number },
        },
    )
    .await
}

async fn perform(file: Option<&Path>, request: Request) -> Result<(), Error> {
    let Loaded { config, .. } = configuration::load(file)?;
    let (reached, reply) = Reached::ask_first(&config, request.clone()).await?;
    let outcome = conclude(&reached, &request, reply).await;
    reached.close().await;
    outcome
}

/// Tells the outcome; of a list, asks for the rest until nothing more comes.
async fn conclude(reached: &Reached, request: &Request, mut reply: Reply) -> Result<(), Error> {
    loop {
        let next = match reply {
            Reply::Failed(reason) => return Err(Error::Plain(reason)),
            Reply::Done(what) => {
                say(&done(request, &what));
                return Ok(());
            }
            Reply::Rooms(rooms) => {
                rooms.iter().for_each(show_room);
                rooms.last().map(|last| Request::ListRooms { after: last.number })
            }
            Reply::Reports(reports) => {
                reports.iter().for_each(show_report);
                reports.last().map(|last| Request::ListReports { before: Some(last.number) })
            }
            _ => return Err(Error::plain("the running server gave no understandable answer; is it another version?")),
        };
        let Some(next) = next else { return Ok(()) };
        reply = reached.ask(next).await?;
    }
}

fn done(request: &Request, what: &str) -> String {
    match request {
        Request::BlockRoom { undo: false, .. } => format!("Blocked {what}: nobody can enter it from this server."),
        Request::BlockRoom { .. } => format!("Ended the block of {what}."),
        Request::DeleteReport { .. } => format!("Deleted report {what}."),
        _ => format!("{what} is gone; what is left of it is being deleted."),
    }
}

fn show_room(room: &ListedRoom) {
    let marks = if room.marks.is_empty() { String::new() } else { format!(" ({})", room.marks.join(", ")) };
    say(&format!("{} version {}, {} joined{marks}", room.id, room.version, room.joined));
}

fn show_report(report: &ListedReport) {
    let of = [("room", &report.room), ("event", &report.event), ("user", &report.user)];
    let of: Vec<String> = of.iter().filter_map(|(kind, id)| Some(format!("{kind} {}", id.as_ref()?))).collect();
    say(&format!("{}: {} reports {}: {:?}", report.number, report.reporter, of.join(", "), report.reason));
}
