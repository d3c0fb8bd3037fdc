//! Pictures of strangers. The input is the file of a picture; its length decides which thumbnail is wanted, so that
//! corpora can be pictures as they are.
#![no_main]

use std::{alloc::System, io::Cursor};

use cap::Cap;
use image::{ImageDecoder as _, ImageReader};
use libfuzzer_sys::fuzz_target;
use media::{Error, Method, Wanted};

/// Pixels of a picture.
const PIXELS: u64 = 250_000;
/// Bytes of memory for one: twenty for each pixel, and what the decoders may take beside.
const BYTES: usize = 48 << 20;

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

fuzz_target!(|data: &[u8]| {
    let wanted = |width, height, method, animated| Wanted { width, height, method, animated };
    let wanted = match data.len() % 4 {
        0 => wanted(32, 32, Method::Crop, false),
        1 => wanted(90, 90, Method::Scale, false),
        2 => wanted(20, 30, Method::Crop, true),
        _ => wanted(320, 200, Method::Scale, true),
    };
    // Who asks for more than that is ended, and so it is found.
    MEMORY.set_limit(MEMORY.allocated() + BYTES).expect("there is as much");
    let made = media::fuzzing::thumbnail(data, wanted, PIXELS);
    MEMORY.set_limit(usize::MAX).expect("there is no limit");
    let (file, content_type) = match made {
        Ok(made) => made,
        Err(error) => return assert!(matches!(error, Error::NoThumbnail | Error::TooLarge(_)), "{error:?}"),
    };
    let (width, height) = size(data).expect("it had a size");
    assert!(u64::from(width) * u64::from(height) <= PIXELS);
    let Some(file) = file else { return assert!(content_type.starts_with("image/")) };
    let kind = image::guess_format(&file).expect("it is a picture");
    assert_eq!(kind.to_mime_type(), content_type);
    let (made_width, made_height) = size(&file).expect("it has a size");
    // Cameras that were held sideways turn pictures.
    let sides = |width: u32, height: u32| (width.min(height), width.max(height));
    let (before, after) = (sides(width, height), sides(made_width, made_height));
    assert!(after.0 <= before.0 && after.1 <= before.1, "{before:?} became {after:?}");
    if wanted.method == Method::Crop && !wanted.animated {
        assert!(made_width <= 32 && made_height <= 32);
    }
    image::load_from_memory(&file).expect("it can be shown");
});

/// The size by the header.
fn size(file: &[u8]) -> Option<(u32, u32)> {
    Some(ImageReader::new(Cursor::new(file)).with_guessed_format().ok()?.into_decoder().ok()?.dimensions())
}
