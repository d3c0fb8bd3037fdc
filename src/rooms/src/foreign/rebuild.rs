//! Our own event, made of what another server's template says about its place in the room.
//!
//! We sign what we make ourselves, and nothing else: servers that signed templates as they came have signed whatever
//! somebody wanted signed in their name (CVE-2026-24471). So of a template only typed fields are read, those that must
//! be as we asked are compared, and everything else of the event is ours.

use events::{EventBuilder, VerifiedPdu, version};
use peerbrain_core::limits::{AUTH_EVENTS_RECEIVED, ID_BYTES, PREV_EVENTS_RECEIVED};
use ruma::{
    OwnedEventId, OwnedRoomId, OwnedUserId, RoomId, RoomVersionId, UserId, events::TimelineEventType,
    room_version_rules::RoomVersionRules,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{Error, Result, Rooms, foreign::Handshake, membership::MemberContent};

/// What is read of a template.
#[derive(Deserialize)]
struct Template {
    #[serde(rename = "type")]
    event_type: String,
    room_id: OwnedRoomId,
    sender: OwnedUserId,
    state_key: OwnedUserId,
    content: Content,
    prev_events: Vec<OwnedEventId>,
    auth_events: Vec<OwnedEventId>,
    depth: i64,
}

#[derive(Deserialize)]
struct Content {
    membership: String,
    join_authorised_via_users_server: Option<OwnedUserId>,
}

/// An event of ours, for a room that is not here.
#[derive(Clone, Debug)]
pub struct Rebuilt {
    /// The event, signed by this server.
    pub event: VerifiedPdu,
    /// The rules of the room's version.
    pub rules: &'static RoomVersionRules,
    /// The user of the other server who lets ours in, if the room is restricted.
    pub authorised_by: Option<OwnedUserId>,
}

impl Rooms {
    /// Makes the membership event of one of our users.
    ///
    /// # Errors
    /// [`Error::UnsupportedRoomVersion`], and [`Error::BadTemplate`] for a template that says something else than was
    /// asked for, or too much.
    pub async fn rebuild(
        &self,
        handshake: Handshake,
        room_id: &RoomId,
        user: &UserId,
        version: &RoomVersionId,
        template: &RawValue,
        reason: Option<String>,
    ) -> Result<Rebuilt> {
        let rules = version::rules(version).ok_or_else(|| Error::UnsupportedRoomVersion(version.to_string()))?;
        let template: Template =
            serde_json::from_str(template.get()).map_err(|error| Error::BadTemplate(error.to_string()))?;
        self.check_template(&template, handshake, room_id, user, rules)?;
        let mut content = MemberContent { reason, ..MemberContent::of(handshake.membership()) };
        if handshake != Handshake::Leave {
            let (displayname, avatar_url) = self.inner.accounts.member_profile(user).await?;
            (content.displayname, content.avatar_url) = (displayname, avatar_url);
        }
        let authorised_by = template.content.join_authorised_via_users_server;
        content.join_authorised_via_users_server = authorised_by.clone();
        let builder = EventBuilder {
            room_id: Some(room_id.to_owned()),
            sender: user.to_owned(),
            event_type: TimelineEventType::RoomMember,
            state_key: Some(user.to_string()),
            content: events::canonical::object_from(&content)?,
            prev_events: template.prev_events,
            auth_events: template.auth_events,
            depth: template.depth,
            origin_server_ts: self.inner.clock.now(),
            redacts: None,
        };
        Ok(Rebuilt { event: builder.build(rules, &self.inner.key)?, rules, authorised_by })
    }

    fn check_template(
        &self,
        template: &Template,
        handshake: Handshake,
        room_id: &RoomId,
        user: &UserId,
        rules: &RoomVersionRules,
    ) -> Result<()> {
        let wrong = |what: &str| Err(Error::BadTemplate(what.to_owned()));
        if template.event_type != "m.room.member" || template.content.membership != handshake.membership() {
            return wrong("it is not of the membership that was asked for");
        }
        if template.room_id != room_id {
            return wrong("it is of another room");
        }
        if template.sender != user || template.state_key != user {
            return wrong("it is of another user");
        }
        if template.prev_events.is_empty() || template.prev_events.len() > PREV_EVENTS_RECEIVED {
            return wrong("the number of previous events");
        }
        if template.auth_events.is_empty() || template.auth_events.len() > AUTH_EVENTS_RECEIVED {
            return wrong("the number of auth events");
        }
        let mut named = template.prev_events.iter().chain(&template.auth_events);
        if named.any(|id| id.as_str().len() > ID_BYTES || id.as_str().contains('\0')) {
            return wrong("it names what can be no event");
        }
        match &template.content.join_authorised_via_users_server {
            None => Ok(()),
            Some(_) if handshake != Handshake::Join || !rules.authorization.restricted_join_rule => {
                wrong("nobody can vouch for that")
            }
            // Our signature is on the event already: it must not count as the word of a user of ours.
            Some(vouching) if self.is_local(vouching) => wrong("a user of ours cannot vouch for it"),
            Some(_) => Ok(()),
        }
    }
}
