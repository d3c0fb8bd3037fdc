//! Reading the power levels of a room.

use std::collections::{BTreeMap, HashSet};

use ruma::{
    Int, OwnedUserId, UserId,
    events::{TimelineEventType, room::power_levels::UserPowerLevel},
    int,
    power_levels::NotificationPowerLevels,
    push::PushConditionPowerLevelsCtx,
    room_version_rules::{RoomPowerLevelsRules, RoomVersionRules},
    state_res::events::{RoomCreateEvent, RoomPowerLevelsEvent, RoomPowerLevelsIntField},
};

use crate::{Error, Pdu, Result};

/// Who may do what in a room, with all defaults filled in (client-server § m.room.power_levels).
///
/// It reads the events as the authorization rules do: what they accept, this understands.
#[derive(Clone, Debug)]
pub struct PowerLevels {
    creators: HashSet<OwnedUserId>,
    rules: RoomPowerLevelsRules,
    users: BTreeMap<OwnedUserId, Int>,
    users_default: Int,
    events: BTreeMap<TimelineEventType, Int>,
    events_default: Int,
    state_default: Int,
    notifications: BTreeMap<String, Int>,
    /// The level needed to ban, and to lift a ban.
    pub ban: Int,
    /// The level needed to kick.
    pub kick: Int,
    /// The level needed to invite.
    pub invite: Int,
    /// The level needed to redact events of others.
    pub redact: Int,
}

impl PowerLevels {
    /// Reads the levels from the state of a room: its create event, and its `m.room.power_levels` if there is one.
    pub fn new(rules: &RoomVersionRules, create: &Pdu, power_levels: Option<&Pdu>) -> Result<Self> {
        let auth = &rules.authorization;
        let creators = RoomCreateEvent::new(create).creators(auth).map_err(Error::BadJson)?;
        let rules = RoomPowerLevelsRules::new(auth, creators.iter().cloned());
        let event = power_levels.map(RoomPowerLevelsEvent::new);
        let level = |field: RoomPowerLevelsIntField| match &event {
            Some(event) => event.get_as_int_or_default(field, auth).map_err(Error::BadJson),
            None => Ok(field.default_value()),
        };
        let (users, events, notifications) = match &event {
            Some(event) => (
                event.users(auth).map_err(Error::BadJson)?.cloned().unwrap_or_default(),
                event.events(auth).map_err(Error::BadJson)?.unwrap_or_default(),
                event.notifications(auth).map_err(Error::BadJson)?.unwrap_or_default(),
            ),
            // Before room version 12, a creator has power by default and until the first such event only.
            None => (creators.iter().map(|user| (user.clone(), int!(100))).collect(), BTreeMap::new(), BTreeMap::new()),
        };
        Ok(Self {
            creators,
            rules,
            users,
            users_default: level(RoomPowerLevelsIntField::UsersDefault)?,
            events,
            events_default: level(RoomPowerLevelsIntField::EventsDefault)?,
            state_default: level(RoomPowerLevelsIntField::StateDefault)?,
            notifications,
            ban: level(RoomPowerLevelsIntField::Ban)?,
            kick: level(RoomPowerLevelsIntField::Kick)?,
            invite: level(RoomPowerLevelsIntField::Invite)?,
            redact: level(RoomPowerLevelsIntField::Redact)?,
        })
    }

    /// The creators of the room. From room version 12 on there may be several, all with infinite power.
    pub fn creators(&self) -> &HashSet<OwnedUserId> {
        &self.creators
    }

    /// The users of whom the levels say something of their own.
    pub fn listed(&self) -> impl Iterator<Item = &UserId> {
        self.users.keys().map(|user| &**user)
    }

    /// The level of a user. Compare it with any level: `levels.user(alice) >= levels.ban`.
    pub fn user(&self, user: &UserId) -> UserPowerLevel {
        if self.rules.privileged_creators.as_ref().is_some_and(|creators| creators.contains(user)) {
            return UserPowerLevel::Infinite;
        }
        self.users.get(user).copied().unwrap_or(self.users_default).into()
    }

    /// The level needed to send an event of this type, as a state event or as a message.
    pub fn event(&self, event_type: &TimelineEventType, is_state: bool) -> Int {
        let default = if is_state { self.state_default } else { self.events_default };
        self.events.get(event_type).copied().unwrap_or(default)
    }

    /// Whether a user may send an event of this type, as far as levels go.
    pub fn may_send(&self, user: &UserId, event_type: &TimelineEventType, is_state: bool) -> bool {
        self.user(user) >= self.event(event_type, is_state)
    }

    /// Whether a redaction takes effect (rooms/v3 § Handling redactions): its sender has the redact level, or is on
    /// the server of the redacted event's sender. That the redaction itself may be sent is another question.
    pub fn may_redact(&self, redactor: &UserId, sender: &UserId) -> bool {
        self.user(redactor) >= self.redact || redactor.server_name() == sender.server_name()
    }

    /// The level needed for a notification of this key. The specification knows `room`, for `@room`.
    pub fn notification(&self, key: &str) -> Int {
        self.notifications.get(key).copied().unwrap_or(int!(50))
    }

    /// The levels as the conditions of push rules want them.
    pub fn for_push(&self) -> PushConditionPowerLevelsCtx {
        let mut notifications = NotificationPowerLevels::new();
        notifications.room = self.notification("room");
        PushConditionPowerLevelsCtx::new(self.users.clone(), self.users_default, notifications, self.rules.clone())
    }
}
