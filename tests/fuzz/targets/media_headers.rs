//! What strangers write into headers of uploads and downloads. The input is a `Range`, a content type and a file name.
#![no_main]

use http::HeaderValue;
use libfuzzer_sys::fuzz_target;
use media::Label;
use peerbrain_fuzz::lines;
use percent_encoding::percent_decode_str;

/// What browsers run (mimesniff.spec.whatwg.org § JavaScript MIME type), and what they compile.
const RUN: [&str; 17] = [
    "application/ecmascript",
    "application/javascript",
    "application/x-ecmascript",
    "application/x-javascript",
    "text/ecmascript",
    "text/javascript",
    "text/javascript1.0",
    "text/javascript1.1",
    "text/javascript1.2",
    "text/javascript1.3",
    "text/javascript1.4",
    "text/javascript1.5",
    "text/jscript",
    "text/livescript",
    "text/x-ecmascript",
    "text/x-javascript",
    "application/wasm",
];

fuzz_target!(|data: &[u8]| {
    let Some([range, content_type, name]) = lines(data) else { return };
    for size in [0, 1, 10, 4_096, u64::MAX] {
        let (start, end) = api::fuzzing::part(range, size);
        assert!(end <= size && (start < end || (start, end) == (0, 0)), "{range:?} of {size}: {start}..{end}");
    }
    // What was said in the upload, and what a path says.
    let (kept_type, kept_name) = kept(Some(content_type), Some(name));
    assert_eq!(kept(Some(&kept_type), kept_name.as_deref()), (kept_type.clone(), kept_name.clone()));
    sent(&kept_type, kept_name.as_deref());
    sent(&kept_type, Some(name));
});

fn kept(content_type: Option<&str>, name: Option<&str>) -> (String, Option<String>) {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    media::fuzzing::kept(&Label { content_type: owned(content_type), file_name: owned(name) })
}

fn sent(content_type: &str, name: Option<&str>) {
    HeaderValue::from_str(content_type).expect("what is kept fits into a header");
    let essence = api::fuzzing::safe_type(content_type).split(';').next().unwrap_or_default().to_ascii_lowercase();
    assert!(!RUN.contains(&essence.trim()), "{content_type:?}");
    let disposition = api::fuzzing::disposition(content_type, name);
    let value = HeaderValue::from_str(&disposition).expect("it fits into a header");
    assert!(value.to_str().is_ok());
    let (kind, parameter) = disposition.split_once("; ").unwrap_or((&disposition, ""));
    let active = ["html", "xml", "svg", "pdf"].iter().any(|word| essence.contains(word));
    assert!(kind == "attachment" || (kind == "inline" && !active), "{content_type:?}: {disposition}");
    let read = if let Some(encoded) = parameter.strip_prefix("filename*=utf-8''") {
        assert!(encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"%!#$&+-.^_`|~".contains(&byte)));
        percent_decode_str(encoded).decode_utf8().expect("it is UTF-8").into_owned()
    } else if let Some(quoted) = parameter.strip_prefix("filename=\"") {
        let name = quoted.strip_suffix('"').expect("the quotation ends");
        assert!(!name.contains(['"', '\\', ';']), "{disposition}");
        name.to_owned()
    } else {
        return assert!(parameter.is_empty(), "{disposition}");
    };
    assert!(!read.is_empty() && !read.contains('/') && !read.chars().any(char::is_control), "{disposition}");
    assert!(name.unwrap_or_default().replace(char::is_control, "").contains(&read));
}
