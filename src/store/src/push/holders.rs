//! Who has rules of their own.

use diesel::prelude::*;

use crate::{
    Conn, Result,
    accounts::account_data::{GLOBAL, RULES},
    rooms::Membership,
    schema::{account_data, memberships, unread},
};

/// A joined member whose rules may not be the predefined ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderRow {
    /// Who.
    pub user_id: String,
    /// The member's name in the room.
    pub display_name: Option<String>,
    /// Whether the room is muted for them, as far as was counted.
    pub muted: bool,
}

/// Those joined to a room who have rules of their own, or had until now.
pub fn holders(conn: &mut Conn, room: i64) -> Result<Vec<HolderRow>> {
    let joined = memberships::table
        .filter(memberships::room.eq(room))
        .filter(memberships::membership.eq(Membership::Join as i16));
    let with_rules: Vec<String> = joined
        .inner_join(account_data::table.on(account_data::user_id.eq(memberships::user_id)))
        .filter(account_data::room.eq(GLOBAL))
        .filter(account_data::event_type.eq_any(RULES))
        .select(memberships::user_id)
        .distinct()
        .load(conn)?;
    let muted: Vec<String> = joined
        .inner_join(unread::table.on(unread::user_id.eq(memberships::user_id).and(unread::room.eq(memberships::room))))
        .filter(unread::muted)
        .select(memberships::user_id)
        .load(conn)?;
    let mut users = with_rules;
    users.extend(muted);
    users.sort_unstable();
    users.dedup();
    rows(conn, room, &users)
}

/// Those of these users who are joined to the room, whatever their rules are.
pub fn holders_among(conn: &mut Conn, room: i64, users: &[String]) -> Result<Vec<HolderRow>> {
    rows(conn, room, users)
}

fn rows(conn: &mut Conn, room: i64, users: &[String]) -> Result<Vec<HolderRow>> {
    let mut found = Vec::new();
    for users in users.chunks(1_000) {
        let query = memberships::table
            .left_join(
                unread::table.on(unread::user_id.eq(memberships::user_id).and(unread::room.eq(memberships::room))),
            )
            .filter(memberships::room.eq(room))
            .filter(memberships::user_id.eq_any(users))
            .filter(memberships::membership.eq(Membership::Join as i16))
            .select((memberships::user_id, memberships::display_name, unread::muted.nullable()));
        let rows: Vec<(String, Option<String>, Option<bool>)> = query.load(conn)?;
        found.extend(rows.into_iter().map(|(user_id, display_name, muted)| HolderRow {
            user_id,
            display_name,
            muted: muted.unwrap_or(false),
        }));
    }
    Ok(found)
}

/// What a user has written that says what notifies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleTexts {
    /// The content of `m.push_rules`.
    pub push_rules: Option<String>,
    /// The content of `m.ignored_user_list`.
    pub ignored: Option<String>,
    /// The content of `m.invite_permission_config`.
    pub invites: Option<String>,
}

/// What this user has written.
pub fn rule_texts(conn: &mut Conn, user_id: &str) -> Result<RuleTexts> {
    let query = account_data::table
        .filter(account_data::user_id.eq(user_id))
        .filter(account_data::room.eq(GLOBAL))
        .filter(account_data::event_type.eq_any(RULES))
        .select((account_data::event_type, account_data::content));
    let mut texts = RuleTexts::default();
    for (event_type, content) in query.load::<(String, String)>(conn)? {
        match event_type.as_str() {
            "m.push_rules" => texts.push_rules = Some(content),
            "m.ignored_user_list" => texts.ignored = Some(content),
            _ => texts.invites = Some(content),
        }
    }
    Ok(texts)
}
