//! `/health`: whether this process can do its work.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use store::Store;

/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// 200 while the database answers, 503 otherwise.
pub async fn health(store: web::Data<Store>) -> HttpResponse {
    let asked = store.read(|conn| store::meta::get(conn, "server_name"));
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(_)) => HttpResponse::Ok().body("ok\n"),
        Ok(Err(_)) => HttpResponse::ServiceUnavailable().body("the database does not answer\n"),
        Err(_) => HttpResponse::ServiceUnavailable().body("the database is too slow\n"),
    }
}
