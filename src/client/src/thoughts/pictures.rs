//! Pictures of thoughts. They are copied when the thought is written, so that what is sent later is what was meant.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Cursor, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use image::ImageReader;
use matrix_sdk::Room;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::account::Account;
use crate::error::{Error, Result};

/// The largest file.
const MAX_BYTES: u64 = 50_000_000;
/// The most pictures of a thought.
const MAX_PICTURES: usize = 20;

/// A picture that waits to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The copy.
    pub file: PathBuf,
    /// What the file was called.
    pub name: String,
    /// Its media type.
    pub mimetype: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Bytes.
    pub size: u64,
}

/// Copies pictures into the account's folder.
///
/// # Errors
/// A file is no picture, or too large.
pub fn keep(account: &Account, id: &str, files: &[PathBuf]) -> Result<Vec<Kept>> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    if files.len() > MAX_PICTURES {
        return Err(Error::Input(format!("A thought has {MAX_PICTURES} pictures at most.")));
    }
    let folder = account.folder().file("outbox");
    DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    files.iter().enumerate().map(|(at, file)| keep_one(&folder.join(format!("{id}-{at}")), file)).collect()
}

fn keep_one(copy: &Path, file: &Path) -> Result<Kept> {
    let shown = file.display();
    let mut data = Vec::new();
    let opened = File::open(file).map_err(|why| Error::Input(format!("{shown} cannot be read: {why}.")))?;
    opened.take(MAX_BYTES + 1).read_to_end(&mut data)?;
    if data.len() as u64 > MAX_BYTES {
        return Err(Error::Input(format!("{shown} is too large: {} MB at most.", MAX_BYTES / 1_000_000)));
    }
    let no_picture = || Error::Input(format!("{shown} is no picture that is known: PNG, JPEG, GIF or WebP."));
    let reader = ImageReader::new(Cursor::new(&data)).with_guessed_format()?;
    let mimetype = reader.format().ok_or_else(no_picture)?.to_mime_type().to_owned();
    let (width, height) = reader.into_dimensions().map_err(|_| no_picture())?;
    let mut out = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(copy)?;
    out.write_all(&data)?;
    out.sync_all()?;
    let name = file.file_name().map_or_else(|| "picture".to_owned(), |name| name.to_string_lossy().into_owned());
    Ok(Kept { file: copy.to_owned(), name, mimetype, width, height, size: data.len() as u64 })
}

/// Uploads a picture, encrypted where the room is, and gives the content of its message.
///
/// * `content`: of the message with its text, which becomes the caption.
///
/// # Errors
/// The server cannot be reached or refuses.
pub async fn upload(account: &Account, room: &Room, kept: &Kept, content: &Value) -> Result<Value> {
    let data = std::fs::read(&kept.file)?;
    let mut message = content.clone();
    let Some(fields) = message.as_object_mut() else { return Ok(message) };
    if room.encryption_state().is_encrypted() {
        let file = account.client().upload_encrypted_file(&mut Cursor::new(data)).await?;
        fields.insert("file".to_owned(), serde_json::to_value(file)?);
    } else {
        let kind: mime::Mime = kept.mimetype.parse().map_err(|_| Error::Input("An unknown picture.".to_owned()))?;
        let uploaded = account.client().media().upload(&kind, data, None).await?;
        fields.insert("url".to_owned(), uploaded.content_uri.to_string().into());
    }
    if fields.get("body").and_then(Value::as_str).is_none_or(str::is_empty) {
        fields.insert("body".to_owned(), kept.name.clone().into());
    }
    fields.insert("msgtype".to_owned(), "m.image".into());
    fields.insert("filename".to_owned(), kept.name.clone().into());
    let info = json!({"mimetype": kept.mimetype, "size": kept.size, "w": kept.width, "h": kept.height});
    fields.insert("info".to_owned(), info);
    Ok(message)
}
