//! From the bytes of a picture to those of its thumbnail. The bytes are a stranger's: only four kinds of pictures are
//! decoded, by pure Rust, after their size has been looked at. Blocks, for up to some seconds.

use std::io::{BufReader, Cursor, Read as _};

use image::{
    AnimationDecoder as _, DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Rgba,
    codecs::{gif::GifDecoder, jpeg::JpegEncoder, png::PngDecoder, webp::WebPDecoder},
    metadata::Orientation,
};
use store::media::ThumbnailKey;

use crate::{
    Error, Result, Source,
    thumbnail::{animated, size::Shrinking, turns::TOO_LARGE, webp},
};

/// Bytes of a picture file. Some decoders take the whole of it into memory.
const FILE_BYTES: u64 = 64 << 20;
/// What the decoders may allocate beside the pixels.
const BESIDE_PIXELS: u64 = 16 << 20;
/// Of 100; what more costs in bytes nobody sees in a thumbnail.
const JPEG_QUALITY: u8 = 82;

/// How much a picture may ask of us.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// Pixels of the whole picture.
    pub pixels: u64,
}

/// What came of it.
pub(super) enum Made {
    /// The picture is a thumbnail itself, and of this content type.
    Original(&'static str),
    /// A smaller picture.
    Picture {
        /// Its file.
        bytes: Vec<u8>,
        /// What it is.
        content_type: &'static str,
    },
}

/// Makes a thumbnail of the picture of `bytes` bytes that `source` reads.
///
/// # Errors
/// [`Error::NoThumbnail`] for what is no picture or a broken one; [`Error::TooLarge`].
pub(super) fn make(source: &mut dyn Source, bytes: u64, key: ThumbnailKey, limits: Limits) -> Result<Made> {
    let (format, content_type) = format(source)?;
    if bytes > FILE_BYTES {
        return Err(TOO_LARGE);
    }
    let (size, orientation) = measure(source, format, limits)?;
    let turned = if is_sideways(orientation) { (size.1, size.0) } else { size };
    let stays = Shrinking::new(turned, key).cut == turned;
    if stays && (key.animated || !moves(source, format, limits)?) {
        return Ok(Made::Original(content_type));
    }
    if key.animated
        && let Some(bytes) = animated::make(source, format, key, limits)?
    {
        return Ok(Made::Picture { bytes, content_type: "image/gif" });
    }
    let mut picture = DynamicImage::from_decoder(decoder(source, format, limits)?).map_err(refusal)?;
    picture.apply_orientation(orientation);
    write(&shrink(picture, key))
}

/// What kind of picture it is, by its first bytes and not by what is said of it.
fn format(source: &mut dyn Source) -> Result<(ImageFormat, &'static str)> {
    let mut start = Vec::new();
    source.take(32).read_to_end(&mut start)?;
    match image::guess_format(&start) {
        Ok(ImageFormat::Png) => Ok((ImageFormat::Png, "image/png")),
        Ok(ImageFormat::Jpeg) => Ok((ImageFormat::Jpeg, "image/jpeg")),
        Ok(ImageFormat::Gif) => Ok((ImageFormat::Gif, "image/gif")),
        Ok(ImageFormat::WebP) => Ok((ImageFormat::WebP, "image/webp")),
        _ => Err(Error::NoThumbnail),
    }
}

/// A decoder at the beginning of a picture; nothing has been decoded but its header.
fn decoder<'a>(
    source: &'a mut dyn Source,
    format: ImageFormat,
    limits: Limits,
) -> Result<impl image::ImageDecoder + 'a> {
    source.rewind()?;
    let mut reader = ImageReader::with_format(BufReader::new(source), format);
    reader.limits(limits.of_decoder());
    reader.into_decoder().map_err(refusal)
}

impl Limits {
    pub(super) fn of_decoder(self) -> image::Limits {
        let mut limits = image::Limits::default();
        limits.max_image_width = Some(u16::MAX.into());
        limits.max_image_height = Some(u16::MAX.into());
        // Four colours of up to two bytes each.
        limits.max_alloc = Some(self.pixels.saturating_mul(8).saturating_add(BESIDE_PIXELS));
        limits
    }
}

/// The size by the header, and how the camera was held.
fn measure(source: &mut dyn Source, format: ImageFormat, limits: Limits) -> Result<((u32, u32), Orientation)> {
    if format == ImageFormat::WebP {
        webp::check(source, limits)?;
    }
    let mut decoder = decoder(source, format, limits)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(Error::NoThumbnail);
    }
    if u64::from(width) * u64::from(height) > limits.pixels {
        return Err(TOO_LARGE);
    }
    Ok(((width, height), decoder.orientation().unwrap_or(Orientation::NoTransforms)))
}

fn is_sideways(orientation: Orientation) -> bool {
    use Orientation as O;
    matches!(orientation, O::Rotate90 | O::Rotate270 | O::Rotate90FlipH | O::Rotate270FlipH)
}

/// Whether a picture moves.
fn moves(source: &mut dyn Source, format: ImageFormat, limits: Limits) -> Result<bool> {
    source.rewind()?;
    let source = BufReader::new(source);
    Ok(match format {
        ImageFormat::Gif => {
            let mut decoder = GifDecoder::new(source).map_err(refusal)?;
            decoder.set_limits(limits.of_decoder()).map_err(refusal)?;
            decoder.into_frames().take(2).filter(|frame| frame.is_ok()).count() == 2
        }
        ImageFormat::WebP => WebPDecoder::new(source).map_err(refusal)?.has_animation(),
        ImageFormat::Png => {
            let decoder = PngDecoder::with_limits(source, limits.of_decoder()).map_err(refusal)?;
            decoder.is_apng().map_err(refusal)?
        }
        _ => false,
    })
}

/// Makes a picture smaller.
pub(super) fn shrink(picture: DynamicImage, key: ThumbnailKey) -> DynamicImage {
    let size = (picture.width(), picture.height());
    let Shrinking { shrunk, cut } = Shrinking::new(size, key);
    let small = if shrunk == size { picture } else { picture.thumbnail_exact(shrunk.0, shrunk.1) };
    if cut == shrunk {
        return small;
    }
    let margin = |whole: u32, part: u32| whole.saturating_sub(part) / 2;
    small.crop_imm(margin(shrunk.0, cut.0), margin(shrunk.1, cut.1), cut.0, cut.1)
}

/// As JPEG, or as PNG where one can see through it.
fn write(picture: &DynamicImage) -> Result<Made> {
    let mut out = Cursor::new(Vec::new());
    let rgba = picture.color().has_alpha().then(|| picture.to_rgba8());
    let content_type = match rgba.filter(|rgba| rgba.pixels().any(|Rgba([_, _, _, opacity])| *opacity < u8::MAX)) {
        Some(rgba) => {
            rgba.write_to(&mut out, ImageFormat::Png).map_err(refusal)?;
            "image/png"
        }
        None => {
            let encoder = JpegEncoder::new_with_quality(&mut out, JPEG_QUALITY);
            picture.to_rgb8().write_with_encoder(encoder).map_err(refusal)?;
            "image/jpeg"
        }
    };
    Ok(Made::Picture { bytes: out.into_inner(), content_type })
}

pub(super) fn refusal(error: ImageError) -> Error {
    match error {
        ImageError::Limits(_) => TOO_LARGE,
        error => {
            tracing::debug!(%error, "a picture cannot be decoded");
            Error::NoThumbnail
        }
    }
}
