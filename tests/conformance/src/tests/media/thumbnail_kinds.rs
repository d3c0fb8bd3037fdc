//! Thumbnails of other kinds of files: JPEG, GIF, pictures that move, and what is no picture.

use super::picture::{Kind, kind, moves, size};
use super::prelude::*;
use super::{gif, jpeg, png};

tests! { "media_thumbnail_kinds":
    of_jpeg, "thumbnails", ["GET v1/media/thumbnail/{serverName}/{mediaId}"];
    of_gif, "thumbnails", ["GET v1/media/thumbnail/{serverName}/{mediaId}"];
    content_type_is_true, "content-repository", ["GET v1/media/thumbnail/{serverName}/{mediaId}"];
    not_animated, "content-repository", ["GET v1/media/thumbnail/{serverName}/{mediaId}"];
    animated_by_default_not, "content-repository", ["GET v1/media/thumbnail/{serverName}/{mediaId}"];
    animated, "content-repository", ["GET v1/media/thumbnail/{serverName}/{mediaId}"];
    animated_of_still_picture, "content-repository", ["GET v1/media/thumbnail/{serverName}/{mediaId}"];
    small_that_moves, "content-repository", ["GET v1/media/thumbnail/{serverName}/{mediaId}"];
    of_text, "content-repository", ["GET v1/media/thumbnail/{serverName}/{mediaId} 400"];
    of_vector_graphics, "content-repository", ["GET v1/media/thumbnail/{serverName}/{mediaId} 400"];
    wrong_type, "content-repository", ["GET v1/media/thumbnail/{serverName}/{mediaId}"];
}

const QUERY: &str = "width=50&height=50&method=scale";

async fn of_jpeg(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.upload_file(jpeg::grey(203, 101), "image/jpeg").await?;
    let got = size(&alice.fetch(mxc.thumbnail(QUERY)).await?.ok()?.bytes)?;
    ensure!(got.0 >= 50 && got.0 < 203 && got.1 < 101, "50x50 of 203x101 gave {got:?}");
    Ok(())
}

async fn of_gif(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.upload_file(gif::moving(120, 60, 1), "image/gif").await?;
    let got = size(&alice.fetch(mxc.thumbnail(QUERY)).await?.ok()?.bytes)?;
    ensure!(got.0 >= 50 && got.0 < 120 && got.1 < 60, "50x50 of 120x60 gave {got:?}");
    Ok(())
}

/// A browser takes the content type by its word.
async fn content_type_is_true(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for (bytes, uploaded_as) in [
        (png::black(200, 100), "image/png"),
        (jpeg::grey(200, 100), "image/jpeg"),
        (gif::moving(200, 100, 2), "image/gif"),
        (png::black(20, 10), "image/jpeg"),
    ] {
        let mxc = alice.upload_file(bytes, uploaded_as).await?;
        let file = alice.fetch(mxc.thumbnail(QUERY)).await?;
        if file.status != 200 {
            file.refused()?;
            continue;
        }
        let want: &[&str] = match kind(&file.bytes)? {
            Kind::Png => &["image/png", "image/apng"],
            Kind::Jpeg => &["image/jpeg"],
            Kind::Gif => &["image/gif"],
            Kind::WebP => &["image/webp"],
        };
        let said = file.header("content-type");
        ensure!(want.contains(&said.as_str()), "{uploaded_as}: {want:?} came as {said}");
    }
    Ok(())
}

/// "When `false`, the server MUST NOT return an animated thumbnail."
async fn not_animated(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.upload_file(gif::moving(120, 120, 3), "image/gif").await?;
    for method in ["scale", "crop"] {
        let query = format!("width=40&height=40&method={method}&animated=false");
        let file = alice.fetch(mxc.thumbnail(&query)).await?.ok()?;
        ensure!(!moves(&file.bytes), "{method}: the thumbnail moves");
    }
    Ok(())
}

/// "When not provided, the server SHOULD NOT return an animated thumbnail."
async fn animated_by_default_not(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.upload_file(gif::moving(120, 120, 3), "image/gif").await?;
    let file = alice.fetch(mxc.thumbnail(QUERY)).await?.ok()?;
    ensure!(!moves(&file.bytes), "the thumbnail moves");
    Ok(())
}

/// "the server SHOULD return an animated thumbnail if possible and supported": one that does not move is right too.
async fn animated(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.upload_file(gif::moving(120, 120, 3), "image/gif").await?;
    let file = alice.fetch(mxc.thumbnail(&format!("{QUERY}&animated=true"))).await?.ok()?;
    let got = size(&file.bytes)?;
    ensure!(got.0 >= 50 && got.1 >= 50 && got.0 <= 120 && got.1 <= 120, "50x50 of 120x120 gave {got:?}");
    Ok(())
}

/// "When `true` and the media cannot be animated, ... the server SHOULD behave as though `animated` is `false`."
async fn animated_of_still_picture(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.upload_file(jpeg::grey(200, 200), "image/jpeg").await?;
    let moving = alice.fetch(mxc.thumbnail(&format!("{QUERY}&animated=true"))).await?.ok()?;
    let still = alice.fetch(mxc.thumbnail(&format!("{QUERY}&animated=false"))).await?.ok()?;
    ensure_eq!(size(&moving.bytes)?, size(&still.bytes)?, "size");
    ensure!(!moves(&moving.bytes), "the thumbnail moves");
    Ok(())
}

/// The original is returned "when the content is smaller than the requested dimensions", but not if it moves.
async fn small_that_moves(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.upload_file(gif::moving(20, 20, 3), "image/gif").await?;
    let file = alice.fetch(mxc.thumbnail(&format!("{QUERY}&animated=false"))).await?.ok()?;
    ensure_eq!(size(&file.bytes)?, (20, 20), "size");
    ensure!(!moves(&file.bytes), "the thumbnail moves");
    Ok(())
}

/// "the server cannot thumbnail the content"
async fn of_text(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for kind in ["text/plain", "application/octet-stream", "application/json"] {
        let mxc = alice.upload_file("no picture", kind).await?;
        alice.get(mxc.thumbnail(QUERY)).await?.refused(400)?;
    }
    Ok(())
}

/// A server that can thumbnail them does so as one of the five kinds of pictures.
async fn of_vector_graphics(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let drawing = "<svg xmlns='http://www.w3.org/2000/svg' width='100' height='100'><script>alert(1)</script></svg>";
    let mxc = alice.upload_file(drawing, "image/svg+xml").await?;
    let file = alice.fetch(mxc.thumbnail(QUERY)).await?;
    if file.status == 200 {
        return kind(&file.bytes).map(drop);
    }
    ensure_eq!(file.status, 400, "status");
    file.refused()
}

/// A PNG that says it is a JPEG, and the other way round: a thumbnail, or a refusal.
async fn wrong_type(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for (bytes, said) in [(png::black(100, 100), "image/jpeg"), (jpeg::grey(100, 100), "image/png")] {
        let mxc = alice.upload_file(bytes, said).await?;
        let file = alice.fetch(mxc.thumbnail(QUERY)).await?;
        match file.status {
            200 => drop(size(&file.bytes)?),
            _ => file.refused()?,
        }
    }
    Ok(())
}
