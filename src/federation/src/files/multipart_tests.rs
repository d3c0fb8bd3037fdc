#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use super::*;

const KIND: &str = "multipart/mixed; boundary=b1";

/// Reads a body in pieces of so many bytes.
fn read(kind: &str, body: &[u8], piece: usize) -> Result<(Headers, Vec<u8>, bool), Malformed> {
    let mut reader = Multipart::new(kind)?;
    let mut file = Vec::new();
    for piece in body.chunks(piece) {
        file.extend(reader.push(piece)?);
    }
    Ok((reader.headers().cloned().unwrap_or_default(), file, reader.is_complete()))
}

#[test]
fn bodies_of_all_who_write_them() {
    for body in [
        // With and without what ends the line before the first delimiter, and with and without what ends the last.
        &b"--b1\r\nContent-Type: application/json\r\n\r\n{}\r\n--b1\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b1--\r\n"[..],
        b"\r\n--b1\r\nContent-Type: application/json\r\n\r\n{}\r\n--b1\r\ncontent-type:text/plain\r\n\r\nhello\r\n--b1",
        b"a preamble\r\n--b1\r\n\r\n{\"a\":{}}\r\n--b1  \r\nContent-Type: text/plain\r\nX: y\r\n\r\nhello\r\n--b1--",
    ] {
        for piece in [1, 2, 3, 7, 1_000] {
            let (headers, file, complete) = read(KIND, body, piece).unwrap();
            assert_eq!((file.as_slice(), complete), (&b"hello"[..], true));
            assert_eq!(headers.content_type.as_deref(), Some("text/plain"));
            assert_eq!(headers.location, None);
        }
    }
}

#[test]
fn a_file_that_nearly_ends() {
    let content = b"\r\n--b\r\n--b\r\n--\r\r\n-\r\n".repeat(50);
    let mut body = b"--b1\r\n\r\n{}\r\n--b1\r\n\r\n".to_vec();
    body.extend_from_slice(&content);
    body.extend_from_slice(b"\r\n--b1--");
    for piece in [1, 5, 64, 10_000] {
        assert_eq!(read(KIND, &body, piece).unwrap().1, content, "{piece}");
    }
    let (_, _, complete) = read(KIND, &body[..body.len() - 5], 64).unwrap();
    assert!(!complete, "it was cut");
}

#[test]
fn names_and_other_places() {
    let body =
        b"--b1\r\n\r\n{}\r\n--b1\r\nContent-Disposition: attachment; filename*=utf-8''%C3%BC.txt\r\n\r\n\r\n--b1--";
    let (headers, file, complete) = read("Multipart/Mixed; charset=x; Boundary=\"b1\"", body, 4).unwrap();
    assert_eq!((headers.file_name.as_deref(), file.len(), complete), (Some("ü.txt"), 0, true));
    let body = b"--b1\r\n\r\n{}\r\n--b1\r\nLocation: https://cdn.example/x?y=z\r\n\r\n\r\n--b1--";
    assert_eq!(read(KIND, body, 4).unwrap().0.location.as_deref(), Some("https://cdn.example/x?y=z"));
}

#[test]
fn what_is_malformed() {
    let long = format!("multipart/mixed; boundary={}", "x".repeat(71));
    for kind in ["", "text/html; boundary=b1", "multipart/form-data; boundary=b1", "multipart/mixed", &long] {
        assert!(Multipart::new(kind).is_err(), "{kind}");
    }
    let endless = vec![b'x'; 70_000];
    let mut headers = b"--b1\r\n\r\n{}\r\n--b1\r\n".to_vec();
    headers.extend_from_slice(&endless);
    let mut json = b"--b1\r\n\r\n".to_vec();
    json.extend_from_slice(&endless);
    for body in [&endless[..], &headers, &json, b"--b1\r\n\r\n[]\r\n--b1\r\n\r\nx\r\n--b1", b"--b1--\r\n\r\n\r\n\r\n"] {
        assert!(read(KIND, body, 1_000).is_err());
    }
}
