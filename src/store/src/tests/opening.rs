//! What is opened, and what is refused.

use diesel::{connection::SimpleConnection, prelude::*};

use super::{add_fact, facts};
use crate::{Conn, Error, Options, Store, connection::Role, migrate, schema::clock, testing::each};

#[tokio::test(flavor = "multi_thread")]
async fn only_one_may_have_it() {
    each(async |database| {
        let store = database.open();
        assert!(matches!(Store::open(database.options()), Err(Error::InUse(_))));
        add_fact(&store, "a").await.unwrap();
        // The refused one disturbs nothing, and the lock outlives no handle.
        let clone = store.clone();
        drop(store);
        assert!(matches!(Store::open(database.options()), Err(Error::InUse(_))));
        clone.close().await;
        let again = database.open();
        assert_eq!(facts(&again, "a").await, 1);
        again.close().await;
    })
    .await;
}

#[cfg(unix)]
#[test]
fn another_name_of_the_same_file_does_not_help() {
    let database = crate::testing::Database::sqlite();
    let store = database.open();
    let crate::Target::Sqlite(path) = &database.target else { panic!() };
    let other = path.with_file_name("other.db");
    std::os::unix::fs::symlink(path, &other).unwrap();
    let options = Options { target: crate::Target::Sqlite(other), ..database.options() };
    assert!(matches!(Store::open(options), Err(Error::InUse(_))));
    store.close_blocking();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_name_is_for_ever() {
    each(async |database| {
        database.open().close().await;
        let other = Options { server_name: "other.example".into(), ..database.options() };
        let Err(Error::Refused(text)) = Store::open(other) else { panic!("it must be refused") };
        assert!(text.contains("test.example") && text.contains("other.example"), "{text}");
        database.open().close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_database_is_refused() {
    each(async |database| {
        database.open().close().await;
        let mut conn = Conn::open(&database.target, Role::Writer).unwrap();
        conn.batch_execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')").unwrap();
        let Err(Error::Refused(text)) = Store::open(database.options()) else { panic!("it must be refused") };
        assert!(text.contains("9999") && text.contains("newer"), "{text}");
        conn.batch_execute("DELETE FROM __diesel_schema_migrations WHERE version = '9999'").unwrap();
        database.open().close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_run_once() {
    each(async |database| {
        let mut conn = Conn::open(&database.target, Role::Writer).unwrap();
        assert!(migrate::run(&mut conn).unwrap().ran > 0);
        assert_eq!(migrate::run(&mut conn).unwrap().ran, 0);
        diesel::update(clock::table).set(clock::position.eq(42)).execute(&mut conn).unwrap();
        drop(conn);
        let store = database.open();
        assert_eq!(store.position(), 42);
        store.close().await;
    })
    .await;
}

#[test]
fn files_that_are_no_databases_are_refused() {
    let database = crate::testing::Database::sqlite();
    let crate::Target::Sqlite(path) = &database.target else { panic!() };
    std::fs::write(path, "This is a text, and a rather long one, so that it is no empty database.".repeat(20)).unwrap();
    let error = Store::open(database.options()).err().unwrap();
    assert!(error.to_string().contains("not a database"), "{error}");
    let folder = Options { target: crate::Target::Sqlite(path.join("no/such")), ..database.options() };
    assert!(matches!(Store::open(folder), Err(Error::File(_))));
}
