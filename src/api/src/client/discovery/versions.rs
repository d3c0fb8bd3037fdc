//! `GET /_matrix/client/versions`.

use actix_web::HttpResponse;
use serde_json::json;

use crate::{Result, bridge::Call};

/// Every version that we serve. Some clients refuse a server that lists only new ones.
const VERSIONS: [&str; 26] = [
    "r0.0.1", "r0.1.0", "r0.2.0", "r0.3.0", "r0.4.0", "r0.5.0", "r0.6.0", "v1.1", "v1.2", "v1.3", "v1.4", "v1.5",
    "v1.6", "v1.7", "v1.8", "v1.9", "v1.10", "v1.11", "v1.12", "v1.13", "v1.14", "v1.15", "v1.16", "v1.17", "v1.18",
    "v1.19",
];

/// Answers with the versions of the specification and the proposals beyond it that clients look for.
pub(super) async fn versions(_: Call) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(json!({
        "versions": VERSIONS,
        "unstable_features": {
            "org.matrix.msc3266.stable": true,
            "org.matrix.msc3030": true,
            "org.matrix.msc2946": true,
            "org.matrix.msc3981": true,
            "org.matrix.msc4222": true,
            "org.matrix.msc4380.stable": true,
            (vocabulary::names::FEED_FEATURE): true,
            (vocabulary::names::FRIENDS_FEATURE): true,
            "uk.half-shot.msc2666.query_mutual_rooms": true,
            "uk.half-shot.msc2666.query_mutual_rooms.stable": true,
            "uk.tcpip.msc4133": true,
            "uk.tcpip.msc4133.stable": true,
            "us.cloke.msc4175.stable": true,
        },
    })))
}
