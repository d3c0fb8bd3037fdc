//! Browsers may call from anywhere (client-server §web-browser-clients).

use actix_web::middleware::DefaultHeaders;

/// The headers that every answer carries, errors included.
pub fn cors() -> DefaultHeaders {
    DefaultHeaders::new()
        .add(("Access-Control-Allow-Origin", "*"))
        .add(("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH"))
        .add(("Access-Control-Allow-Headers", "X-Requested-With, Content-Type, Authorization, Date"))
        .add(("Access-Control-Expose-Headers", "Retry-After, ETag"))
}
