//! The checked-in table of endpoints: which test covers which answer of which endpoint.
//!
//! Each line of `endpoints.tsv` is an answer that the specification names for an endpoint (`success`, a Matrix error
//! code, or a bare status where it names no code) and the tests that see it, or `-` with the reason why none can.

use std::collections::{BTreeMap, BTreeSet};

use crate::run::Test;

const TABLE: &str = include_str!("../endpoints.tsv");
/// Every endpoint that the client-server and the server-server API name.
const SPECIFICATION: &str = include_str!("../specification.tsv");
/// Those among them that our own server does not serve, each with the reason.
const UNSERVED: &str = include_str!("../unserved.tsv");
const HEAD: &str = "method\tpath\tanswer\ttests";

/// (path, method, answer): a line of the table without its tests.
type Row = (String, String, String);

/// The row a test's `covers` entry names, such as `POST v3/createRoom M_ROOM_IN_USE`.
fn row(entry: &str) -> Row {
    let mut words = entry.split_whitespace();
    let method = words.next().unwrap_or_default().to_owned();
    let path = words.next().unwrap_or_default();
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/_matrix/client/{path}") };
    (path, method, words.next().unwrap_or("success").to_owned())
}

/// Every row with the tests that say they cover it.
fn covered<'a>(tests: &[Test]) -> BTreeMap<Row, BTreeSet<&'a str>> {
    let mut rows: BTreeMap<Row, BTreeSet<&str>> = BTreeMap::new();
    for test in tests {
        for entry in test.covers {
            rows.entry(row(entry)).or_default().insert(test.name);
        }
    }
    rows
}

/// The rows that are checked in, with the text of their last column.
fn checked_in() -> BTreeMap<Row, String> {
    let line = |line: &str| {
        let mut cells = line.split('\t').map(str::to_owned);
        let (method, path, answer) = (cells.next()?, cells.next()?, cells.next()?);
        Some(((path, method, answer), cells.next()?))
    };
    TABLE.lines().skip(1).filter(|text| !text.is_empty()).filter_map(line).collect()
}

/// Everything that is wrong with the checked-in table; empty if it is right.
pub fn check(tests: &[Test]) -> Vec<String> {
    let (covered, table) = (covered(tests), checked_in());
    let mut wrong = Vec::new();
    let mut names = BTreeSet::new();
    wrong.extend(tests.iter().filter(|test| !names.insert(test.name)).map(|test| format!("{}: two tests", test.name)));
    if TABLE.lines().next() != Some(HEAD) || table.len() + 1 != TABLE.lines().count() {
        wrong.push("the table has a wrong head, a line without four columns, or a row twice".to_owned());
    }
    for ((path, method, answer), cell) in &table {
        let row = format!("{method} {path} {answer}");
        if let Some(reason) = cell.strip_prefix('-') {
            if reason.trim().is_empty() {
                wrong.push(format!("{row}: no test, and no reason why"));
            }
            continue;
        }
        let saying = covered.get(&(path.clone(), method.clone(), answer.clone()));
        let named: BTreeSet<&str> = cell.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        if named.is_empty() {
            wrong.push(format!("{row}: has no test"));
        }
        for name in &named {
            if !tests.iter().any(|test| test.name == *name) {
                wrong.push(format!("{row}: there is no test {name}"));
            } else if !saying.is_some_and(|saying| saying.contains(name)) {
                wrong.push(format!("{row}: {name} does not say that it covers this"));
            }
        }
        for name in saying.into_iter().flatten().filter(|name| !named.contains(*name)) {
            wrong.push(format!("{row}: {name} covers this and is not named"));
        }
    }
    for (path, method, answer) in covered.keys().filter(|row| !table.contains_key(*row)) {
        wrong.push(format!("{method} {path} {answer}: covered by a test, and not in the table"));
    }
    wrong.extend(check_unserved(&table));
    wrong
}

/// Each endpoint of the specification has a test, or stands among those that are not served, with the reason.
fn check_unserved(table: &BTreeMap<Row, String>) -> Vec<String> {
    let key = |line: &str| {
        let mut cells = line.split('\t');
        Some((cells.next()?.to_owned(), without_names(cells.next()?), cells.next().unwrap_or_default().to_owned()))
    };
    let lines = |text: &'static str| text.lines().skip(1).filter_map(key);
    let tested: BTreeSet<(String, String)> = table
        .iter()
        .filter(|(_, tests)| !tests.starts_with('-'))
        .map(|((path, method, _), _)| (method.clone(), without_names(path)))
        .collect();
    let mut unserved = BTreeSet::new();
    let mut wrong = Vec::new();
    for (method, path, reason) in lines(UNSERVED) {
        if reason.trim().is_empty() || !unserved.insert((method.clone(), path.clone())) {
            wrong.push(format!("{method} {path}: not served without a reason, or there twice"));
        }
    }
    let specified: BTreeSet<(String, String)> = lines(SPECIFICATION).map(|(method, path, _)| (method, path)).collect();
    for (method, path) in specified.difference(&unserved).filter(|row| !tested.contains(*row)) {
        wrong.push(format!("{method} {path}: served, and no test looks at it"));
    }
    for (method, path) in unserved.difference(&specified) {
        wrong.push(format!("{method} {path}: not served, but not in the specification either"));
    }
    wrong
}

/// A path whose arguments have no names.
fn without_names(path: &str) -> String {
    let part = |part: &str| if part.starts_with('{') { "{}".to_owned() } else { part.to_owned() };
    path.trim_end_matches('/').split('/').map(part).collect::<Vec<_>>().join("/")
}

/// The table as it should be: the rows that are checked in and those that tests cover, with the tests filled in.
pub fn write(tests: &[Test]) -> String {
    let covered = covered(tests);
    let mut rows = checked_in();
    for (row, names) in covered {
        rows.insert(row, names.into_iter().collect::<Vec<_>>().join(", "));
    }
    let mut out = format!("{HEAD}\n");
    for ((path, method, answer), cell) in rows {
        out.push_str(&format!("{method}\t{path}\t{answer}\t{cell}\n"));
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checked_in_table_is_right() {
        let wrong = super::check(&[crate::tests::all(), crate::federation::all()].concat());
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn rows_of_covers() {
        let row = |path: &str, method: &str, answer: &str| (path.to_owned(), method.to_owned(), answer.to_owned());
        assert_eq!(super::row("GET v3/sync"), row("/_matrix/client/v3/sync", "GET", "success"));
        assert_eq!(super::row("GET /.well-known/x 404"), row("/.well-known/x", "GET", "404"));
    }
}
