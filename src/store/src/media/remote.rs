//! Files of other servers that are kept for a while.

use diesel::{prelude::*, sql_types::BigInt};

use crate::{
    Conn, Result, Tx,
    connection::both,
    media::Content,
    schema::{media_contents, remote_media},
};

/// A row of `remote_media`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = remote_media, primary_key(server, media_id), treat_none_as_default_value = false)]
#[diesel(treat_none_as_null = true)]
pub struct RemoteRow {
    /// Whose file it is.
    pub server: String,
    /// The last part of its URI.
    pub media_id: String,
    /// The SHA-256 of the content.
    pub hash: Vec<u8>,
    /// How many bytes it has.
    pub size: i64,
    /// What it is said to be.
    pub content_type: String,
    /// What its uploader called it.
    pub file_name: Option<String>,
    /// Whether it can be had without a token.
    pub is_open: bool,
    /// When it was fetched, in milliseconds since 1970.
    pub fetched_at: i64,
    /// When somebody last asked for it.
    pub used_at: i64,
}

/// A file of another server: its server and its id.
pub type Name = (String, String);

/// The row of this file.
pub fn get(conn: &mut Conn, server: &str, media_id: &str) -> Result<Option<RemoteRow>> {
    Ok(remote_media::table.find((server, media_id)).select(RemoteRow::as_select()).first(conn).optional()?)
}

/// The row of this file with its content.
pub fn with_content(conn: &mut Conn, server: &str, media_id: &str) -> Result<Option<(RemoteRow, Option<Content>)>> {
    let joined = remote_media::table.left_join(media_contents::table.on(remote_media::hash.eq(media_contents::hash)));
    let query = joined.filter(remote_media::server.eq(server)).filter(remote_media::media_id.eq(media_id));
    Ok(query.select((RemoteRow::as_select(), Option::<Content>::as_select())).first(conn).optional()?)
}

/// The files that have this content.
pub fn with_hash(conn: &mut Conn, hash: &[u8]) -> Result<Vec<Name>> {
    let rows = remote_media::table.filter(remote_media::hash.eq(hash));
    Ok(rows.select((remote_media::server, remote_media::media_id)).load(conn)?)
}

/// Writes a row, in the place of one that was there.
pub fn set(tx: &mut Tx<'_>, row: &RemoteRow) -> Result<()> {
    both!(tx.conn(), c => diesel::insert_into(remote_media::table)
        .values(row)
        .on_conflict((remote_media::server, remote_media::media_id))
        .do_update()
        .set(row)
        .execute(c))?;
    Ok(())
}

/// Notes that somebody asked for a file at `now`, unless that was noted after `before`.
pub fn used(tx: &mut Tx<'_>, server: &str, media_id: &str, now: i64, before: i64) -> Result<()> {
    let row = remote_media::table.find((server, media_id)).filter(remote_media::used_at.lt(before));
    diesel::update(row).set(remote_media::used_at.eq(now)).execute(tx.conn())?;
    Ok(())
}

/// The files that nobody has asked for for longest, with their bytes; only those last asked for before a time, where one is given.
pub fn least_used(conn: &mut Conn, before: Option<i64>, limit: i64) -> Result<Vec<(Name, i64)>> {
    let rows = remote_media::table.filter(remote_media::used_at.lt(before.unwrap_or(i64::MAX)));
    let page = rows.order(remote_media::used_at).limit(limit);
    Ok(page.select(((remote_media::server, remote_media::media_id), remote_media::size)).load(conn)?)
}

/// Bytes of all of them, and of the thumbnails that only they have.
pub fn size(conn: &mut Conn) -> Result<i64> {
    let query = diesel::sql_query(
        "SELECT CAST(
             (SELECT COALESCE(SUM(size), 0) FROM remote_media)
             + (SELECT COALESCE(SUM(c.size), 0) FROM media_thumbnails t JOIN media_contents c ON c.hash = t.thumbnail
                WHERE t.thumbnail <> t.hash AND EXISTS (SELECT 1 FROM remote_media r WHERE r.hash = t.hash)
                AND NOT EXISTS (SELECT 1 FROM media m WHERE m.hash = t.hash))
         AS BIGINT) AS bytes",
    );
    Ok(query.get_result::<Size>(conn)?.bytes)
}

#[derive(QueryableByName)]
struct Size {
    #[diesel(sql_type = BigInt)]
    bytes: i64,
}
