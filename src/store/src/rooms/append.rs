//! Writes appends: whatever waits, table by table.

use std::collections::HashMap;

use diesel::{prelude::*, upsert::excluded};

use crate::{
    Committed, Conn, Error, LogKind, Result, Tx,
    connection::{both, insert_all},
    e2ee, federation, push, relations,
    rooms::{EventFlags, EventRow, MemberRow, RoomRow, foreign_memberships::settle_foreign},
    schema::{
        auth_chain_links, auth_chains, current_state, event_originals, events, memberships, pending_redactions,
        room_aliases, rooms, state_deltas, state_nodes,
    },
    timelines,
};

pub(crate) use super::append_value::{Append, Appended};
use super::gaps;

/// Writes all appends that are not stale; the answer has one entry for each.
pub(crate) fn run(tx: &mut Tx<'_>, appends: &[&Append], committed: &mut Committed) -> Result<Vec<Result<Appended>>> {
    let mut revisions = current_revisions(tx.conn(), appends)?;
    let mut fresh: Vec<(&Append, Appended)> = Vec::new();
    let mut results: Vec<Option<Error>> = Vec::new();
    for append in appends {
        let known = revisions.entry(append.room.nid).or_insert(0);
        if *known != append.built_on {
            results.push(Some(Error::Stale));
            continue;
        }
        *known += 1;
        let positions = take_positions(tx, append);
        fresh.push((append, Appended { revision: *known, positions }));
        results.push(None);
    }
    let newcomers = e2ee::newcomers(tx.conn(), &fresh)?;
    let flagged = write(tx.conn(), &fresh)?;
    e2ee::introduce(tx, &newcomers)?;
    for (append, appended) in &fresh {
        let events = appended.positions.iter().copied().zip(append.events.iter().cloned());
        committed.events.extend(events);
        let placed = append.placed.iter().filter_map(|at| append.events.get(*at));
        committed.flagged.extend(placed.map(|event| (event.nid, EventFlags(event.flags))));
        committed.redacted.extend(append.redactions.iter().map(|r| (append.room.nid, r.target)));
        committed.moved.extend((!append.memberships.is_empty()).then_some(append.room.nid));
        committed.appended.push(append.room.nid);
        committed.recounted.extend(append.push.users().map(|user| (append.room.nid, user.to_owned())));
        committed.restated.extend((!append.changes.is_empty()).then_some(append.room.nid));
        committed.outgoing |= !append.outgoing.is_empty();
    }
    committed.flagged.extend(flagged);
    let mut written = fresh.into_iter().map(|(_, appended)| appended);
    let answer = |stale: Option<Error>| match stale {
        Some(error) => Err(error),
        None => written.next().ok_or(Error::Closed),
    };
    Ok(results.into_iter().map(answer).collect())
}

fn current_revisions(conn: &mut Conn, appends: &[&Append]) -> Result<HashMap<i64, i64>> {
    let nids: Vec<i64> = appends.iter().map(|append| append.room.nid).collect();
    let rows = rooms::table.filter(rooms::nid.eq_any(nids)).select((rooms::nid, rooms::revision)).load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Gives each event its place, and logs it: as the membership of one of ours if it is that. What never looks new takes its
/// place from below, the last of it first, so that its order stays.
fn take_positions(tx: &mut Tx<'_>, append: &Append) -> Vec<i64> {
    let room = append.room.nid;
    let mut members: HashMap<usize, Vec<&str>> = HashMap::new();
    for change in append.memberships.iter().filter(|change| change.local) {
        members.entry(change.at).or_default().push(&change.user_id);
    }
    let is_late = |event: &EventRow| append.backfilled || EventFlags(event.flags).has(EventFlags::OUTLIER);
    let mut positions = vec![0; append.events.len()];
    for (_, position) in append.events.iter().zip(&mut positions).rev().filter(|(event, _)| is_late(event)) {
        *position = tx.backfilled_position();
    }
    for (i, (event, position)) in append.events.iter().zip(&mut positions).enumerate() {
        if is_late(event) {
            continue;
        }
        // State resolution may move several of our members at once: each must hear of it.
        let users = members.remove(&i).unwrap_or_default();
        for user in &users {
            let logged = tx.log(LogKind::Membership, Some(room), Some(user), Some(event.nid));
            *position = if *position == 0 { logged } else { *position };
        }
        if users.is_empty() {
            *position = tx.log(LogKind::Event, Some(room), None, Some(event.nid));
        }
    }
    positions
}

/// Gives what [`relations::insert`] gives.
fn write(conn: &mut Conn, fresh: &[(&Append, Appended)]) -> Result<Vec<(i64, EventFlags)>> {
    write_rooms(conn, fresh)?;
    write_events(conn, fresh)?;
    write_state(conn, fresh)?;
    federation::record_servers(conn, fresh)?;
    federation::record_outgoing(conn, fresh)?;
    write_memberships(conn, fresh)?;
    e2ee::forget_unshared(conn, fresh)?;
    write_auth_chains(conn, fresh)?;
    gaps::write(conn, fresh)?;
    push::append(conn, fresh)?;
    let flagged = relations::insert(conn, fresh)?;
    timelines::insert(conn, fresh)?;
    for (append, _) in fresh {
        write_redactions(conn, append)?;
        for redaction in &append.redactions {
            push::redact(conn, append.room.nid, redaction.target)?;
            timelines::forget(conn, redaction.target)?;
        }
    }
    Ok(flagged)
}

fn write_rooms(conn: &mut Conn, fresh: &[(&Append, Appended)]) -> Result<()> {
    // A later append to the same room wins: one statement of PostgreSQL may not touch a row twice.
    let mut last: HashMap<i64, RoomRow> = HashMap::new();
    for (append, appended) in fresh {
        let known = last.get(&append.room.nid).map_or(append.room.last_position, |room| room.last_position);
        let newest = appended.positions.iter().copied().max().unwrap_or(known);
        let row = RoomRow { revision: appended.revision, last_position: newest.max(known), ..append.room.clone() };
        last.insert(row.nid, row);
    }
    let rows: Vec<RoomRow> = last.into_values().collect();
    insert_all!(
        conn,
        rooms::table,
        rows,
        on_conflict(rooms::nid),
        do_update(),
        set((
            rooms::revision.eq(excluded(rooms::revision)),
            rooms::last_position.eq(excluded(rooms::last_position)),
            rooms::state.eq(excluded(rooms::state)),
            rooms::extremities.eq(excluded(rooms::extremities)),
            rooms::joined.eq(excluded(rooms::joined)),
            rooms::invited.eq(excluded(rooms::invited)),
            rooms::notifications.eq(excluded(rooms::notifications)),
            rooms::highlights.eq(excluded(rooms::highlights)),
        ))
    );
    let aliases: Vec<_> = fresh
        .iter()
        .flat_map(|(append, _)| append.aliases.iter().map(|(alias, creator)| (append.room.nid, alias, creator)))
        .map(|(room, alias, creator)| {
            (room_aliases::alias.eq(alias), room_aliases::room.eq(room), room_aliases::creator.eq(creator))
        })
        .collect();
    insert_all!(conn, room_aliases::table, aliases);
    Ok(())
}

fn write_events(conn: &mut Conn, fresh: &[(&Append, Appended)]) -> Result<()> {
    let rows: Vec<_> = fresh
        .iter()
        .flat_map(|(append, appended)| append.events.iter().zip(&appended.positions))
        .map(|(event, position)| {
            (
                events::nid.eq(event.nid),
                events::room.eq(event.room),
                events::depth.eq(event.depth),
                events::origin_server_ts.eq(event.origin_server_ts),
                events::event_id.eq(&event.event_id),
                events::event_type.eq(&event.event_type),
                events::sender.eq(&event.sender),
                events::state_key.eq(&event.state_key),
                events::replaces.eq(event.replaces),
                events::state_before.eq(event.state_before),
                events::state_after.eq(event.state_after),
                events::flags.eq(event.flags),
                events::redacted_by.eq(event.redacted_by),
                events::device_id.eq(&event.device_id),
                events::txn_id.eq(&event.txn_id),
                events::json.eq(&event.json),
                events::notifications.eq(event.counted.notifications),
                events::highlights.eq(event.counted.highlights),
                events::push_rule.eq(event.counted.push_rule),
                events::position.eq(position),
            )
        })
        .collect();
    // A row that is there already is an outlier that has found its place in the room.
    insert_all!(
        conn,
        events::table,
        rows,
        on_conflict(events::nid),
        do_update(),
        set((
            events::position.eq(excluded(events::position)),
            events::depth.eq(excluded(events::depth)),
            events::replaces.eq(excluded(events::replaces)),
            events::state_before.eq(excluded(events::state_before)),
            events::state_after.eq(excluded(events::state_after)),
            events::flags.eq(excluded(events::flags)),
            events::notifications.eq(excluded(events::notifications)),
            events::highlights.eq(excluded(events::highlights)),
            events::push_rule.eq(excluded(events::push_rule)),
        ))
    );
    Ok(())
}

fn write_state(conn: &mut Conn, fresh: &[(&Append, Appended)]) -> Result<()> {
    let nodes: Vec<_> = fresh
        .iter()
        .flat_map(|(append, _)| &append.nodes)
        .map(|node| (state_nodes::id.eq(node.id), state_nodes::hash.eq(&node.hash), state_nodes::data.eq(&node.data)))
        .collect();
    insert_all!(conn, state_nodes::table, nodes);

    let mut deltas = Vec::new();
    let mut current = HashMap::new();
    for (append, appended) in fresh {
        for change in &append.changes {
            let room = append.room.nid;
            let position = appended.positions.get(change.at).copied().unwrap_or_default();
            deltas.push((
                state_deltas::room.eq(room),
                state_deltas::position.eq(position),
                state_deltas::event_type.eq(&change.event_type),
                state_deltas::state_key.eq(&change.state_key),
                state_deltas::event.eq(change.event),
                state_deltas::replaced.eq(change.replaced),
            ));
            current.insert((room, &change.event_type, &change.state_key), change.event);
        }
    }
    insert_all!(conn, state_deltas::table, deltas);
    let mut rows = Vec::new();
    for ((room, event_type, state_key), event) in current {
        let Some(event) = event else {
            diesel::delete(current_state::table.find((room, event_type, state_key))).execute(conn)?;
            continue;
        };
        rows.push((
            current_state::room.eq(room),
            current_state::event_type.eq(event_type),
            current_state::state_key.eq(state_key),
            current_state::event.eq(event),
        ));
    }
    insert_all!(
        conn,
        current_state::table,
        rows,
        on_conflict((current_state::room, current_state::event_type, current_state::state_key)),
        do_update(),
        set(current_state::event.eq(excluded(current_state::event)))
    );
    Ok(())
}

fn write_memberships(conn: &mut Conn, fresh: &[(&Append, Appended)]) -> Result<()> {
    let mut last: HashMap<(i64, &str), MemberRow> = HashMap::new();
    for (append, appended) in fresh {
        for change in &append.memberships {
            let row = MemberRow {
                room: append.room.nid,
                user_id: change.user_id.clone(),
                membership: change.membership as i16,
                event: change.event,
                position: appended.positions.get(change.at).copied().unwrap_or_default(),
                sender: change.sender.clone(),
                display_name: change.display_name.clone(),
                avatar_url: change.avatar_url.clone(),
                forgotten: false,
            };
            last.insert((row.room, &change.user_id), row);
        }
    }
    let rows: Vec<MemberRow> = last.into_values().collect();
    insert_all!(
        conn,
        memberships::table,
        rows,
        on_conflict((memberships::room, memberships::user_id)),
        do_update(),
        set((
            memberships::membership.eq(excluded(memberships::membership)),
            memberships::event.eq(excluded(memberships::event)),
            memberships::position.eq(excluded(memberships::position)),
            memberships::sender.eq(excluded(memberships::sender)),
            memberships::display_name.eq(excluded(memberships::display_name)),
            memberships::avatar_url.eq(excluded(memberships::avatar_url)),
            memberships::forgotten.eq(excluded(memberships::forgotten)),
        ))
    );
    for (append, _) in fresh {
        let ours = append.memberships.iter().filter(|change| change.local);
        let ours: Vec<&str> = ours.map(|change| &*change.user_id).collect();
        if !ours.is_empty() {
            settle_foreign(conn, &append.room.room_id, &ours)?;
        }
    }
    Ok(())
}

fn write_auth_chains(conn: &mut Conn, fresh: &[(&Append, Appended)]) -> Result<()> {
    let rows: Vec<_> = fresh
        .iter()
        .flat_map(|(append, _)| append.auth_chains.iter().map(|row| (append.room.nid, row)))
        .map(|(room, row)| {
            (
                auth_chains::event.eq(row.event),
                auth_chains::room.eq(room),
                auth_chains::chain.eq(row.chain),
                auth_chains::sequence.eq(row.sequence),
            )
        })
        .collect();
    insert_all!(conn, auth_chains::table, rows);
    let links: Vec<_> = fresh
        .iter()
        .flat_map(|(append, _)| &append.auth_chain_links)
        .map(|link| {
            (
                auth_chain_links::chain.eq(link.chain),
                auth_chain_links::sequence.eq(link.sequence),
                auth_chain_links::target_chain.eq(link.target_chain),
                auth_chain_links::target_sequence.eq(link.target_sequence),
            )
        })
        .collect();
    insert_all!(conn, auth_chain_links::table, links);
    Ok(())
}

fn write_redactions(conn: &mut Conn, append: &Append) -> Result<()> {
    for redaction in &append.redactions {
        let target = events::table.find(redaction.target);
        let original: String = target.select(events::json).get_result(conn)?;
        let row = (
            event_originals::event.eq(redaction.target),
            event_originals::redacted_at.eq(redaction.at),
            event_originals::json.eq(original),
        );
        both!(conn, c => diesel::insert_into(event_originals::table).values(&row).on_conflict_do_nothing().execute(c))?;
        diesel::update(target)
            .set((events::redacted_by.eq(redaction.by), events::json.eq(&redaction.json)))
            .execute(conn)?;
        relations::remove(conn, append.room.nid, redaction.target)?;
        crate::search::forget(conn, redaction.target)?;
        // A name or picture goes with the membership event that brought it.
        let named = memberships::table.filter(memberships::room.eq(append.room.nid));
        diesel::update(named.filter(memberships::event.eq(redaction.target)))
            .set((memberships::display_name.eq(None::<String>), memberships::avatar_url.eq(None::<String>)))
            .execute(conn)?;
    }
    let rows: Vec<_> = append
        .pending_redactions
        .iter()
        .map(|(target, event)| {
            (
                pending_redactions::room.eq(append.room.nid),
                pending_redactions::target.eq(target),
                pending_redactions::event.eq(event),
            )
        })
        .collect();
    insert_all!(conn, pending_redactions::table, rows);
    Ok(())
}
