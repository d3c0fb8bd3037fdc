//! Profiles: display name, avatar and any other field.

use super::prelude::*;

tests! { "profile":
    display_name, "profiles", ["PUT v3/profile/{userId}/{keyName}", "GET v3/profile/{userId}/{keyName}"];
    avatar, "profiles", ["PUT v3/profile/{userId}/{keyName}", "GET v3/profile/{userId}/{keyName}"];
    whole, "profiles", ["GET v3/profile/{userId}"];
    custom_field, "profiles", ["PUT v3/profile/{userId}/{keyName}", "GET v3/profile/{userId}/{keyName}"];
    timezone, "profiles", ["PUT v3/profile/{userId}/{keyName}"];
    delete_field, "profiles", ["DELETE v3/profile/{userId}/{keyName}"];
    delete_display_name, "profiles", ["DELETE v3/profile/{userId}/{keyName}"];
    of_others, "profiles",
        ["PUT v3/profile/{userId}/{keyName} M_FORBIDDEN", "DELETE v3/profile/{userId}/{keyName} M_FORBIDDEN"];
    missing_key, "profiles", ["PUT v3/profile/{userId}/{keyName} M_MISSING_PARAM"];
    not_json, "profiles", ["PUT v3/profile/{userId}/{keyName} M_BAD_JSON"];
    key_too_large, "profiles", ["PUT v3/profile/{userId}/{keyName} M_KEY_TOO_LARGE"];
    bad_key, "profiles",
        ["PUT v3/profile/{userId}/{keyName} M_INVALID_PARAM", "DELETE v3/profile/{userId}/{keyName} M_INVALID_PARAM"];
    profile_too_large, "profiles", ["PUT v3/profile/{userId}/{keyName} M_PROFILE_TOO_LARGE"];
    profile_too_large_in_sum, "profiles", ["PUT v3/profile/{userId}/{keyName} M_PROFILE_TOO_LARGE"];
    display_name_wrong_type, "profiles", ["PUT v3/profile/{userId}/{keyName} 400"];
    unknown_user, "profiles", ["GET v3/profile/{userId} M_NOT_FOUND", "GET v3/profile/{userId}/{keyName} M_NOT_FOUND"];
    unknown_field, "profiles", ["GET v3/profile/{userId}/{keyName} M_NOT_FOUND"];
    needs_token_to_change, "profiles", ["PUT v3/profile/{userId}/{keyName} M_MISSING_TOKEN"];
    change_reaches_rooms, "events-on-change-of-profile-information", ["PUT v3/profile/{userId}/{keyName}"];
    avatar_change_reaches_rooms, "events-on-change-of-profile-information", ["PUT v3/profile/{userId}/{keyName}"];
}

fn field(user: &User, key: &str) -> String {
    v3!("profile/{}/{}", user, key)
}

async fn set(user: &User, key: &str, value: Value) -> Outcome {
    user.put(field(user, key), json!({ key: value })).await?.ok().map(drop)
}

async fn display_name(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    set(&alice, "displayname", json!("Älice ☺")).await?;
    for user in [&alice, &bob] {
        let answer = user.get(field(&alice, "displayname")).await?.ok()?;
        ensure_eq!(answer, json!({ "displayname": "Älice ☺" }), "display name as seen by {user}");
    }
    Ok(())
}

async fn avatar(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    set(&alice, "avatar_url", json!("mxc://example.org/me")).await?;
    let answer = alice.get(field(&alice, "avatar_url")).await?.ok()?;
    ensure_eq!(answer, json!({ "avatar_url": "mxc://example.org/me" }), "avatar");
    Ok(())
}

async fn whole(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    set(&alice, "displayname", json!("Alice")).await?;
    set(&alice, "avatar_url", json!("mxc://example.org/me")).await?;
    let answer = alice.get(v3!("profile/{}", alice)).await?.ok()?;
    ensure_eq!(
        (&answer["displayname"], &answer["avatar_url"]),
        (&json!("Alice"), &json!("mxc://example.org/me")),
        "profile"
    );
    Ok(())
}

/// Since v1.16 a profile takes any field.
async fn custom_field(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let value = json!({ "nested": [1, "two", null], "flag": true });
    set(&alice, "org.example.field", value.clone()).await?;
    let answer = alice.get(field(&alice, "org.example.field")).await?.ok()?;
    ensure_eq!(answer, json!({ "org.example.field": value }), "the field alone");
    let answer = alice.get(v3!("profile/{}", alice)).await?.ok()?;
    ensure_eq!(answer["org.example.field"], value, "the field in the whole profile");
    Ok(())
}

async fn timezone(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    set(&alice, "m.tz", json!("Europe/Berlin")).await?;
    ensure_eq!(alice.get(field(&alice, "m.tz")).await?.ok()?["m.tz"], "Europe/Berlin", "time zone");
    Ok(())
}

/// 200: "The profile field was deleted or it doesn't exist."
async fn delete_field(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    set(&alice, "org.example.field", json!("x")).await?;
    for _ in 0..2 {
        ensure_eq!(alice.delete(field(&alice, "org.example.field")).await?.ok()?, json!({}), "answer");
    }
    alice.get(field(&alice, "org.example.field")).await?.refused(404)?;
    let answer = alice.get(v3!("profile/{}", alice)).await?.ok()?;
    ensure!(answer.get("org.example.field").is_none(), "the deleted field is still there: {answer}");
    Ok(())
}

async fn delete_display_name(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    set(&alice, "displayname", json!("Alice")).await?;
    ensure_eq!(alice.get(field(&alice, "displayname")).await?.ok()?["displayname"], "Alice", "display name before");
    alice.delete(field(&alice, "displayname")).await?.ok()?;
    let answer = alice.get(v3!("profile/{}", alice)).await?;
    ensure!(answer.json["displayname"].is_null(), "the deleted display name is still there: {}", answer.brief());
    Ok(())
}

async fn of_others(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    for key in ["displayname", "avatar_url", "org.example.field"] {
        bob.put(field(&alice, key), json!({ key: "mxc://forged/x" })).await?.error(403, "M_FORBIDDEN")?;
        bob.delete(field(&alice, key)).await?.error(403, "M_FORBIDDEN")?;
    }
    let answer = alice.get(v3!("profile/{}", alice)).await?;
    ensure!(!answer.text.contains("forged"), "the profile changed: {}", answer.brief());
    Ok(())
}

/// M_MISSING_PARAM: "The required keyName property is missing from the request body."
async fn missing_key(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    alice.put(field(&alice, "org.example.field"), json!({ "other": 1 })).await?.error(400, "M_MISSING_PARAM").map(drop)
}

async fn not_json(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let reply = server.raw(Method::PUT, &field(&alice, "displayname"), Some(&alice.token), "{oops").await?;
    // "M_BAD_JSON: The provided value is not valid JSON"; the common code for that is M_NOT_JSON.
    let error = reply.refused(400)?;
    let code = error["errcode"].as_str().unwrap_or_default();
    ensure!(matches!(code, "M_BAD_JSON" | "M_NOT_JSON"), "error code {code}");
    Ok(())
}

/// "the maximum allowed key length of 255 bytes".
async fn key_too_large(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (fits, long) = ("k".repeat(255), "k".repeat(256));
    set(&alice, &fits, json!("fits")).await?;
    alice.put(field(&alice, &long), json!({ &long: "x" })).await?.error(400, "M_KEY_TOO_LARGE").map(drop)
}

/// A key follows the common namespaced identifier grammar: lower case letters, digits, `-`, `.` and `_`.
async fn bad_key(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for key in ["Not a key!", "org.example.ümlaut"] {
        alice.put(field(&alice, key), json!({ key: 1 })).await?.error(400, "M_INVALID_PARAM")?;
        alice.delete(field(&alice, key)).await?.error(400, "M_INVALID_PARAM")?;
    }
    Ok(())
}

/// "the total profile MUST be under 64 KiB".
async fn profile_too_large(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let value = json!({ "org.example.big": "x".repeat(65_536) });
    alice.put(field(&alice, "org.example.big"), value).await?.error(400, "M_PROFILE_TOO_LARGE").map(drop)
}

async fn profile_too_large_in_sum(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    set(&alice, "org.example.one", json!("x".repeat(40_000))).await?;
    let value = json!({ "org.example.two": "x".repeat(40_000) });
    alice.put(field(&alice, "org.example.two"), value).await?.error(400, "M_PROFILE_TOO_LARGE")?;
    // Replacing counts once.
    set(&alice, "org.example.one", json!("y".repeat(40_000))).await
}

async fn display_name_wrong_type(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    alice.put(field(&alice, "displayname"), json!({ "displayname": 5 })).await?.refused(400).map(drop)
}

async fn unknown_user(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let nobody = format!("@{}:{}", server.fresh("nobody"), server.name());
    for path in [v3!("profile/{}", nobody), v3!("profile/{}/displayname", nobody)] {
        let reply = alice.get(path).await?;
        // "When the requested user does not exist, homeservers MAY choose whether to respond with 403 or 404."
        match reply.status {
            403 => reply.error(403, "M_FORBIDDEN")?,
            _ => reply.error(404, "M_NOT_FOUND")?,
        };
    }
    Ok(())
}

async fn unknown_field(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    alice.get(field(&alice, "org.example.nothing")).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn needs_token_to_change(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let body = json!({ "displayname": "x" });
    let reply = server.call(Method::PUT, &field(&alice, "displayname"), None, Some(&body)).await?;
    reply.error(401, "M_MISSING_TOKEN").map(drop)
}

/// Waits until Bob sees a member event of Alice that satisfies `want`.
async fn propagates(server: &Server, key: &str, value: &str) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let rooms = [bob.public_room().await?, bob.public_room().await?];
    for room in &rooms {
        alice.join(room).await?;
    }
    let since = bob.now().await?;
    set(&alice, key, json!(value)).await?;
    for room in &rooms {
        let changed = |answer: &Value| {
            find(events(joined(answer, room), "timeline"), "m.room.member", &alice.id)
                .is_some_and(|event| event["content"][key] == value && event["content"]["membership"] == "join")
        };
        bob.sync_until(&since, changed).await?;
    }
    Ok(())
}

/// "an m.room.member event (with a join membership) is sent to every room the user is a member of".
async fn change_reaches_rooms(server: Server) -> Outcome {
    propagates(&server, "displayname", "Renamed").await
}

async fn avatar_change_reaches_rooms(server: Server) -> Outcome {
    propagates(&server, "avatar_url", "mxc://example.org/new").await
}
