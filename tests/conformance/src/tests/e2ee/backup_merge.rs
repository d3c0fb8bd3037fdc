//! Which of two keys for one session a backup keeps.

use super::prelude::*;

tests! { "backup_merge":
    verified_wins, "server-side-key-backups", ["PUT v3/room_keys/keys/{roomId}/{sessionId}"];
    verified_wins_over_lower_index, "server-side-key-backups", ["PUT v3/room_keys/keys/{roomId}/{sessionId}"];
    lower_index_wins, "server-side-key-backups", ["PUT v3/room_keys/keys/{roomId}/{sessionId}"];
    lower_index_wins_over_lower_count, "server-side-key-backups", ["PUT v3/room_keys/keys/{roomId}/{sessionId}"];
    lower_forwarded_count_wins, "server-side-key-backups", ["PUT v3/room_keys/keys/{roomId}/{sessionId}"];
    equal_rank, "server-side-key-backups", ["PUT v3/room_keys/keys/{roomId}/{sessionId}"];
    each_for_itself, "server-side-key-backups", ["PUT v3/room_keys/keys"];
    by_room_too, "server-side-key-backups", ["PUT v3/room_keys/keys/{roomId}"];
    after_deletion, "server-side-key-backups", ["DELETE v3/room_keys/keys/{roomId}/{sessionId}"];
    in_a_new_version, "server-side-key-backups", ["POST v3/room_keys/version"];
    large_numbers, "server-side-key-backups", ["PUT v3/room_keys/keys/{roomId}/{sessionId}"];
}

const ROOM: &str = "!room:example.org";

/// Stores both keys in both orders: each time the better one has to stay.
async fn ensure_wins(server: &Server, better: (bool, u64, u64), worse: (bool, u64, u64)) -> Outcome {
    let alice = server.user("alice").await?;
    let version = alice.new_backup().await?;
    let better = ranked("better", better.0, better.1, better.2);
    let worse = ranked("worse", worse.0, worse.1, worse.2);
    for (id, order) in [("worse first", [&worse, &better]), ("better first", [&better, &worse])] {
        for key in order {
            alice.store(&session(ROOM, id), &version, key.clone()).await?;
        }
        ensure_eq!(alice.stored(&session(ROOM, id), &version).await?, better, "the key that stays, {id}");
    }
    ensure_eq!(alice.backup(&version).await?["count"], 2, "count");
    Ok(())
}

/// "it will keep the key that has `is_verified` set to `true`"
async fn verified_wins(server: Server) -> Outcome {
    ensure_wins(&server, (true, 9, 9), (false, 9, 9)).await
}

/// The index counts only "if they have the same values for `is_verified`".
async fn verified_wins_over_lower_index(server: Server) -> Outcome {
    ensure_wins(&server, (true, 9, 9), (false, 0, 0)).await
}

/// "it will keep the key with a lower `first_message_index`"
async fn lower_index_wins(server: Server) -> Outcome {
    ensure_wins(&server, (false, 1, 9), (false, 2, 9)).await?;
    ensure_wins(&server, (true, 1, 9), (true, 2, 9)).await
}

/// The count matters only "if `is_verified` and `first_message_index` are equal".
async fn lower_index_wins_over_lower_count(server: Server) -> Outcome {
    ensure_wins(&server, (false, 1, 9), (false, 2, 0)).await?;
    ensure_wins(&server, (true, 1, 9), (true, 2, 0)).await
}

/// "it will keep the key with a lower `forwarded_count`"
async fn lower_forwarded_count_wins(server: Server) -> Outcome {
    ensure_wins(&server, (false, 1, 1), (false, 1, 2)).await?;
    ensure_wins(&server, (true, 0, 0), (true, 0, 1)).await
}

/// Nothing speaks for the new key, so the existing one stays; whichever does, there is one.
async fn equal_rank(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let version = alice.new_backup().await?;
    alice.store(&session(ROOM, "a"), &version, key("first")).await?;
    ensure_eq!(alice.store(&session(ROOM, "a"), &version, key("first")).await?["count"], 1, "count");
    ensure_eq!(alice.stored(&session(ROOM, "a"), &version).await?, key("first"), "the key");
    Ok(())
}

async fn each_for_itself(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let version = alice.new_backup().await?;
    let body = |sessions: Value| json!({ "rooms": { ROOM: { "sessions": sessions } } });
    let first = json!({ "a": ranked("old", true, 0, 0), "b": ranked("old", false, 9, 9) });
    alice.store("", &version, body(first)).await?;
    let second = json!({ "a": ranked("new", false, 0, 0), "b": ranked("new", true, 0, 0), "c": key("new") });
    ensure_eq!(alice.store("", &version, body(second)).await?["count"], 3, "count");
    for (id, want) in [("a", "old"), ("b", "new"), ("c", "new")] {
        let got = alice.stored(&session(ROOM, id), &version).await?;
        ensure_eq!(got["session_data"]["ephemeral"], want, "key {id}");
    }
    Ok(())
}

async fn by_room_too(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let version = alice.new_backup().await?;
    for (mark, index) in [("middle", 5), ("worse", 6), ("better", 4)] {
        let body = json!({ "sessions": { "a": ranked(mark, false, index, 0) } });
        alice.store(&room(ROOM), &version, body).await?;
    }
    let got = alice.stored(&session(ROOM, "a"), &version).await?;
    ensure_eq!(got["session_data"]["ephemeral"], "better", "the key");
    Ok(())
}

async fn after_deletion(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let version = alice.new_backup().await?;
    alice.store(&session(ROOM, "a"), &version, ranked("better", true, 0, 0)).await?;
    alice.delete(at(&session(ROOM, "a"), &version)).await?.ok()?;
    alice.store(&session(ROOM, "a"), &version, key("worse")).await?;
    ensure_eq!(alice.stored(&session(ROOM, "a"), &version).await?, key("worse"), "the key");
    Ok(())
}

async fn in_a_new_version(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let old = alice.new_backup().await?;
    alice.store(&session(ROOM, "a"), &old, ranked("better", true, 0, 0)).await?;
    let new = alice.new_backup().await?;
    alice.store(&session(ROOM, "a"), &new, key("worse")).await?;
    ensure_eq!(alice.stored(&session(ROOM, "a"), &new).await?, key("worse"), "the key of the new version");
    Ok(())
}

async fn large_numbers(server: Server) -> Outcome {
    ensure_wins(&server, (false, 4_294_967_294, 0), (false, 4_294_967_295, 0)).await
}
