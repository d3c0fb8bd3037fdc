//! Sizes of thumbnails.

use super::picture::{Size, size};
use super::png;
use super::prelude::*;

tests! { "media_thumbnail":
    scale, "thumbnails", ["GET v1/media/thumbnail/{serverName}/{mediaId}"];
    scale_of_long_picture, "thumbnails", ["GET v1/media/thumbnail/{serverName}/{mediaId}"];
    crop, "thumbnails", ["GET v1/media/thumbnail/{serverName}/{mediaId}"];
    crop_other_shape, "thumbnails", ["GET v1/media/thumbnail/{serverName}/{mediaId}"];
    recommended_sizes, "thumbnails", ["GET v1/media/thumbnail/{serverName}/{mediaId}"];
    never_upscaled, "thumbnails", ["GET v1/media/thumbnail/{serverName}/{mediaId}"];
    never_upscaled_one_way, "thumbnails", ["GET v1/media/thumbnail/{serverName}/{mediaId}"];
    one_pixel, "thumbnails", ["GET v1/media/thumbnail/{serverName}/{mediaId}"];
    no_method, "thumbnails", ["GET v1/media/thumbnail/{serverName}/{mediaId}"];
    headers, "content-repository", ["GET v1/media/thumbnail/{serverName}/{mediaId}"];
    security_policy, "content-repository", ["GET v1/media/thumbnail/{serverName}/{mediaId}"];
    resource_policy, "content-repository", ["GET v1/media/thumbnail/{serverName}/{mediaId}"];
    bad_parameters, "content-repository", ["GET v1/media/thumbnail/{serverName}/{mediaId} 400"];
    zero_and_giant, "content-repository", ["GET v1/media/thumbnail/{serverName}/{mediaId} 400"];
}

/// The size of a thumbnail of a black picture.
async fn thumbnail(user: &User, of: Size, width: u32, height: u32, method: &str) -> Result<Size, Failure> {
    let mxc = user.upload_file(png::black(of.0, of.1), "image/png").await?;
    let path = mxc.thumbnail(&format!("width={width}&height={height}&method={method}"));
    size(&user.fetch(path).await?.ok()?.bytes)
}

/// Whether two sizes have one shape, but for the rounding to whole pixels.
fn same_shape(one: Size, other: Size) -> bool {
    let (left, right) = (u64::from(one.0) * u64::from(other.1), u64::from(one.1) * u64::from(other.0));
    left.abs_diff(right) <= u64::from(one.0.max(one.1).max(other.0).max(other.1))
}

/// "'scale' maintains the original aspect ratio of the image", and "Servers MUST NOT return a smaller thumbnail than
/// requested".
async fn scale(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let of = (800, 600);
    for (width, height) in [(320, 240), (640, 480), (100, 75)] {
        let got = thumbnail(&alice, of, width, height, "scale").await?;
        ensure!(same_shape(got, of), "scale of {of:?} has another shape: {got:?}");
        ensure!(got.0 >= width && got.1 >= height, "{width}x{height} wanted, {got:?} came");
        ensure!(got.0 <= of.0 && got.1 <= of.1, "{of:?} was made larger: {got:?}");
    }
    Ok(())
}

/// "'scale' tries to return an image where either the width or the height is smaller than the requested size": the
/// other is not.
async fn scale_of_long_picture(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for of in [(800, 200), (200, 800)] {
        let got = thumbnail(&alice, of, 100, 100, "scale").await?;
        ensure!(same_shape(got, of), "scale of {of:?} has another shape: {got:?}");
        ensure!(got.0 >= 100 || got.1 >= 100, "100x100 wanted, {got:?} came");
    }
    Ok(())
}

/// "'crop' provides an image in the aspect ratio of the sizes given in the request"
async fn crop(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for of in [(800, 400), (400, 800), (500, 500)] {
        for side in [32, 96] {
            let got = thumbnail(&alice, of, side, side, "crop").await?;
            ensure!(same_shape(got, (side, side)), "crop {side}x{side} of {of:?} has another shape: {got:?}");
            ensure!(got.0 >= side && got.1 >= side, "{side}x{side} wanted, {got:?} came");
        }
    }
    Ok(())
}

async fn crop_other_shape(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for (width, height) in [(100, 50), (50, 100), (300, 20)] {
        let got = thumbnail(&alice, (400, 400), width, height, "crop").await?;
        ensure!(same_shape(got, (width, height)), "crop {width}x{height} has another shape: {got:?}");
        ensure!(got.0 >= width && got.1 >= height, "{width}x{height} wanted, {got:?} came");
    }
    Ok(())
}

/// "Servers SHOULD produce thumbnails with the following dimensions and methods"
async fn recommended_sizes(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for (width, height, method) in
        [(32, 32, "crop"), (96, 96, "crop"), (320, 240, "scale"), (640, 480, "scale"), (800, 600, "scale")]
    {
        let got = thumbnail(&alice, (1600, 1200), width, height, method).await?;
        ensure_eq!(got, (width, height), "size of {method}");
    }
    Ok(())
}

/// "Servers MUST NOT upscale thumbnails under any circumstance."
async fn never_upscaled(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for (method, side) in [("scale", 64), ("scale", 4_000), ("crop", 32), ("crop", 4_000)] {
        let got = thumbnail(&alice, (20, 10), side, side, method).await?;
        ensure!(got.0 <= 20 && got.1 <= 10, "{method} {side} of 20x10 gave {got:?}");
        ensure!(method == "crop" || got == (20, 10), "what is small already became smaller: {got:?}");
    }
    Ok(())
}

async fn never_upscaled_one_way(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for method in ["scale", "crop"] {
        for of in [(200, 20), (20, 200)] {
            let got = thumbnail(&alice, of, 96, 96, method).await?;
            ensure!(got.0 <= of.0 && got.1 <= of.1, "{method} of {of:?} gave {got:?}");
            ensure!(method == "crop" || same_shape(got, of), "scale of {of:?} has another shape: {got:?}");
        }
    }
    Ok(())
}

/// Shapes whose smaller side would be rounded to nothing.
async fn one_pixel(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for of in [(1, 1), (2_000, 1), (1, 2_000)] {
        for method in ["scale", "crop"] {
            let got = thumbnail(&alice, of, 32, 32, method).await?;
            ensure!(got.0 >= 1 && got.1 >= 1 && got.0 <= of.0 && got.1 <= of.1, "{method} of {of:?} gave {got:?}");
        }
    }
    Ok(())
}

async fn no_method(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.upload_file(png::black(100, 100), "image/png").await?;
    let got = size(&alice.fetch(mxc.thumbnail("width=50&height=50")).await?.ok()?.bytes)?;
    ensure!(got.0 >= 50 && got.1 >= 50, "50x50 wanted, {got:?} came");
    Ok(())
}

/// The disposition "MUST be `inline`", and the content type is one of five.
async fn headers(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for side in [50, 5_000] {
        let mxc = alice.upload_file(png::black(200, 100), "image/png").await?;
        let file = alice.fetch(mxc.thumbnail(&format!("width={side}&height={side}&method=scale"))).await?.ok()?;
        ensure_eq!(file.disposition(), "inline", "disposition");
        let kind = file.header("content-type");
        let allowed = ["image/jpeg", "image/png", "image/apng", "image/gif", "image/webp"];
        ensure!(allowed.contains(&kind.as_str()), "content type {kind}");
    }
    Ok(())
}

/// "When serving content, the server SHOULD provide a `Content-Security-Policy` header."
async fn security_policy(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.upload_file(png::black(200, 100), "image/png").await?;
    let file = alice.fetch(mxc.thumbnail("width=50&height=50&method=scale")).await?.ok()?;
    ensure!(file.header("content-security-policy").contains("sandbox"), "no content security policy");
    Ok(())
}

/// "The server SHOULD additionally provide `Cross-Origin-Resource-Policy: cross-origin`"
async fn resource_policy(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.upload_file(png::black(200, 100), "image/png").await?;
    let file = alice.fetch(mxc.thumbnail("width=50&height=50&method=scale")).await?.ok()?;
    ensure_eq!(file.header("cross-origin-resource-policy"), "cross-origin", "resource policy");
    Ok(())
}

/// "the client requested non-integer dimensions or asked for negatively-sized images"
async fn bad_parameters(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.upload_file(png::black(100, 100), "image/png").await?;
    for query in [
        "height=32&method=crop",
        "width=32&method=crop",
        "width=x&height=32&method=crop",
        "width=32.5&height=32&method=crop",
        "width=-32&height=-32&method=crop",
        "width=32&height=-1&method=scale",
        "width=32&height=32&method=stretch",
    ] {
        let reply = alice.get(mxc.thumbnail(query)).await?;
        ensure!(reply.status == 400, "{query} gave {}", reply.status);
        reply.refused(400)?;
    }
    Ok(())
}

/// No size at all and sizes beyond reason: refused, or the original, but neither an error of the server nor work.
async fn zero_and_giant(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mxc = alice.upload_file(png::black(100, 100), "image/png").await?;
    for side in ["0", "100000", "4294967295", "4294967296", "99999999999999999999"] {
        for method in ["crop", "scale"] {
            let file = alice.fetch(mxc.thumbnail(&format!("width={side}&height={side}&method={method}"))).await?;
            if file.status != 200 {
                file.refused()?;
                continue;
            }
            let got = size(&file.bytes)?;
            ensure!(got.0 <= 100 && got.1 <= 100, "{method} {side} gave {got:?}");
        }
    }
    Ok(())
}
