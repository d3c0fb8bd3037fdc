//! What the mxc URIs of this server stand for.

use diesel::prelude::*;

use crate::{
    Conn, Result, Tx,
    connection::both,
    media::Content,
    schema::{media, media_contents},
};

/// A row of `media`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = media, treat_none_as_default_value = false)]
pub struct MediaRow {
    /// The last part of the URI.
    pub media_id: String,
    /// Who made it.
    pub user_id: String,
    /// When the URI was made, in milliseconds since 1970.
    pub created_at: i64,
    /// Until when the content may come, in milliseconds since 1970; none where it has come.
    pub expires_at: Option<i64>,
    /// The SHA-256 of the content; none where it has not come.
    pub hash: Option<Vec<u8>>,
    /// What it is said to be.
    pub content_type: String,
    /// What its uploader called it.
    pub file_name: Option<String>,
    /// Whether it can be had without a token.
    pub is_open: bool,
}

/// One of a list: the row, and of its content the size and whether it is quarantined.
pub type Listed = (MediaRow, Option<i64>, Option<bool>);

/// The row of this id.
pub fn get(conn: &mut Conn, media_id: &str) -> Result<Option<MediaRow>> {
    Ok(media::table.find(media_id).select(MediaRow::as_select()).get_result(conn).optional()?)
}

/// The row of this id with its content.
pub fn with_content(conn: &mut Conn, media_id: &str) -> Result<Option<(MediaRow, Option<Content>)>> {
    let joined = media::table.left_join(media_contents::table.on(media::hash.eq(media_contents::hash.nullable())));
    let query = joined.filter(media::media_id.eq(media_id));
    Ok(query.select((MediaRow::as_select(), Option::<Content>::as_select())).get_result(conn).optional()?)
}

/// Adds a row.
pub fn insert(tx: &mut Tx<'_>, row: &MediaRow) -> Result<()> {
    both!(tx.conn(), c => diesel::insert_into(media::table).values(row).execute(c))?;
    Ok(())
}

/// Gives a row the content that it waits for.
pub fn fill(tx: &mut Tx<'_>, row: &MediaRow) -> Result<()> {
    let content = (
        media::expires_at.eq(None::<i64>),
        media::hash.eq(&row.hash),
        media::content_type.eq(&row.content_type),
        media::file_name.eq(&row.file_name),
        media::is_open.eq(row.is_open),
    );
    diesel::update(media::table.find(&row.media_id)).set(content).execute(tx.conn())?;
    Ok(())
}

/// How many rows of a user wait for their content at the time `now`.
pub fn pending(conn: &mut Conn, user_id: &str, now: i64) -> Result<i64> {
    Ok(media::table.filter(media::user_id.eq(user_id)).filter(media::expires_at.gt(now)).count().get_result(conn)?)
}

/// Whether any row has waited for its content too long.
pub fn any_expired(conn: &mut Conn, now: i64) -> Result<bool> {
    let expired = media::table.filter(media::expires_at.le(now)).select(media::media_id).limit(1);
    Ok(expired.first::<String>(conn).optional()?.is_some())
}

/// Deletes the rows that have waited for their content too long.
pub fn delete_expired(tx: &mut Tx<'_>, now: i64) -> Result<()> {
    diesel::delete(media::table.filter(media::expires_at.le(now))).execute(tx.conn())?;
    Ok(())
}

/// Rows in the order of their ids, those after `after`.
pub fn list(conn: &mut Conn, after: &str, limit: i64) -> Result<Vec<Listed>> {
    let joined = media::table.left_join(media_contents::table.on(media::hash.eq(media_contents::hash.nullable())));
    let query = joined.filter(media::media_id.gt(after)).order(media::media_id).limit(limit);
    let content = (media_contents::size.nullable(), media_contents::quarantined.nullable());
    Ok(query.select((MediaRow::as_select(), content)).load(conn)?.into_iter().map(flat).collect())
}

/// Rows of a user, the newest first, `skip` of them left out.
pub fn list_of_user(conn: &mut Conn, user_id: &str, skip: i64, limit: i64) -> Result<Vec<Listed>> {
    let joined = media::table.left_join(media_contents::table.on(media::hash.eq(media_contents::hash.nullable())));
    let query = joined.filter(media::user_id.eq(user_id)).order((media::created_at.desc(), media::media_id));
    let content = (media_contents::size.nullable(), media_contents::quarantined.nullable());
    let page = query.offset(skip).limit(limit).select((MediaRow::as_select(), content));
    Ok(page.load(conn)?.into_iter().map(flat).collect())
}

/// How many rows a user has.
pub fn count_of_user(conn: &mut Conn, user_id: &str) -> Result<i64> {
    Ok(media::table.filter(media::user_id.eq(user_id)).count().get_result(conn)?)
}

/// The ids of a user's rows.
pub fn ids_of_user(conn: &mut Conn, user_id: &str, limit: i64) -> Result<Vec<String>> {
    Ok(media::table.filter(media::user_id.eq(user_id)).limit(limit).select(media::media_id).load(conn)?)
}

/// The hashes of a user's contents.
pub fn hashes_of_user(conn: &mut Conn, user_id: &str) -> Result<Vec<Vec<u8>>> {
    let rows = media::table.filter(media::user_id.eq(user_id)).filter(media::hash.is_not_null());
    let hashes: Vec<Option<Vec<u8>>> = rows.select(media::hash).distinct().load(conn)?;
    Ok(hashes.into_iter().flatten().collect())
}

fn flat((row, (size, quarantined)): (MediaRow, (Option<i64>, Option<bool>))) -> Listed {
    (row, size, quarantined)
}
