//! The frames of a WebP. Each says its size once more, and decoders make room for that before they see that it is not the
//! size of the picture.

use std::io::{BufReader, Read as _, Seek as _, SeekFrom};

use crate::{
    Error, Result, Source,
    thumbnail::{make::Limits, turns::TOO_LARGE},
};

/// Bytes before the first chunk: `RIFF`, a size, `WEBP`.
const START: u64 = 12;
/// Bytes of a frame of an animation before its own chunks.
const FRAME_HEAD: i64 = 16;
/// Bits of a width or height.
const SIDE: u32 = 0x3fff;

/// Checks that no frame says that it is larger than a picture may be.
///
/// # Errors
/// [`Error::TooLarge`], and what reading says.
pub(super) fn check(source: &mut dyn Source, limits: Limits) -> Result<()> {
    let mut source = BufReader::new(source);
    source.seek(SeekFrom::Start(START))?;
    let mut head = [0; 8];
    // What ends in the middle of a chunk is for the decoder to refuse.
    while source.read_exact(&mut head).is_ok() {
        let [kind @ .., a, b, c, d] = head;
        let length = u32::from_le_bytes([a, b, c, d]);
        let padded = i64::from(length) + i64::from(length % 2);
        let skip = match &kind {
            b"ANMF" => FRAME_HEAD,
            b"VP8 " | b"VP8L" => {
                let mut start = Vec::new();
                source.by_ref().take(u64::from(length).min(10)).read_to_end(&mut start)?;
                if size(&kind, &start).is_some_and(|(width, height)| width * height > limits.pixels) {
                    return Err(TOO_LARGE);
                }
                padded - i64::try_from(start.len()).map_err(|_| Error::NoThumbnail)?
            }
            _ => padded,
        };
        source.seek_relative(skip)?;
    }
    Ok(())
}

/// The size in the first bytes of a frame (RFC 9649 §2.5 and §3.4, RFC 6386 §9.1).
fn size(kind: &[u8; 4], start: &[u8]) -> Option<(u64, u64)> {
    let (width, height) = match (kind, start) {
        (b"VP8 ", [_, _, _, 0x9d, 0x01, 0x2a, sides @ ..]) => {
            let [a, b, c, d] = *sides.first_chunk()?;
            (u32::from(u16::from_le_bytes([a, b])) & SIDE, u32::from(u16::from_le_bytes([c, d])) & SIDE)
        }
        (b"VP8L", [0x2f, sides @ ..]) => {
            let sides = u32::from_le_bytes(*sides.first_chunk()?);
            ((sides & SIDE) + 1, (sides >> 14 & SIDE) + 1)
        }
        _ => return None,
    };
    Some((u64::from(width), u64::from(height)))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn file(chunks: &[u8]) -> Vec<u8> {
        [b"RIFF\0\0\0\0WEBP", chunks].concat()
    }

    #[test]
    fn frames_say_how_large_they_are() {
        let lossy = |width: u8| [b"VP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a\0".as_slice(), &[width, 0x10, 0]].concat();
        let lossless = |high: u8| [b"VP8L\x05\0\0\0\x2f\xff\xff\xff".as_slice(), &[high, 0]].concat();
        let moving = |frame: &[u8]| [b"ANIM\x06\0\0\0abcdefANMF\x26\0\0\0".as_slice(), &[0; 16], frame].concat();
        let fits = |chunks: &[u8]| check(&mut Cursor::new(file(chunks)), Limits { pixels: 1 << 16 }).is_ok();
        assert!(fits(&lossy(0x10)) && fits(&moving(&lossy(0x10))));
        assert!(!fits(&lossy(0x20)) && !fits(&moving(&lossy(0x20))));
        assert!(!fits(&lossless(0x0f)) && !fits(&[lossy(1), lossless(0x0f)].concat()));
        assert!(fits(b"") && fits(b"VP8 \xff\xff\xff\xff") && fits(b"VP8L\x01\0\0\0\x2f\0"));
    }
}
