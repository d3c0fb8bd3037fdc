//! The timelines: the newest events of each room that the filter wants and the user may see.

use std::collections::{HashMap, HashSet};

use rooms::read::visible;
use ruma::UserId;
use store::{
    rooms::{EventFlags, Membership},
    sync::{Span, newest_events},
};

use super::{Section, Task, Work, presence::Presence, task::Seen};
use crate::{Result, events::ClientEvent, follow::Reach};

/// How often more is read for a timeline that the filter has left short.
const ROUNDS: usize = 4;

/// A timeline on its way.
struct Search {
    task: usize,
    /// Up to where is still to be read.
    upto: i64,
    /// What was found, newest first.
    seen: Vec<Seen>,
    /// How far back the user is known to have been joined.
    presence: Presence,
    /// Whether it has come to an event before which history was missing when it arrived. What is older did not come right
    /// before it, so the timeline begins here.
    gap: bool,
}

impl Work<'_> {
    /// Reads the timelines of all rooms.
    pub(super) fn read_timelines(&mut self, tasks: &mut [Task]) -> Result<()> {
        let filter = self.question.filter.clone();
        let mut searches = Vec::with_capacity(tasks.len());
        for (i, task) in tasks.iter_mut().enumerate() {
            if task.outside {
                self.own_membership_only(task)?;
            } else if task.span.after < task.span.upto && filter.timeline.allows_room(&task.room.room_id) {
                let joined = task.section == Section::Join;
                let presence = if joined { Presence::at_end(task.root) } else { Presence::default() };
                searches.push(Search { task: i, upto: task.span.upto, seen: Vec::new(), presence, gap: false });
            }
        }
        let mut count = filter.limit + 1;
        for round in 0..ROUNDS {
            if searches.is_empty() {
                break;
            }
            let reaches =
                if round == 0 { self.newest(&searches, tasks, count)? } else { self.older(&searches, tasks, count)? };
            self.load(reaches.iter().flat_map(|reach| reach.events.iter().map(|(_, nid)| *nid)))?;
            let mut short = Vec::new();
            for (mut search, reach) in searches.into_iter().zip(reaches) {
                let Some(task) = tasks.get_mut(search.task) else { continue };
                self.take(task, &reach, &mut search)?;
                task.arrivals.extend_from_slice(&reach.events);
                let more = !reach.whole || search.gap;
                let enough = search.seen.len() > filter.limit || search.gap;
                match reach.events.last() {
                    Some((oldest, _)) if more && !enough && round + 1 < ROUNDS => {
                        search.upto = oldest - 1;
                        short.push(search);
                    }
                    _ => {
                        let gap = task.newly && self.question.since.is_some();
                        finish(task, search.seen, filter.limit, more, gap);
                    }
                }
            }
            searches = short;
            count = count.saturating_mul(4).max(100);
        }
        for task in tasks.iter_mut().filter(|task| task.section == Section::Leave && !task.outside) {
            self.add_own_end(task)?;
        }
        Ok(())
    }

    /// The newest events of each room, from memory where they are there.
    fn newest(&mut self, searches: &[Search], tasks: &[Task], count: usize) -> Result<Vec<Reach>> {
        let tails = &self.sources.follower.tails;
        let spans = searches.iter().map(|search| tasks.get(search.task));
        let mut reaches: Vec<Option<Reach>> = spans
            .clone()
            .map(|task| task.and_then(|task| tails.reach(task.span, count, task.room.last_position)))
            .collect();
        // What is missing is read as far as it will be remembered, whoever asks next.
        let length = tails.length().max(count);
        let missing = spans.zip(&reaches).filter(|(_, reach)| reach.is_none()).filter_map(|(task, _)| task);
        let wanted: Vec<Span> = missing.map(|task| Span { room: task.room.nid, after: 0, upto: self.end }).collect();
        if wanted.is_empty() {
            return Ok(reaches.into_iter().map(Option::unwrap_or_default).collect());
        }
        let mut by_room: HashMap<i64, Vec<(i64, i64)>> = wanted.iter().map(|span| (span.room, Vec::new())).collect();
        for (room, position, nid) in newest_events(self.conn.open()?, &wanted, length)? {
            by_room.entry(room).or_default().push((position, nid));
        }
        let mut beyond = Vec::new();
        for (search, reach) in searches.iter().zip(&mut reaches) {
            let (None, Some(task)) = (&reach, tasks.get(search.task)) else { continue };
            let events = by_room.get(&task.room.nid).map_or(&[][..], |events| events);
            *reach = cut(events, task.span, count, length);
            if reach.is_none() {
                beyond.push(task.span);
            }
        }
        tails.keep(self.end, by_room);
        self.fill(&mut reaches, &beyond, count)?;
        Ok(reaches.into_iter().map(Option::unwrap_or_default).collect())
    }

    /// The newest events of each room that are older than what was read.
    fn older(&mut self, searches: &[Search], tasks: &[Task], count: usize) -> Result<Vec<Reach>> {
        let span = |search: &Search| Some(Span { upto: search.upto, ..tasks.get(search.task)?.span });
        let spans: Vec<Span> = searches.iter().filter_map(span).collect();
        let mut reaches = vec![None; spans.len()];
        self.fill(&mut reaches, &spans, count)?;
        Ok(reaches.into_iter().map(Option::unwrap_or_default).collect())
    }

    /// Reads these spans, in the order of the reaches that are still missing.
    fn fill(&mut self, reaches: &mut [Option<Reach>], spans: &[Span], count: usize) -> Result<()> {
        if spans.is_empty() {
            return Ok(());
        }
        let mut by_room: HashMap<i64, Vec<(i64, i64)>> = HashMap::new();
        for (room, position, nid) in newest_events(self.conn.open()?, spans, count + 1)? {
            by_room.entry(room).or_default().push((position, nid));
        }
        let missing = reaches.iter_mut().filter(|reach| reach.is_none());
        for (reach, span) in missing.zip(spans) {
            let mut events = by_room.remove(&span.room).unwrap_or_default();
            let whole = events.len() <= count;
            events.truncate(count);
            *reach = Some(Reach { events, whole });
        }
        Ok(())
    }

    /// Takes those of the events that are wanted and may be seen.
    fn take(&mut self, task: &Task, reach: &Reach, search: &mut Search) -> Result<()> {
        let joined_from = search.presence.walk(self, reach);
        let seen = &mut search.seen;
        let mut judged: Option<HashMap<i64, Membership>> = None;
        for (position, nid) in &reach.events {
            if search.gap {
                break;
            }
            let Some(event) = self.loaded.get(*nid).cloned() else { continue };
            search.gap = event.visible && event.flags.has(EventFlags::AFTER_GAP);
            if !event.visible || !self.wants(&event) {
                continue;
            }
            if joined_from.is_some_and(|from| *position >= from) {
                seen.push(Seen { event, membership: Membership::Join });
                continue;
            }
            let judged = match &mut judged {
                Some(judged) => judged,
                None => judged.insert(self.judge(task, reach, joined_from)?),
            };
            if let Some(membership) = judged.get(nid) {
                seen.push(Seen { event, membership: *membership });
            }
        }
        Ok(())
    }

    /// Whether the filter wants an event, and the user has not asked never to hear its sender.
    fn wants(&self, event: &ClientEvent) -> bool {
        let ignored = &self.question.preferences.ignored;
        let is_ignored = !ignored.is_empty()
            && event.state_key.is_none()
            && *event.sender != *self.question.user.as_str()
            && <&UserId>::try_from(&*event.sender).is_ok_and(|sender| ignored.contains(sender));
        !is_ignored && self.question.filter.timeline.allows(event)
    }

    /// Those events from before `joined_from` that the user may see, and the user's membership at each.
    fn judge(&mut self, task: &Task, reach: &Reach, joined_from: Option<i64>) -> Result<HashMap<i64, Membership>> {
        let rooms = &self.sources.rooms;
        let before = reach.events.iter().filter(|(position, _)| joined_from.is_none_or(|from| *position < from));
        let nids: Vec<i64> = before.map(|(_, nid)| *nid).collect();
        let mut held = rooms.events().stored_map(self.conn.open()?, &nids)?;
        let events = nids.iter().filter_map(|nid| held.remove(nid)).collect();
        let seen = visible(self.conn.open()?, rooms, &task.viewer, &HashSet::new(), events)?;
        Ok(seen.into_iter().map(|seen| (seen.event.nid, seen.membership)).collect())
    }

    /// The one event of a room that is not the user's: their own membership.
    fn own_membership_only(&mut self, task: &mut Task) -> Result<()> {
        self.add_own_end(task)
    }

    /// Adds what became of the user's membership after they left: a ban tells them more than the leave before it.
    fn add_own_end(&mut self, task: &mut Task) -> Result<()> {
        let Some(member) = task.member.as_ref() else { return Ok(()) };
        if task.timeline.iter().any(|seen| seen.event.nid == member.event) {
            return Ok(());
        }
        self.load([member.event])?;
        // Of an event without a place here the client hears when we do.
        let told_at = |event: &ClientEvent| if event.position > 0 { event.position } else { member.position };
        let event = self.loaded.get(member.event).filter(|event| told_at(event) > task.span.after);
        if let Some(event) = event.filter(|event| self.wants(event))
            && self.question.filter.timeline.allows_room(&task.room.room_id)
        {
            task.timeline.push(Seen { event: event.clone(), membership: member.membership() });
        }
        Ok(())
    }
}

/// What a list of a room's newest events, of which at most `length` were read, says about a span.
fn cut(events: &[(i64, i64)], span: Span, count: usize, length: usize) -> Option<Reach> {
    let within = events.iter().filter(|(position, _)| *position > span.after && *position <= span.upto);
    let mut taken: Vec<(i64, i64)> = within.take(count + 1).copied().collect();
    let covers = events.len() < length || events.last().is_some_and(|(oldest, _)| *oldest <= span.after);
    if taken.len() > count {
        taken.truncate(count);
        return Some(Reach { events: taken, whole: false });
    }
    (covers || taken.len() == count).then_some(Reach { events: taken, whole: covers })
}

/// * `gap`: whether there is one anyhow, for the client knew nothing of the room before.
fn finish(task: &mut Task, mut seen: Vec<Seen>, limit: usize, more: bool, gap: bool) {
    task.limited = seen.len() > limit || more || gap;
    seen.truncate(limit);
    seen.reverse();
    task.timeline = seen;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_cut_to_a_span() {
        let events = [(9, 90), (7, 70), (5, 50)];
        let span = |after, upto| Span { room: 1, after, upto };
        let reach = |events: &[(i64, i64)], whole| Some(Reach { events: events.to_vec(), whole });
        assert_eq!(cut(&events, span(0, 9), 2, 3), reach(&[(9, 90), (7, 70)], false));
        assert_eq!(cut(&events, span(5, 9), 2, 3), reach(&[(9, 90), (7, 70)], true));
        assert_eq!(cut(&events, span(0, 8), 5, 4), reach(&[(7, 70), (5, 50)], true));
        assert_eq!(cut(&events, span(0, 8), 3, 3), None);
    }
}
