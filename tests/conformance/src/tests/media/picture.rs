//! What a picture says about itself: its size and whether it moves.

use crate::failure::Failure;

/// Kind of picture, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// PNG or APNG.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF.
    Gif,
    /// WebP.
    WebP,
}

/// Width and height of a picture in pixels.
pub type Size = (u32, u32);

/// The kind of a picture; fails the test if it is none.
#[track_caller]
pub fn kind(bytes: &[u8]) -> Result<Kind, Failure> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Ok(Kind::Png),
        [0xff, 0xd8, 0xff, ..] => Ok(Kind::Jpeg),
        [b'G', b'I', b'F', b'8', ..] => Ok(Kind::Gif),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Ok(Kind::WebP),
        _ => Err(Failure::new("the bytes are no PNG, JPEG, GIF or WebP")),
    }
}

/// Reads the size of a picture out of its header; fails the test if it has none.
#[track_caller]
pub fn size(bytes: &[u8]) -> Result<Size, Failure> {
    let found = match kind(bytes)? {
        Kind::Png => big(bytes, 16, 4).zip(big(bytes, 20, 4)),
        Kind::Gif => little(bytes, 6, 2).zip(little(bytes, 8, 2)),
        Kind::Jpeg => jpeg(bytes),
        Kind::WebP => webp(bytes),
    };
    found.ok_or_else(|| Failure::new("the header of the picture tells no size"))
}

/// Whether a picture has more than one frame.
pub fn moves(bytes: &[u8]) -> bool {
    let count = |mark: &[u8]| bytes.windows(mark.len()).filter(|window| *window == mark).count();
    match bytes.first() {
        Some(b'G') => count(&[0x21, 0xf9, 0x04]) > 1,
        Some(0x89) => count(b"acTL") > 0,
        Some(b'R') => count(b"ANMF") > 1,
        _ => false,
    }
}

fn big(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    Some(bytes.get(at..at + length)?.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

fn little(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    Some(bytes.get(at..at + length)?.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

/// The size in the frame header of a JPEG, behind segments of other kinds.
fn jpeg(bytes: &[u8]) -> Option<Size> {
    let mut at = 2;
    loop {
        let marker = *bytes.get(at + 1)?;
        // Frame headers, but not tables of Huffman codes, arithmetic coding and extensions.
        if (0xc0..=0xcf).contains(&marker) && ![0xc4, 0xc8, 0xcc].contains(&marker) {
            return big(bytes, at + 7, 2).zip(big(bytes, at + 5, 2));
        }
        at += 2 + usize::try_from(big(bytes, at + 2, 2)?).ok()?;
    }
}

/// The size of a WebP of any of the three forms.
fn webp(bytes: &[u8]) -> Option<Size> {
    match bytes.get(12..16)? {
        b"VP8 " => Some((little(bytes, 26, 2)? & 0x3fff, little(bytes, 28, 2)? & 0x3fff)),
        b"VP8L" => little(bytes, 21, 4).map(|bits| ((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1)),
        b"VP8X" => Some((little(bytes, 24, 3)? + 1, little(bytes, 27, 3)? + 1)),
        _ => None,
    }
}
