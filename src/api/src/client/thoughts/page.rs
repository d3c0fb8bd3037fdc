//! The public page of a person, its Atom feed, and the pictures on it: for anybody, without a token.

use accounts::Limit;
use actix_web::{HttpResponse, http::header};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::digest::{SHA256, digest};
use ruma::{OwnedUserId, UserId};
use serde::Deserialize;
use std::time::Duration;
use thoughts::{Page, PageRequest, atom as as_atom, html, nothing};

use crate::{
    Error, Result,
    bridge::Call,
    client::{
        arguments::limit_address,
        media::answer::{Shown, answer},
    },
};

/// How long a browser may show what it has: what is deleted is gone after that.
const CACHE: &str = "public, max-age=60";
const WAIT: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
struct Query {
    before: Option<i64>,
}

/// The page.
pub(super) async fn page(call: Call) -> Result<HttpResponse> {
    limit_address(&call, Limit::Read)?;
    let Some((page, _)) = read(&call).await? else {
        return Ok(HttpResponse::NotFound()
            .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
            .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'"))
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .body(nothing()));
    };
    let (text, policy) = html(&page, call.app.config.thoughts.atom, hash);
    Ok(send(&call, text, "text/html; charset=utf-8", &policy))
}

/// The feed.
pub(super) async fn atom(call: Call) -> Result<HttpResponse> {
    limit_address(&call, Limit::Read)?;
    let found = if call.app.config.thoughts.atom { read(&call).await? } else { None };
    let (page, author) = found.ok_or_else(|| Error::not_found("nobody of this name has public thoughts here"))?;
    let server = &call.app.config.server;
    let base = server.public_base_url.as_ref().map(ToString::to_string);
    let base = base.unwrap_or_else(|| format!("https://{}", author.server_name()));
    let text = as_atom(&page, &base, author.as_str());
    Ok(send(&call, text, "application/atom+xml; charset=utf-8", "default-src 'none'"))
}

/// A picture that is on the page.
pub(super) async fn media(call: Call) -> Result<HttpResponse> {
    limit_address(&call, Limit::Read)?;
    let missing = || Error::not_found("there is no such picture");
    let author = author(&call).await?.ok_or_else(missing)?;
    let id = call.arg(1)?;
    let is_id = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    if !is_id || !call.app.thoughts.is_on_page(&author, id).await? {
        return Err(missing());
    }
    let file = call.app.media.download(id, WAIT).await?;
    Ok(answer(&call, file, Shown::File { name: None }))
}

async fn read(call: &Call) -> Result<Option<(Page, OwnedUserId)>> {
    let Some(author) = author(call).await? else { return Ok(None) };
    let Query { before } = call.query()?;
    let request = PageRequest { author: author.clone(), before };
    Ok(call.app.thoughts.public_page(request).await?.map(|page| (page, author)))
}

/// Whose page it is. Nobody's if there are no such pages, or the user is none of ours or is gone.
async fn author(call: &Call) -> Result<Option<OwnedUserId>> {
    if !call.app.config.thoughts.public_pages {
        return Ok(None);
    }
    let server = call.app.media.server_name();
    let Ok(user_id) = UserId::parse_with_server_name(call.arg(0)?, server) else { return Ok(None) };
    if user_id.localpart() != call.arg(0)? {
        return Ok(None);
    }
    Ok(call.app.accounts.is_shown(&user_id).await?.then_some(user_id))
}

fn hash(text: &str) -> String {
    STANDARD.encode(digest(&SHA256, text.as_bytes()))
}

/// The text, or that the browser has it already.
fn send(call: &Call, text: String, kind: &'static str, policy: &str) -> HttpResponse {
    let tag = format!("\"{}\"", hash(&text));
    let known = call.headers().get("if-none-match").and_then(|value| value.to_str().ok());
    let same = known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag));
    let mut response = if same { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((header::CONTENT_TYPE, kind))
        .insert_header((header::CONTENT_SECURITY_POLICY, policy.to_owned()))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::CACHE_CONTROL, CACHE))
        .insert_header((header::ETAG, tag));
    if same { response.finish() } else { response.body(text) }
}
