//! Thumbnails that move. They are GIFs, whatever the original is: of the three it is the one that we can write.

use std::io::{self, BufReader, Write};

use image::{
    AnimationDecoder as _, DynamicImage, Frame, Frames, ImageDecoder as _, ImageFormat,
    codecs::{
        gif::{GifDecoder, GifEncoder, Repeat},
        png::PngDecoder,
        webp::WebPDecoder,
    },
};
use store::media::ThumbnailKey;

use crate::{
    Result, Source,
    thumbnail::{
        make::{Limits, refusal, shrink},
        size::Shrinking,
    },
};

/// Pixels that are decoded, of all frames together. What has more is shown as one picture that does not move.
const DECODED: u64 = 80_000_000;
/// Pixels that are written, of all frames together.
const WRITTEN: u64 = 16_000_000;
/// Bytes that are written.
const BYTES: usize = 8 << 20;
/// How thoroughly colours are chosen, from 1 (best) to 30 (fastest).
const SPEED: i32 = 20;

/// Makes a smaller animation; none of a picture that does not move, or moves for too long.
pub(super) fn make(
    source: &mut dyn Source,
    format: ImageFormat,
    key: ThumbnailKey,
    limits: Limits,
) -> Result<Option<Vec<u8>>> {
    let Some(frames) = frames(source, format, limits)? else { return Ok(None) };
    let mut out = Bounded(Vec::new());
    let (mut count, mut decoded, mut written) = (0_usize, 0_u64, 0_u64);
    {
        let mut encoder = GifEncoder::new_with_speed(&mut out, SPEED);
        encoder.set_repeat(Repeat::Infinite).map_err(refusal)?;
        for frame in frames {
            let Ok(frame) = frame else { return Ok(None) };
            let (left, top, delay) = (frame.left(), frame.top(), frame.delay());
            let picture = frame.into_buffer();
            let size = picture.dimensions();
            let cut = Shrinking::new(size, key).cut;
            decoded += pixels(size);
            written += pixels(cut);
            count += 1;
            if decoded > DECODED || written > WRITTEN || (left, top) != (0, 0) {
                return Ok(None);
            }
            let small = shrink(DynamicImage::ImageRgba8(picture), key).into_rgba8();
            if encoder.encode_frame(Frame::from_parts(small, 0, 0, delay)).is_err() {
                return Ok(None);
            }
        }
    }
    Ok((count > 1).then_some(out.0))
}

/// The frames of a picture, each as large as the whole; none where it cannot move.
fn frames<'a>(source: &'a mut dyn Source, format: ImageFormat, limits: Limits) -> Result<Option<Frames<'a>>> {
    source.rewind()?;
    let source = BufReader::new(source);
    Ok(match format {
        ImageFormat::Gif => {
            let mut decoder = GifDecoder::new(source).map_err(refusal)?;
            decoder.set_limits(limits.of_decoder()).map_err(refusal)?;
            Some(decoder.into_frames())
        }
        ImageFormat::WebP => {
            let decoder = WebPDecoder::new(source).map_err(refusal)?;
            decoder.has_animation().then(|| decoder.into_frames())
        }
        ImageFormat::Png => {
            let decoder = PngDecoder::with_limits(source, limits.of_decoder()).map_err(refusal)?;
            match decoder.is_apng().map_err(refusal)? {
                true => Some(decoder.apng().map_err(refusal)?.into_frames()),
                false => None,
            }
        }
        _ => None,
    })
}

fn pixels((width, height): (u32, u32)) -> u64 {
    u64::from(width) * u64::from(height)
}

/// Bytes in memory, up to a limit.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
