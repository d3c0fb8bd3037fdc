//! A database that demands TLS: the system's libpq speaks it, and the one that is built in says that it cannot.

use diesel::prelude::*;

use crate::{Options, Store, Target, testing::Cluster};

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = diesel::sql_types::Bool)]
    ssl: bool,
}

async fn is_encrypted(store: &Store) -> bool {
    let query = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let line: Line = store.read(move |c| Ok(diesel::sql_query(query).get_result(c)?)).await.unwrap();
    line.ssl
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_spoken_or_refused_clearly() {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let Some(cluster) = Cluster::start_with_tls(&made.cert.pem(), &made.signing_key.serialize_pem()) else { return };
    let url = cluster.database();
    let open = |mode: &str| {
        Store::open(Options {
            target: Target::Postgres(format!("{url}&sslmode={mode}")),
            server_name: "test.example".into(),
            readers: 1,
            slow_readers: 1,
            observers: Vec::new(),
        })
    };
    if cfg!(feature = "bundled-libpq") {
        let refused = open("require").err().unwrap().to_string();
        assert!(refused.contains("sslmode") && refused.contains("SSL support is not compiled in"), "{refused}");
    } else {
        let store = open("require").unwrap();
        assert!(is_encrypted(&store).await);
        store.close().await;
    }
    let store = open("disable").unwrap();
    assert!(!is_encrypted(&store).await);
    store.close().await;
}
