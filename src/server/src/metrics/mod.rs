//! What `/metrics` tells Prometheus.

mod checking;
mod files;
mod process;
mod requests;
mod sending;
mod store;

use actix_web::{HttpResponse, web};
use prometheus::{IntGaugeVec, Opts, Registry, TextEncoder};

pub use requests::Requests;

/// The registry, with what the server itself measures already in it.
pub struct Metrics {
    registry: Registry,
    /// Requests by endpoint; the API reports to it.
    pub requests: Requests,
}

impl Metrics {
    /// Registers the process, the build, the requests, the store's writer, what is sent to other servers, what is fetched from
    /// them, and what their signatures cost.
    ///
    /// # Errors
    /// Two metrics of one name: a mistake in the program.
    pub fn new(store: &::store::Store, federation: &federation::Federation) -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let build = IntGaugeVec::new(Opts::new("peerbrain_build_info", "The running version."), &["version"])?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        registry.register(Box::new(build))?;
        registry.register(Box::new(process::Process::new()?))?;
        registry.register(Box::new(store::Writer::new(store.clone())?))?;
        registry.register(Box::new(sending::Sending::new(federation.sender().clone())?))?;
        registry.register(Box::new(files::Files::new(federation.clone())?))?;
        registry.register(Box::new(checking::Checking::new(federation.verifier().clone())?))?;
        let requests = Requests::new(&registry)?;
        Ok(Self { registry, requests })
    }

    fn text(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

/// `GET /metrics`.
pub async fn metrics(metrics: web::Data<Metrics>) -> HttpResponse {
    match metrics.text() {
        Ok(text) => HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text),
        Err(error) => {
            tracing::error!(%error, "the metrics cannot be written");
            HttpResponse::InternalServerError().finish()
        }
    }
}
