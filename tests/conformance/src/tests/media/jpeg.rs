//! Writes JPEG pictures of one grey.

/// A grey picture. Its Huffman tables have one code each, a single zero bit, for "no difference" and "end of block", so
/// that its pixels are nothing but zero bits: two for each block of eight by eight pixels.
pub fn grey(width: u16, height: u16) -> Vec<u8> {
    let mut file = vec![0xff, 0xd8];
    segment(&mut file, 0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    segment(&mut file, 0xdb, &[&[0][..], &[1; 64]].concat());
    let size = [height.to_be_bytes(), width.to_be_bytes()].concat();
    segment(&mut file, 0xc0, &[&[8][..], &size, &[1, 1, 0x11, 0]].concat());
    for table in [0x00, 0x10] {
        let mut codes = vec![table, 1];
        codes.extend([0; 15]);
        codes.push(0);
        segment(&mut file, 0xc4, &codes);
    }
    segment(&mut file, 0xda, &[1, 1, 0, 0, 63, 0]);
    let blocks = usize::from(width.div_ceil(8)) * usize::from(height.div_ceil(8));
    file.extend(vec![0; blocks.div_ceil(4)]);
    file.extend([0xff, 0xd9]);
    file
}

fn segment(file: &mut Vec<u8>, marker: u8, data: &[u8]) {
    file.extend([0xff, marker]);
    file.extend(u16::try_from(data.len() + 2).unwrap_or_default().to_be_bytes());
    file.extend(data);
}
