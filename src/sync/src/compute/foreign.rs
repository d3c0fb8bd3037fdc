//! Invites and knocks of the user in rooms that are not here, and how they ended.

use ::events::{ClientFormat, Unsigned, client_event, client_event::stripped_state};
use rooms::foreign::foreign_rules;
use ruma::EventId;
use serde_json::value::RawValue;
use store::rooms::{ForeignMember, Membership, foreign_changes, foreign_standing};

use super::{Found, Section, Work};
use crate::{Error, Result, follow::Kind};

impl Work<'_> {
    /// Adds them to what there is to tell. What another server has sent beside one of them can spoil that one at most.
    pub(super) fn select_foreign(&mut self, found: &mut Found) -> Result<()> {
        let user = self.question.user.as_str();
        let rows = match self.question.since {
            None => foreign_standing(self.conn.open()?, user)?,
            Some(_) if !self.happened(Kind::Elsewhere) => return Ok(()),
            Some(since) => foreign_changes(self.conn.open()?, user, since, self.end)?,
        };
        for row in rows {
            if !self.question.filter.rooms.allows(&row.room_id) {
                continue;
            }
            // What the room itself said of the user is older: it was left before.
            found.tasks.retain(|task| task.room.room_id != row.room_id);
            if let Err(error) = self.tell_foreign(&row, found) {
                tracing::warn!(room_id = row.room_id, %error, "a membership in a room elsewhere cannot be told");
            }
        }
        Ok(())
    }

    fn tell_foreign(&self, row: &ForeignMember, found: &mut Found) -> Result<()> {
        let section = match row.membership() {
            Membership::Invite => Section::Invite,
            Membership::Knock => Section::Knock,
            _ => {
                found.foreign_left.push((row.room_id.clone(), self.ended(row)?));
                return Ok(());
            }
        };
        if section == Section::Invite && self.hides_invites_of(&row.sender) {
            return Ok(());
        }
        let state: Vec<Box<RawValue>> = serde_json::from_str(&row.state).map_err(|error| unreadable(&error))?;
        let mut state: Vec<String> = state.into_iter().map(|event| Box::<str>::from(event).into_string()).collect();
        state.push(Box::<str>::from(stripped_state(&row.json)?).into_string());
        found.stripped.push((section, row.room_id.clone(), state));
        Ok(())
    }

    /// The event that ended it, for the client.
    fn ended(&self, row: &ForeignMember) -> Result<String> {
        let format = ClientFormat {
            event_id: <&EventId>::try_from(row.event_id.as_str()).map_err(|error| unreadable(&error))?,
            room_id: None,
            rules: foreign_rules(row)?,
            unsigned: Unsigned::default(),
        };
        Ok(Box::<str>::from(client_event::client_event(&row.json, &format)?).into_string())
    }
}

fn unreadable(error: &dyn std::fmt::Display) -> Error {
    Error::Internal(format!("stored membership: {error}"))
}
