//! Making an id first and uploading to it later.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::file::Mxc;
use super::prelude::*;

tests! { "media_create":
    create, "content-repository", ["POST /_matrix/media/v1/create"];
    needs_token, "content-repository", ["POST /_matrix/media/v1/create M_MISSING_TOKEN",
        "PUT /_matrix/media/v3/upload/{serverName}/{mediaId} M_MISSING_TOKEN"];
    upload, "content-repository", ["PUT /_matrix/media/v3/upload/{serverName}/{mediaId}"];
    upload_twice, "content-repository",
        ["PUT /_matrix/media/v3/upload/{serverName}/{mediaId} M_CANNOT_OVERWRITE_MEDIA"];
    upload_over_whole_file, "content-repository",
        ["PUT /_matrix/media/v3/upload/{serverName}/{mediaId} M_CANNOT_OVERWRITE_MEDIA"];
    upload_by_other, "content-repository", ["PUT /_matrix/media/v3/upload/{serverName}/{mediaId} M_FORBIDDEN"];
    upload_to_unknown, "content-repository", ["PUT /_matrix/media/v3/upload/{serverName}/{mediaId} M_NOT_FOUND"];
    upload_to_other_server, "content-repository", ["PUT /_matrix/media/v3/upload/{serverName}/{mediaId} M_NOT_FOUND"];
    not_yet_uploaded, "content-repository", ["GET v1/media/download/{serverName}/{mediaId} M_NOT_YET_UPLOADED",
        "GET v1/media/download/{serverName}/{mediaId}/{fileName} M_NOT_YET_UPLOADED",
        "GET v1/media/thumbnail/{serverName}/{mediaId} M_NOT_YET_UPLOADED"];
    download_waits, "content-repository", ["GET v1/media/download/{serverName}/{mediaId}"];
    pending_limit, "content-repository", ["POST /_matrix/media/v1/create M_LIMIT_EXCEEDED"];
}

async fn create(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let answer = alice.post("/_matrix/media/v1/create", json!({})).await?.ok()?;
    ensure_eq!(Mxc::of(&answer)?.server, server.name(), "server of the URI");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map(|age| age.as_millis()).unwrap_or_default();
    let expires = &answer["unused_expires_at"];
    let future = expires.as_u64().is_some_and(|time| u128::from(time) > now);
    ensure!(expires.is_null() || future, "unused_expires_at is not in the future: {answer}");
    ensure!(Mxc::of(&answer)?.id != alice.create_media().await?.id, "two ids are one");
    Ok(())
}

async fn needs_token(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    server.post("/_matrix/media/v1/create", json!({})).await?.error(401, "M_MISSING_TOKEN")?;
    let path = alice.create_media().await?.upload_path();
    server.raw(Method::PUT, &path, None, "hello").await?.error(401, "M_MISSING_TOKEN").map(drop)
}

async fn upload(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.create_media().await?;
    let path = format!("{}?filename=late.txt", mxc.upload_path());
    let request = server.request(Method::PUT, &path, Some(&alice.token)).header("content-type", "text/csv");
    let answer = Reply::read(format!("PUT {path}"), request.body("late").send().await?).await?.ok()?;
    ensure_eq!(answer, json!({}), "answer");
    let file = alice.fetch(mxc.download()).await?.ok()?;
    ensure_eq!(file.bytes, b"late", "content");
    ensure!(file.header("content-type").starts_with("text/csv"), "content type: {}", file.header("content-type"));
    ensure!(file.header("content-disposition").contains("late.txt"), "the file name is not kept");
    Ok(())
}

async fn upload_twice(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.create_media().await?;
    alice.fill(&mxc, "first").await?.ok()?;
    for content in ["second", "first"] {
        alice.fill(&mxc, content).await?.error(409, "M_CANNOT_OVERWRITE_MEDIA")?;
    }
    ensure_eq!(alice.fetch(mxc.download()).await?.ok()?.bytes, b"first", "content after another upload");
    Ok(())
}

/// "The endpoint was called with a media ID that already has content."
async fn upload_over_whole_file(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.upload_file("first", "text/plain").await?;
    alice.fill(&mxc, "second").await?.error(409, "M_CANNOT_OVERWRITE_MEDIA")?;
    ensure_eq!(alice.fetch(mxc.download()).await?.ok()?.bytes, b"first", "content after another upload");
    Ok(())
}

/// "The request comes from a different user than the one that called `POST /_matrix/media/v1/create`."
async fn upload_by_other(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let mxc = alice.create_media().await?;
    bob.fill(&mxc, "of bob").await?.error(403, "M_FORBIDDEN")?;
    alice.fill(&mxc, "of alice").await?.ok()?;
    ensure_eq!(alice.fetch(mxc.download()).await?.ok()?.bytes, b"of alice", "content");
    Ok(())
}

async fn upload_to_unknown(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = Mxc { server: server.name().to_owned(), id: "never-was-created".to_owned() };
    alice.fill(&mxc, "lost").await?.error(404, "M_NOT_FOUND").map(drop)
}

/// "The MXC ID was not created with `POST /_matrix/media/v1/create`."
async fn upload_to_other_server(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = Mxc { server: "elsewhere.example".to_owned(), ..alice.create_media().await? };
    alice.fill(&mxc, "lost").await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn not_yet_uploaded(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.create_media().await?;
    let (plain, named) = (mxc.download(), mxc.download_as("name.txt"));
    for path in [
        format!("{plain}?timeout_ms=0"),
        format!("{named}?timeout_ms=0"),
        format!("{plain}?timeout_ms=300"),
        mxc.thumbnail("width=32&height=32&timeout_ms=0"),
    ] {
        alice.get(path).await?.error(504, "M_NOT_YET_UPLOADED")?;
    }
    Ok(())
}

async fn download_waits(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.create_media().await?;
    let path = format!("{}?timeout_ms=30000", mxc.download());
    let late = async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        alice.fill(&mxc, "at last").await?.ok()
    };
    let (file, filled) = tokio::join!(alice.fetch(path), late);
    filled?;
    ensure_eq!(file?.ok()?.bytes, b"at last", "content that came while one waited");
    Ok(())
}

/// "the server should limit the number of concurrent *pending media uploads* a given user can have"
async fn pending_limit(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let path = "/_matrix/media/v1/create";
    let mut made = Vec::new();
    let refused = loop {
        let request = server.request(Method::POST, path, Some(&alice.token)).body("{}");
        let reply = Reply::read(format!("POST {path}"), request.send().await?).await?;
        if reply.status != 200 {
            break reply;
        }
        made.push(Mxc::of(&reply.ok()?)?);
        ensure!(made.len() < 1_000, "a thousand pending uploads of one user were not limited");
    };
    refused.error(429, "M_LIMIT_EXCEEDED")?;
    bob.create_media().await?;
    let Some(first) = made.first() else { return Ok(()) };
    alice.fill(first, "done").await?.ok()?;
    alice.create_media().await.map(drop)
}
