//! `GET /voip/turnServer`.

use actix_web::HttpResponse;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::Method;
use ring::hmac;
use serde_json::json;

use crate::{
    Result,
    bridge::{Call, Routes},
    client::arguments::{required_session, v3_and_r0},
};

pub(crate) fn routes() -> Routes {
    Routes::default().raw(Method::GET, v3_and_r0!("voip/turnServer"), turn_server)
}

/// Credentials for the relay, which knows them by the secret that it shares with us: the name is when they expire and whose
/// they are, the password the name's HMAC-SHA1. Nothing at all where there is no relay, as clients expect.
async fn turn_server(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    let turn = &call.app.config.turn;
    let Some(secret) = turn.shared_secret.as_ref().filter(|_| !turn.uris.is_empty()) else {
        return Ok(HttpResponse::Ok().json(json!({})));
    };
    let now = u64::try_from(call.app.clock.now_ms()).unwrap_or_default() / 1_000;
    let username = username(now.saturating_add(turn.ttl_seconds), session.user_id.as_str());
    let answer = json!({
        "password": password(secret.expose(), &username),
        "username": username,
        "uris": turn.uris,
        "ttl": turn.ttl_seconds,
    });
    Ok(HttpResponse::Ok().json(answer))
}

fn username(expires_at: u64, user_id: &str) -> String {
    format!("{expires_at}:{user_id}")
}

fn password(secret: &str, username: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_bytes());
    STANDARD.encode(hmac::sign(&key, username.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `openssl dgst -sha1 -hmac`.
    #[test]
    fn the_relay_computes_the_same() {
        let name = username(1_700_086_400, "@alice:example.org");
        assert_eq!(name, "1700086400:@alice:example.org");
        assert_eq!(password("north", &name), "7kAkbzEsPm8QgksGNCt6Ul1FuvY=");
    }
}
