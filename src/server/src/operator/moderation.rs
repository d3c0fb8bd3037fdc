//! What the operator asks about rooms and reports.

use rooms::{Error, moderation::Report};
use ruma::{OwnedRoomId, RoomId};

use super::{ListedReport, ListedRoom, Operator, Reply};

/// Rooms or reports of one list.
const PAGE: usize = 200;

impl Operator {
    /// Lists reports, the newest first.
    pub(super) async fn list_reports(&self, before: Option<i64>) -> Result<Reply, Error> {
        let (reports, _) = self.rooms.reports(before, PAGE).await?;
        Ok(Reply::Reports(reports.into_iter().map(listed).collect()))
    }

    /// Deletes a report that has been dealt with.
    pub(super) async fn delete_report(&self, id: i64) -> Result<Reply, Error> {
        match self.rooms.delete_report(id).await? {
            true => Ok(Reply::Done(id.to_string())),
            false => Err(Error::NotFound("there is no such report".into())),
        }
    }

    /// Lists rooms in the order in which they came to be here.
    pub(super) async fn list_rooms(&self, after: i64) -> Result<Reply, Error> {
        let page = self.rooms.list(after, PAGE).await?;
        let listed = |(room, blocked): (rooms::moderation::ListedRoom, bool)| {
            let marks = [(room.published, "published"), (blocked, "blocked")];
            ListedRoom {
                number: room.nid,
                id: room.room_id,
                version: room.version,
                joined: room.joined,
                marks: marks.into_iter().filter(|(set, _)| *set).map(|(_, mark)| mark.to_owned()).collect(),
            }
        };
        Ok(Reply::Rooms(page.rooms.into_iter().map(listed).collect()))
    }

    /// Keeps everybody out of a room, or ends that.
    pub(super) async fn block_room(&self, room: &str, undo: bool) -> Result<Reply, Error> {
        let room = room_id(room)?;
        self.rooms.set_blocked(&room, !undo).await?;
        Ok(Reply::Done(room.to_string()))
    }

    /// Deletes a room.
    pub(super) async fn purge_room(&self, room: &str, block: bool) -> Result<Reply, Error> {
        let room = room_id(room)?;
        if block {
            self.rooms.set_blocked(&room, true).await?;
        }
        self.rooms.purge(&room).await?;
        Ok(Reply::Done(room.to_string()))
    }
}

fn room_id(text: &str) -> Result<OwnedRoomId, Error> {
    RoomId::parse(text).map_err(|_| Error::InvalidParam(format!("{text:?} is not the id of a room")))
}

fn listed(report: Report) -> ListedReport {
    let row = report.row;
    ListedReport {
        number: row.id,
        reported_at: row.reported_at,
        reporter: row.reporter,
        room: row.room_id,
        event: row.event_id,
        user: row.user_id,
        reason: row.reason,
    }
}
