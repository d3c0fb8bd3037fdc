//! Files of other servers that are made to cost much (CVE-2024-37302, CVE-2024-53863).

use super::prelude::*;

tests! { "advisory_media":
    larger_than_allowed, "content-repository", [];
    without_end, "content-repository", [];
    no_parts, "content-repository", [];
    odd_boundary, "content-repository", [];
    dangerous_types, "content-repository", [];
    thumbnail_of_no_picture, "content-repository", [];
    location_of_another_kind, "content-repository", [];
}

async fn fetched(stage: &Stage, id: &str) -> Result<Reply, Failure> {
    stage.alice.get(v1!("media/download/{}/{}", stage.peer.me.name, id)).await
}

async fn larger_than_allowed(stage: Stage) -> Outcome {
    let config = stage.alice.get(v1!("media/config")).await?.ok()?;
    let Some(limit) = config["m.upload.size"].as_u64().and_then(|limit| usize::try_from(limit).ok()) else {
        return Ok(());
    };
    let id = stage.peer.file("text/plain", vec![b'x'; limit.saturating_mul(2)]);
    let reply = fetched(&stage, &id).await?;
    ensure!(reply.status >= 400, "a file of twice the size that is allowed: {}", reply.status);
    Ok(())
}

/// Alice asks for a file, and a lie is the answer.
async fn lied<F>(stage: &Stage, lie: F) -> Result<Reply, Failure>
where
    F: Fn(&Request, Answer) -> Answer + Send + Sync + 'static,
{
    let id = stage.peer.file("text/plain", b"words".to_vec());
    stage.peer.lie("download", &id, lie);
    fetched(stage, &id).await
}

async fn without_end(stage: Stage) -> Outcome {
    let reply = lied(&stage.aside(), |_, honest| {
        let first = b"--part\r\ncontent-type: application/json\r\n\r\n{}\r\n--part\r\ncontent-type: text/plain\r\n\r\n"
            .to_vec();
        Answer { body: Body::Repeated { first, part: vec![b'x'; 1 << 16], times: 1 << 14 }, ..honest }
    })
    .await;
    // A server that passes bytes on as they come has said 200 by then, and can only cut the connection.
    if let Ok(reply) = reply {
        ensure!(reply.status >= 400 || reply.text.len() < 64 << 20, "a gigabyte came through");
    }
    stage.shared().await.map(drop)
}

async fn no_parts(stage: Stage) -> Outcome {
    for body in ["", "words", "--part--\r\n", "--part\r\n\r\n{}\r\n--part--\r\n"] {
        let reply =
            lied(&stage, move |_, honest| Answer { body: Body::Whole(body.as_bytes().to_vec()), ..honest }).await?;
        ensure!(reply.status >= 400, "{body:?} is no file: {}", reply.brief());
    }
    Ok(())
}

async fn odd_boundary(stage: Stage) -> Outcome {
    for kind in ["multipart/mixed", "multipart/mixed; boundary=", "multipart/mixed; boundary=\"", "text/plain"] {
        let reply = lied(&stage, move |_, honest| Answer { content_type: kind.to_owned(), ..honest }).await?;
        ensure!(reply.status >= 400, "an answer of type {kind:?}: {}", reply.brief());
    }
    Ok(())
}

/// What a browser would run is not shown inline.
async fn dangerous_types(stage: Stage) -> Outcome {
    for kind in ["text/html", "image/svg+xml", "application/javascript", "text/html\r\nx-more: 1"] {
        let id = stage.peer.file(kind, b"<script>alert(1)</script>".to_vec());
        let reply = fetched(&stage, &id).await?;
        let disposition = reply.header("content-disposition");
        ensure!(reply.status >= 400 || disposition.starts_with("attachment"), "{kind:?}: {disposition:?}");
        ensure!(reply.header("x-more").is_empty(), "a header field of another server comes through");
    }
    Ok(())
}

/// Formats that nobody needs are not decoded, and pictures that are none are refused.
async fn thumbnail_of_no_picture(stage: Stage) -> Outcome {
    let files: [(&str, &[u8]); 3] = [
        ("image/png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n"),
        ("image/png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\xff\xff\xff\xff\xff\xff\xff\xff\x08\x06\x00\x00\x00"),
        ("image/tiff", b"II*\x00\x08\x00\x00\x00"),
    ];
    for (kind, bytes) in files {
        let id = stage.peer.file(kind, bytes.to_vec());
        stage.peer.lie("thumbnail", &id, |_, _| Answer::error(404, "M_UNRECOGNIZED"));
        let path = format!("{}?width=32&height=32", v1!("media/thumbnail/{}/{}", stage.peer.me.name, id));
        let reply = stage.alice.get(path).await?;
        ensure!(reply.status >= 400 && reply.status != 500, "a thumbnail of {kind}: {}", reply.brief());
    }
    Ok(())
}

/// A `Location` that leads to a file, to loopback without TLS, or to itself.
async fn location_of_another_kind(stage: Stage) -> Outcome {
    let places = ["file:///etc/passwd", "http://127.0.0.1:1/", "ftp://127.0.0.1/", "https://", "//x", "\u{0}"];
    for place in places {
        let reply = lied(&stage, move |_, honest| {
            let head = "--part\r\ncontent-type: application/json\r\n\r\n{}\r\n--part\r\n";
            let body = format!("{head}location: {place}\r\n\r\n\r\n--part--\r\n");
            Answer { body: Body::Whole(body.into_bytes()), ..honest }
        });
        let reply = reply.await?;
        ensure!(reply.status >= 400, "a file at {place:?}: {}", reply.brief());
        ensure!(!reply.text.contains("root:"), "a file of the server under test");
    }
    Ok(())
}
