//! From actix's request to a handler and back.

use std::{sync::Arc, time::Instant};

use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use peerbrain_core::limits;
use percent_encoding::percent_decode_str;

use crate::{
    App, Error, Result,
    bridge::{
        Call, Client, Routes,
        answers::Counted,
        forwarded::client_address,
        receive::{closing, receive, refuse},
        routes::{Answer, Examine, Path, Service},
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
    let response = match (call(app, &request, args, route.clone()), service) {
        (Ok(call), Service::Whole(examine, service)) => whole(call, payload, examine, &service).await,
        (Ok(call), Service::Streamed(service)) => service((call, payload)).await,
        (Err(error), _) => closing(error),
    };
    observer.request(request.method().as_str(), &route, response.status().as_u16(), started.elapsed());
    response
}

/// Answers a request when its body is here, if it is worth receiving.
async fn whole(mut call: Call, mut payload: web::Payload, examine: Examine, service: &Answer<Call>) -> HttpResponse {
    let received = match examine(&call) {
        Ok(()) => receive(&mut call, &mut payload).await,
        Err(error) => Err(error),
    };
    match received {
        Ok(_share) => {
            let counted = Counted::of(&call);
            counted.send(service(call).await).await
        }
        Err(error) if matches!(error.status(), 401 | 403 | 429) => {
            refuse(&call, &mut payload, limits::CLIENT_BODY_BYTES as u64, error).await
        }
        Err(error) => closing(error),
    }
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

/// The request, still without its body.
fn call(app: Arc<App>, request: &HttpRequest, args: Vec<String>, route: Arc<str>) -> Result<Call> {
    let client = Client {
        ip: client_address(&app, request),
        user_agent: request.headers().get("user-agent").and_then(|v| v.to_str().ok()).map(str::to_owned),
    };
    Ok(Call { request: convert(request)?, app, args, client, route })
}

/// actix still speaks http 0.2.
fn convert(from: &HttpRequest) -> Result<Request<Bytes>> {
    let bad = || Error::new(400, "M_UNRECOGNIZED", "The request target is malformed");
    let mut request = Request::new(Bytes::new());
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
