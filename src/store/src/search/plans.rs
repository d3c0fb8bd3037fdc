//! The queries of the search and of its follower go through the indexes made for them, on both databases.

use diesel::connection::SimpleConnection;

use super::*;
use crate::{
    Conn,
    tests::plan::{each, goes_through, plan},
};

/// 5,000 rows: each word in one of them, each room's mark in 25.
fn fill(conn: &mut Conn) {
    let n = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)";
    let insert = match conn {
        Conn::Sqlite(_) => {
            format!("INSERT INTO search_index (rowid, words, marks) {n} SELECT i, 'w' || i, '¤r' || (i % 200) FROM n")
        }
        Conn::Pg(_) => format!(
            "INSERT INTO search_index {n} SELECT i, array_to_tsvector(ARRAY['w' || i, '¤r' || (i % 200)]) FROM n;
             ANALYZE search_index"
        ),
    };
    conn.batch_execute(&insert).unwrap();
}

#[test]
fn words_are_found_in_the_index() {
    each(|c| {
        fill(c);
        let query = WordQuery {
            parts: vec![Part::Phrase(vec!["w7".into()])],
            rooms: vec![7, 8],
            fields: vec![Field::Body],
            before: 4_000,
        };
        let found = plan(c, |c| matching(c, &query, 100));
        match c {
            Conn::Sqlite(_) => assert!(found.contains("VIRTUAL TABLE INDEX") && found.contains(":M"), "{found}"),
            Conn::Pg(_) => assert!(found.contains("search_index_words"), "{found}"),
        }
    });
}

#[test]
fn the_follower_goes_on_where_it_was() {
    each(|c| {
        let progress = Progress::at(100, 50, 20_000);
        goes_through(c, &["pk log", "pk events"], |c| logged(c, 5_000, &progress, 500));
        goes_through(c, &["pk events"], |c| older(c, &progress, 500));
        goes_through(c, &["pk current_state (room=?"], |c| encrypted(c, &[7, 8]));
    });
}
