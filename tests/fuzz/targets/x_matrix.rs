//! The headers with which servers sign their requests. The input is one header on each line.
#![no_main]

use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use libfuzzer_sys::fuzz_target;
use ruma::ServerName;

fuzz_target!(|data: &[u8]| {
    let mut headers = HeaderMap::new();
    for line in data.split(|&byte| byte == b'\n').take(10) {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(AUTHORIZATION, value);
        }
    }
    let read = match api::fuzzing::x_matrix(&headers) {
        Ok(read) => read,
        Err(error) => return assert_eq!(error.status(), 401),
    };
    assert!(!read.is_empty() && read.len() <= 4 && read.len() <= headers.len());
    let mut again = HeaderMap::new();
    for signed in &read {
        assert_eq!(signed.origin, read[0].origin);
        assert_eq!(ServerName::parse(signed.origin.as_str()).as_ref(), Ok(&signed.origin));
        // As the specification would have it written: quoted, and no more escaped than must be.
        let quote = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        let destination = signed.destination.as_ref().map(|name| format!("destination={},", quote(name)));
        let text = format!(
            "X-Matrix origin={},{}key={},sig={}",
            quote(signed.origin.as_str()),
            destination.unwrap_or_default(),
            quote(signed.key.as_str()),
            quote(&signed.signature)
        );
        again.append(AUTHORIZATION, HeaderValue::from_str(&text).expect("what was read of a header can be written"));
    }
    assert_eq!(api::fuzzing::x_matrix(&again).expect("what is written is read"), read);
});
