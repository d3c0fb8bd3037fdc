//! `/_peerbrain/admin/v1/media/{sha256}`: every file of one content, which Synapse has no path for.

use super::file::Mxc;
use super::prelude::*;

tests! { "operator_content":
    delete, "content-repository", ["DELETE /_peerbrain/admin/v1/media/{sha256}",
        "DELETE /_peerbrain/admin/v1/media/{sha256} M_NOT_FOUND"];
    quarantine, "content-repository", ["PUT /_peerbrain/admin/v1/media/{sha256}/quarantine",
        "DELETE /_peerbrain/admin/v1/media/{sha256}/quarantine"];
    quarantine_before_it_comes, "content-repository", ["PUT /_peerbrain/admin/v1/media/{sha256}/quarantine"];
    no_hash, "content-repository", ["DELETE /_peerbrain/admin/v1/media/{sha256} M_INVALID_PARAM",
        "PUT /_peerbrain/admin/v1/media/{sha256}/quarantine M_INVALID_PARAM",
        "DELETE /_peerbrain/admin/v1/media/{sha256}/quarantine M_INVALID_PARAM"];
    administrators_only, "content-repository", ["DELETE /_peerbrain/admin/v1/media/{sha256} M_FORBIDDEN",
        "PUT /_peerbrain/admin/v1/media/{sha256}/quarantine M_FORBIDDEN",
        "DELETE /_peerbrain/admin/v1/media/{sha256}/quarantine M_FORBIDDEN"];
}

/// A content that no other test has, and the path by which it is named.
fn content(server: &Server) -> (String, String) {
    let text = server.fresh("content");
    let hash = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    let hash: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    (text, format!("/_peerbrain/admin/v1/media/{hash}"))
}

async fn upload(user: &User, text: &str) -> Result<Mxc, Failure> {
    user.upload_file(text, "text/plain").await
}

async fn gone(user: &User, mxc: &Mxc) -> Outcome {
    user.get(mxc.download()).await?.error(404, "M_NOT_FOUND").map(drop)
}

/// Whoever has uploaded it, under whatever id.
async fn delete(server: Server) -> Outcome {
    let (alice, bob, admin) = (server.user("alice").await?, server.user("bob").await?, server.admin().await?);
    let (text, path) = content(&server);
    let files = [upload(&alice, &text).await?, upload(&bob, &text).await?];
    let other = upload(&bob, &server.fresh("other")).await?;
    ensure_eq!(admin.delete(&path).await?.ok()?, json!({ "total": 2 }), "answer");
    for mxc in &files {
        gone(&alice, mxc).await?;
    }
    bob.fetch(other.download()).await?.ok()?;
    admin.delete(&path).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn quarantine(server: Server) -> Outcome {
    let (alice, bob, admin) = (server.user("alice").await?, server.user("bob").await?, server.admin().await?);
    let (text, path) = content(&server);
    let files = [upload(&alice, &text).await?, upload(&bob, &text).await?];
    let quarantine = format!("{path}/quarantine");
    ensure_eq!(admin.put(&quarantine, json!({})).await?.ok()?, json!({}), "answer");
    for mxc in &files {
        gone(&bob, mxc).await?;
    }
    ensure_eq!(admin.delete(&quarantine).await?.ok()?, json!({}), "answer");
    for mxc in &files {
        bob.fetch(mxc.download()).await?.ok()?;
    }
    Ok(())
}

async fn quarantine_before_it_comes(server: Server) -> Outcome {
    let (alice, admin) = (server.user("alice").await?, server.admin().await?);
    let (text, path) = content(&server);
    admin.put(format!("{path}/quarantine"), json!({})).await?.ok()?;
    if let Ok(mxc) = upload(&alice, &text).await {
        gone(&alice, &mxc).await?;
    }
    Ok(())
}

async fn no_hash(server: Server) -> Outcome {
    let admin = server.admin().await?;
    for hash in ["0123", "zz", &"g".repeat(64)] {
        let path = format!("/_peerbrain/admin/v1/media/{hash}");
        let quarantine = format!("{path}/quarantine");
        admin.delete(&path).await?.error(400, "M_INVALID_PARAM")?;
        admin.put(&quarantine, json!({})).await?.error(400, "M_INVALID_PARAM")?;
        admin.delete(&quarantine).await?.error(400, "M_INVALID_PARAM")?;
    }
    Ok(())
}

async fn administrators_only(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (text, path) = content(&server);
    let mxc = upload(&alice, &text).await?;
    let quarantine = format!("{path}/quarantine");
    alice.delete(&path).await?.error(403, "M_FORBIDDEN")?;
    alice.put(&quarantine, json!({})).await?.error(403, "M_FORBIDDEN")?;
    alice.delete(&quarantine).await?.error(403, "M_FORBIDDEN")?;
    alice.fetch(mxc.download()).await?.ok().map(drop)
}
