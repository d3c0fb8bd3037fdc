//! Contents by their SHA-256.

use diesel::{dsl::exists, prelude::*};

use crate::{
    Conn, Result, Tx,
    connection::both,
    schema::{media, media_contents, media_thumbnails},
};

/// A content that may be new.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = media_contents, treat_none_as_default_value = false)]
pub struct NewContent {
    /// Its SHA-256.
    pub hash: Vec<u8>,
    /// How many bytes it has.
    pub size: i64,
    /// When it came, in milliseconds since 1970.
    pub created_at: i64,
    /// Whether nobody gets it.
    pub quarantined: bool,
    /// The content, if it is kept in the database; none where it is a file.
    pub bytes: Option<Vec<u8>>,
}

/// A content that is known.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = media_contents)]
pub struct Content {
    /// Its SHA-256.
    pub hash: Vec<u8>,
    /// How many bytes it has.
    pub size: i64,
    /// Whether nobody gets it.
    pub quarantined: bool,
    /// The content; none where it is a file.
    pub bytes: Option<Vec<u8>>,
}

/// The content of this hash.
pub fn get(conn: &mut Conn, hash: &[u8]) -> Result<Option<Content>> {
    Ok(media_contents::table.find(hash).select(Content::as_select()).get_result(conn).optional()?)
}

/// Whether a known content is quarantined.
pub fn quarantined(conn: &mut Conn, hash: &[u8]) -> Result<Option<bool>> {
    Ok(media_contents::table.find(hash).select(media_contents::quarantined).get_result(conn).optional()?)
}

/// Adds a content, unless it is known. False where it is quarantined: then nothing may refer to it.
pub fn add(tx: &mut Tx<'_>, content: &NewContent) -> Result<bool> {
    let added = both!(tx.conn(), c => diesel::insert_into(media_contents::table)
        .values(content)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(added == 1 || quarantined(tx.conn(), &content.hash)? == Some(false))
}

/// Puts a content away, or ends that. False where it is not known.
pub fn set_quarantined(tx: &mut Tx<'_>, hash: &[u8], quarantined: bool) -> Result<bool> {
    let row = media_contents::table.find(hash);
    Ok(diesel::update(row).set(media_contents::quarantined.eq(quarantined)).execute(tx.conn())? == 1)
}

/// Those of these hashes under which a content is known that is a file.
pub fn known_files(conn: &mut Conn, hashes: &[Vec<u8>]) -> Result<Vec<Vec<u8>>> {
    let rows = media_contents::table.filter(media_contents::hash.eq_any(hashes));
    Ok(rows.filter(media_contents::bytes.is_null()).select(media_contents::hash).load(conn)?)
}

/// Hashes of contents that are files and that files of this server need, themselves or as thumbnails, in order, those
/// after `after`.
pub fn list_own_files(conn: &mut Conn, after: &[u8], limit: i64) -> Result<Vec<Vec<u8>>> {
    let uploaded = media::table.filter(media::hash.eq(media_contents::hash.nullable()));
    let of_uploaded = media_thumbnails::table
        .inner_join(media::table.on(media::hash.eq(media_thumbnails::hash.nullable())))
        .filter(media_thumbnails::thumbnail.eq(media_contents::hash));
    let rows = media_contents::table
        .filter(media_contents::hash.gt(after))
        .filter(media_contents::bytes.is_null())
        .filter(exists(uploaded.select(media::media_id)).or(exists(of_uploaded.select(media::media_id))));
    Ok(rows.order(media_contents::hash).limit(limit).select(media_contents::hash).load(conn)?)
}
