//! Accounts for the tests of this crate.

use std::sync::Arc;

use accounts::{Accounts, Caches};
use peerbrain_core::{Config, SystemRandom, clock::ManualClock};
use ruma::ServerName;
use store::{Store, accounts::profiles};

/// The accounts of a server; nobody has registered.
pub fn accounts(store: &Store, server_name: &ServerName, clock: &ManualClock) -> Arc<Accounts> {
    let mut config = Config::default();
    config.server.name = server_name.to_owned();
    config.passwords.memory_kb = 64;
    config.passwords.passes = 1;
    let (caches, random) = (Arc::new(Caches::default()), Arc::new(SystemRandom::new()));
    Arc::new(Accounts::new(store.clone(), caches, Arc::new(clock.clone()), random, &config))
}

/// Gives a user a name.
pub async fn name(store: &Store, user_id: &str, name: &str) {
    let (user_id, name) = (user_id.to_owned(), serde_json::Value::from(name).to_string());
    store.write(move |tx| profiles::set(tx, &user_id, "displayname", &name)).await.unwrap();
}
