//! Refusals that every endpoint shares, and the headers that every answer carries.

use super::prelude::*;

tests! { "errors":
    missing_token, "using-access-tokens", ["GET v3/account/whoami M_MISSING_TOKEN"];
    unknown_token, "using-access-tokens", ["GET v3/account/whoami M_UNKNOWN_TOKEN"];
    token_in_query, "using-access-tokens", ["GET v3/account/whoami"];
    wrong_scheme, "using-access-tokens", [];
    not_json, "standard-error-response", ["POST v3/createRoom M_NOT_JSON"];
    truncated_json, "standard-error-response", [];
    not_utf8, "standard-error-response", [];
    array_body, "standard-error-response", [];
    number_body, "standard-error-response", [];
    wrong_type, "standard-error-response", ["POST v3/createRoom M_BAD_JSON"];
    deep_json, "standard-error-response", [];
    oversized_body, "common-error-codes", [];
    oversized_ids, "identifier-grammar", [];
    rate_limit_shape, "rate-limiting", [];
    unknown_path, "common-error-codes", [];
    unknown_path_elsewhere, "common-error-codes", [];
    wrong_method, "common-error-codes", [];
    bad_percent_encoding, "common-error-codes", [];
    cors_on_success, "web-browser-clients", [];
    cors_on_errors, "web-browser-clients", [];
    cors_preflight, "web-browser-clients", [];
    content_type, "api-standards", [];
    paths_r0, "api-versions", [];
}

async fn missing_token(server: Server) -> Outcome {
    server.get(v3!("account/whoami")).await?.error(401, "M_MISSING_TOKEN").map(drop)
}

async fn unknown_token(server: Server) -> Outcome {
    let reply = server.call(Method::GET, &v3!("account/whoami"), Some("never-issued"), None).await?;
    let error = reply.error(401, "M_UNKNOWN_TOKEN")?;
    ensure!(error["soft_logout"] != true, "a token that never was is not a soft logout: {error}");
    Ok(())
}

/// Deprecated since v1.11 and still in v1.19: "clients ... via a query string parameter".
async fn token_in_query(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let answer = server.get(v3!("account/whoami?access_token={}", alice.token)).await?.ok()?;
    ensure_eq!(answer["user_id"], alice.id.as_str(), "user of a token in the query");
    Ok(())
}

async fn wrong_scheme(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let request = server.request(Method::GET, &v3!("account/whoami"), None);
    let response = request.header("authorization", format!("Basic {}", alice.token)).send().await?;
    let reply = Reply::read("GET whoami with Basic".to_owned(), response).await?;
    ensure_eq!(reply.status, 401, "status with the wrong scheme ({})", reply.brief());
    Ok(())
}

async fn not_json(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let path = v3!("createRoom");
    server.raw(Method::POST, &path, Some(&alice.token), "no json").await?.error(400, "M_NOT_JSON").map(drop)
}

async fn truncated_json(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let path = v3!("createRoom");
    server.raw(Method::POST, &path, Some(&alice.token), r#"{"name":"half"#).await?.error(400, "M_NOT_JSON").map(drop)
}

async fn not_utf8(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let request = server.request(Method::POST, &v3!("createRoom"), Some(&alice.token));
    let response = request.body(b"{\"name\":\"\xff\xfe\"}".to_vec()).send().await?;
    let reply = Reply::read("POST createRoom, not UTF-8".to_owned(), response).await?;
    // M_NOT_JSON: "Request did not contain valid JSON", and JSON is UTF-8.
    reply.error(400, "M_NOT_JSON").map(drop)
}

async fn array_body(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    alice.post(v3!("createRoom"), json!([])).await?.error(400, "M_BAD_JSON").map(drop)
}

async fn number_body(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    alice.try_send(&room, "m.room.message", json!(12)).await?.error(400, "M_BAD_JSON").map(drop)
}

async fn wrong_type(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    // M_BAD_JSON: "Request contained valid JSON, but it was malformed in some way, e.g. ... invalid values for keys".
    alice.post(v3!("createRoom"), json!({ "creation_content": 5 })).await?.error(400, "M_BAD_JSON").map(drop)
}

/// Nesting that would blow a recursive parser is refused, and the server lives on.
async fn deep_json(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let deep = format!("{{\"name\":{}{}}}", "[".repeat(20_000), "]".repeat(20_000));
    let reply = server.raw(Method::POST, &v3!("createRoom"), Some(&alice.token), &deep).await?;
    ensure_eq!(reply.status, 400, "status of a body nested 20,000 deep ({})", reply.brief());
    alice.get(v3!("account/whoami")).await?.ok().map(drop)
}

async fn unknown_path(server: Server) -> Outcome {
    server.get(v3!("this/is/no/endpoint")).await?.error(404, "M_UNRECOGNIZED").map(drop)
}

async fn unknown_path_elsewhere(server: Server) -> Outcome {
    for path in ["/_matrix", "/_matrix/client", "/_matrix/client/v99/sync", "/_matrix/client/v3/"] {
        server.get(path).await?.error(404, "M_UNRECOGNIZED")?;
    }
    Ok(())
}

/// M_UNRECOGNIZED: "405 if the endpoint is implemented, but the incorrect HTTP method is used".
async fn wrong_method(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    alice.delete(v3!("createRoom")).await?.error(405, "M_UNRECOGNIZED")?;
    alice.put(v3!("sync"), json!({})).await?.error(405, "M_UNRECOGNIZED").map(drop)
}

/// A path that does not decode to UTF-8 is a client's mistake, never a failure of the server.
async fn bad_percent_encoding(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for path in ["/_matrix/client/v3/profile/%ff%fe", "/_matrix/client/v3/rooms/%ff/state"] {
        let reply = alice.get(path).await?;
        ensure!((400..500).contains(&reply.status), "{path} should be refused, answered {}", reply.brief());
    }
    Ok(())
}

fn check_cors(reply: &Reply) -> Outcome {
    ensure_eq!(reply.header("access-control-allow-origin"), "*", "Access-Control-Allow-Origin of {}", reply.request);
    let allowed = |name: &str, words: &[&str]| {
        let value = reply.header(name).to_lowercase();
        words.iter().all(|word| value == "*" || value.contains(word))
    };
    ensure!(
        allowed("access-control-allow-methods", &["get", "post", "put", "delete", "options"]),
        "Access-Control-Allow-Methods of {}: {:?}",
        reply.request,
        reply.header("access-control-allow-methods")
    );
    ensure!(
        allowed("access-control-allow-headers", &["x-requested-with", "content-type", "authorization"]),
        "Access-Control-Allow-Headers of {}: {:?}",
        reply.request,
        reply.header("access-control-allow-headers")
    );
    Ok(())
}

/// "Servers MUST reply with the CORS headers" on "all requests".
async fn cors_on_success(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    check_cors(&server.get("/_matrix/client/versions").await?)?;
    check_cors(&alice.get(v3!("account/whoami")).await?)?;
    check_cors(&alice.get(v3!("sync?timeout=0")).await?)
}

async fn cors_on_errors(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    check_cors(&server.get(v3!("account/whoami")).await?)?;
    check_cors(&server.get(v3!("no/such/endpoint")).await?)?;
    check_cors(&alice.delete(v3!("createRoom")).await?)?;
    check_cors(&server.raw(Method::POST, &v3!("createRoom"), Some(&alice.token), "{").await?)
}

async fn cors_preflight(server: Server) -> Outcome {
    for path in [v3!("sync"), v3!("rooms/{}/send/m.room.message/1", "!no:where"), v3!("login")] {
        let request = server.request(Method::OPTIONS, &path, None);
        let request = request.header("origin", "https://client.example").header("access-control-request-method", "PUT");
        let reply = Reply::read(format!("OPTIONS {path}"), request.send().await?).await?;
        ensure!((200..300).contains(&reply.status), "a preflight needs no token: {}", reply.brief());
        check_cors(&reply)?;
    }
    Ok(())
}

async fn content_type(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for reply in [alice.get(v3!("account/whoami")).await?, server.get(v3!("account/whoami")).await?] {
        let kind = reply.header("content-type");
        ensure!(kind.starts_with("application/json"), "{} is {kind:?}", reply.request);
    }
    Ok(())
}

/// Clients in use still speak r0 (it is v3 under its former name).
async fn paths_r0(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let answer = alice.get("/_matrix/client/r0/account/whoami").await?.ok()?;
    ensure_eq!(answer["user_id"], alice.id.as_str(), "user by r0");
    alice.get("/_matrix/client/r0/sync?timeout=0").await?.ok().map(drop)
}

/// A body beyond all reason is refused with 413, or the connection is closed before its end; the server lives on.
async fn oversized_body(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let body = format!("{{\"name\":\"{}\"}}", "x".repeat(64 * 1024 * 1024));
    if let Ok(reply) = server.raw(Method::POST, &v3!("createRoom"), Some(&alice.token), &body).await {
        ensure_eq!(reply.status, 413, "status of a body of 64 MiB ({})", reply.brief());
    }
    alice.get(v3!("account/whoami")).await?.ok().map(drop)
}

/// Identifiers "MUST NOT exceed 255 bytes": longer ones name nothing, and upset nobody.
async fn oversized_ids(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let own = alice.private_room().await?;
    let long = "x".repeat(256);
    let (room, user) = (format!("!{long}:{}", server.name()), format!("@{long}:{}", server.name()));
    let replies = [
        alice.get(v3!("rooms/{}/state", room)).await?,
        alice.post(v3!("join/{}", room), json!({})).await?,
        alice.post(v3!("join/{}", format!("#{long}:{}", server.name())), json!({})).await?,
        alice.get(v3!("profile/{}", user)).await?,
        alice.get(v3!("rooms/{}/event/{}", own, format!("${long}"))).await?,
        alice.post(v3!("rooms/{}/invite", own), json!({ "user_id": user })).await?,
        alice.try_state(&own, "m.room.member", &user, json!({ "membership": "invite" })).await?,
        alice.post(v3!("createRoom"), json!({ "room_alias_name": long })).await?,
    ];
    for reply in replies {
        ensure!((400..500).contains(&reply.status), "{} was answered {}", reply.request, reply.brief());
        ensure!(reply.json["errcode"].is_string(), "{} was answered {}", reply.request, reply.brief());
    }
    Ok(())
}

/// If a server limits rates at all, a refusal is 429 M_LIMIT_EXCEEDED, with a Retry-After header in seconds.
async fn rate_limit_shape(server: Server) -> Outcome {
    let path = v3!("register/available?username={}", server.fresh("free"));
    let jobs: Vec<_> = (0..24)
        .map(|_| {
            let (server, path) = (server.clone(), path.clone());
            tokio::spawn(async move { server.raw(Method::GET, &path, None, "").await })
        })
        .collect();
    for job in jobs {
        let reply = job.await.map_err(|error| Failure::new(error.to_string()))??;
        if reply.status != 429 {
            ensure_eq!(reply.status, 200, "neither allowed nor limited: {}", reply.brief());
            continue;
        }
        let seconds = reply.header("retry-after").to_owned();
        let wait = reply.error(429, "M_LIMIT_EXCEEDED")?["retry_after_ms"].clone();
        ensure!(wait.is_null() || wait.is_u64(), "retry_after_ms: {wait}");
        ensure!(seconds.parse::<u64>().is_ok(), "\"Homeservers SHOULD include a Retry-After header\": {seconds:?}");
    }
    Ok(())
}
