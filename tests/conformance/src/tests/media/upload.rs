//! Uploading in one request.

use super::file::Mxc;
use super::prelude::*;

tests! { "media_upload":
    round_trip, "content-repository",
        ["POST /_matrix/media/v3/upload", "GET v1/media/download/{serverName}/{mediaId}"];
    every_byte, "content-repository", ["POST /_matrix/media/v3/upload"];
    for_others_too, "content-repository", ["GET v1/media/download/{serverName}/{mediaId}"];
    same_twice, "content-repository", ["POST /_matrix/media/v3/upload"];
    without_type, "content-repository", ["POST /_matrix/media/v3/upload"];
    empty, "content-repository", ["POST /_matrix/media/v3/upload"];
    strange_types, "content-repository", ["POST /_matrix/media/v3/upload"];
    strange_names, "content-repository", ["POST /_matrix/media/v3/upload"];
    needs_token, "content-repository", ["POST /_matrix/media/v3/upload M_MISSING_TOKEN"];
    unknown_token, "content-repository", ["POST /_matrix/media/v3/upload M_UNKNOWN_TOKEN"];
    old_paths, "content-repository", [];
}

async fn round_trip(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.upload_file("hello", "application/x-hello").await?;
    ensure_eq!(mxc.server, server.name(), "server of the URI");
    let file = alice.fetch(mxc.download()).await?.ok()?;
    ensure_eq!(file.bytes, b"hello", "content");
    ensure_eq!(file.header("content-type"), "application/x-hello", "content type");
    Ok(())
}

async fn every_byte(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let mxc = alice.upload_file(bytes.clone(), "application/octet-stream").await?;
    let got = alice.fetch(mxc.download()).await?.ok()?.bytes;
    ensure!(got == bytes, "the content came back changed ({} bytes of {})", got.len(), bytes.len());
    Ok(())
}

async fn for_others_too(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let mxc = alice.upload_file("for all", "text/plain").await?;
    ensure_eq!(bob.fetch(mxc.download()).await?.ok()?.bytes, b"for all", "content for another user");
    Ok(())
}

/// Each upload has an id of its own, so that a name and type given with one do not show with the other.
async fn same_twice(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let first = alice.upload_file("same", "text/plain").await?;
    let second = alice.upload_file("same", "application/x-other").await?;
    ensure!(first.id != second.id, "two uploads have one id");
    for (mxc, kind) in [(first, "text/plain"), (second, "application/x-other")] {
        let file = alice.fetch(mxc.download()).await?.ok()?;
        ensure!(file.header("content-type").starts_with(kind), "{kind} became {}", file.header("content-type"));
    }
    Ok(())
}

/// "Returning `application/octet-stream` when the media has an unknown/unprovided `Content-Type`."
async fn without_type(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let path = "/_matrix/media/v3/upload";
    let request = server.request(Method::POST, path, Some(&alice.token)).body("what is it");
    let mxc = Mxc::of(&Reply::read(format!("POST {path}"), request.send().await?).await?.ok()?)?;
    let file = alice.fetch(mxc.download()).await?.ok()?;
    ensure_eq!(file.header("content-type"), "application/octet-stream", "content type");
    ensure_eq!(file.bytes, b"what is it", "content");
    Ok(())
}

/// Taken or refused, but not broken: an empty file comes back empty.
async fn empty(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let reply = alice.try_upload_file(Vec::new(), "application/octet-stream", "").await?;
    if reply.status != 200 {
        return reply.refused(400).map(drop);
    }
    let mxc = Mxc::of(&reply.ok()?)?;
    let file = alice.fetch(mxc.download()).await?.ok()?;
    ensure_eq!(file.bytes.len(), 0, "length of an empty file");
    alice.fetch(mxc.thumbnail("width=32&height=32&method=crop")).await?.refused()
}

/// What comes as a content type is a stranger's text. It does no harm, and never more header fields.
async fn strange_types(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let long = format!("text/{}", "x".repeat(3_000));
    for kind in ["nonsense", "/", "text/", "a/b/c", "text/plain; charset", "TEXT/HTML", "*/*", "\"", long.as_str()] {
        let reply = alice.try_upload_file(b"strange".to_vec(), kind, "").await?;
        if reply.status != 200 {
            reply.refused(400)?;
            continue;
        }
        let file = alice.fetch(Mxc::of(&reply.ok()?)?.download()).await?.ok()?;
        ensure_eq!(file.bytes, b"strange", "content of type {kind:.40}");
        ensure!(!file.header("content-type").is_empty(), "content-type is required, for {kind:.40}");
    }
    Ok(())
}

/// A name with control characters or of great length is taken, cut or refused, and never breaks the header.
async fn strange_names(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let long = "n".repeat(2_000);
    for name in ["a\r\nx-evil: 1", "nul\0", "\u{202e}gpj.exe", ".", "", "%41", "a;b=c", long.as_str()] {
        let query = format!("?filename={}", encode(name));
        let reply = alice.try_upload_file(b"strange".to_vec(), "text/plain", &query).await?;
        if reply.status != 200 {
            reply.refused(400)?;
            continue;
        }
        let file = alice.fetch(Mxc::of(&reply.ok()?)?.download()).await?.ok()?;
        ensure!(file.header("x-evil").is_empty(), "a file name made a header field");
        ensure!(["inline", "attachment"].contains(&file.disposition().as_str()), "disposition of {name:.40?}");
    }
    Ok(())
}

async fn needs_token(server: Server) -> Outcome {
    server.raw(Method::POST, "/_matrix/media/v3/upload", None, "hello").await?.error(401, "M_MISSING_TOKEN").map(drop)
}

async fn unknown_token(server: Server) -> Outcome {
    let path = "/_matrix/media/v3/upload";
    server.raw(Method::POST, path, Some("never-given"), "hello").await?.error(401, "M_UNKNOWN_TOKEN").map(drop)
}

/// Clients in use still upload by the paths of before v1.1.
async fn old_paths(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for path in ["/_matrix/media/r0/upload", "/_matrix/media/v1/upload"] {
        let mxc = Mxc::of(&server.raw(Method::POST, path, Some(&alice.token), "{}").await?.ok()?)?;
        ensure_eq!(alice.fetch(mxc.download()).await?.ok()?.bytes, b"{}", "content uploaded by {path}");
    }
    Ok(())
}
