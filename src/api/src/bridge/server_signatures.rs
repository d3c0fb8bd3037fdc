//! Requests of other servers, which are signed instead of carrying a token (server-server §request-authentication).

use std::collections::BTreeMap;

use events::canonical;
use federation::{
    Federation,
    keys::{Keys, Wanted},
};
use http::Request;
use ruma::{
    MilliSecondsSinceUnixEpoch, OwnedServerName, ServerName, api::federation::authentication::ServerSignatures,
};

use crate::{
    Error, Result,
    bridge::{
        Authenticate, Call, parse,
        x_matrix::{self, XMatrix, unauthorized},
    },
};

/// From so many bytes on a body is brought into canonical form on a thread that may take its time.
const LARGE_BODY: usize = 32_768;

impl Authenticate for ServerSignatures {
    type Caller = OwnedServerName;

    /// Whether it is signed at all, for us, and by a server that we have to do with.
    fn examine(call: &Call) -> Result<()> {
        signatures(call).map(drop)
    }

    /// The server that signed the request with a key that is good now.
    ///
    /// # Errors
    /// 401 without a good signature, or for another destination; 403 for a server that we have nothing to do with; 429 where
    /// the keys are not here, and too much waits for keys already.
    async fn authenticate(call: &Call) -> Result<OwnedServerName> {
        let (origin, headers) = signatures(call)?;
        let federation = &call.app.federation;
        let now = call.app.clock.now();
        let keys = keys(federation, &headers, call.request.body().len(), now).await?;
        let content = content(call).await?;
        require_signature(federation, &headers, &keys, &call.request, content.as_deref(), now)?;
        federation.alive(&origin);
        Ok(origin)
    }
}

/// What the headers say, and who says it.
fn signatures(call: &Call) -> Result<(OwnedServerName, Vec<XMatrix>)> {
    let headers = x_matrix::read(call.headers())?;
    let federation = &call.app.federation;
    let Some(XMatrix { origin, .. }) = headers.first().cloned() else { return Err(unauthorized("unsigned")) };
    let ours = federation.server_name().as_str();
    if headers.iter().filter_map(|header| header.destination.as_deref()).any(|destination| destination != ours) {
        return Err(unauthorized("The request is meant for another server"));
    }
    federation.require_allowed(&origin).map_err(|error| Error::forbidden(error.to_string()))?;
    Ok((origin, headers))
}

/// The body in canonical form; none where there is no body.
async fn content(call: &Call) -> Result<Option<String>> {
    let body = call.request.body().clone();
    if body.is_empty() {
        return Ok(None);
    }
    let large = body.len() >= LARGE_BODY;
    let rewrite = move || {
        parse::check_object(&body)?;
        let text = std::str::from_utf8(&body).map_err(|error| Error::bad_json(error.to_string()))?;
        canonical::rewritten(text).map_err(|error| Error::bad_json(error.to_string()))
    };
    let text = if large { actix_web::web::block(rewrite).await.map_err(Error::internal)? } else { rewrite() };
    text.map(Some)
}

/// The keys of the signatures, as far as they can be had, for a request of so many bytes.
async fn keys(
    federation: &Federation,
    headers: &[XMatrix],
    bytes: usize,
    now: MilliSecondsSinceUnixEpoch,
) -> Result<Keys> {
    let mut wanted = Wanted::new();
    for header in headers {
        wanted.entry(header.origin.clone()).or_default().insert(header.key.clone(), now);
    }
    Ok(federation.keys().get_for_request(&wanted, bytes).await?)
}

/// Any of the signatures will do: a server with several keys cannot know which of them we have.
fn require_signature<B>(
    federation: &Federation,
    headers: &[XMatrix],
    keys: &Keys,
    request: &Request<B>,
    content: Option<&str>,
    now: MilliSecondsSinceUnixEpoch,
) -> Result<()> {
    let mut refusal = "The key of the signature is not known, or no longer good".to_owned();
    for header in headers {
        let Some(key) = keys.at(&header.origin, &header.key, now) else { continue };
        // Here and now: one signature is quicker checked than handed to another thread.
        let check = || {
            let text = signed_text(&header.origin, federation.server_name(), request, content)?;
            Ok::<_, Error>(key.verify(text.as_bytes(), &header.signature))
        };
        match federation.verifier().count_request(check)? {
            Ok(()) => return Ok(()),
            Err(error) => refusal = error.to_string(),
        }
    }
    tracing::debug!(origin = ?headers.first().map(|header| &header.origin), %refusal, "a request is not signed well");
    Err(unauthorized(refusal))
}

/// What the signature covers, in canonical JSON: method and target as they were sent, both servers, and the body. Those
/// that do not name the destination in the header have signed it, too.
fn signed_text<B>(
    origin: &ServerName,
    destination: &ServerName,
    request: &Request<B>,
    content: Option<&str>,
) -> Result<String> {
    let uri = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let quote = |text: &str| serde_json::to_string(text).map_err(Error::internal);
    let mut members = BTreeMap::from([
        ("destination", quote(destination.as_str())?),
        ("method", quote(request.method().as_str())?),
        ("origin", quote(origin.as_str())?),
        ("uri", quote(uri)?),
    ]);
    if let Some(content) = content {
        members.insert("content", content.to_owned());
    }
    let members: Vec<String> = members.into_iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    Ok(format!("{{{}}}", members.join(",")))
}

#[cfg(test)]
mod tests {
    use ruma::server_name;

    use super::*;

    #[test]
    fn what_is_signed() {
        let (origin, destination) = (server_name!("a.example"), server_name!("b.example"));
        let request = Request::put("/_matrix/x/%21a%3Ab?q=%22&r").body(()).unwrap();
        assert_eq!(
            signed_text(origin, destination, &request, Some("{\"b\":1.0}")).unwrap(),
            r#"{"content":{"b":1.0},"destination":"b.example","method":"PUT","origin":"a.example","uri":"/_matrix/x/%21a%3Ab?q=%22&r"}"#
        );
        let request = Request::get("/_matrix/x").body(()).unwrap();
        assert_eq!(
            signed_text(origin, destination, &request, None).unwrap(),
            r#"{"destination":"b.example","method":"GET","origin":"a.example","uri":"/_matrix/x"}"#
        );
    }
}
