//! Reports (client-server §reporting-content).

use peerbrain_core::limits::{REPORT_REASON_BYTES, REPORTS};
use ruma::{OwnedEventId, OwnedRoomId, OwnedUserId, RoomId};
use store::moderation::{self, NewReport, ReportRow};

use crate::{Error, Reader, Result, Rooms, read::content};

/// What is reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reported {
    /// An event that the reporter sees, in a room that they are joined to.
    Event(OwnedRoomId, OwnedEventId),
    /// A room.
    Room(OwnedRoomId),
    /// A user.
    User(OwnedUserId),
}

/// A report, with the event if it is of one that is still there.
#[derive(Clone, Debug)]
pub struct Report {
    /// The report.
    pub row: ReportRow,
    /// The event as it is stored.
    pub event: Option<String>,
    /// The name of the room.
    pub room_name: Option<String>,
}

impl Rooms {
    /// Keeps a report for those who run the server; no more than a fixed number of them are kept, the newest.
    ///
    /// # Errors
    /// [`Error::NotFound`] for what is not there, or is an event that the reporter does not see or not as a member;
    /// [`Error::TooLarge`] for a reason without end.
    pub async fn report(&self, reader: &Reader, reported: Reported, reason: &str) -> Result<()> {
        if reason.len() > REPORT_REASON_BYTES {
            return Err(Error::TooLarge("the reason is too long".into()));
        }
        let (room_id, event_id, user_id) = match reported {
            Reported::Event(room_id, event_id) => {
                let sender = self.reported_event(reader, &room_id, &event_id).await?;
                (Some(room_id.to_string()), Some(event_id.to_string()), Some(sender))
            }
            Reported::Room(room_id) => {
                let known = self.nid(&room_id).await?;
                known.ok_or_else(|| Error::NotFound("this server does not know the room".into()))?;
                (Some(room_id.to_string()), None, None)
            }
            Reported::User(user_id) => {
                if self.is_local(&user_id) && !self.inner.accounts.is_active(&user_id).await? {
                    return Err(Error::NotFound("there is no such user".into()));
                }
                (None, None, Some(user_id.to_string()))
            }
        };
        let report = NewReport {
            reported_at: self.inner.clock.now_ms(),
            reporter: reader.user_id.to_string(),
            room_id,
            event_id,
            user_id,
            // PostgreSQL keeps no zero byte in a text.
            reason: reason.replace('\0', ""),
        };
        let keep = i64::try_from(REPORTS).unwrap_or(i64::MAX);
        let id = self.inner.store.write(move |tx| moderation::insert_report(tx, &report, keep)).await?;
        tracing::info!(id, reporter = %reader.user_id, "something was reported");
        Ok(())
    }

    /// The sender of an event that somebody reports.
    async fn reported_event(&self, reader: &Reader, room_id: &RoomId, event_id: &OwnedEventId) -> Result<String> {
        let hidden = || Error::NotFound("there is no such event, or you may not see it".into());
        let room = self.nid(room_id).await?.ok_or_else(hidden)?;
        self.require_joined(room, &reader.user_id).await.map_err(|error| match error {
            Error::Forbidden(_) => hidden(),
            other => other,
        })?;
        // Whoever is ignored can be reported all the same.
        let reader = Reader { ignored: Default::default(), ..reader.clone() };
        #[derive(serde::Deserialize)]
        struct Sender {
            sender: String,
        }
        let event = self.event(&reader, room_id, event_id).await?;
        let read: Sender = serde_json::from_str(event.get()).map_err(|error| Error::Internal(error.to_string()))?;
        Ok(read.sender)
    }

    /// Some reports, the newest first: those with numbers below `before`; and how many there are in all.
    pub async fn reports(&self, before: Option<i64>, limit: usize) -> Result<(Vec<Report>, i64)> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.reading(move |_, conn| {
            let rows = moderation::reports(conn, before.unwrap_or(i64::MAX), limit)?;
            let total = moderation::count_reports(conn)?;
            Ok((rows.into_iter().map(|row| completed(conn, row)).collect::<Result<_>>()?, total))
        })
        .await
    }

    /// One report.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn report_of(&self, id: i64) -> Result<Report> {
        self.reading(move |_, conn| {
            let row = moderation::report(conn, id)?;
            completed(conn, row.ok_or_else(|| Error::NotFound("there is no such report".into()))?)
        })
        .await
    }

    /// Deletes a report that has been dealt with. False where it was not there.
    pub async fn delete_report(&self, id: i64) -> Result<bool> {
        Ok(self.inner.store.write(move |tx| moderation::delete_report(tx, id)).await?)
    }
}

fn completed(conn: &mut store::Conn, row: ReportRow) -> Result<Report> {
    let room = match &row.room_id {
        Some(room_id) => store::rooms::room_by_id(conn, room_id)?,
        None => None,
    };
    let Some(room) = room else { return Ok(Report { row, event: None, room_name: None }) };
    let event = match &row.event_id {
        Some(event_id) => store::rooms::event_by_id(conn, room.nid, event_id)?.map(|event| event.json.clone()),
        None => None,
    };
    let name = store::rooms::current_event(conn, room.nid, "m.room.name", "")?;
    Ok(Report { row, event, room_name: name.and_then(|name| content::text(&name, "name")) })
}
