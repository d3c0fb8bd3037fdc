//! Writes PNG pictures: black ones of any size, in very few bytes, and ones whose header lies.

/// A black picture of 8 bits a pixel.
pub fn black(width: u32, height: u32) -> Vec<u8> {
    let row = u64::from(width) + 1;
    whole(width, height, 8, &zeros(row * u64::from(height)))
}

/// A black picture of 1 bit a pixel: about two thousand times smaller than what most decoders make of it.
pub fn bomb(width: u32, height: u32) -> Vec<u8> {
    let row = u64::from(width.div_ceil(8)) + 1;
    whole(width, height, 1, &zeros(row * u64::from(height)))
}

/// A picture whose header promises a size, with the pixels of one row of one pixel.
pub fn lying(width: u32, height: u32) -> Vec<u8> {
    whole(width, height, 8, &zeros(2))
}

fn whole(width: u32, height: u32, depth: u8, data: &[u8]) -> Vec<u8> {
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    // Grey, the only methods there are of compression and filtering, no interlacing.
    header.extend([depth, 0, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, data) in [(b"IHDR", header.as_slice()), (b"IDAT", data), (b"IEND", &[])] {
        let body = [name, data].concat();
        file.extend(u32::try_from(data.len()).unwrap_or_default().to_be_bytes());
        file.extend(&body);
        file.extend(crc(&body).to_be_bytes());
    }
    file
}

/// `count` zero bytes in the zlib format: one zero, repeated by matches with itself.
fn zeros(count: u64) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.push(1, 1); // the last block
    bits.push(1, 2); // with fixed codes
    bits.code(0x30, 8); // the byte 0
    for _ in 0..(count - 1) / 258 {
        bits.code(0b1100_0101, 8); // 258 bytes
        bits.code(0, 5); // from one byte back
    }
    for _ in 0..(count - 1) % 258 {
        bits.code(0x30, 8);
    }
    bits.code(0, 7); // end of the block
    let mut stream = vec![0x78, 0x01];
    stream.extend(bits.finish());
    let sum = u32::try_from(count % 65_521).unwrap_or_default() << 16 | 1;
    stream.extend(sum.to_be_bytes());
    stream
}

/// Bits in the order of deflate: the first is the lowest of the first byte.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    open: u8,
    filled: u32,
}

impl Bits {
    /// A number, its lowest bit first.
    fn push(&mut self, number: u32, length: u32) {
        for place in 0..length {
            self.open |= u8::from(number >> place & 1 == 1) << self.filled;
            self.filled += 1;
            if self.filled == 8 {
                self.bytes.push(std::mem::take(&mut self.open));
                self.filled = 0;
            }
        }
    }

    /// A code, its highest bit first.
    fn code(&mut self, code: u32, length: u32) {
        self.push(code.reverse_bits() >> (32 - length), length);
    }

    fn finish(mut self) -> Vec<u8> {
        if self.filled > 0 {
            self.bytes.push(self.open);
        }
        self.bytes
    }
}

/// The checksum of a chunk.
fn crc(bytes: &[u8]) -> u32 {
    let step = |sum: u32, byte: &u8| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 })
    };
    !bytes.iter().fold(u32::MAX, step)
}

#[cfg(test)]
mod tests {
    use super::{black, bomb, crc};

    #[test]
    fn checksum() {
        assert_eq!(crc(b"IEND"), 0xae42_6082);
    }

    #[test]
    fn bombs_are_small() {
        assert!(black(800, 600).len() < 4_000);
        assert!(bomb(24_000, 24_000).len() < 500_000);
    }
}
