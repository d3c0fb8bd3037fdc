//! The places where the server listens: each an HTTP server of its own, with the APIs that belong there.

mod certificate;
mod connections;
mod tls;
pub mod unix;

use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use actix_web::dev::{Server, Service as _};
use actix_web::guard::fn_guard;
use actix_web::http::ConnectionType;
use actix_web::{App, HttpResponse, HttpServer, web};
use api::bridge;
use peerbrain_core::config::{Api, Bind, Listener};
use store::Store;
use tokio::signal::unix::{SignalKind, signal};

use self::certificate::Certificate;
use self::connections::Connections;
use crate::error::Error;
use crate::metrics::Metrics;
use crate::terminal::say;
use crate::{health, metrics};

/// How long requests may take to finish once the server has been told to stop.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a connection may stay open without a request. Longer than clients and reverse proxies keep theirs (60 to 90
/// seconds are usual): whoever closes first must not be us, or a request on its way meets a closed door.
const KEEP_ALIVE: Duration = Duration::from_secs(120);

/// What widgets of clients ask of the server, though it is of the API between servers: it is offered with either.
const OPENID: &str = "/_matrix/federation/v1/openid/";

/// What every listener works with.
pub struct Shared {
    /// The handlers' view of the server.
    pub app: Arc<api::App>,
    /// For `/health`.
    pub store: Store,
    /// For `/metrics`.
    pub metrics: web::Data<Metrics>,
    /// Connections that a listener may have at the same time.
    pub connections: usize,
}

/// Looks whether the certificates of a listener can be used, without opening it.
///
/// # Errors
/// Certificates that cannot be used, or that a Unix socket has no use for.
pub fn check(listener: &Listener) -> Result<(), Error> {
    match (&listener.bind, listener.tls()) {
        (Bind::Unix(_), Some(_)) => Err(Error::plain(format!("{}: a Unix socket has no use for TLS", listener.bind))),
        (_, Some((certificate, key))) => Certificate::read(certificate, key).map(drop),
        (_, None) => Ok(()),
    }
}

/// Opens a listener and starts its workers; must be called in a tokio runtime. The returned future must be polled; it ends when the listener has stopped.
///
/// # Errors
/// A place that is taken or not allowed, or certificates that cannot be used.
pub fn open(listener: &Listener, shared: &Shared) -> Result<Server, Error> {
    let place = listener.bind.to_string();
    check(listener)?;
    let api = bridge::serve(shared.app.clone(), api::client_routes().merge(api::federation_routes()))
        .map_err(|error| Error::plain(format!("the routes contradict each other: {error}")))?;
    let (store, metrics) = (web::Data::new(shared.store.clone()), shared.metrics.clone());
    let (with_health, with_metrics) = (listener.serves(Api::Health), listener.serves(Api::Metrics));
    let workers = available_parallelism().map_or(2, NonZero::get);
    let (withheld, with_client) = (withheld(listener), listener.serves(Api::Client));
    let connections = Connections::new(shared.connections, shared.app.config.clone());
    let begun = connections.clone();
    let server = HttpServer::new(move || {
        let own = |config: &mut web::ServiceConfig| {
            if with_health {
                config.app_data(store.clone()).route("/health", web::get().to(health::health));
            }
            if with_metrics {
                config.app_data(metrics.clone()).route("/metrics", web::get().to(metrics::metrics));
            }
            for prefix in &withheld {
                let closed = fn_guard(move |context| !(with_client && context.head().uri.path().starts_with(OPENID)));
                config.service(web::scope(prefix).guard(closed).default_service(web::to(unrecognized)));
            }
        };
        let connections = connections.clone();
        let sparing = App::new().wrap(bridge::cors()).wrap_fn(move |request, service| {
            let (answer, connections) = (service.call(request), connections.clone());
            async move {
                let mut answer = answer.await?;
                if connections.are_many() {
                    answer.response_mut().head_mut().set_connection_type(ConnectionType::Close);
                }
                Ok(answer)
            }
        });
        sparing.configure(own).configure(api.clone())
    });
    let server = server
        .disable_signals()
        .shutdown_timeout(PATIENCE.as_secs())
        .workers(workers)
        .on_connect(move |stream, data| begun.begin(stream, data))
        .max_connections((shared.connections / workers).max(1))
        .client_request_timeout(shared.app.config.server.request_head())
        .keep_alive(KEEP_ALIVE);
    let refused = |source| Error::Listen { place: place.clone(), source };
    let server = match (&listener.bind, listener.tls()) {
        (Bind::Unix(path), _) => server.listen_uds(unix::listen(path, 0o660)?).map_err(refused)?,
        (Bind::Tcp(address), None) => server.bind(address).map_err(refused)?,
        (Bind::Tcp(address), Some((certificate, key))) => {
            let certificate = Arc::new(Certificate::read(certificate, key)?);
            // Only here: without TLS a server that was started in a terminal ends with it.
            let hangups = signal(SignalKind::hangup())?;
            tokio::spawn(certificate.clone().follow(hangups));
            server.bind_rustls_0_23(address, tls::server_config(certificate)?).map_err(refused)?
        }
    };
    match &listener.bind {
        Bind::Unix(_) => say(&format!("Listening on {place}")),
        Bind::Tcp(_) => {
            server
                .addrs_with_scheme()
                .iter()
                .for_each(|(address, scheme)| say(&format!("Listening on {scheme}://{address}")));
        }
    }
    Ok(server.run())
}

/// The paths of the APIs that this listener does not offer.
fn withheld(listener: &Listener) -> Vec<&'static str> {
    let prefixes: [(Api, &[&str]); 3] = [
        (Api::Client, &["/_matrix/client", "/_matrix/media", "/.well-known/matrix"]),
        (Api::Federation, &["/_matrix/federation", "/_matrix/key"]),
        (Api::Admin, &["/_synapse/admin", "/_peerbrain/admin"]),
    ];
    let missing = prefixes.into_iter().filter(|(api, _)| !listener.serves(*api));
    missing.flat_map(|(_, prefixes)| prefixes.iter().copied()).collect()
}

/// What the API says of paths that it does not know.
async fn unrecognized() -> HttpResponse {
    api::Error::unrecognized().into_response()
}
