//! Whom a new event notifies (client-server §push-rules): members on the predefined rules are asked once, together; only
//! those whom the event names and those with rules of their own singly.

use std::{cell::RefCell, sync::Arc};

use events::{
    Pdu,
    push::{Default as DefaultRule, Mentions, Notable, Outcome, PushEvent, Reader, Room},
};
use ruma::{EventId, UserId};
use serde::Deserialize;
use serde_json::Value;
use store::{
    push::{HolderRow, MuteChange, OwnCount, OwnNotification, ThreadNotification},
    receipts::MAIN,
    rooms::{EventCounts, joined_of},
    state::EMPTY,
};

use crate::{
    Result,
    lane::{NewEvent, chain::Building},
    user_rules::UserRules,
};

/// How many relations are followed to find an event's thread.
const HOPS: usize = 3;
/// Bytes of an event id.
const ID_BYTES: usize = 255;

/// What an event does for those who have not read it.
#[derive(Default)]
pub(super) struct Notified {
    rule: DefaultRule,
    /// The id of the thread's root.
    thread: Option<String>,
    /// What it does for single users.
    own: Vec<Own>,
    mutes: Vec<(String, bool)>,
    /// The sender, if one of ours for whom it must not count.
    sender: Option<String>,
}

/// What an event does for one user.
struct Own {
    user_id: String,
    outcome: Outcome,
    /// What it adds to the user's counts; none of who is not joined.
    adds: Option<(i16, i16)>,
}

impl Building<'_> {
    /// Asks the rules of all who are in the room. Changes nothing that a reader could see.
    pub(super) fn notified(&mut self, event: &NewEvent<'_>) -> Result<Notified> {
        if !event.flags.is_visible() || event.redacted.is_some() || self.append.backfilled {
            return Ok(Notified::default());
        }
        let (pdu, state) = (event.pdu, event.state_before);
        let notable = Notable::read(pdu.event_type(), pdu.state_key(), pdu.content());
        let members = self.head.room.joined;
        let rule = notable.default_rule(members, || self.may_notify(state, pdu.sender(), "room"))?;
        let mut notified = Notified { rule, ..Notified::default() };
        let holders = self.rule_holders()?;
        let mentions = notable.mentions();
        if let Mentions::Users(users) = &mentions {
            self.ask_mentioned(&mut notified, users, &holders, pdu)?;
        }
        let invited = match &mentions {
            Mentions::Invited(user) => self.local(user).filter(|user| *user != pdu.sender()),
            _ => None,
        };
        if !holders.is_empty() || invited.is_some() {
            self.ask_singly(&mut notified, event, &holders, &mentions, invited)?;
        }
        if notified.rule.notifies() && self.rooms.is_local(pdu.sender()) {
            let sender = pdu.sender().as_str();
            let muted = holders.iter().any(|holder| holder.user_id == sender && holder.muted);
            notified.sender = (!muted).then(|| sender.to_owned());
        }
        if notified.rule.notifies() || !notified.own.is_empty() {
            notified.thread = self.thread(&notable)?;
        }
        Ok(notified)
    }

    /// Those whom the event mentions and who have no rules of their own.
    fn ask_mentioned(
        &mut self,
        notified: &mut Notified,
        users: &[String],
        holders: &[HolderRow],
        pdu: &Pdu,
    ) -> Result<()> {
        let of_ours = users.iter().filter(|user| self.local(user).is_some_and(|user| user != pdu.sender()));
        let wanted: Vec<String> =
            of_ours.filter(|user| !holders.iter().any(|holder| holder.user_id == **user)).cloned().collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let outcome = DefaultRule::user_mention();
        for user_id in joined_of(self.nodes.conn(), self.head.room.nid, &wanted)? {
            let adds = Some(difference(&outcome, notified.rule, false));
            notified.own.push(Own { user_id, outcome: outcome.clone(), adds });
        }
        Ok(())
    }

    /// Those with rules of their own, and who is invited.
    fn ask_singly(
        &mut self,
        notified: &mut Notified,
        event: &NewEvent<'_>,
        holders: &[HolderRow],
        mentions: &Mentions,
        invited: Option<&UserId>,
    ) -> Result<()> {
        let (pdu, state, members) = (event.pdu, event.state_before, self.head.room.joined);
        let mut rules: Vec<(&HolderRow, Arc<UserRules>)> = Vec::with_capacity(holders.len());
        let cache = self.rooms.inner.events.rules();
        for holder in holders.iter().filter(|holder| holder.user_id != pdu.sender().as_str()) {
            rules.push((holder, cache.get(self.nodes.conn(), &holder.user_id)?));
        }
        let invited = match invited {
            Some(user) => Some((user, cache.get(self.nodes.conn(), user.as_str())?)),
            None => None,
        };
        let push = PushEvent::new(pdu.json(), pdu.room_id().as_str(), Some(pdu.event_id().as_str()));
        let building = RefCell::new(self);
        // What cannot be found out is not permitted.
        let permits = |key: &str| building.borrow_mut().may_notify(state, pdu.sender(), key).unwrap_or(false);
        let room = Room { members, permits: &permits };
        for (holder, rules) in rules {
            let mentioned = matches!(mentions, Mentions::Users(users) if users.contains(&holder.user_id));
            let usual = || if mentioned { DefaultRule::user_mention() } else { notified.rule.outcome() };
            let reader = Reader { user_id: &holder.user_id, display_name: holder.display_name.as_deref() };
            let outcome = rules.evaluate(&push, &reader, &room).unwrap_or_else(usual);
            let mut muted = holder.muted;
            if notified.rule.notifies() && muted == outcome.notify {
                muted = is_silent(&rules, &reader, &room, push.room_id());
            }
            if muted != holder.muted {
                notified.mutes.push((holder.user_id.clone(), muted));
            }
            let adds = difference(&outcome, notified.rule, muted);
            let same = if muted { !outcome.notify } else { outcome.actions == notified.rule.outcome().actions };
            if adds != (0, 0) || !same {
                notified.own.push(Own { user_id: holder.user_id.clone(), outcome, adds: Some(adds) });
            }
        }
        if let Some((user, rules)) = invited {
            let reader = Reader { user_id: user.as_str(), display_name: None };
            let outcome = rules.evaluate(&push, &reader, &room).unwrap_or_else(DefaultRule::invite);
            if outcome.notify && !rules.invites_blocked {
                notified.own.push(Own { user_id: user.to_string(), outcome, adds: None });
            }
        }
        Ok(())
    }

    /// Notes what an event does that has now got its place, and gives how it counts.
    pub(super) fn count(&mut self, notified: Notified, sender: &UserId, nid: i64, index: usize) -> EventCounts {
        let before = (self.head.room.counted.notifications, self.head.room.counted.highlights);
        let highlight = notified.rule.highlights();
        let (notifications, highlights) = (i64::from(notified.rule.notifies()), i64::from(highlight));
        let thread = notified.thread.as_deref().unwrap_or(MAIN);
        let rows = &mut self.append.push;
        let count = |user_id: String, notifications: i64, highlights: i64| OwnCount {
            at: index,
            user_id,
            notifications,
            highlights,
            before,
        };
        if let Some(sender) = notified.sender {
            rows.counts.push(count(sender, -notifications, -highlights));
        }
        for Own { user_id, outcome, adds } in notified.own {
            let (notifications, highlights) = adds.unwrap_or_default();
            if (notifications, highlights) != (0, 0) {
                rows.counts.push(count(user_id.clone(), notifications.into(), highlights.into()));
            }
            rows.own.push(OwnNotification {
                at: index,
                event: nid,
                user_id,
                thread: thread.to_owned(),
                notifications,
                highlights,
                actions: if outcome.notify { Value::from(outcome.actions).to_string() } else { String::new() },
                highlight: outcome.highlight,
            });
        }
        for (user_id, muted) in &notified.mutes {
            let (user_id, muted) = (user_id.clone(), *muted);
            rows.mutes.push(MuteChange { at: index, user_id, muted, notifications: before.0, highlights: before.1 });
        }
        if let Some(thread) = notified.thread.filter(|_| notified.rule.notifies()) {
            rows.threads.push(ThreadNotification { at: index, thread, sender: sender.to_string(), highlight });
        }
        for (user_id, muted) in notified.mutes {
            self.remember_muted(&user_id, muted);
        }
        let counted = &mut self.head.room.counted;
        counted.notifications += notifications;
        counted.highlights += highlights;
        EventCounts {
            notifications: counted.notifications,
            highlights: counted.highlights,
            push_rule: notified.rule as i16,
        }
    }

    /// Whether a sender may notify under a key of `notifications`, by the state of this root.
    fn may_notify(&mut self, state: i64, sender: &UserId, key: &str) -> Result<bool> {
        if state == EMPTY {
            return Ok(false);
        }
        let levels = self.power_levels(state)?;
        Ok(levels.user(sender) >= levels.notification(key))
    }

    /// A user of ours.
    fn local<'u>(&self, user: &'u str) -> Option<&'u UserId> {
        <&UserId>::try_from(user).ok().filter(|user| self.rooms.is_local(user))
    }

    /// The root of the thread of an event, following relations; none in the main timeline.
    fn thread(&mut self, notable: &Notable) -> Result<Option<String>> {
        let mut relation = notable.relation.clone();
        for _ in 0..HOPS {
            let Some(found) = relation else { return Ok(None) };
            let Some(target) = found.event_id.filter(|id| id.len() <= ID_BYTES && !id.contains('\0')) else {
                return Ok(None);
            };
            if found.rel_type.as_deref() == Some("m.thread") {
                return Ok(Some(target));
            }
            if found.rel_type.is_none() {
                return Ok(None);
            }
            let Ok(id) = <&EventId>::try_from(target.as_str()) else { return Ok(None) };
            let Some(parent) = self.known([id])?.remove(id) else { return Ok(None) };
            relation = serde_json::from_str::<Related>(&parent.row.json).ok().and_then(|parent| {
                let value = parent.content.relates_to?;
                let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
                Some(events::push::Relation { rel_type: text("rel_type"), event_id: text("event_id") })
            });
        }
        Ok(None)
    }
}

#[derive(Deserialize)]
struct Related {
    content: RelatedContent,
}

#[derive(Deserialize)]
struct RelatedContent {
    #[serde(rename = "m.relates_to")]
    relates_to: Option<Value>,
}

/// What an outcome adds to the counts of a user, beside what the ordinals count.
fn difference(outcome: &Outcome, rule: DefaultRule, muted: bool) -> (i16, i16) {
    let counted = if muted { (false, false) } else { (rule.notifies(), rule.highlights()) };
    let less = |is: bool, counted: bool| i16::from(is) - i16::from(counted);
    (less(outcome.notify, counted.0), less(outcome.highlight, counted.1))
}

/// Whether rules are silent on plain messages in a room, from whomever they come.
fn is_silent(rules: &UserRules, reader: &Reader<'_>, room: &Room<'_>, room_id: &str) -> bool {
    let plain = [
        r#"{"type":"m.room.message","sender":"@:","content":{"msgtype":"m.text","body":""}}"#,
        r#"{"type":"m.room.encrypted","sender":"@:","content":{}}"#,
    ];
    plain.iter().all(|json| {
        let event = PushEvent::new(json, room_id, None);
        rules.evaluate(&event, reader, room).is_some_and(|outcome| !outcome.notify)
    })
}
