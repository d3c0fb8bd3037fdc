//! The `.well-known` file of another server. The input is a header, which is taken for each of those that say how long the
//! file is good, and the file.
#![no_main]

use std::time::Duration;

use http::{HeaderMap, HeaderValue, header};
use libfuzzer_sys::fuzz_target;
use ruma::ServerName;

fuzz_target!(|data: &[u8]| {
    let (header, file) = data.split_at(data.iter().position(|&byte| byte == b'\n').unwrap_or(data.len()));
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_bytes(header) {
        for name in [header::CACHE_CONTROL, header::AGE, header::EXPIRES, header::DATE] {
            headers.insert(name, value.clone());
            let lifetime = federation::fuzzing::lifetime(&headers, 1_700_000_000_000);
            assert!((Duration::from_secs(300)..=Duration::from_secs(48 * 3_600)).contains(&lifetime), "{lifetime:?}");
        }
    }
    let Ok(name) = federation::fuzzing::well_known(file) else { return };
    assert_eq!(ServerName::parse(&name).as_ref(), Ok(&name));
    // It becomes the host of an address, and must not become more of it.
    let address = format!("https://{name}/path");
    let uri: http::Uri = address.parse().expect("a server name is an authority");
    assert_eq!((uri.host(), uri.port_u16(), uri.path()), (Some(name.host()), name.port(), "/path"));
});
