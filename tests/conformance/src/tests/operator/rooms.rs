//! `/_synapse/admin/v1/rooms`.

use super::prelude::*;

tests! { "operator_rooms":
    listed_in_pages, "server-administration", ["GET /_synapse/admin/v1/rooms"];
    bad_parameters, "server-administration", ["GET /_synapse/admin/v1/rooms M_INVALID_PARAM"];
    administrators_only, "server-administration", ["GET /_synapse/admin/v1/rooms M_FORBIDDEN"];
}

const PATH: &str = "/_synapse/admin/v1/rooms";

async fn listed_in_pages(server: Server) -> Outcome {
    let (alice, bob, admin) = (server.user("alice").await?, server.user("bob").await?, server.admin().await?);
    let mut rooms = vec![alice.public_room().await?, alice.private_room().await?, alice.private_room().await?];
    bob.join(&rooms[0]).await?;
    let (mut from, mut found) = (Value::from(0), Vec::<Value>::new());
    loop {
        let page = admin.get(format!("{PATH}?limit=40&from={from}")).await?.ok()?;
        let list = page["rooms"].as_array().cloned().unwrap_or_default();
        ensure!(list.len() <= 40, "a page of 40 has {}", list.len());
        found.extend(list.into_iter().filter(|room| rooms.iter().any(|own| room["room_id"] == *own)));
        from = page["next_batch"].clone();
        if from.is_null() {
            break;
        }
    }
    let public = found.iter().find(|room| room["room_id"] == rooms[0]).cloned().unwrap_or_default();
    ensure_eq!(public["joined_members"], 2, "joined members");
    ensure!(public["version"].is_string() && public["public"].is_boolean(), "version and public: {public}");
    let mut ids: Vec<&str> = found.iter().filter_map(|room| room["room_id"].as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    rooms.sort_unstable();
    ensure_eq!(ids, rooms, "rooms of all pages");
    Ok(())
}

async fn bad_parameters(server: Server) -> Outcome {
    let admin = server.admin().await?;
    for query in ["limit=-1", "limit=many"] {
        admin.get(format!("{PATH}?{query}")).await?.error(400, "M_INVALID_PARAM")?;
    }
    Ok(())
}

async fn administrators_only(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    alice.get(PATH).await?.error(403, "M_FORBIDDEN")?;
    server.get(PATH).await?.error(401, "M_MISSING_TOKEN").map(drop)
}
