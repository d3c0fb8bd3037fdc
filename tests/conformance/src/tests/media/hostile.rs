//! Files that are made to hurt the server: broken pictures, headers that lie, small files that grow.

use std::time::{Duration, Instant};

use super::file::Mxc;
use super::prelude::*;
use super::{gif, jpeg, png};

tests! { "media_hostile":
    header_that_lies, "content-repo-security-considerations", ["GET v1/media/thumbnail/{serverName}/{mediaId} 400"];
    bomb, "content-repo-security-considerations", ["GET v1/media/thumbnail/{serverName}/{mediaId} M_TOO_LARGE"];
    giant_jpeg, "content-repo-security-considerations", ["GET v1/media/thumbnail/{serverName}/{mediaId} M_TOO_LARGE"];
    giant_screen, "content-repo-security-considerations", ["GET v1/media/thumbnail/{serverName}/{mediaId} M_TOO_LARGE"];
    cut_off, "content-repo-security-considerations", ["GET v1/media/thumbnail/{serverName}/{mediaId} 400"];
    flipped_bits, "content-repo-security-considerations", ["GET v1/media/thumbnail/{serverName}/{mediaId} 400"];
    no_size, "content-repo-security-considerations", ["GET v1/media/thumbnail/{serverName}/{mediaId} 400"];
    noise, "content-repo-security-considerations", ["GET v1/media/thumbnail/{serverName}/{mediaId} 400"];
    server_lives_on, "content-repo-security-considerations", [];
}

const QUERY: &str = "width=64&height=64&method=crop";
/// What a refusal may take; making the picture whole would take longer, and gigabytes.
const PATIENCE: Duration = Duration::from_secs(40);

/// Uploads a file that is no whole picture and asks for thumbnails of it. It is refused, in good time, as the upload or
/// as the thumbnail; a file that was taken can be downloaded as it is. Gives the status of the last refusal.
async fn refused(user: &User, bytes: Vec<u8>, kind: &str) -> Result<u16, Failure> {
    let started = Instant::now();
    let reply = user.try_upload_file(bytes.clone(), kind, "").await?;
    if reply.status != 200 {
        let status = reply.status;
        ensure!([400, 403, 413].contains(&status), "the upload gave {}", reply.brief());
        return reply.refused(status).map(|_| status);
    }
    let mxc = Mxc::of(&reply.ok()?)?;
    let mut status = 0;
    for query in [QUERY, "width=800&height=600&method=scale"] {
        let file = user.fetch(mxc.thumbnail(query)).await?;
        file.refused()?;
        status = file.status;
    }
    ensure!(started.elapsed() < PATIENCE, "the refusal took {:?}", started.elapsed());
    ensure!(user.fetch(mxc.download()).await?.ok()?.bytes == bytes, "the file came back changed");
    Ok(status)
}

/// Megapixels by the header, but two bytes of pixels. What is there may be shown, unless the size is beyond reason.
async fn header_that_lies(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.upload_file(png::lying(3_000, 3_000), "image/png").await?;
    let file = alice.fetch(mxc.thumbnail(QUERY)).await?;
    if file.status != 200 {
        file.refused()?;
    }
    for (width, height) in [(60_000, 60_000), (2_147_483_647, 2_147_483_647), (u32::MAX, 1)] {
        let status = refused(&alice, png::lying(width, height), "image/png").await?;
        ensure!([400, 403, 413].contains(&status), "{width}x{height} gave {status}");
    }
    Ok(())
}

/// "Homeservers should not attempt to generate thumbnails for images that are too large, returning a HTTP 413 error with
/// the `M_TOO_LARGE` code."
async fn bomb(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    ensure_eq!(refused(&alice, png::bomb(24_000, 24_000), "image/png").await?, 413, "status");
    Ok(())
}

async fn giant_jpeg(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    // All its blocks are there.
    ensure_eq!(refused(&alice, jpeg::grey(40_000, 6_000), "image/jpeg").await?, 413, "status");
    Ok(())
}

async fn giant_screen(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    ensure_eq!(refused(&alice, gif::lying(), "image/gif").await?, 413, "status");
    Ok(())
}

async fn cut_off(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for (whole, kind) in [
        (png::black(100, 100), "image/png"),
        (gif::moving(100, 100, 2), "image/gif"),
        (jpeg::grey(100, 100), "image/jpeg"),
    ] {
        for length in [4, 12, 24, 30] {
            refused(&alice, whole.iter().copied().take(length).collect(), kind).await?;
        }
    }
    Ok(())
}

/// A damaged picture may still show something: a thumbnail is right too, an error of the server is not.
async fn flipped_bits(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for (whole, kind) in [
        (png::black(100, 100), "image/png"),
        (gif::moving(30, 30, 2), "image/gif"),
        (jpeg::grey(100, 100), "image/jpeg"),
    ] {
        for place in (8..whole.len().min(120)).step_by(7) {
            let flipped = whole.iter().enumerate();
            let flipped: Vec<u8> = flipped.map(|(at, byte)| if at == place { !byte } else { *byte }).collect();
            let reply = alice.try_upload_file(flipped, kind, "").await?;
            ensure!(reply.status < 500, "{kind} with bits flipped at {place}: {}", reply.brief());
            if reply.status == 200 {
                let file = alice.fetch(Mxc::of(&reply.ok()?)?.thumbnail(QUERY)).await?;
                ensure!(file.status < 500, "{kind} with bits flipped at {place}: {}", file.status);
            }
        }
    }
    Ok(())
}

async fn no_size(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    refused(&alice, png::lying(0, 0), "image/png").await?;
    refused(&alice, png::lying(0, 100), "image/png").await?;
    refused(&alice, jpeg::grey(0, 100), "image/jpeg").await?;
    Ok(())
}

async fn noise(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let noise: Vec<u8> = (0u32..5_000).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    for kind in ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "video/mp4"] {
        refused(&alice, noise.clone(), kind).await?;
    }
    Ok(())
}

/// Bombs side by side do not stop others from being served.
async fn server_lives_on(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.upload_file(png::bomb(20_000, 20_000), "image/png").await?;
    let path = mxc.thumbnail(QUERY);
    let many = futures_util::future::join_all((0..8).map(|_| alice.fetch(path.as_str())));
    let (bombs, file) = tokio::join!(many, async {
        let picture = alice.upload_file(png::black(100, 100), "image/png").await?;
        alice.fetch(picture.thumbnail(QUERY)).await
    });
    file?.ok()?;
    for bomb in bombs {
        bomb?.refused()?;
    }
    Ok(())
}
