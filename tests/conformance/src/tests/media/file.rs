//! Uploads and downloads of bytes, for tests.

use reqwest::header::HeaderMap;

use super::prelude::*;

/// The server name and media id of an `mxc://` URI.
#[derive(Clone, Debug)]
pub struct Mxc {
    /// The server it was uploaded to.
    pub server: String,
    /// Its id there.
    pub id: String,
}

impl Mxc {
    /// Reads the `content_uri` of an answer, whose id must consist of the characters that the specification allows.
    #[track_caller]
    pub fn of(answer: &Value) -> Result<Self, Failure> {
        let uri = text(answer, "content_uri")?;
        let parts = uri.strip_prefix("mxc://").and_then(|rest| rest.split_once('/'));
        let allowed = |id: &str| id.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_' || sign == '-');
        match parts {
            Some((server, id)) if !server.is_empty() && !id.is_empty() && allowed(id) => {
                Ok(Mxc { server: server.to_owned(), id: id.to_owned() })
            }
            _ => Err(Failure::new(format!("not an mxc URI: {uri}"))),
        }
    }

    /// Path of its download.
    pub fn download(&self) -> String {
        v1!("media/download/{}/{}", self.server, self.id)
    }

    /// Path of its download under another file name.
    pub fn download_as(&self, name: &str) -> String {
        v1!("media/download/{}/{}/{}", self.server, self.id, name)
    }

    /// Path of a thumbnail with these query parameters.
    pub fn thumbnail(&self, query: &str) -> String {
        format!("{}?{query}", v1!("media/thumbnail/{}/{}", self.server, self.id))
    }

    /// Path of an upload to an id that was made before.
    pub fn upload_path(&self) -> String {
        format!("/_matrix/media/v3/upload/{}/{}", encode(&self.server), encode(&self.id))
    }
}

/// An answer that may be any bytes.
#[derive(Clone, Debug)]
pub struct File {
    /// HTTP status code.
    pub status: u16,
    /// Header fields.
    pub headers: HeaderMap,
    /// The body.
    pub bytes: Vec<u8>,
}

impl File {
    /// A header field as text; empty if absent. Bytes that are not ASCII are taken as UTF-8.
    pub fn header(&self, name: &str) -> String {
        self.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
    }

    /// Itself if the status is 200; anything else fails the test.
    #[track_caller]
    pub fn ok(self) -> Result<File, Failure> {
        match self.status {
            200 => Ok(self),
            status => Err(Failure::new(format!("a file should come, got {status} {}", self.beginning()))),
        }
    }

    /// Fails the test unless it is a refusal: a status below 500 other than a success, with a Matrix error code.
    #[track_caller]
    pub fn refused(&self) -> Outcome {
        let code = serde_json::from_slice::<Value>(&self.bytes).unwrap_or_default()["errcode"].clone();
        if (400..500).contains(&self.status) && code.as_str().is_some_and(|code| code.starts_with("M_")) {
            return Ok(());
        }
        Err(Failure::new(format!("a Matrix error should come, got {} {}", self.status, self.beginning())))
    }

    /// Type of the disposition, `inline` or `attachment`.
    pub fn disposition(&self) -> String {
        self.header("content-disposition").split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    fn beginning(&self) -> String {
        String::from_utf8_lossy(&self.bytes).chars().take(200).collect()
    }
}

impl User {
    /// Uploads bytes; gives the answer.
    pub async fn try_upload_file(&self, bytes: Vec<u8>, kind: &str, query: &str) -> Result<Reply, Failure> {
        let path = format!("/_matrix/media/v3/upload{query}");
        let request = self.server.request(Method::POST, &path, Some(&self.token)).header("content-type", kind);
        Reply::read(format!("POST {path}"), request.body(bytes).send().await?).await
    }

    /// Uploads bytes of a content type without a name.
    pub async fn upload_file(&self, bytes: impl Into<Vec<u8>>, kind: &str) -> Result<Mxc, Failure> {
        Mxc::of(&self.try_upload_file(bytes.into(), kind, "").await?.ok()?)
    }

    /// Makes an id without content.
    pub async fn create_media(&self) -> Result<Mxc, Failure> {
        Mxc::of(&self.post("/_matrix/media/v1/create", json!({})).await?.ok()?)
    }

    /// Uploads to an id that was made before.
    pub async fn fill(&self, mxc: &Mxc, bytes: impl Into<Vec<u8>>) -> Result<Reply, Failure> {
        let path = mxc.upload_path();
        let request = self.server.request(Method::PUT, &path, Some(&self.token)).header("content-type", "text/plain");
        Reply::read(format!("PUT {path}"), request.body(bytes.into()).send().await?).await
    }

    /// GET of what may be any bytes, with more header fields.
    pub async fn fetch_with(&self, path: &str, fields: &[(&str, &str)]) -> Result<File, Failure> {
        let mut request = self.server.request(Method::GET, path, Some(&self.token));
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(File { status, headers, bytes: response.bytes().await?.to_vec() })
    }

    /// GET of what may be any bytes.
    pub async fn fetch(&self, path: impl AsRef<str>) -> Result<File, Failure> {
        self.fetch_with(path.as_ref(), &[]).await
    }
}
