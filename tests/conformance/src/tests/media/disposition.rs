//! File names and whether a browser may show a file: `Content-Disposition` and `Content-Type` of downloads.

use super::file::{File, Mxc};
use super::prelude::*;

tests! { "media_disposition":
    file_name, "content-repository", ["GET v1/media/download/{serverName}/{mediaId}"];
    no_file_name, "content-repository", ["GET v1/media/download/{serverName}/{mediaId}"];
    file_name_of_path, "content-repository", ["GET v1/media/download/{serverName}/{mediaId}/{fileName}"];
    unicode, "content-repository", ["GET v1/media/download/{serverName}/{mediaId}"];
    quotes_and_semicolons, "content-repository", ["GET v1/media/download/{serverName}/{mediaId}"];
    path_parts, "content-repository", ["GET v1/media/download/{serverName}/{mediaId}"];
    safe_types, "serving-inline-content", ["GET v1/media/download/{serverName}/{mediaId}"];
    unsafe_types, "serving-inline-content", ["GET v1/media/download/{serverName}/{mediaId}"];
    unsafe_types_in_disguise, "serving-inline-content", ["GET v1/media/download/{serverName}/{mediaId}"];
    page_as_picture, "serving-inline-content", ["GET v1/media/download/{serverName}/{mediaId}"];
}

/// The file name in a disposition; none if there is none. `filename*` is preferred, as RFC 6266 §4.3 says.
fn name(file: &File) -> Option<String> {
    let header = file.header("content-disposition");
    if let Some((_, value)) = header.split_once("filename*=") {
        let value = value.split(';').next()?.trim();
        return Some(decoded(
            value.get(..7).filter(|start| start.eq_ignore_ascii_case("utf-8''")).and(value.get(7..))?,
        ));
    }
    let value = header.split_once("filename=")?.1;
    let Some(quoted) = value.strip_prefix('"') else { return Some(value.split(';').next()?.trim().to_owned()) };
    let (mut name, mut escaped) = (String::new(), false);
    for sign in quoted.chars() {
        match sign {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return Some(name),
            sign => {
                name.push(sign);
                escaped = false;
            }
        }
    }
    None
}

/// Undoes percent-encoding.
fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        let pair = after.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()).filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Uploads under a name and downloads again.
async fn named(user: &User, file_name: &str) -> Result<File, Failure> {
    let query = format!("?filename={}", encode(file_name));
    let mxc = Mxc::of(&user.try_upload_file(b"named".to_vec(), "text/plain", &query).await?.ok()?)?;
    user.fetch(mxc.download()).await?.ok()
}

/// "If the upload was made with a `filename`, this header MUST contain the same `filename`."
async fn file_name(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for want in ["kettle.png", "with space.tar.gz"] {
        ensure_eq!(name(&named(&alice, want).await?).as_deref(), Some(want), "file name");
    }
    Ok(())
}

/// "Otherwise, `filename` is excluded from the header."
async fn no_file_name(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let file = alice.fetch(alice.upload_file("nameless", "text/plain").await?.download()).await?.ok()?;
    ensure_eq!(name(&file), None, "file name of an upload without one");
    ensure!(["inline", "attachment"].contains(&file.disposition().as_str()), "disposition: {}", file.disposition());
    Ok(())
}

/// "MUST contain the file name requested in the path"
async fn file_name_of_path(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let query = "?filename=before.txt";
    let mxc = Mxc::of(&alice.try_upload_file(b"named".to_vec(), "text/plain", query).await?.ok()?)?;
    for want in ["after.txt", "schöner Tag.txt", "a\"b.txt"] {
        let file = alice.fetch(mxc.download_as(want)).await?.ok()?;
        ensure_eq!(name(&file).as_deref(), Some(want), "file name");
        ensure_eq!(file.bytes, b"named", "content");
    }
    Ok(())
}

async fn unicode(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for want in ["Übergröße.txt", "写真 🐈.png", "naïve\u{301}.txt"] {
        let file = named(&alice, want).await?;
        ensure_eq!(name(&file).as_deref(), Some(want), "file name");
        ensure!(file.header("content-disposition").is_ascii(), "a header field must be ASCII");
    }
    Ok(())
}

async fn quotes_and_semicolons(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for want in ["a\"b.txt", "a;b.txt", "a\\b.txt", "x\"; filename=\"evil.exe", "50%.txt", "it's.txt", "a,b=c.txt"] {
        ensure_eq!(name(&named(&alice, want).await?).as_deref(), Some(want), "file name");
    }
    Ok(())
}

/// A server may keep the name as it is, as the specification says, or leave only its last part.
async fn path_parts(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for (given, last) in [("../../etc/passwd", "passwd"), ("/etc/passwd", "passwd"), ("a/b.txt", "b.txt")] {
        let got = name(&named(&alice, given).await?).unwrap_or_default();
        ensure!(got == given || got == last, "{given} became {got}");
    }
    Ok(())
}

/// Inline is only a SHOULD: "clients should not be surprised" by attachments.
async fn safe_types(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for kind in ["text/plain", "text/css", "application/json", "image/png", "video/mp4", "audio/ogg", "image/webp"] {
        let file = alice.fetch(alice.upload_file("x", kind).await?.download()).await?.ok()?;
        ensure!(["inline", "attachment"].contains(&file.disposition().as_str()), "disposition of {kind}");
        ensure!(file.header("content-type").starts_with(kind), "{kind} became {}", file.header("content-type"));
    }
    Ok(())
}

const PAGE: &str = "<html><script>alert(document.domain)</script></html>";

async fn unsafe_types(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for kind in [
        "text/html",
        "image/svg+xml",
        "application/xhtml+xml",
        "text/xml",
        "application/xml",
        "text/javascript",
        "application/pdf",
        "multipart/x-mixed-replace",
        "application/octet-stream",
    ] {
        let mxc = alice.upload_file(PAGE, kind).await?;
        for path in [mxc.download(), mxc.download_as("page.html"), mxc.download_as("picture.png")] {
            ensure_eq!(alice.fetch(path).await?.ok()?.disposition(), "attachment", "disposition of {kind}");
        }
    }
    Ok(())
}

/// Upper case, parameters and what is no type must not make a page look safe.
async fn unsafe_types_in_disguise(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for kind in ["TEXT/HTML", "text/html; charset=utf-8", "text/html;image/png", " text/html", "image/svg+xml;x=1", "x"]
    {
        let reply = alice.try_upload_file(PAGE.into(), kind, "").await?;
        if reply.status != 200 {
            reply.refused(400)?;
            continue;
        }
        let file = alice.fetch(Mxc::of(&reply.ok()?)?.download()).await?.ok()?;
        ensure_eq!(file.disposition(), "attachment", "disposition of {kind}");
    }
    Ok(())
}

/// "if a HTML file is uploaded with a `Content-Type` of `image/png`, clients will just assume that the image is
/// corrupted"
async fn page_as_picture(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let file = alice.fetch(alice.upload_file(PAGE, "image/png").await?.download()).await?.ok()?;
    let kind = file.header("content-type");
    ensure!(file.disposition() == "attachment" || kind == "image/png", "a page is shown inline as {kind}");
    Ok(())
}
