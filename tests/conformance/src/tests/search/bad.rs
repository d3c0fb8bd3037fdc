//! Malformed searches.

use super::prelude::*;

tests! { "search_bad":
    needs_token, "server-side-search", ["POST v3/search M_MISSING_TOKEN"];
    no_category, "server-side-search", ["POST v3/search"];
    bodies, "server-side-search", ["POST v3/search 400"];
    not_json, "server-side-search", ["POST v3/search M_NOT_JSON"];
    unknown_words, "server-side-search", ["POST v3/search 400"];
    bad_token, "pagination-2", ["POST v3/search 400"];
    long_term, "server-side-search", ["POST v3/search"];
}

async fn needs_token(server: Server) -> Outcome {
    let body = json!({ "search_categories": { "room_events": { "search_term": "x" } } });
    server.post(v3!("search"), body).await?.error(401, "M_MISSING_TOKEN").map(drop)
}

async fn no_category(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let answer = alice.post(v3!("search"), json!({ "search_categories": {} })).await?.ok()?;
    ensure_eq!(answer, json!({ "search_categories": {} }), "answer to a search in nothing");
    Ok(())
}

/// `search_categories` and `search_term` are required, and everything has its type.
async fn bodies(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    alice.post(v3!("search"), json!({})).await?.refused(400)?;
    for categories in [json!([]), json!("room_events"), json!({ "room_events": [] })] {
        alice.post(v3!("search"), json!({ "search_categories": categories })).await?.refused(400)?;
    }
    for criteria in [
        json!({}),
        json!({ "search_term": 7 }),
        json!({ "search_term": null }),
        json!({ "search_term": "x", "keys": "content.body" }),
        json!({ "search_term": "x", "filter": [] }),
        json!({ "search_term": "x", "filter": { "limit": "ten" } }),
        json!({ "search_term": "x", "groupings": { "group_by": "room_id" } }),
        json!({ "search_term": "x", "event_context": { "before_limit": "one" } }),
    ] {
        let body = json!({ "search_categories": { "room_events": criteria } });
        let reply = alice.post(v3!("search"), body.clone()).await?;
        ensure!(reply.status == 400, "{body} should be refused with 400, got {}", reply.brief());
        reply.refused(400)?;
    }
    Ok(())
}

async fn not_json(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let reply = server.raw(Method::POST, &v3!("search"), Some(&alice.token), "{oops").await?;
    reply.error(400, "M_NOT_JSON").map(drop)
}

/// Words that the specification does not know, where it lists what may be there.
async fn unknown_words(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for criteria in [
        json!({ "search_term": "x", "order_by": "colour" }),
        json!({ "search_term": "x", "groupings": { "group_by": [{ "key": "colour" }] } }),
    ] {
        let body = json!({ "search_categories": { "room_events": criteria } });
        let reply = alice.post(v3!("search"), body.clone()).await?;
        ensure!(reply.status == 400, "{body} should be refused with 400, got {}", reply.brief());
        reply.refused(400)?;
    }
    Ok(())
}

async fn bad_token(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    alice.private_room().await?;
    let body = json!({ "search_categories": { "room_events": { "search_term": "x" } } });
    for token in ["never-given", "%FF", "=="] {
        alice.post(format!("{}?next_batch={token}", v3!("search")), body.clone()).await?.refused(400)?;
    }
    Ok(())
}

/// A search of great length is refused or finds nothing, and soon.
async fn long_term(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    alice.say(&room, "short").await?;
    for term in ["x".repeat(20_000), "word ".repeat(4_000), "\" ".repeat(5_000), "天".repeat(5_000)] {
        let body = json!({ "search_categories": { "room_events": { "search_term": term } } });
        let reply = alice.post(v3!("search"), body).await?;
        if reply.status != 200 {
            ensure!([400, 413].contains(&reply.status), "a long term: {}", reply.brief());
            continue;
        }
        ensure_eq!(reply.ok()?["search_categories"]["room_events"]["results"], json!([]), "results of a long term");
    }
    Ok(())
}
