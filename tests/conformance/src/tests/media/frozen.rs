//! The deprecated endpoints without a token: what is uploaded today is not to be had there.

use super::png;
use super::prelude::*;

tests! { "media_frozen":
    download, "content-repo-client-behaviour", ["GET /_matrix/media/v3/download/{serverName}/{mediaId} M_NOT_FOUND",
        "GET /_matrix/media/v3/download/{serverName}/{mediaId}/{fileName} M_NOT_FOUND"];
    thumbnail, "content-repo-client-behaviour", ["GET /_matrix/media/v3/thumbnail/{serverName}/{mediaId} M_NOT_FOUND"];
    old_paths, "content-repo-client-behaviour", [];
    unknown, "content-repository", ["GET /_matrix/media/v3/download/{serverName}/{mediaId} M_NOT_FOUND"];
    created, "content-repository", ["GET /_matrix/media/v3/download/{serverName}/{mediaId} M_NOT_FOUND"];
}

/// "any media uploaded *after* (or *during*) the freeze SHOULD only be accessible through the new, authenticated,
/// endpoints", and these endpoints answer `404 M_NOT_FOUND`.
async fn download(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.upload_file("new", "text/plain").await?;
    let path = format!("/_matrix/media/v3/download/{}/{}", encode(&mxc.server), mxc.id);
    for path in [path.clone(), format!("{path}/name.txt"), format!("{path}?allow_remote=false&timeout_ms=0")] {
        server.get(path).await?.error(404, "M_NOT_FOUND")?;
    }
    Ok(())
}

async fn thumbnail(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.upload_file(png::black(100, 100), "image/png").await?;
    // Also after it was made for somebody with a token.
    alice.fetch(mxc.thumbnail("width=32&height=32&method=crop")).await?.ok()?;
    let path = format!("/_matrix/media/v3/thumbnail/{}/{}", encode(&mxc.server), mxc.id);
    server.get(format!("{path}?width=32&height=32&method=crop")).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn old_paths(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.upload_file("new", "text/plain").await?;
    for version in ["r0", "v1"] {
        let path = format!("/_matrix/media/{version}/download/{}/{}", encode(&mxc.server), mxc.id);
        let reply = server.get(path).await?;
        ensure!([401, 404].contains(&reply.status), "{version} gave {}", reply.brief());
    }
    Ok(())
}

async fn unknown(server: Server) -> Outcome {
    let path = format!("/_matrix/media/v3/download/{}/nothing", encode(server.name()));
    server.get(path).await?.error(404, "M_NOT_FOUND").map(drop)
}

/// An id without content is no different here: it is as new as can be.
async fn created(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.create_media().await?;
    let path = format!("/_matrix/media/v3/download/{}/{}?timeout_ms=0", encode(&mxc.server), mxc.id);
    let reply = server.get(path).await?;
    if reply.status == 504 {
        return reply.error(504, "M_NOT_YET_UPLOADED").map(drop);
    }
    reply.error(404, "M_NOT_FOUND").map(drop)
}
