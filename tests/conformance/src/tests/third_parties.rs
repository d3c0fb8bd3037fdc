//! Other networks, relays for calls, and contact addresses: what a server without bridges, relay or mail answers.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::hmac;

use super::prelude::*;

tests! { "third_parties":
    turn_server, "voice-over-ip", ["GET v3/voip/turnServer"];
    turn_server_needs_token, "voice-over-ip", ["GET v3/voip/turnServer M_MISSING_TOKEN"];
    protocols, "third-party-networks", ["GET v3/thirdparty/protocols"];
    unknown_protocol, "third-party-networks", ["GET v3/thirdparty/protocol/{protocol} M_NOT_FOUND"];
    lookups, "third-party-networks", ["GET v3/thirdparty/location/{protocol} M_NOT_FOUND",
        "GET v3/thirdparty/user/{protocol} M_NOT_FOUND", "GET v3/thirdparty/location M_NOT_FOUND",
        "GET v3/thirdparty/user M_NOT_FOUND"];
    networks_need_token, "third-party-networks", ["GET v3/thirdparty/protocols M_MISSING_TOKEN",
        "GET v3/thirdparty/protocol/{protocol} M_MISSING_TOKEN"];
    contacts_need_token, "adding-account-administrative-contact-information", ["GET v3/account/3pid M_MISSING_TOKEN"];
    contact_not_proven, "adding-account-administrative-contact-information", ["POST v3/account/3pid/add 400"];
    no_mail, "adding-account-administrative-contact-information",
        ["POST v3/account/3pid/email/requestToken 400", "POST v3/account/3pid/msisdn/requestToken 400"];
}

/// The secret that the servers under test are set up with.
const RELAY_SECRET: &str = "conformance";

/// Credentials for the relay that the server is set up with.
async fn turn_server(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let answer = alice.get(v3!("voip/turnServer")).await?.ok()?;
    ensure!(answer["username"].is_string() && answer["password"].is_string(), "username and password are required");
    ensure!(answer["ttl"].is_u64(), "ttl is required: {}", answer["ttl"]);
    let uris = answer["uris"].as_array().cloned().unwrap_or_default();
    let relay = |uri: &Value| uri.as_str().is_some_and(|uri| uri.starts_with("turn:") || uri.starts_with("turns:"));
    ensure!(!uris.is_empty() && uris.iter().all(relay), "uris: {uris:?}");
    // What the relay checks: it has nothing but the secret that it shares with the server.
    let name = text(&answer, "username")?;
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, RELAY_SECRET.as_bytes());
    ensure_eq!(text(&answer, "password")?, STANDARD.encode(hmac::sign(&key, name.as_bytes())), "the password");
    let (expires, user) = name.split_once(':').unwrap_or_default();
    ensure_eq!(user, alice.id, "whose it is");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map(|age| age.as_secs()).unwrap_or_default();
    let left = expires.parse::<u64>().unwrap_or_default().saturating_sub(now);
    let ttl = answer["ttl"].as_u64().unwrap_or_default();
    ensure!(left <= ttl + 5 && left + 60 >= ttl, "it expires in {left} s, and ttl is {ttl}");
    Ok(())
}

async fn turn_server_needs_token(server: Server) -> Outcome {
    server.get(v3!("voip/turnServer")).await?.error(401, "M_MISSING_TOKEN").map(drop)
}

async fn protocols(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let answer = alice.get(v3!("thirdparty/protocols")).await?.ok()?;
    for (name, protocol) in answer.as_object().into_iter().flatten() {
        for key in ["user_fields", "location_fields", "field_types", "instances"] {
            ensure!(!protocol[key].is_null(), "{key} of {name} is required");
        }
    }
    Ok(())
}

async fn unknown_protocol(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let path = v3!("thirdparty/protocol/carrier-pigeon");
    alice.get(path).await?.error(404, "M_NOT_FOUND").map(drop)
}

/// Nothing is found: an error, or an empty list.
async fn lookups(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for path in [
        v3!("thirdparty/location/carrier-pigeon?loft=north"),
        v3!("thirdparty/user/carrier-pigeon?ring=7"),
        format!("{}?alias=%23nothing%3Aelsewhere.example", v3!("thirdparty/location")),
        format!("{}?userid=%40nobody%3Aelsewhere.example", v3!("thirdparty/user")),
    ] {
        let reply = alice.get(path).await?;
        match reply.status {
            200 => ensure_eq!(reply.ok_array()?, Vec::<Value>::new(), "what was found"),
            _ => drop(reply.error(404, "M_NOT_FOUND")?),
        }
    }
    Ok(())
}

async fn networks_need_token(server: Server) -> Outcome {
    for path in [v3!("thirdparty/protocols"), v3!("thirdparty/protocol/carrier-pigeon")] {
        server.get(path).await?.error(401, "M_MISSING_TOKEN")?;
    }
    Ok(())
}

async fn contacts_need_token(server: Server) -> Outcome {
    server.get(v3!("account/3pid")).await?.error(401, "M_MISSING_TOKEN").map(drop)
}

/// An address that nobody has proven to be theirs is not added.
async fn contact_not_proven(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let body = json!({ "client_secret": "secret", "sid": "1234" });
    let reply = alice.authenticated(Method::POST, &v3!("account/3pid/add"), body).await?;
    ensure!([400, 403, 404].contains(&reply.status), "no session was ever proven: {}", reply.brief());
    let known = alice.get(v3!("account/3pid")).await?.ok()?;
    ensure_eq!(known, json!({ "threepids": [] }), "addresses");
    Ok(())
}

/// "The homeserver does not allow the third-party identifier as a contact option", or cannot send to it.
async fn no_mail(server: Server) -> Outcome {
    for (kind, body) in [
        ("email", json!({ "client_secret": "secret", "email": "alice@example.com", "send_attempt": 1 })),
        (
            "msisdn",
            json!({ "client_secret": "secret", "country": "GB", "phone_number": "07700900001", "send_attempt": 1 }),
        ),
    ] {
        let reply = server.post(format!("{}{kind}/requestToken", v3!("account/3pid/")), body).await?;
        ensure!([400, 403, 404].contains(&reply.status), "{kind}: {}", reply.brief());
        ensure!(reply.json["errcode"].is_string(), "{kind}: {}", reply.brief());
    }
    Ok(())
}
