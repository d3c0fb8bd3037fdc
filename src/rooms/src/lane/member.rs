//! What a change of an `m.room.member` means for the table of members.

use ruma::UserId;
use serde::Deserialize;
use store::rooms::{Membership, MembershipChange};

use crate::{
    Error, Result,
    lane::{Numbered, chain::Building},
};

/// How a user stands by a membership event, or by none.
pub(super) struct Standing(Option<Membership>);

impl Standing {
    pub fn of(event: Option<&Numbered>) -> Result<Self> {
        event.map(|event| Ok(Self(Some(Content::of(event)?.standing()?)))).unwrap_or(Ok(Self(None)))
    }

    /// The membership, if there is one.
    pub fn membership(&self) -> Option<Membership> {
        self.0
    }

    /// What the user adds to the count of joined members.
    pub fn joined(&self) -> i64 {
        i64::from(self.0 == Some(Membership::Join))
    }

    /// What the user adds to the count of invited members.
    pub fn invited(&self) -> i64 {
        i64::from(self.0 == Some(Membership::Invite))
    }
}

impl Building<'_> {
    /// The row of a member whose membership event changes. One whose event is gone counts as having left.
    pub(super) fn membership(
        &self,
        at: usize,
        old: Option<&Numbered>,
        new: Option<&Numbered>,
    ) -> Result<Option<MembershipChange>> {
        let Some(event) = new.or(old) else { return Ok(None) };
        let user_id = event.pdu.state_key().unwrap_or_default();
        let (content, gone) = (Content::of(event)?, new.is_none());
        // PostgreSQL keeps no zero byte in a text, and these come from anywhere in the content.
        let text = |value: Option<serde_json::Value>| {
            value.and_then(|value| value.as_str().map(|text| text.replace('\0', "")))
        };
        Ok(Some(MembershipChange {
            at,
            user_id: user_id.to_owned(),
            membership: if gone { Membership::Leave } else { content.standing()? },
            event: event.nid,
            sender: event.pdu.sender().to_string(),
            display_name: text(content.displayname).filter(|_| !gone),
            avatar_url: text(content.avatar_url).filter(|_| !gone),
            local: UserId::parse(user_id).is_ok_and(|user| self.rooms.is_local(&user)),
        }))
    }
}

/// What we read of an `m.room.member`; names of a wrong type count as none.
#[derive(Deserialize)]
struct Content {
    membership: String,
    displayname: Option<serde_json::Value>,
    avatar_url: Option<serde_json::Value>,
}

impl Content {
    fn of(event: &Numbered) -> Result<Self> {
        Ok(event.pdu.content_as()?)
    }

    fn standing(&self) -> Result<Membership> {
        Membership::from_word(&self.membership)
            .ok_or_else(|| Error::InvalidParam(format!("there is no membership {:?}", self.membership)))
    }
}
