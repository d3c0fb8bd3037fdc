//! Rooms that are not here, to which a user of ours is invited, or in which one knocks: all that we are told of them is
//! that this is over.

use events::VerifiedPdu;
use rooms::foreign::foreign_rules;
use ruma::{OwnedEventId, RoomId, ServerName, UserId, events::TimelineEventType};
use serde::Deserialize;
use serde_json::value::RawValue;
use store::rooms::{ForeignMember, Membership};

use crate::{Result, incoming::Incoming};

/// Whom an event is about.
#[derive(Deserialize)]
struct Header {
    #[serde(rename = "type")]
    event_type: TimelineEventType,
    state_key: Option<String>,
}

#[derive(Deserialize)]
struct Content {
    membership: String,
}

impl Incoming {
    /// Takes in what concerns our users, and drops the rest.
    pub(super) async fn receive_elsewhere(
        &self,
        origin: &ServerName,
        room_id: &RoomId,
        pdus: Vec<Box<RawValue>>,
    ) -> Result<Vec<(OwnedEventId, Result<(), String>)>> {
        let mut answers = Vec::new();
        for pdu in pdus {
            let Some(open) = self.about(room_id, &pdu).await? else {
                tracing::debug!(%origin, %room_id, "dropped an event of a room that is not here");
                continue;
            };
            let Some(checked) = self.check(origin, room_id, foreign_rules(&open)?, vec![pdu]).await.pop() else {
                continue;
            };
            let outcome = match checked.outcome {
                Ok(pdu) if ends(&open, &pdu) => {
                    self.rooms().end_foreign(open, &pdu).await?;
                    Ok(())
                }
                Ok(_) => Err("the room is not here".to_owned()),
                Err(reason) => Err(reason),
            };
            answers.push((checked.event_id, outcome));
        }
        Ok(answers)
    }

    /// The open invite or knock of the user of ours whom an event is about.
    async fn about(&self, room_id: &RoomId, pdu: &RawValue) -> Result<Option<ForeignMember>> {
        let Ok(Header { event_type: TimelineEventType::RoomMember, state_key: Some(user) }) =
            serde_json::from_str(pdu.get())
        else {
            return Ok(None);
        };
        let user = UserId::parse(user).ok().filter(|user| self.rooms().is_local(user));
        let Some(user) = user.filter(|user| !user.as_str().contains('\0')) else { return Ok(None) };
        Ok(self.rooms().foreign_member(&user, room_id).await?.filter(ForeignMember::is_open))
    }
}

/// Whether the event takes back the invite, or refuses the knock. The rules of the room cannot be asked, so it must name
/// that event among those that allow it, and come from whom we had it from.
fn ends(open: &ForeignMember, pdu: &VerifiedPdu) -> bool {
    let membership = pdu.content_as::<Content>().ok().and_then(|content| Membership::from_word(&content.membership));
    pdu.state_key() == Some(open.user_id.as_str())
        && matches!(membership, Some(Membership::Leave | Membership::Ban))
        && pdu.auth_events().iter().any(|id| *id == open.event_id)
        && (pdu.sender() == open.sender.as_str() || pdu.sender().server_name().as_str() == open.via)
}
