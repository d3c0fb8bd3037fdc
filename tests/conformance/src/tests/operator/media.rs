//! Files: one by its id, and all of a user.

use super::file::Mxc;
use super::prelude::*;

tests! { "operator_media":
    look, "content-repository", ["GET /_synapse/admin/v1/media/{serverName}/{mediaId}",
        "GET /_synapse/admin/v1/media/{serverName}/{mediaId} M_NOT_FOUND"];
    delete, "content-repository", ["DELETE /_synapse/admin/v1/media/{serverName}/{mediaId}",
        "DELETE /_synapse/admin/v1/media/{serverName}/{mediaId} M_NOT_FOUND"];
    quarantine, "content-repository", ["POST /_synapse/admin/v1/media/quarantine/{serverName}/{mediaId}",
        "POST /_synapse/admin/v1/media/unquarantine/{serverName}/{mediaId}"];
    of_user_in_pages, "content-repository", ["GET /_synapse/admin/v1/users/{userId}/media"];
    of_user_deleted, "content-repository", ["DELETE /_synapse/admin/v1/users/{userId}/media"];
    of_user_quarantined, "content-repository", ["POST /_synapse/admin/v1/user/{userId}/media/quarantine"];
    bad_parameters, "content-repository", ["GET /_synapse/admin/v1/users/{userId}/media M_INVALID_PARAM"];
    administrators_only, "content-repository", ["GET /_synapse/admin/v1/media/{serverName}/{mediaId} M_FORBIDDEN",
        "DELETE /_synapse/admin/v1/media/{serverName}/{mediaId} M_FORBIDDEN",
        "POST /_synapse/admin/v1/media/quarantine/{serverName}/{mediaId} M_FORBIDDEN",
        "POST /_synapse/admin/v1/media/unquarantine/{serverName}/{mediaId} M_FORBIDDEN",
        "GET /_synapse/admin/v1/users/{userId}/media M_FORBIDDEN",
        "DELETE /_synapse/admin/v1/users/{userId}/media M_FORBIDDEN",
        "POST /_synapse/admin/v1/user/{userId}/media/quarantine M_FORBIDDEN"];
}

fn path(mxc: &Mxc) -> String {
    format!("/_synapse/admin/v1/media/{}/{}", encode(&mxc.server), encode(&mxc.id))
}

fn quarantine_path(verb: &str, mxc: &Mxc) -> String {
    format!("/_synapse/admin/v1/media/{verb}/{}/{}", encode(&mxc.server), encode(&mxc.id))
}

fn all_of(user: &User) -> String {
    format!("/_synapse/admin/v1/users/{}/media", encode(&user.id))
}

async fn upload(user: &User, text: &str) -> Result<Mxc, Failure> {
    user.upload_file(format!("{text} of {}", user.id), "text/plain").await
}

async fn gone(user: &User, mxc: &Mxc) -> Outcome {
    user.get(mxc.download()).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn look(server: Server) -> Outcome {
    let (alice, admin) = (server.user("alice").await?, server.admin().await?);
    let mxc = upload(&alice, "a letter").await?;
    let info = admin.get(path(&mxc)).await?.ok()?["media_info"].clone();
    ensure_eq!(info["media_id"], mxc.id, "media_id");
    ensure_eq!(info["user_id"], alice.id, "user_id");
    ensure_eq!(info["media_type"], "text/plain", "media_type");
    ensure_eq!(info["media_length"], format!("a letter of {}", alice.id).len(), "media_length");
    ensure!(info["quarantined_by"].is_null(), "quarantined_by: {}", info["quarantined_by"]);
    let unknown = Mxc { id: server.fresh("unknown"), ..mxc };
    admin.get(path(&unknown)).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn delete(server: Server) -> Outcome {
    let (alice, admin) = (server.user("alice").await?, server.admin().await?);
    let (mxc, kept) = (upload(&alice, "one").await?, upload(&alice, "another").await?);
    let answer = admin.delete(path(&mxc)).await?.ok()?;
    ensure_eq!(answer, json!({ "deleted_media": [mxc.id], "total": 1 }), "answer");
    gone(&alice, &mxc).await?;
    alice.fetch(kept.download()).await?.ok()?;
    admin.delete(path(&mxc)).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn quarantine(server: Server) -> Outcome {
    let (alice, admin) = (server.user("alice").await?, server.admin().await?);
    let mxc = upload(&alice, "a letter").await?;
    ensure_eq!(admin.post(quarantine_path("quarantine", &mxc), json!({})).await?.ok()?, json!({}), "answer");
    gone(&alice, &mxc).await?;
    ensure!(!admin.get(path(&mxc)).await?.ok()?["media_info"]["quarantined_by"].is_null(), "it is not marked");
    ensure_eq!(admin.post(quarantine_path("unquarantine", &mxc), json!({})).await?.ok()?, json!({}), "answer");
    alice.fetch(mxc.download()).await?.ok().map(drop)
}

async fn of_user_in_pages(server: Server) -> Outcome {
    let (alice, admin) = (server.user("alice").await?, server.admin().await?);
    let mut ids = Vec::new();
    for name in ["one", "two", "three"] {
        ids.push(upload(&alice, name).await?.id);
    }
    let first = admin.get(format!("{}?limit=2", all_of(&alice))).await?.ok()?;
    ensure_eq!(first["total"], 3, "total");
    let next = first["next_token"].as_u64().map(|next| next.to_string()).unwrap_or_default();
    let second = admin.get(format!("{}?limit=2&from={next}", all_of(&alice))).await?.ok()?;
    ensure!(second["next_token"].is_null(), "there is a page after the last: {second}");
    let pages = [&first, &second].map(|page| page["media"].as_array().cloned().unwrap_or_default());
    ensure_eq!(pages.each_ref().map(Vec::len), [2, 1], "files in pages");
    let mut listed: Vec<&str> = pages.iter().flatten().filter_map(|file| file["media_id"].as_str()).collect();
    listed.sort_unstable();
    ids.sort_unstable();
    ensure_eq!(listed, ids, "files of both pages");
    Ok(())
}

async fn of_user_deleted(server: Server) -> Outcome {
    let (alice, bob, admin) = (server.user("alice").await?, server.user("bob").await?, server.admin().await?);
    let (one, two, other) = (upload(&alice, "one").await?, upload(&alice, "two").await?, upload(&bob, "one").await?);
    ensure_eq!(admin.delete(all_of(&alice)).await?.ok()?["total"], 2, "total");
    gone(&alice, &one).await?;
    gone(&alice, &two).await?;
    bob.fetch(other.download()).await?.ok().map(drop)
}

async fn of_user_quarantined(server: Server) -> Outcome {
    let (alice, bob, admin) = (server.user("alice").await?, server.user("bob").await?, server.admin().await?);
    let (one, other) = (upload(&alice, "one").await?, upload(&bob, "one").await?);
    let path = format!("/_synapse/admin/v1/user/{}/media/quarantine", encode(&alice.id));
    ensure_eq!(admin.post(path, json!({})).await?.ok()?["num_quarantined"], 1, "num_quarantined");
    gone(&alice, &one).await?;
    bob.fetch(other.download()).await?.ok().map(drop)
}

async fn bad_parameters(server: Server) -> Outcome {
    let (alice, admin) = (server.user("alice").await?, server.admin().await?);
    for query in ["limit=-1", "from=-1", "limit=many"] {
        admin.get(format!("{}?{query}", all_of(&alice))).await?.error(400, "M_INVALID_PARAM")?;
    }
    Ok(())
}

async fn administrators_only(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = upload(&alice, "one").await?;
    let all = all_of(&alice);
    let quarantine_all = format!("/_synapse/admin/v1/user/{}/media/quarantine", encode(&alice.id));
    for reply in [
        alice.get(path(&mxc)).await?,
        alice.delete(path(&mxc)).await?,
        alice.post(quarantine_path("quarantine", &mxc), json!({})).await?,
        alice.post(quarantine_path("unquarantine", &mxc), json!({})).await?,
        alice.get(&all).await?,
        alice.delete(&all).await?,
        alice.post(quarantine_all, json!({})).await?,
    ] {
        reply.error(403, "M_FORBIDDEN")?;
    }
    alice.fetch(mxc.download()).await?.ok().map(drop)
}
