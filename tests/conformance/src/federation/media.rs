//! Files of one server for the users of another.

use super::prelude::*;

tests! { "media":
    download, "content-repository", ["GET /_matrix/federation/v1/media/download/{mediaId}"];
    download_of_nothing, "content-repository", ["GET /_matrix/federation/v1/media/download/{mediaId} 404"];
    thumbnail, "content-repository", ["GET /_matrix/federation/v1/media/thumbnail/{mediaId}"];
    needs_a_signature, "content-repository", [];
    theirs, "content-repository", [];
    theirs_elsewhere, "content-repository", [];
    theirs_is_gone, "content-repository", [];
}

const WORDS: &str = "the bytes of a file";
/// A picture of one pixel.
const PIXEL: [u8; 67] = [
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00, 0x00, 0x00, 0x0a, 0x49,
    0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x60, 0x00, 0x00, 0x00, 0x02, 0x00, 0x01, 0x48, 0xaf, 0xa4, 0x71, 0x00, 0x00,
    0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

/// Alice uploads a file; gives its media id.
async fn uploaded(stage: &Stage, kind: &str, bytes: &[u8]) -> Result<String, Failure> {
    let path = "/_matrix/media/v3/upload";
    let request = stage.alice.server.request(Method::POST, path, Some(&stage.alice.token));
    let response = request.header("content-type", kind).body(bytes.to_vec()).send().await?;
    let uri = text(&Reply::read(format!("POST {path}"), response).await?.ok()?, "content_uri")?;
    Ok(uri.rsplit('/').next().unwrap_or_default().to_owned())
}

async fn download(stage: Stage) -> Outcome {
    let id = uploaded(&stage, "text/plain", WORDS.as_bytes()).await?;
    let reply = stage.peer.get(fed!("v1/media/download/{}", id)).await?;
    ensure_eq!(reply.status, 200, "the status");
    ensure!(reply.header("content-type").starts_with("multipart/mixed"), "the type: {}", reply.header("content-type"));
    let parts: Vec<&str> = reply.text.split("\r\n\r\n").collect();
    ensure!(parts.len() == 3, "two parts, each with header fields: {}", reply.text);
    ensure!(
        parts.iter().any(|part| part.trim_start().starts_with("{}")),
        "the first part is an object: {}",
        reply.text
    );
    ensure!(reply.text.contains(WORDS), "the bytes: {}", reply.text);
    Ok(())
}

async fn download_of_nothing(stage: Stage) -> Outcome {
    stage.peer.get(fed!("v1/media/download/{}", nonce())).await?.refused(404).map(drop)
}

async fn thumbnail(stage: Stage) -> Outcome {
    let id = uploaded(&stage, "image/png", &PIXEL).await?;
    let path = format!("{}?width=32&height=32&method=scale", fed!("v1/media/thumbnail/{}", id));
    let reply = stage.peer.get(path).await?;
    ensure_eq!(reply.status, 200, "the status");
    ensure!(reply.header("content-type").starts_with("multipart/mixed"), "the type: {}", reply.header("content-type"));
    Ok(())
}

async fn needs_a_signature(stage: Stage) -> Outcome {
    let id = uploaded(&stage, "text/plain", WORDS.as_bytes()).await?;
    stage.peer.raw(Method::GET, &fed!("v1/media/download/{}", id), None, &[]).await?.refused(401).map(drop)
}

async fn fetched(stage: &Stage, id: &str) -> Result<Reply, Failure> {
    stage.alice.get(v1!("media/download/{}/{}", stage.peer.me.name, id)).await
}

async fn theirs(stage: Stage) -> Outcome {
    let id = stage.peer.file("text/plain", WORDS.as_bytes().to_vec());
    let reply = fetched(&stage, &id).await?;
    ensure_eq!((reply.status, reply.text.as_str()), (200, WORDS), "the file");
    ensure!(reply.header("content-type").starts_with("text/plain"), "the type: {}", reply.header("content-type"));
    Ok(())
}

/// The second part may say where the bytes are instead of being them: there the server fetches them.
async fn theirs_elsewhere(stage: Stage) -> Outcome {
    let id = stage.peer.file("text/plain", Vec::new());
    let place = format!("https://{}/elsewhere", stage.peer.me.name);
    stage.peer.lie("download", &id, move |_, honest| {
        let head = "--part\r\ncontent-type: application/json\r\n\r\n{}\r\n--part\r\n";
        let body = format!("{head}location: {place}\r\n\r\n\r\n--part--\r\n");
        Answer { body: Body::Whole(body.into_bytes()), ..honest }
    });
    // Nothing is there, so the file is not to be had; what matters is that the answer says so soon.
    let reply = fetched(&stage, &id).await?;
    ensure!([404, 502, 504].contains(&reply.status), "a file that is nowhere: {}", reply.brief());
    Ok(())
}

async fn theirs_is_gone(stage: Stage) -> Outcome {
    let reply = fetched(&stage, &nonce()).await?;
    ensure!([404, 502].contains(&reply.status), "a file that is not there: {}", reply.brief());
    Ok(())
}
