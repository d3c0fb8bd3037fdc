//! Encrypted pictures with thumbnails: sent by one, downloaded and decrypted by another.

use anyhow::{Context, Result};
use matrix_sdk::attachment::{AttachmentConfig, AttachmentInfo, BaseImageInfo, Thumbnail};
use matrix_sdk::media::MediaThumbnailSettings;
use matrix_sdk::ruma::events::room::MediaSource;
use matrix_sdk::ruma::events::room::message::{ImageMessageEventContent, MessageType};
use matrix_sdk::ruma::{RoomId, UInt, uint};
use rand::RngCore;

use crate::device::{Device, message};
use crate::stage::Stage;

pub fn random_bytes(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// Encrypts, uploads and announces a picture and, where there is one, its thumbnail.
pub async fn send_picture(
    device: &Device,
    room_id: &RoomId,
    name: &str,
    picture: Vec<u8>,
    small: Option<Vec<u8>>,
) -> Result<()> {
    let info = BaseImageInfo {
        width: Some(uint!(1600)),
        height: Some(uint!(1200)),
        size: UInt::new(picture.len() as u64),
        ..BaseImageInfo::default()
    };
    let thumbnail = small.map(|data| Thumbnail {
        size: UInt::try_from(data.len()).unwrap_or_default(),
        data,
        content_type: mime::IMAGE_PNG,
        width: uint!(160),
        height: uint!(120),
    });
    let config = AttachmentConfig::new().info(AttachmentInfo::Image(info)).thumbnail(thumbnail);
    device.room(room_id)?.send_attachment(name, &mime::IMAGE_PNG, picture, config).await?;
    Ok(())
}

/// Waits for a picture of that name; gives what its event says.
pub async fn find_picture(device: &Device, room_id: &RoomId, name: &str) -> Result<ImageMessageEventContent> {
    match message(&device.hears(room_id, name).await?) {
        Some(MessageType::Image(content)) => Ok(content),
        other => anyhow::bail!("{name} is not a picture: {other:?}"),
    }
}

/// The picture itself, from the server, decrypted.
pub async fn open_picture(device: &Device, content: &ImageMessageEventContent) -> Result<Vec<u8>> {
    device.client.media().get_file(content, false).await?.context("a file")
}

pub async fn exchange_picture(stage: &Stage, alice: &Device, bob: &Device, room_id: &RoomId) -> Result<()> {
    let (picture, small) = (random_bytes(200_000), random_bytes(9_000));
    send_picture(alice, room_id, "dove.png", picture.clone(), Some(small.clone())).await?;
    let shown = find_picture(bob, room_id, "dove.png").await?;
    stage.check("the picture came encrypted", matches!(shown.source, MediaSource::Encrypted(_)), &shown.source)?;
    let opened = open_picture(bob, &shown).await?;
    stage.check("and is, decrypted, the one that alice sent", opened == picture, opened.len())?;
    let source = shown.info.as_ref().and_then(|info| info.thumbnail_source.as_ref());
    stage.check("its thumbnail came encrypted", matches!(source, Some(MediaSource::Encrypted(_))), source)?;
    let settings = MediaThumbnailSettings::new(uint!(160), uint!(120));
    let opened = bob.client.media().get_thumbnail(&shown, settings, false).await?.context("a thumbnail")?;
    stage.check("and is alice's too", opened == small, opened.len())
}
