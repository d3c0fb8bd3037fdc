//! Reading thoughts: the feed, somebody's page, what is found, everything.

use std::fs::OpenOptions;
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use matrix_sdk::media::{MediaFormat, MediaRequestParameters};
use tokio::time::timeout;

use crate::account::Account;
use crate::cli::arguments::{Feed, Read, Search, Sort};
use crate::console::Console;
use crate::error::{Error, Result};
use crate::report::{Exported, PictureReport, Report, ShownPicture, ThoughtReport};
use crate::{export, feed, profile_page, search};

/// Which pictures are fetched to be drawn: so many of a thought, so large, and as long as it takes no longer.
const MAX_PICTURES: usize = 4;
const MAX_PICTURE_BYTES: u64 = 8 * 1024 * 1024;
const PICTURE_TAKES: Duration = Duration::from_secs(10);

pub async fn feed(account: &Account, feed: Feed, pictures: bool, console: &mut dyn Console) -> Result<()> {
    let thoughts = feed::page(account, usize::from(feed.limit), feed.sort == Sort::Rating, console).await?;
    if thoughts.is_empty() {
        console.notice(
            "Nothing yet. What your friends write from now on is shown here; `thoughts read` shows what is older.",
        );
    }
    show(account, thoughts, pictures, console).await;
    Ok(())
}

pub async fn read(account: &Account, read: Read, pictures: bool, console: &mut dyn Console) -> Result<()> {
    let limit = usize::try_from(read.limit).unwrap_or(usize::MAX);
    let thoughts = profile_page::read(account, &read.user_id, limit, console).await?;
    if thoughts.is_empty() {
        console.notice(&format!("{} has written nothing that you can read.", read.user_id));
    }
    show(account, thoughts, pictures, console).await;
    Ok(())
}

pub async fn search(account: &Account, wanted: Search, pictures: bool, console: &mut dyn Console) -> Result<()> {
    let words = wanted.words.join(" ");
    let found = search::find(account, &words, wanted.author.as_deref(), wanted.tag.as_deref(), console).await?;
    if found.is_empty() {
        console.notice(
            "Nothing found. Only what this device has read is searched; `thoughts read @name:server` reads more.",
        );
    }
    show(account, found, pictures, console).await;
    Ok(())
}

/// Writes everything readable, to the console or into a file that is there only once it is whole.
pub async fn export(account: &Account, file: Option<&Path>, console: &mut dyn Console) -> Result<()> {
    let Some(file) = file else {
        for thought in export::all(account, console).await? {
            console.report(Report::Thought(Box::new(thought)));
        }
        return Ok(());
    };
    let all = export::all(account, console).await?;
    let written = write(file, &all);
    written.map_err(|error| Error::Input(format!("{} cannot be written: {error}.", file.display())))?;
    let thoughts = all.len() as u64;
    console.report(Report::Exported(Exported { file: file.display().to_string(), thoughts }));
    Ok(())
}

/// One line for each thought, readable for the user only.
fn write(file: &Path, thoughts: &[ThoughtReport]) -> std::io::Result<()> {
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    let part = Path::new(&name);
    // What an export left that broke off may be readable for others.
    if part.exists() {
        std::fs::remove_file(part)?;
    }
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(part)?;
    let mut lines = BufWriter::new(opened);
    for thought in thoughts {
        serde_json::to_writer(&mut lines, thought)?;
        lines.write_all(b"\n")?;
    }
    lines.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
    std::fs::rename(part, file)
}

/// Shows thoughts, each with its pictures where they can be shown.
async fn show(account: &Account, thoughts: Vec<ThoughtReport>, pictures: bool, console: &mut dyn Console) {
    for thought in thoughts {
        let shown = thought.pictures.clone();
        console.report(Report::Thought(Box::new(thought)));
        if pictures {
            draw(account, shown, console).await;
        }
    }
}

/// Draws the pictures of a thought.
pub async fn draw(account: &Account, pictures: Vec<PictureReport>, console: &mut dyn Console) {
    for picture in pictures.into_iter().take(MAX_PICTURES) {
        if let Some(picture) = fetched(account, picture).await {
            console.report(Report::Picture(picture));
        }
    }
}

/// The picture, unless it is large or does not come; then its line has to do.
async fn fetched(account: &Account, picture: PictureReport) -> Option<ShownPicture> {
    if picture.size.is_some_and(|size| size > MAX_PICTURE_BYTES) {
        return None;
    }
    let request = MediaRequestParameters { source: picture.source, format: MediaFormat::File };
    let media = account.client().media();
    let bytes = timeout(PICTURE_TAKES, media.get_media_content(&request, true)).await.ok()?.ok()?;
    (bytes.len() as u64 <= MAX_PICTURE_BYTES).then(|| ShownPicture { name: picture.name, data: STANDARD.encode(bytes) })
}
