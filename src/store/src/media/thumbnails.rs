//! Thumbnails: which content is which thumbnail of another.

use diesel::prelude::*;

use crate::{
    Conn, Result, Tx,
    connection::both,
    media::Content,
    schema::{media_contents, media_thumbnails},
};

/// Which thumbnail of a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ThumbnailKey {
    /// The size that was asked for, in pixels.
    pub width: u32,
    /// The size that was asked for, in pixels.
    pub height: u32,
    /// Whether it fills that size, or fits into it.
    pub crop: bool,
    /// Whether it may move.
    pub animated: bool,
}

/// A row of `media_thumbnails`.
#[derive(Clone, Debug, PartialEq, Eq, Insertable)]
#[diesel(table_name = media_thumbnails)]
pub struct ThumbnailRow {
    hash: Vec<u8>,
    width: i64,
    height: i64,
    crop: bool,
    animated: bool,
    thumbnail: Vec<u8>,
    content_type: String,
}

impl ThumbnailRow {
    /// That the content `thumbnail` is this thumbnail of the content `of`.
    pub fn new(of: &[u8], key: ThumbnailKey, thumbnail: &[u8], content_type: &str) -> Self {
        let ThumbnailKey { width, height, crop, animated } = key;
        Self {
            hash: of.to_owned(),
            width: width.into(),
            height: height.into(),
            crop,
            animated,
            thumbnail: thumbnail.to_owned(),
            content_type: content_type.to_owned(),
        }
    }
}

/// A thumbnail with its content type.
pub fn get(conn: &mut Conn, of: &[u8], key: ThumbnailKey) -> Result<Option<(Content, String)>> {
    let id = (of, i64::from(key.width), i64::from(key.height), key.crop, key.animated);
    let joined = media_thumbnails::table
        .find(id)
        .inner_join(media_contents::table.on(media_thumbnails::thumbnail.eq(media_contents::hash)));
    Ok(joined.select((Content::as_select(), media_thumbnails::content_type)).get_result(conn).optional()?)
}

/// How many thumbnails of a content are kept.
pub fn count(conn: &mut Conn, of: &[u8]) -> Result<i64> {
    Ok(media_thumbnails::table.filter(media_thumbnails::hash.eq(of)).count().get_result(conn)?)
}

/// Adds a thumbnail whose content is there, unless it is known.
pub fn add(tx: &mut Tx<'_>, row: &ThumbnailRow) -> Result<()> {
    both!(tx.conn(), c => diesel::insert_into(media_thumbnails::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}
