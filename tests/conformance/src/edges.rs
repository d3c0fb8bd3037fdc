//! The checked-in table of sharp edges: what the specification asks and is easily got wrong, and which
//! tests look at it.
//!
//! Each line of `sharp_edges.tsv` is an area, an edge, and tests, or `-` with where else it is tested.

use std::collections::BTreeSet;

use crate::run::Test;

const TABLE: &str = include_str!("../sharp_edges.tsv");
const HEAD: &str = "area\tedge\ttests";

/// Everything that is wrong with the table; empty if it is right.
pub fn check(tests: &[Test]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut known = BTreeSet::new();
    if TABLE.lines().next() != Some(HEAD) {
        wrong.push("the table of sharp edges has a wrong head".to_owned());
    }
    for line in TABLE.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [area, edge, named] = cells.as_slice() else {
            wrong.push(format!("{line}: not three columns"));
            continue;
        };
        if area.is_empty() || edge.is_empty() || !known.insert((*area, *edge)) {
            wrong.push(format!("{line}: nothing in a column, or there twice"));
        }
        match named.strip_prefix('-') {
            Some(elsewhere) if elsewhere.trim().is_empty() => wrong.push(format!("{edge}: no test, and no reason why")),
            Some(_) => {}
            None => wrong.extend(
                named
                    .split(',')
                    .map(str::trim)
                    .filter(|name| !tests.iter().any(|test| test.name == *name))
                    .map(|name| format!("{edge}: there is no test {name:?}")),
            ),
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_sharp_edges_have_their_tests() {
        let wrong = super::check(&[crate::tests::all(), crate::federation::all()].concat());
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
