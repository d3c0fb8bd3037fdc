//! From actix's request to a handler and back.

use std::{sync::Arc, time::Instant};

use actix_web::{HttpRequest, HttpResponse, http::ConnectionType, web};
use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use peerbrain_core::limits;
use percent_encoding::percent_decode_str;

use crate::{
    App, Error, Result,
    bridge::{
        Call, Client, Routes,
        forwarded::client_address,
        routes::{Path, Service},
    },
};

/// Makes these routes the default service of an actix application: what they do not know is 404 or 405 `M_UNRECOGNIZED`.
///
/// # Errors
/// Two paths that cannot be told apart.
pub fn serve(
    app: Arc<App>,
    routes: Routes,
) -> Result<impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static, matchit::InsertError> {
    let tree = Arc::new(routes.build()?);
    Ok(move |config: &mut web::ServiceConfig| {
        let (app, tree) = (app.clone(), tree.clone());
        config.default_service(web::to(move |request: HttpRequest, payload: web::Payload| {
            let (app, tree) = (app.clone(), tree.clone());
            async move { answer(app, &tree, request, payload).await }
        }));
    })
}

async fn answer(
    app: Arc<App>,
    tree: &matchit::Router<Path>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    if request.method().as_str() == "OPTIONS" {
        return HttpResponse::NoContent().finish();
    }
    let started = Instant::now();
    let (route, service, args) = match find(tree, &request) {
        Ok(found) => found,
        Err(error) => return error.into_response(),
    };
    let observer = app.observe.clone();
    let response = match service {
        Service::Whole(service) => match read(app, &request, payload, args, route.clone()).await {
            Ok(call) => service(call).await,
            Err(error) => closing(error),
        },
        Service::Streamed(service) => match call(app, &request, Bytes::new(), args, route.clone()) {
            Ok(call) => service((call, payload)).await,
            Err(error) => closing(error),
        },
    };
    observer.request(request.method().as_str(), &route, response.status().as_u16(), started.elapsed());
    response
}

/// An error that comes before the whole of the body. What is left of it is not read: the connection is of no further use,
/// and the client must know.
pub(crate) fn closing(error: Error) -> HttpResponse {
    let mut response = error.into_response();
    response.head_mut().set_connection_type(ConnectionType::Close);
    response
}

type Found = (Arc<str>, Service, Vec<String>);

fn find(tree: &matchit::Router<Path>, request: &HttpRequest) -> Result<Found> {
    if request.uri().path_and_query().is_some_and(|target| target.as_str().len() > limits::URI_BYTES) {
        return Err(Error::new(414, "M_TOO_LARGE", "The request target is too long"));
    }
    let hit = tree.at(request.uri().path()).map_err(|_| Error::unrecognized())?;
    let method = if request.method().as_str() == "HEAD" { "GET" } else { request.method().as_str() };
    let service = hit.value.methods.get(method).ok_or_else(Error::wrong_method)?;
    // A zero byte is in no name, and PostgreSQL keeps none.
    let decode = |value: &str| match percent_decode_str(value).decode_utf8() {
        Ok(decoded) if !decoded.contains('\0') => Ok(decoded.into_owned()),
        _ => Err(Error::invalid_param("the path holds what is not UTF-8, or a zero byte")),
    };
    let args = hit.params.iter().map(|(_, value)| decode(value)).collect::<Result<_>>()?;
    Ok((hit.value.route.clone(), service.clone(), args))
}

async fn read(
    app: Arc<App>,
    request: &HttpRequest,
    mut payload: web::Payload,
    args: Vec<String>,
    route: Arc<str>,
) -> Result<Call> {
    let most = body_limit(&route);
    let deadline = tokio::time::Instant::now() + app.config.server.request_body();
    let late = |_| Error::new(408, "M_UNKNOWN", "The body took too long");
    let mut body = bytes::BytesMut::new();
    while let Some(chunk) = tokio::time::timeout_at(deadline, payload.next()).await.map_err(late)? {
        let chunk = chunk.map_err(|error| Error::new(400, "M_UNKNOWN", format!("the body broke off: {error}")))?;
        if body.len() + chunk.len() > most {
            return Err(Error::new(413, "M_TOO_LARGE", "The request is too large"));
        }
        body.extend_from_slice(&chunk);
    }
    call(app, request, body.freeze(), args, route)
}

fn call(app: Arc<App>, request: &HttpRequest, body: Bytes, args: Vec<String>, route: Arc<str>) -> Result<Call> {
    let client = Client {
        ip: client_address(&app, request),
        user_agent: request.headers().get("user-agent").and_then(|v| v.to_str().ok()).map(str::to_owned),
    };
    Ok(Call { request: convert(request, body)?, app, args, client, route })
}

/// How many bytes a request may have: few where nobody knows yet who sends it, many where servers send many events, or
/// clients messages to many devices.
fn body_limit(route: &str) -> usize {
    if route.starts_with("/_matrix/federation/v1/send/") {
        return limits::TRANSACTION_BYTES;
    }
    if route.contains("/sendToDevice/") || route.contains("/room_keys/keys") {
        return limits::CLIENT_BATCH_BYTES;
    }
    let anonymous = ["/login", "/register", "/refresh", "/account/password", "/account/deactivate"];
    match anonymous.iter().any(|end| route.ends_with(end)) {
        true => limits::ANONYMOUS_BODY_BYTES,
        false => limits::CLIENT_BODY_BYTES,
    }
}

/// actix still speaks http 0.2.
fn convert(from: &HttpRequest, body: Bytes) -> Result<Request<Bytes>> {
    let bad = || Error::new(400, "M_UNRECOGNIZED", "The request target is malformed");
    let mut request = Request::new(body);
    *request.method_mut() = Method::from_bytes(from.method().as_str().as_bytes()).map_err(|_| bad())?;
    let target = from.uri().path_and_query().map_or("/", |target| target.as_str());
    *request.uri_mut() = target.parse::<Uri>().map_err(|_| bad())?;
    for (name, value) in from.headers() {
        let name = HeaderName::from_bytes(name.as_str().as_bytes());
        let value = HeaderValue::from_bytes(value.as_bytes());
        if let (Ok(name), Ok(value)) = (name, value) {
            request.headers_mut().append(name, value);
        }
    }
    Ok(request)
}
