//! A file as another server sends it. The input is a content type and the body.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (kind, body) = data.split_at(data.iter().position(|&byte| byte == b'\n').unwrap_or(data.len()));
    let Ok(kind) = std::str::from_utf8(kind) else { return };
    let body = body.get(1..).unwrap_or_default();
    let whole = federation::fuzzing::parts(kind, body, body.len());
    // However it is cut, the same comes out.
    for piece in [1, 2, 7, 100] {
        assert_eq!(federation::fuzzing::parts(kind, body, piece), whole, "{piece}");
    }
    let Ok(Some((file, _))) = whole else { return };
    assert!(file.is_empty() || body.windows(file.len()).any(|window| window == file), "it is a part of the body");
});
