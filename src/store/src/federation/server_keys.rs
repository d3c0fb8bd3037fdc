//! The keys of other servers, and what these said about them.

use diesel::{prelude::*, upsert::excluded};

use crate::{
    Conn, Result, Tx,
    connection::both,
    schema::{server_key_answers, server_keys},
};

/// Keys that are kept of one server; beyond it those go that were good for the shortest time.
const KEYS_PER_SERVER: i64 = 200;

/// Servers that one query asks for.
const SERVERS_PER_QUERY: usize = 500;

/// A row of `server_keys`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = server_keys, treat_none_as_default_value = false)]
pub struct KeyRow {
    /// Whose key.
    pub server: String,
    /// Its id.
    pub key_id: String,
    /// The key, 32 bytes.
    pub public_key: Vec<u8>,
    /// What was signed later is not believed.
    pub good_until: i64,
}

/// A row of `server_key_answers`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = server_key_answers)]
pub struct AnswerRow {
    /// Who answered.
    pub server: String,
    /// When.
    pub fetched_at: i64,
    /// How long the keys in it are good, as the server says.
    pub valid_until: i64,
    /// The answer, as the server signed it.
    pub json: String,
}

/// All keys of these servers.
pub fn of_servers(conn: &mut Conn, servers: &[String]) -> Result<Vec<KeyRow>> {
    let mut rows = Vec::new();
    for servers in servers.chunks(SERVERS_PER_QUERY) {
        let of_servers = server_keys::table.filter(server_keys::server.eq_any(servers));
        rows.extend(of_servers.select(KeyRow::as_select()).load(conn)?);
    }
    Ok(rows)
}

/// The newest answers of these servers.
pub fn answers(conn: &mut Conn, servers: &[String]) -> Result<Vec<AnswerRow>> {
    let mut rows = Vec::new();
    for servers in servers.chunks(SERVERS_PER_QUERY) {
        let of_servers = server_key_answers::table.filter(server_key_answers::server.eq_any(servers));
        rows.extend(of_servers.select(AnswerRow::as_select()).load(conn)?);
    }
    Ok(rows)
}

/// When each of these servers answered last, and how long it said its keys to be good.
pub fn ages(conn: &mut Conn, servers: &[String]) -> Result<Vec<(String, i64, i64)>> {
    let columns = (server_key_answers::server, server_key_answers::fetched_at, server_key_answers::valid_until);
    let mut rows = Vec::new();
    for servers in servers.chunks(SERVERS_PER_QUERY) {
        let of_servers = server_key_answers::table.filter(server_key_answers::server.eq_any(servers));
        rows.extend(of_servers.select(columns).load::<(String, i64, i64)>(conn)?);
    }
    Ok(rows)
}

/// Keeps an answer and its keys. Of one that came `by_notary` and is not newer than what is here only those keys are kept of
/// which nothing is known: a notary may tell what has been revoked since, but a server that was set up anew does not tell
/// what it signed with before.
pub fn put(tx: &mut Tx<'_>, answer: &AnswerRow, keys: &[KeyRow], by_notary: bool) -> Result<()> {
    let known = server_key_answers::table.find(&answer.server).select(server_key_answers::valid_until);
    let known: Option<i64> = known.get_result(tx.conn()).optional()?;
    if by_notary && known.is_some_and(|known| known >= answer.valid_until) {
        both!(tx.conn(), c =>
            diesel::insert_into(server_keys::table).values(keys).on_conflict_do_nothing().execute(c))?;
        return delete_surplus(tx, &answer.server);
    }
    both!(tx.conn(), c => diesel::insert_into(server_key_answers::table)
        .values(answer)
        .on_conflict(server_key_answers::server)
        .do_update()
        .set((
            server_key_answers::fetched_at.eq(excluded(server_key_answers::fetched_at)),
            server_key_answers::valid_until.eq(excluded(server_key_answers::valid_until)),
            server_key_answers::json.eq(excluded(server_key_answers::json)),
        ))
        .execute(c))?;
    both!(tx.conn(), c => diesel::insert_into(server_keys::table)
        .values(keys)
        .on_conflict((server_keys::server, server_keys::key_id))
        .do_update()
        .set((
            server_keys::public_key.eq(excluded(server_keys::public_key)),
            server_keys::good_until.eq(excluded(server_keys::good_until)),
        ))
        .execute(c))?;
    delete_surplus(tx, &answer.server)
}

fn delete_surplus(tx: &mut Tx<'_>, server: &str) -> Result<()> {
    let longest_first = server_keys::table
        .filter(server_keys::server.eq(server))
        .order((server_keys::good_until.desc(), server_keys::key_id))
        .select(server_keys::key_id);
    let surplus: Vec<String> = longest_first.offset(KEYS_PER_SERVER).limit(1_000).load(tx.conn())?;
    if !surplus.is_empty() {
        let of_server = server_keys::table.filter(server_keys::server.eq(server));
        diesel::delete(of_server.filter(server_keys::key_id.eq_any(surplus))).execute(tx.conn())?;
    }
    Ok(())
}
