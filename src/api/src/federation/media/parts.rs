//! A file as the second part of a body, after an empty JSON object.

use actix_web::{HttpResponse, body::SizedStream, http::header};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use media::Download;

use crate::client::media::disposition::safe_type;

/// The answer that carries a file to another server, as it is read.
pub(super) fn in_parts(file: Download, disposition: &str) -> HttpResponse {
    // No content has its own hash in it.
    let boundary = file.hash.to_string();
    let head = format!(
        "--{boundary}\r\nContent-Type: application/json\r\n\r\n{{}}\r\n--{boundary}\r\nContent-Type: {}\r\n\
         Content-Disposition: {disposition}\r\n\r\n",
        safe_type(&file.content_type)
    );
    let (head, tail) = (Bytes::from(head), Bytes::from(format!("\r\n--{boundary}--\r\n")));
    let size = file.size;
    let body = file.body(0..size);
    let length = head.len() as u64 + body.left() + tail.len() as u64;
    let pieces = stream::unfold(body, |mut body| async move { body.next().await.map(|piece| (piece, body)) });
    let whole = stream::iter([Ok(head)]).chain(pieces).chain(stream::iter([Ok(tail)]));
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, format!("multipart/mixed; boundary={boundary}")))
        .body(SizedStream::new(length, Box::pin(whole)))
}
