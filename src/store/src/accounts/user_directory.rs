//! Finding users by parts of their names.

use diesel::{dsl::sql, prelude::*, upsert::excluded};

use crate::{
    Conn, Result, Tx,
    connection::both,
    rooms::Membership,
    schema::{current_state, events, memberships, user_directory, users},
};

/// Makes a user findable by this text, which is in the form that searches are brought into, too.
pub fn set(tx: &mut Tx<'_>, user_id: &str, folded: &str) -> Result<()> {
    let row = (user_directory::user_id.eq(user_id), user_directory::folded.eq(folded));
    both!(tx.conn(), c => diesel::insert_into(user_directory::table)
        .values(row)
        .on_conflict(user_directory::user_id)
        .do_update()
        .set(user_directory::folded.eq(excluded(user_directory::folded)))
        .execute(c))?;
    Ok(())
}

/// Users after `after`, in the order of their ids, whose text contains each of the words and whose accounts are open.
pub fn matching(conn: &mut Conn, words: &[String], after: &str, limit: i64) -> Result<Vec<(String, String)>> {
    let mut query = user_directory::table
        .inner_join(users::table.on(users::user_id.eq(user_directory::user_id)))
        .filter(users::deactivated.eq(false))
        .filter(users::locked.eq(false))
        .filter(user_directory::user_id.gt(after))
        .select((user_directory::user_id, user_directory::folded))
        .order(user_directory::user_id)
        .limit(limit)
        .into_boxed();
    for word in words {
        query = query.filter(user_directory::folded.like(contains(word)).escape('!'));
    }
    Ok(query.load(conn)?)
}

/// A pattern for texts that contain `word`, with `!` as its escape.
fn contains(word: &str) -> String {
    let mut pattern = String::from("%");
    for letter in word.chars() {
        if matches!(letter, '!' | '%' | '_') {
            pattern.push('!');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

/// Those of `candidates` who are joined to a room to which `user_id` is joined.
pub fn sharing_a_room(conn: &mut Conn, user_id: &str, candidates: &[String]) -> Result<Vec<String>> {
    let mine = diesel::alias!(memberships as mine);
    let joined = Membership::Join as i16;
    let query = memberships::table
        .inner_join(mine.on(mine.field(memberships::room).eq(memberships::room)))
        .filter(mine.field(memberships::user_id).eq(user_id))
        .filter(mine.field(memberships::membership).eq(joined))
        .filter(memberships::user_id.eq_any(candidates))
        .filter(memberships::membership.eq(joined));
    Ok(query.select(memberships::user_id).distinct().load(conn)?)
}

/// Those of `candidates` who are joined to a room that anybody may join or read.
pub fn in_public_rooms(conn: &mut Conn, candidates: &[String]) -> Result<Vec<String>> {
    // Not as parameters: without the values PostgreSQL takes an empty state key for a rare one, and starts from there.
    let literal = sql::<diesel::sql_types::Text>;
    // Events are stored as canonical JSON, and a quote inside a string would be escaped: so this is the field itself.
    let joinable = current_state::event_type
        .eq(literal("'m.room.join_rules'"))
        .and(events::json.like("%\"join_rule\":\"public\"%"));
    let readable = current_state::event_type
        .eq(literal("'m.room.history_visibility'"))
        .and(events::json.like("%\"history_visibility\":\"world_readable\"%"));
    let query = memberships::table
        .inner_join(current_state::table.on(current_state::room.eq(memberships::room)))
        .inner_join(events::table.on(events::nid.eq(current_state::event)))
        .filter(memberships::user_id.eq_any(candidates))
        .filter(memberships::membership.eq(Membership::Join as i16))
        .filter(current_state::state_key.eq(literal("''")))
        .filter(joinable.or(readable));
    Ok(query.select(memberships::user_id).distinct().load(conn)?)
}
