//! Downloading: who may, what is not there, and what a browser is told.

use super::prelude::*;

tests! { "media_download":
    unknown, "content-repository", ["GET v1/media/download/{serverName}/{mediaId} M_NOT_FOUND",
        "GET v1/media/download/{serverName}/{mediaId}/{fileName} M_NOT_FOUND",
        "GET v1/media/thumbnail/{serverName}/{mediaId} M_NOT_FOUND"];
    needs_token, "content-repository", ["GET v1/media/download/{serverName}/{mediaId} M_MISSING_TOKEN",
        "GET v1/media/download/{serverName}/{mediaId}/{fileName} M_MISSING_TOKEN",
        "GET v1/media/thumbnail/{serverName}/{mediaId} M_MISSING_TOKEN"];
    unknown_token, "content-repository", ["GET v1/media/download/{serverName}/{mediaId} M_UNKNOWN_TOKEN"];
    bad_ids, "content-repo-security-considerations", ["GET v1/media/download/{serverName}/{mediaId} M_NOT_FOUND"];
    bad_server_names, "content-repo-security-considerations",
        ["GET v1/media/download/{serverName}/{mediaId} M_NOT_FOUND"];
    security_policy, "content-repository", ["GET v1/media/download/{serverName}/{mediaId}"];
    resource_policy, "content-repository", ["GET v1/media/download/{serverName}/{mediaId}"];
    other_origins, "web-browser-clients", ["GET v1/media/download/{serverName}/{mediaId}"];
    content_length, "content-repository", ["GET v1/media/download/{serverName}/{mediaId}"];
    range, "content-repository", ["GET v1/media/download/{serverName}/{mediaId}"];
    range_out_of_reach, "content-repository", ["GET v1/media/download/{serverName}/{mediaId}"];
}

async fn unknown(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let thumbnail = format!("{}?width=32&height=32&method=crop", v1!("media/thumbnail/{}/nothing", server.name()));
    for path in [
        v1!("media/download/{}/nothing", server.name()),
        v1!("media/download/{}/nothing/name.txt", server.name()),
        thumbnail,
    ] {
        alice.get(path).await?.error(404, "M_NOT_FOUND")?;
    }
    Ok(())
}

async fn needs_token(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.upload_file("mine", "text/plain").await?;
    for path in [mxc.download(), mxc.download_as("name.txt"), mxc.thumbnail("width=32&height=32")] {
        server.get(path).await?.error(401, "M_MISSING_TOKEN")?;
    }
    Ok(())
}

async fn unknown_token(server: Server) -> Outcome {
    let path = v1!("media/download/{}/nothing", server.name());
    server.call(Method::GET, &path, Some("never-given"), None).await?.error(401, "M_UNKNOWN_TOKEN").map(drop)
}

/// "allowing only alphanumeric (`A-Za-z0-9`), `_` and `-` characters in the `media-id` segment"
async fn bad_ids(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let long = "a".repeat(5_000);
    for id in ["../../etc/passwd", "..\\..\\boot.ini", "..%2f..%2fetc", "nul\0", "é", "a b", ".", long.as_str()] {
        alice.fetch(v1!("media/download/{}/{}", server.name(), id)).await?.refused()?;
        let thumbnail = v1!("media/thumbnail/{}/{}", server.name(), id);
        alice.fetch(format!("{thumbnail}?width=32&height=32&method=scale")).await?.refused()?;
    }
    Ok(())
}

/// "restricting the `server-name` segment to valid server names"
async fn bad_server_names(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for name in ["../..", "a b", "under_score!", "nul\0", "user@host", "a:b:c"] {
        alice.fetch(v1!("media/download/{}/abc", name)).await?.refused()?;
    }
    Ok(())
}

/// "When serving content, the server SHOULD provide a `Content-Security-Policy` header."
async fn security_policy(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.upload_file("<script>alert(1)</script>", "text/html").await?;
    for path in [mxc.download(), mxc.download_as("page.html")] {
        let policy = alice.fetch(path).await?.ok()?.header("content-security-policy");
        for part in ["sandbox", "default-src 'none'", "script-src 'none'"] {
            ensure!(policy.contains(part), "the policy does not say {part}: {policy:?}");
        }
    }
    Ok(())
}

/// "The server SHOULD additionally provide `Cross-Origin-Resource-Policy: cross-origin` when serving content"
async fn resource_policy(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.upload_file("shared", "text/plain").await?;
    let file = alice.fetch(mxc.download()).await?.ok()?;
    ensure_eq!(file.header("cross-origin-resource-policy"), "cross-origin", "policy");
    Ok(())
}

async fn other_origins(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.upload_file("shared", "text/plain").await?;
    let file = alice.fetch(mxc.download()).await?.ok()?;
    ensure_eq!(file.header("access-control-allow-origin"), "*", "origins that may read it");
    let reply = server.call(Method::OPTIONS, &mxc.download(), None, None).await?;
    ensure!((200..300).contains(&reply.status), "a browser's question: {}", reply.brief());
    let fields = reply.header("access-control-allow-headers").to_ascii_lowercase();
    ensure!(fields.contains("authorization"), "a browser may not send the token: {fields:?}");
    Ok(())
}

async fn content_length(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.upload_file("1234567", "application/octet-stream").await?;
    let length = alice.fetch(mxc.download()).await?.ok()?.header("content-length");
    ensure!(length.is_empty() || length == "7", "content-length of seven bytes: {length}");
    Ok(())
}

/// A server may serve parts (RFC 9110 §14) or ignore the wish; a part must be the right one.
async fn range(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.upload_file("0123456789", "application/octet-stream").await?;
    for (wish, part, place) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-4", "6789", "bytes 6-9/10"),
        ("bytes=8-99", "89", "bytes 8-9/10"),
        ("bytes=0-0", "0", "bytes 0-0/10"),
    ] {
        let file = alice.fetch_with(&mxc.download(), &[("range", wish)]).await?;
        match file.status {
            200 => ensure_eq!(file.bytes, b"0123456789", "the whole instead of {wish}"),
            206 => {
                ensure_eq!(String::from_utf8_lossy(&file.bytes), part, "content of {wish}");
                ensure_eq!(file.header("content-range"), place, "content-range of {wish}");
            }
            status => return Err(Failure::new(format!("{wish} gave {status}"))),
        }
    }
    Ok(())
}

async fn range_out_of_reach(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.upload_file("0123456789", "application/octet-stream").await?;
    for wish in ["bytes=10-", "bytes=99-100", "bytes=-0", "bytes=5-2", "bytes=x-y", "lines=1-2", "bytes=0-1,4-5"] {
        let file = alice.fetch_with(&mxc.download(), &[("range", wish)]).await?;
        let whole = file.status == 200 && file.bytes == b"0123456789";
        ensure!(whole || [206, 400, 416].contains(&file.status), "{wish} gave {}", file.status);
    }
    Ok(())
}
