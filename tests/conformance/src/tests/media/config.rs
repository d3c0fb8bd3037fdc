//! What the content repository says about itself.

use super::file::Mxc;
use super::prelude::*;

tests! { "media_config":
    config, "content-repository", ["GET v1/media/config", "GET /_matrix/media/v3/config"];
    needs_token, "content-repository",
        ["GET v1/media/config M_MISSING_TOKEN", "GET /_matrix/media/v3/config M_MISSING_TOKEN"];
    too_large, "content-repo-security-considerations", ["POST /_matrix/media/v3/upload M_TOO_LARGE"];
    too_large_for_created, "content-repo-security-considerations",
        ["PUT /_matrix/media/v3/upload/{serverName}/{mediaId} M_TOO_LARGE"];
    largest, "content-repository", ["POST /_matrix/media/v3/upload"];
}

/// Larger limits are not tried: the tests would take too long.
const TRIED: u64 = 200 << 20;

/// The size limit that the server names.
async fn limit(user: &User) -> Result<Option<u64>, Failure> {
    let limit = user.get(v1!("media/config")).await?.ok()?["m.upload.size"].as_u64();
    Ok(limit.filter(|limit| *limit <= TRIED))
}

async fn config(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let answer = alice.get(v1!("media/config")).await?.ok()?;
    let limit = &answer["m.upload.size"];
    ensure!(limit.is_null() || limit.is_u64(), "m.upload.size: {answer}");
    let old = alice.get("/_matrix/media/v3/config").await?.ok()?;
    ensure_eq!(old, answer, "answer of the deprecated endpoint");
    Ok(())
}

async fn needs_token(server: Server) -> Outcome {
    for path in [v1!("media/config"), "/_matrix/media/v3/config".to_owned()] {
        server.get(path).await?.error(401, "M_MISSING_TOKEN")?;
    }
    Ok(())
}

/// "returning a HTTP 413 error with the `M_TOO_LARGE` code."
async fn too_large(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let Some(limit) = limit(&alice).await? else { return Ok(()) };
    let bytes = vec![0; usize::try_from(limit).unwrap_or_default() + 1];
    alice.try_upload_file(bytes, "application/octet-stream", "").await?.error(413, "M_TOO_LARGE").map(drop)
}

async fn too_large_for_created(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let Some(limit) = limit(&alice).await? else { return Ok(()) };
    let mxc: Mxc = alice.create_media().await?;
    let bytes = vec![0; usize::try_from(limit).unwrap_or_default() + 1];
    alice.fill(&mxc, bytes).await?.error(413, "M_TOO_LARGE")?;
    // What was refused is not there.
    let file = alice.fetch(format!("{}?timeout_ms=0", mxc.download())).await?;
    ensure!(file.status != 200, "an upload that was refused can be downloaded");
    Ok(())
}

/// `m.upload.size` is "the maximum size an upload can be in bytes".
async fn largest(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let Some(limit) = limit(&alice).await? else { return Ok(()) };
    let bytes = vec![7; usize::try_from(limit).unwrap_or_default()];
    let mxc = alice.upload_file(bytes, "application/octet-stream").await?;
    let length = alice.fetch(mxc.download()).await?.ok()?.bytes.len();
    ensure_eq!(u64::try_from(length).unwrap_or_default(), limit, "length of the largest file");
    Ok(())
}
