//! Every endpoint of the specification is served, or stands in the list of those that are not, with the reason.

use std::collections::BTreeSet;

const SPECIFICATION: &str = include_str!("../../../../tests/conformance/specification.tsv");
const UNSERVED: &str = include_str!("../../../../tests/conformance/unserved.tsv");

fn rows(text: &str) -> BTreeSet<(String, String)> {
    let row = |line: &str| {
        let mut cells = line.split('\t');
        (cells.next().unwrap().to_owned(), without_names(cells.next().unwrap()))
    };
    text.lines().skip(1).map(row).collect()
}

fn without_names(path: &str) -> String {
    let part = |part: &str| if part.starts_with('{') { "{}".to_owned() } else { part.to_owned() };
    path.trim_end_matches('/').split('/').map(part).collect::<Vec<_>>().join("/")
}

fn routes() -> Vec<(String, String)> {
    crate::client_routes().merge(crate::federation_routes()).list()
}

#[test]
fn what_is_not_served_is_listed_and_nothing_else() {
    let served: BTreeSet<_> = routes().into_iter().map(|(method, path)| (method, without_names(&path))).collect();
    let (specified, unserved) = (rows(SPECIFICATION), rows(UNSERVED));
    let missing: Vec<_> = specified.iter().filter(|row| !served.contains(row) && !unserved.contains(row)).collect();
    assert!(missing.is_empty(), "neither served nor listed as not served: {missing:#?}");
    let wrong: Vec<_> = unserved.intersection(&served).collect();
    assert!(wrong.is_empty(), "served, but listed as not served: {wrong:#?}");
    assert!(unserved.is_subset(&specified));
}

/// Endpoints that came after the paths of r0.
const YOUNGER: [&str; 1] = ["knock/{room_id_or_alias}"];

#[test]
fn old_clients_find_everything_under_r0() {
    let served: BTreeSet<_> = routes().into_iter().collect();
    let mut missing = Vec::new();
    for (method, path) in &served {
        for prefix in ["/_matrix/client/", "/_matrix/media/"] {
            let Some(rest) = path.strip_prefix(&format!("{prefix}v3/")) else { continue };
            let old = (method.clone(), format!("{prefix}r0/{rest}"));
            if !served.contains(&old) && !YOUNGER.contains(&rest) {
                missing.push(format!("{method} {rest}"));
            }
        }
    }
    assert!(missing.is_empty(), "not served under r0: {missing:#?}");
}
