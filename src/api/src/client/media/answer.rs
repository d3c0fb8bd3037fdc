//! The answer that carries a file. Its bytes are a stranger's: the headers see to it that no browser runs them.

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    body::SizedStream,
    http::header::{self, HeaderValue},
};
use futures_util::stream;
use media::Download;

use crate::{
    Error,
    bridge::Call,
    client::media::{
        disposition::{disposition, safe_type},
        range::{Part, part},
    },
};

/// As the specification recommends.
const POLICY: &str = "sandbox; default-src 'none'; script-src 'none'; plugin-types application/pdf; \
                      style-src 'unsafe-inline'; object-src 'self';";
/// A file never changes. But an operator may put it away, and a browser asks again after a day.
const CACHE: &str = "private, max-age=86400, immutable";

/// What is shown.
#[derive(Clone, Copy)]
pub(crate) enum Shown<'a> {
    /// A file, under the name in the path or the one that it was uploaded with.
    File { name: Option<&'a str> },
    /// A thumbnail.
    Thumbnail,
}

/// The file, or the part that is asked for, or that the client has it already.
pub(crate) fn answer(call: &Call, file: Download, shown: Shown<'_>) -> HttpResponse {
    let tag = format!("\"{}\"", file.hash);
    let wished = |name: &str| call.headers().get(name).and_then(|value| value.to_str().ok());
    if wished("if-none-match").is_some_and(|known| known == "*" || known.split(',').any(|one| names(one, &tag))) {
        return HttpResponse::NotModified()
            .insert_header((header::ETAG, tag))
            .insert_header((header::CACHE_CONTROL, CACHE))
            .finish();
    }
    // A part of another version would not fit to what the client has.
    let range = wished("range").filter(|_| wished("if-range").is_none_or(|known| known == tag));
    let size = file.size;
    match range.map_or(Part::Whole, |range| part(range, size)) {
        Part::Whole => {
            let mut response = HttpResponse::Ok();
            headers(&mut response, &file, shown, tag);
            send(response, file, 0, size)
        }
        Part::Bytes { start, end } => {
            let mut response = HttpResponse::PartialContent();
            headers(&mut response, &file, shown, tag);
            response.insert_header((header::CONTENT_RANGE, format!("bytes {start}-{}/{size}", end.saturating_sub(1))));
            send(response, file, start, end)
        }
        Part::Nothing => {
            let mut response = Error::new(416, "M_UNKNOWN", "The file has no such part").into_response();
            if let Ok(range) = HeaderValue::try_from(format!("bytes */{size}")) {
                response.headers_mut().insert(header::CONTENT_RANGE, range);
            }
            response
        }
    }
}

/// Whether a tag out of a list is this one; weak tags are good enough (RFC 9110 §13.1.2).
fn names(one: &str, tag: &str) -> bool {
    let one = one.trim();
    one.strip_prefix("W/").unwrap_or(one) == tag
}

fn headers(response: &mut HttpResponseBuilder, file: &Download, shown: Shown<'_>, tag: String) {
    let disposition = match shown {
        Shown::File { name } => disposition(&file.content_type, name.or(file.file_name.as_deref())),
        Shown::Thumbnail => of_thumbnail(&file.content_type),
    };
    response
        .insert_header((header::CONTENT_TYPE, safe_type(&file.content_type)))
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header(("Cross-Origin-Resource-Policy", "cross-origin"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::CACHE_CONTROL, CACHE))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((header::ETAG, tag));
}

/// The `Content-Disposition` of a thumbnail. It is one of four kinds of pictures, by our own word.
pub(crate) fn of_thumbnail(content_type: &str) -> String {
    let kind = content_type.rsplit('/').next().unwrap_or_default();
    format!("inline; filename=\"thumbnail.{kind}\"")
}

fn send(mut response: HttpResponseBuilder, file: Download, start: u64, end: u64) -> HttpResponse {
    let body = file.body(start..end);
    let length = body.left();
    let pieces = stream::unfold(body, |mut body| async move { body.next().await.map(|piece| (piece, body)) });
    response.body(SizedStream::new(length, pieces))
}
