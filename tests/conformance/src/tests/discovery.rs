//! What a client asks before it logs in, and what the server can do.

use super::prelude::*;

tests! { "discovery":
    versions, "api-versions", ["GET versions"];
    versions_with_token, "api-versions", ["GET versions"];
    well_known_client, "well-known-uris", ["GET /.well-known/matrix/client"];
    well_known_support, "well-known-uris", ["GET /.well-known/matrix/support"];
    no_well_known_server, "well-known-uris", ["GET /.well-known/matrix/server 404"];
    capabilities, "capabilities-negotiation", ["GET v3/capabilities"];
    capabilities_room_versions, "capabilities-negotiation", ["GET v3/capabilities"];
    capabilities_need_token, "capabilities-negotiation", ["GET v3/capabilities M_MISSING_TOKEN"];
    auth_metadata, "server-metadata-discovery", ["GET v1/auth_metadata M_UNRECOGNIZED"];
}

async fn versions(server: Server) -> Outcome {
    let answer = server.get("/_matrix/client/versions").await?.ok()?;
    let Some(versions) = answer["versions"].as_array() else {
        return Err(Failure::new(format!("versions should be an array: {answer}")));
    };
    ensure!(!versions.is_empty(), "at least one version of the specification must be supported");
    for version in versions {
        let name = version.as_str().unwrap_or_default();
        ensure!(name.starts_with("v1.") || name.starts_with("r0."), "{version} is not a version of the specification");
    }
    // "Servers MAY return feature flags": an object of booleans if present.
    for (flag, value) in answer["unstable_features"].as_object().into_iter().flatten() {
        ensure!(value.is_boolean(), "unstable feature {flag} should be a boolean");
    }
    Ok(())
}

/// Since v1.10 the endpoint takes a token, and a user's answer may then say more, never something malformed.
async fn versions_with_token(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let answer = alice.get("/_matrix/client/versions").await?.ok()?;
    ensure!(answer["versions"].as_array().is_some_and(|versions| !versions.is_empty()), "no versions: {answer}");
    Ok(())
}

/// 404 is right where nothing is configured; a server under test has its address configured.
async fn well_known_client(server: Server) -> Outcome {
    let reply = server.get("/.well-known/matrix/client").await?;
    let base = reply.clone().ok()?["m.homeserver"]["base_url"].as_str().unwrap_or_default().to_owned();
    ensure!(base.starts_with("http"), "m.homeserver.base_url should be a URL, is {base:?}");
    ensure_eq!(reply.header("access-control-allow-origin"), "*", "CORS header of the well-known file");
    Ok(())
}

/// As the one above: a server under test has contacts or a page.
async fn well_known_support(server: Server) -> Outcome {
    let reply = server.get("/.well-known/matrix/support").await?;
    ensure_eq!(reply.header("access-control-allow-origin"), "*", "CORS header of the well-known file");
    let answer = reply.ok()?;
    let (contacts, page) = (&answer["contacts"], &answer["support_page"]);
    let list = contacts.as_array().map(Vec::as_slice).unwrap_or_default();
    ensure!(contacts.is_null() || contacts.is_array(), "contacts should be an array: {contacts}");
    // "If only contacts is set, it must contain at least one item."
    ensure!(page.is_string() || !list.is_empty(), "one of contacts and support_page is required: {answer}");
    ensure!(page.is_null() || page.as_str().is_some_and(|page| page.contains("://")), "no address of a page: {page}");
    for contact in list {
        ensure!(contact["role"].is_string(), "role is required: {contact}");
        let (user, mail) = (&contact["matrix_id"], &contact["email_address"]);
        ensure!(user.is_string() || mail.is_string(), "\"At least one of matrix_id or email_address\": {contact}");
        ensure!(user.is_null() || user.as_str().is_some_and(|id| id.starts_with('@')), "no user: {contact}");
        ensure!(mail.is_null() || mail.as_str().is_some_and(|mail| mail.contains('@')), "no address: {contact}");
    }
    Ok(())
}

async fn capabilities(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let answer = alice.get(v3!("capabilities")).await?.ok()?;
    let capabilities = &answer["capabilities"];
    ensure!(capabilities.is_object(), "capabilities should be an object: {answer}");
    for name in ["m.change_password", "m.set_displayname", "m.set_avatar_url", "m.3pid_changes"] {
        let value = &capabilities[name];
        ensure!(value.is_null() || value["enabled"].is_boolean(), "{name} should have `enabled`: {value}");
    }
    Ok(())
}

async fn capabilities_room_versions(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let answer = alice.get(v3!("capabilities")).await?.ok()?;
    let versions = &answer["capabilities"]["m.room_versions"];
    let default = text(versions, "default")?;
    ensure_eq!(versions["available"][&default], "stable", "stability of the default room version {default}");
    for version in ["6", "7", "8", "9", "10", "11", "12"] {
        ensure_eq!(versions["available"][version], "stable", "stability of room version {version}");
    }
    Ok(())
}

async fn capabilities_need_token(server: Server) -> Outcome {
    server.get(v3!("capabilities")).await?.error(401, "M_MISSING_TOKEN").map(drop)
}

/// A server under test has no address of https, and so none to tell other servers. Nobody must take an answer for one.
async fn no_well_known_server(server: Server) -> Outcome {
    let reply = server.get("/.well-known/matrix/server").await?;
    ensure_eq!(reply.status, 404, "status without an address for other servers ({})", reply.brief());
    ensure!(reply.json["m.server"].is_null(), "no address is told: {}", reply.json);
    Ok(())
}

async fn auth_metadata(server: Server) -> Outcome {
    let reply = server.get(v1!("auth_metadata")).await?;
    if reply.status == 404 {
        // "The homeserver does not support the OAuth 2.0 API."
        return reply.error(404, "M_UNRECOGNIZED").map(drop);
    }
    let answer = reply.ok()?;
    for key in ["issuer", "authorization_endpoint", "token_endpoint", "revocation_endpoint", "registration_endpoint"] {
        ensure!(answer[key].is_string(), "{key} is required: {answer}");
    }
    Ok(())
}
