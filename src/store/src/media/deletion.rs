//! Deleting files and what only they needed.

use diesel::prelude::*;

use crate::{
    Conn, Result, Tx,
    media::{contents, remote, uploads, usage},
    schema::{media, media_contents, media_thumbnails, remote_media},
};

/// Deletes the row of this id, and its content with its thumbnails where nothing else needs it. Gives the hashes of the
/// files that are to be removed now; none where there was no such row.
pub fn delete(tx: &mut Tx<'_>, media_id: &str) -> Result<Option<Vec<Vec<u8>>>> {
    let Some((row, content)) = uploads::with_content(tx.conn(), media_id)? else { return Ok(None) };
    diesel::delete(media::table.find(media_id)).execute(tx.conn())?;
    let Some(content) = content else { return Ok(Some(Vec::new())) };
    usage::add(tx, &row.user_id, -1, -content.size)?;
    sweep(tx, content.hash).map(Some)
}

/// Deletes the row of another server's file, and its content with its thumbnails where nothing else needs it. Gives the
/// hashes of the files that are to be removed now; none where there was no such row.
pub fn delete_remote(tx: &mut Tx<'_>, server: &str, media_id: &str) -> Result<Option<Vec<Vec<u8>>>> {
    let Some(row) = remote::get(tx.conn(), server, media_id)? else { return Ok(None) };
    diesel::delete(remote_media::table.find((server, media_id))).execute(tx.conn())?;
    sweep(tx, row.hash).map(Some)
}

/// Deletes a content, every row that refers to it, and its thumbnails. A quarantine stays, so that nobody uploads it
/// again. Gives how many rows went, and the hashes of the files that are to be removed now.
pub fn delete_content(tx: &mut Tx<'_>, hash: &[u8]) -> Result<(usize, Vec<Vec<u8>>)> {
    let ids: Vec<String> = media::table.filter(media::hash.eq(hash)).select(media::media_id).load(tx.conn())?;
    let cached = remote::with_hash(tx.conn(), hash)?;
    let mut files = Vec::new();
    for id in &ids {
        files.extend(delete(tx, id)?.unwrap_or_default());
    }
    for (server, id) in &cached {
        files.extend(delete_remote(tx, server, id)?.unwrap_or_default());
    }
    // It may be a thumbnail of something; that one will be made anew.
    diesel::delete(media_thumbnails::table.filter(media_thumbnails::thumbnail.eq(hash))).execute(tx.conn())?;
    files.extend(sweep(tx, hash.to_owned())?);
    Ok((ids.len() + cached.len(), files))
}

/// Forgets the quarantine of a content that is no longer here.
pub fn forget_deleted(tx: &mut Tx<'_>, hash: &[u8]) -> Result<()> {
    if needed(tx.conn(), hash)? {
        return Ok(());
    }
    diesel::delete(media_contents::table.find(hash)).execute(tx.conn())?;
    Ok(())
}

/// Removes a content that nothing needs any more, then its thumbnails.
fn sweep(tx: &mut Tx<'_>, hash: Vec<u8>) -> Result<Vec<Vec<u8>>> {
    if in_use(tx.conn(), &hash)? {
        return Ok(Vec::new());
    }
    let thumbnails: Vec<Vec<u8>> = media_thumbnails::table
        .filter(media_thumbnails::hash.eq(&hash))
        .select(media_thumbnails::thumbnail)
        .distinct()
        .load(tx.conn())?;
    diesel::delete(media_thumbnails::table.filter(media_thumbnails::hash.eq(&hash))).execute(tx.conn())?;
    let mut files = Vec::new();
    for hash in thumbnails.into_iter().chain([hash]) {
        if !needed(tx.conn(), &hash)? {
            files.extend(remove(tx, hash)?);
        }
    }
    Ok(files)
}

/// Removes the row of a content, or of a quarantined one what is in it. Gives the hash if there was a file.
fn remove(tx: &mut Tx<'_>, hash: Vec<u8>) -> Result<Option<Vec<u8>>> {
    let Some(content) = contents::get(tx.conn(), &hash)? else { return Ok(None) };
    if content.quarantined {
        let empty = media_contents::bytes.eq(None::<Vec<u8>>);
        diesel::update(media_contents::table.find(&hash)).set(empty).execute(tx.conn())?;
    } else {
        diesel::delete(media_contents::table.find(&hash)).execute(tx.conn())?;
    }
    Ok(content.bytes.is_none().then_some(hash))
}

/// Whether a row of `media` or of `remote_media` has this content.
fn in_use(conn: &mut Conn, hash: &[u8]) -> Result<bool> {
    let one = media::table.filter(media::hash.eq(hash)).select(media::media_id).limit(1);
    if one.first::<String>(conn).optional()?.is_some() {
        return Ok(true);
    }
    let one = remote_media::table.filter(remote_media::hash.eq(hash)).select(remote_media::media_id).limit(1);
    Ok(one.first::<String>(conn).optional()?.is_some())
}

/// Whether a row of `media`, of `remote_media` or of `media_thumbnails` has this content.
fn needed(conn: &mut Conn, hash: &[u8]) -> Result<bool> {
    let thumbnail = media_thumbnails::table.filter(media_thumbnails::thumbnail.eq(hash));
    let one = thumbnail.select(media_thumbnails::width).limit(1);
    Ok(in_use(conn, hash)? || one.first::<i64>(conn).optional()?.is_some())
}
