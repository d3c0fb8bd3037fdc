//! Thumbnails.

use std::io::Cursor;

use image::{
    AnimationDecoder as _, Delay, DynamicImage, Frame, ImageFormat, Rgba, RgbaImage,
    codecs::gif::{GifDecoder, GifEncoder},
};
use store::testing::each;

use super::*;
use crate::{Method, Wanted};

pub(super) fn picture(width: u32, height: u32, opacity: u8, format: ImageFormat) -> Vec<u8> {
    let picture = RgbaImage::from_fn(width, height, |x, y| Rgba([(x % 256) as u8, (y % 256) as u8, 99, opacity]));
    let picture = DynamicImage::ImageRgba8(picture);
    let mut out = Cursor::new(Vec::new());
    let picture = if format == ImageFormat::Jpeg { picture.to_rgb8().into() } else { picture };
    picture.write_to(&mut out, format).unwrap();
    out.into_inner()
}

fn moving(width: u32, height: u32, frames: u8) -> Vec<u8> {
    let mut out = Vec::new();
    {
        let mut encoder = GifEncoder::new_with_speed(&mut out, 30);
        for n in 0..frames {
            let picture = RgbaImage::from_pixel(width, height, Rgba([n.wrapping_mul(50), 9, 9, 255]));
            encoder.encode_frame(Frame::from_parts(picture, 0, 0, Delay::from_numer_denom_ms(100, 1))).unwrap();
        }
    }
    out
}

fn crop(width: u32, height: u32) -> Wanted {
    Wanted { width, height, method: Method::Crop, animated: false }
}

fn scale(width: u32, height: u32) -> Wanted {
    Wanted { width, height, method: Method::Scale, animated: false }
}

async fn thumbnail(world: &World, id: &str, wanted: Wanted) -> Result<(String, Vec<u8>)> {
    let file = world.media.thumbnail(id, wanted, Duration::ZERO).await?;
    let content_type = file.content_type.clone();
    Ok((content_type, read(file, 0, u64::MAX).await))
}

fn size(bytes: &[u8]) -> (u32, u32) {
    let picture = image::load_from_memory(bytes).unwrap();
    (picture.width(), picture.height())
}

#[tokio::test]
async fn thumbnails_are_made_once_and_go_with_their_picture() {
    each(async |database| {
        let world = World::open(database);
        let bytes = picture(900, 600, 255, ImageFormat::Png);
        let id = world.upload(&bytes).await.unwrap();
        for (wanted, expected) in [
            (crop(30, 30), (32, 32)),
            (crop(96, 96), (96, 96)),
            (crop(100, 50), (100, 50)),
            (scale(100, 100), (320, 213)),
            (scale(640, 480), (640, 427)),
            (scale(800, 601), (900, 600)),
            (crop(3_000, 3_000), (900, 600)),
        ] {
            let first = thumbnail(&world, &id, wanted).await.unwrap();
            assert_eq!(size(&first.1), expected, "{wanted:?}");
            assert!(first == thumbnail(&world, &id, wanted).await.unwrap(), "{wanted:?}");
        }
        let rows = "SELECT count(*) FROM media_thumbnails";
        assert_eq!(count(&world, rows).await, 7);
        world.media.delete(&world.media.which(&id).unwrap()).await.unwrap();
        assert_eq!(count(&world, rows).await, 0);
        assert_eq!(count(&world, "SELECT count(*) FROM media_contents").await, 0);
        assert_eq!(world.files().len(), 0);
    })
    .await
}

/// Rows of `media_thumbnails` or `media_contents`, as a backup sees them.
async fn count(world: &World, query: &str) -> usize {
    let mut text = Vec::new();
    store::backup::write(&world._database.target, &[], &(), &mut text).unwrap();
    let table = query.rsplit(' ').next().unwrap();
    let text = String::from_utf8(text).unwrap();
    let part = text.lines().skip_while(|line| !line.contains(&format!("{{\"table\":\"{table}\""))).skip(1);
    part.take_while(|line| line.starts_with('[')).count()
}

#[tokio::test]
async fn strange_shapes_do_not_fill_the_disk() {
    each(async |database| {
        let world = World::open(database);
        let id = world.upload(&picture(100, 100, 255, ImageFormat::Png)).await.unwrap();
        for width in 1..40 {
            let (_, bytes) = thumbnail(&world, &id, crop(width, 50)).await.unwrap();
            assert_eq!(size(&bytes), (width, 50));
        }
        assert_eq!(count(&world, "SELECT count(*) FROM media_thumbnails").await, 12);
        thumbnail(&world, &id, crop(32, 32)).await.unwrap();
        assert_eq!(count(&world, "SELECT count(*) FROM media_thumbnails").await, 13);
    })
    .await
}

#[tokio::test]
async fn every_kind_of_picture_and_what_one_can_see_through() {
    each(async |database| {
        let world = World::open(database);
        for (format, opacity, expected) in [
            (ImageFormat::Png, 255, "image/jpeg"),
            (ImageFormat::Png, 100, "image/png"),
            (ImageFormat::Jpeg, 255, "image/jpeg"),
            (ImageFormat::Gif, 255, "image/jpeg"),
            (ImageFormat::WebP, 255, "image/jpeg"),
            (ImageFormat::WebP, 100, "image/png"),
        ] {
            let id = world.upload(&picture(203, 101, opacity, format)).await.unwrap();
            let (content_type, bytes) = thumbnail(&world, &id, crop(32, 32)).await.unwrap();
            assert_eq!((content_type.as_str(), size(&bytes)), (expected, (32, 32)), "{format:?}");
        }
    })
    .await
}

#[tokio::test]
async fn small_pictures_are_their_own_thumbnails() {
    each(async |database| {
        let world = World::open(database);
        let bytes = picture(20, 10, 255, ImageFormat::WebP);
        let id = world.upload(&bytes).await.unwrap();
        for wanted in [scale(64, 64), scale(5_000, 5_000), crop(5_000, 5_000)] {
            assert!(thumbnail(&world, &id, wanted).await.unwrap() == ("image/webp".into(), bytes.clone()));
        }
        assert_eq!(word(thumbnail(&world, &id, scale(0, 5)).await), "invalid");
    })
    .await
}

#[tokio::test]
async fn only_who_asks_for_it_gets_what_moves() {
    each(async |database| {
        let world = World::open(database);
        let frames = |bytes: Vec<u8>| GifDecoder::new(Cursor::new(bytes)).unwrap().into_frames().count();
        for (width, stays) in [(300, false), (40, true)] {
            let id = world.upload(&moving(width, width, 4)).await.unwrap();
            let still = thumbnail(&world, &id, crop(96, 96)).await.unwrap();
            assert_eq!(still.0, "image/jpeg");
            let wanted = Wanted { animated: true, ..crop(96, 96) };
            let (content_type, bytes) = thumbnail(&world, &id, wanted).await.unwrap();
            assert_eq!(content_type, "image/gif");
            assert_eq!(size(&bytes).0, if stays { 40 } else { 96 });
            assert_eq!(frames(bytes), 4);
        }
        let id = world.upload(&picture(200, 200, 255, ImageFormat::Jpeg)).await.unwrap();
        let wanted = Wanted { animated: true, ..crop(96, 96) };
        assert_eq!(thumbnail(&world, &id, wanted).await.unwrap().0, "image/jpeg");
    })
    .await
}

#[tokio::test]
async fn bad_pictures_are_refused() {
    each(async |database| {
        let world = World::with(database, |config| config.thumbnail_megapixels = 1);
        let whole = picture(300, 300, 255, ImageFormat::Png);
        for (bytes, expected) in [
            (b"no picture".to_vec(), "no thumbnail"),
            (Vec::new(), "no thumbnail"),
            (whole[..whole.len() / 2].to_vec(), "no thumbnail"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), "no thumbnail"),
            (picture(1_001, 1_000, 255, ImageFormat::Png), "too large"),
            (picture(1_001, 1_000, 255, ImageFormat::Jpeg), "too large"),
        ] {
            let id = world.upload(&bytes).await.unwrap();
            for _ in 0..2 {
                assert_eq!(word(thumbnail(&world, &id, crop(32, 32)).await), expected);
            }
        }
        assert_eq!(word(thumbnail(&world, "nothing", crop(32, 32)).await), "not found");
    })
    .await
}

#[tokio::test]
async fn a_quarantine_holds_for_thumbnails() {
    each(async |database| {
        let world = World::open(database);
        let id = world.upload(&picture(300, 300, 255, ImageFormat::Png)).await.unwrap();
        thumbnail(&world, &id, crop(32, 32)).await.unwrap();
        let which = world.media.which(&id).unwrap();
        world.media.quarantine(&which).await.unwrap();
        for side in [32, 96] {
            assert_eq!(word(thumbnail(&world, &id, crop(side, side)).await), "not found");
        }
        world.media.end_quarantine(&which).await.unwrap();
        thumbnail(&world, &id, crop(32, 32)).await.unwrap();
    })
    .await
}
