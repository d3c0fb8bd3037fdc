//! Fetching one file: it goes to disk as it comes, and is in the cache once it has come whole.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, header};
use media::{Incoming, Label};
use ruma::{ServerName, api::federation::authenticated_media::get_content::v1::Request};

use super::{
    Files,
    multipart::{Multipart, file_name},
};
use crate::{
    Error, Result,
    client::{Answer, Bounds},
};

/// Bytes that come beside the file.
const BESIDE: u64 = 3 * 65_536;
/// How long a server may take to begin, and be silent, beside the time for which it is asked to wait for the file.
const PATIENCE: Duration = Duration::from_secs(15);

impl Files {
    /// Fetches a file into the cache. The other server waits so long for one that has not been uploaded yet.
    pub(super) async fn fetch(&self, server: &ServerName, media_id: &str, wait: Duration) -> Result<()> {
        let bytes = usize::try_from(self.inner.media.max_remote().saturating_add(BESIDE)).unwrap_or(usize::MAX);
        let bounds = Bounds { bytes, time: wait + PATIENCE };
        let mut request = Request::new(media_id.to_owned());
        request.timeout_ms = wait;
        match self.inner.client.send_streamed(server, request, bounds).await {
            Ok(answer) => self.take_parts(server, media_id, answer, bounds).await,
            Err(Error::Remote { errcode: Some(code), .. }) if code == "M_UNRECOGNIZED" => {
                self.fetch_old(server, media_id, wait, bounds).await
            }
            Err(error) => Err(error),
        }
    }

    /// Takes a file in the form in which servers give it to servers.
    async fn take_parts(&self, server: &ServerName, media_id: &str, mut answer: Answer, bounds: Bounds) -> Result<()> {
        let bad = |reason: &str| Error::BadAnswer { server: server.to_owned(), reason: reason.to_owned() };
        let kind = text(answer.headers(), &header::CONTENT_TYPE).unwrap_or_default();
        let mut parts = Multipart::new(&kind).map_err(bad)?;
        let mut incoming = self.inner.media.begin_remote();
        while !parts.is_complete() {
            let piece = answer.chunk().await?.ok_or_else(|| bad("it ends before the file does"))?;
            let file = parts.push(&piece).map_err(bad)?;
            if let Some(place) = parts.headers().and_then(|headers| headers.location.clone()) {
                let answer = self.inner.client.download(server, &place, bounds).await?;
                return self.take_whole(server, media_id, answer).await;
            }
            incoming.write(&file).await?;
        }
        let headers = parts.headers().cloned().unwrap_or_default();
        let label = Label { content_type: headers.content_type, file_name: headers.file_name };
        self.keep(server, media_id, incoming, label).await
    }

    /// Fetches a file from a server that knows only the way from before Matrix 1.11.
    async fn fetch_old(&self, server: &ServerName, media_id: &str, wait: Duration, bounds: Bounds) -> Result<()> {
        let wait = wait.as_millis();
        // The id has only characters that need no escaping, and so has a server name but for its brackets.
        let path = format!(
            "/_matrix/media/v3/download/{server}/{media_id}?allow_remote=false&allow_redirect=false&timeout_ms={wait}"
        );
        let path = path.replace('[', "%5B").replace(']', "%5D");
        let request =
            http::Request::get(path).body(Bytes::new()).map_err(|error| Error::Internal(error.to_string()))?;
        let answer = self.inner.client.fetch_streamed(server, request, bounds).await?;
        self.take_whole(server, media_id, answer).await
    }

    /// Takes a file that is the whole body of an answer.
    async fn take_whole(&self, server: &ServerName, media_id: &str, mut answer: Answer) -> Result<()> {
        let headers = answer.headers();
        let disposition = headers.get(header::CONTENT_DISPOSITION);
        let label = Label {
            content_type: text(headers, &header::CONTENT_TYPE),
            file_name: disposition.and_then(|value| file_name(value.as_bytes())),
        };
        let mut incoming = self.inner.media.begin_remote();
        while let Some(piece) = answer.chunk().await? {
            incoming.write(&piece).await?;
        }
        self.keep(server, media_id, incoming, label).await
    }

    async fn keep(&self, server: &ServerName, media_id: &str, incoming: Incoming, label: Label) -> Result<()> {
        Ok(self.inner.media.keep_remote(server, media_id, incoming, label).await?)
    }
}

fn text(headers: &HeaderMap, name: &header::HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}
