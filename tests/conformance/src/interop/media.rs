//! Files of the other server.

use super::prelude::*;

tests! { "media":
    download, "content-repository";
    download_with_a_name, "content-repository";
    large_file, "content-repository";
    thumbnail, "content-repository";
    unknown, "content-repository";
}

/// A picture of one red pixel.
const PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x02, 0x00, 0x00, 0x00, 0x90, 0x77, 0x53, 0xde, 0x00, 0x00, 0x00, 0x0c, 0x49,
    0x44, 0x41, 0x54, 0x08, 0xd7, 0x63, 0xf8, 0xcf, 0xc0, 0x00, 0x00, 0x03, 0x01, 0x01, 0x00, 0x18, 0xdd, 0x8d, 0xb0,
    0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

/// Uploads a file; gives `server/media id`.
async fn upload(user: &User, kind: &str, bytes: Vec<u8>) -> Result<String, Failure> {
    let path = "/_matrix/media/v3/upload?filename=a%20file.bin";
    let request = user.server.request(reqwest::Method::POST, path, Some(&user.token));
    let reply =
        Reply::read("upload".to_owned(), request.header("content-type", kind).body(bytes).send().await?).await?;
    Ok(text(&reply.ok()?, "content_uri")?.trim_start_matches("mxc://").to_owned())
}

async fn fetch(user: &User, path: &str) -> Result<(u16, String, Vec<u8>), Failure> {
    let response = user.server.request(reqwest::Method::GET, path, Some(&user.token)).send().await?;
    let kind =
        response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
    Ok((response.status().as_u16(), kind, response.bytes().await?.to_vec()))
}

async fn download(Pair { alice, bob }: Pair) -> Outcome {
    let file = upload(&bob, "text/plain", b"hello over there".to_vec()).await?;
    for _ in 0..2 {
        let (status, kind, bytes) = fetch(&alice, &format!("/_matrix/client/v1/media/download/{file}")).await?;
        ensure!(kind.starts_with("text/plain"), "the type of the file: {kind}");
        ensure_eq!((status, bytes.as_slice()), (200, &b"hello over there"[..]), "the file");
    }
    Ok(())
}

async fn download_with_a_name(Pair { alice, bob }: Pair) -> Outcome {
    let file = upload(&bob, "text/plain", b"named".to_vec()).await?;
    let path = format!("/_matrix/client/v1/media/download/{file}/other.txt");
    let (status, _, bytes) = fetch(&alice, &path).await?;
    ensure_eq!((status, bytes.as_slice()), (200, &b"named"[..]), "the file");
    Ok(())
}

async fn large_file(Pair { alice, bob }: Pair) -> Outcome {
    let bytes: Vec<u8> = (0..900_000_u32).map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect();
    let file = upload(&bob, "application/octet-stream", bytes.clone()).await?;
    let (status, _, got) = fetch(&alice, &format!("/_matrix/client/v1/media/download/{file}")).await?;
    ensure!(status == 200 && got == bytes, "a large file should arrive whole: {status}, {} bytes", got.len());
    Ok(())
}

async fn thumbnail(Pair { alice, bob }: Pair) -> Outcome {
    let file = upload(&bob, "image/png", PNG.to_vec()).await?;
    let path = format!("/_matrix/client/v1/media/thumbnail/{file}?width=32&height=32&method=scale");
    let (status, kind, bytes) = fetch(&alice, &path).await?;
    ensure!(status == 200 && kind.starts_with("image/") && !bytes.is_empty(), "a thumbnail: {status} {kind}");
    Ok(())
}

async fn unknown(Pair { alice, bob }: Pair) -> Outcome {
    let path = format!("/_matrix/client/v1/media/download/{}/nothingIsHere", bob.server.name());
    alice.get(path).await?.error(404, "M_NOT_FOUND").map(drop)
}
