//! Writes GIF pictures without compression.

/// A picture that moves: `frames` frames of `width` by `height` pixels in two colours by turns.
pub fn moving(width: u16, height: u16, frames: u8) -> Vec<u8> {
    let mut file = head(width, height);
    // The extension that makes it start again for ever.
    file.extend(b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00");
    for number in 0..frames {
        // Shown for a tenth of a second.
        file.extend([0x21, 0xf9, 0x04, 0, 10, 0, 0, 0]);
        frame(&mut file, width, height, number % 2);
    }
    file.push(0x3b);
    file
}

/// A picture of one pixel whose screen is as large as a GIF can say.
pub fn lying() -> Vec<u8> {
    let mut file = head(u16::MAX, u16::MAX);
    frame(&mut file, 1, 1, 0);
    file.push(0x3b);
    file
}

/// Header, size and a table of 128 colours: the first black, the others white.
fn head(width: u16, height: u16) -> Vec<u8> {
    let mut file = b"GIF89a".to_vec();
    file.extend(width.to_le_bytes());
    file.extend(height.to_le_bytes());
    file.extend([0xf6, 0, 0]);
    file.extend([0; 3]);
    file.extend([0xff; 3 * 127]);
    file
}

/// One frame of one colour. With a table of 128 colours a code is 8 bits long as long as the dictionary is emptied in
/// time, so that codes are bytes.
fn frame(file: &mut Vec<u8>, width: u16, height: u16, colour: u8) {
    file.push(0x2c);
    for number in [0, 0, width, height] {
        file.extend(number.to_le_bytes());
    }
    file.extend([0, 7]);
    let pixels = vec![colour; usize::from(width) * usize::from(height)];
    for some in pixels.chunks(100) {
        // Length of the block, and the code that empties the dictionary.
        file.push(u8::try_from(some.len() + 1).unwrap_or_default());
        file.push(0x80);
        file.extend(some);
    }
    // The code that ends the picture, in a block of its own, and the empty block that ends the blocks.
    file.extend([1, 0x81, 0]);
}
