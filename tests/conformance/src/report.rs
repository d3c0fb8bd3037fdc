//! Says how a run ended: a table for people, a file for machines.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::known::KnownFailures;
use crate::run::Ended;

/// What a test's end means, with the known failures taken into account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Passed,
    Failed,
    /// It failed, as is known.
    Known,
    /// It passed although it stands in the list of known failures: the list is wrong.
    Surprise,
}

fn judge(end: &Ended, known: &KnownFailures) -> Verdict {
    match (end.failure.is_some(), known.contains_key(end.test.name)) {
        (false, false) => Verdict::Passed,
        (true, false) => Verdict::Failed,
        (true, true) => Verdict::Known,
        (false, true) => Verdict::Surprise,
    }
}

/// Whether a test ended as it should, or as it is known to.
pub fn expected(end: &Ended, known: &KnownFailures) -> bool {
    matches!(judge(end, known), Verdict::Passed | Verdict::Known)
}

/// The whole report of a run.
#[derive(Debug)]
pub struct Report {
    ended: Vec<(Verdict, Ended)>,
    known: KnownFailures,
}

impl Report {
    /// Judges the tests that ran by the list of known failures.
    pub fn new(ended: Vec<Ended>, known: KnownFailures) -> Self {
        Report { ended: ended.into_iter().map(|end| (judge(&end, &known), end)).collect(), known }
    }

    fn count(&self, verdict: Verdict) -> usize {
        self.ended.iter().filter(|(other, _)| *other == verdict).count()
    }

    /// Tests that failed and were not known to, or passed and were known not to.
    pub fn failed(&self) -> usize {
        self.count(Verdict::Failed) + self.count(Verdict::Surprise)
    }

    /// The table: a line for each area, then what is wrong, then the closing line.
    pub fn table(&self) -> String {
        let mut areas: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for (verdict, end) in &self.ended {
            let area = areas.entry(end.test.name.split('/').next().unwrap_or_default()).or_default();
            match verdict {
                Verdict::Passed => area.0 += 1,
                _ => area.1 += 1,
            }
        }
        let mut out = String::new();
        let _ = writeln!(out, "{:<24}{:>7}{:>7}", "area", "passed", "other");
        for (area, (passed, other)) in areas {
            let _ =
                writeln!(out, "{area:<24}{passed:>7}{:>7}", if other == 0 { String::new() } else { other.to_string() });
        }
        for (verdict, end) in &self.ended {
            self.line(&mut out, *verdict, end);
        }
        for (_, end) in self.ended.iter().filter(|(_, end)| expected(end, &self.known)) {
            if let Some(before) = &end.before {
                let _ = writeln!(
                    out,
                    "UNSTEADY {}: as it should be at the second attempt; at first:\n         {before}",
                    end.test.name
                );
            }
        }
        let known = self.count(Verdict::Known);
        if known > 0 {
            let _ = writeln!(out, "\n{known} failed as the list of known failures says.");
        }
        let _ = writeln!(out, "\n{} passed, {} failed", self.count(Verdict::Passed), self.failed());
        out
    }

    fn line(&self, out: &mut String, verdict: Verdict, end: &Ended) {
        let name = end.test.name;
        let _ = match verdict {
            Verdict::Passed => Ok(()),
            Verdict::Surprise => writeln!(out, "SURPRISE {name}: passes, but is listed as a known failure"),
            Verdict::Known => {
                writeln!(out, "known    {name}: {}", self.known.get(name).map(String::as_str).unwrap_or_default())
            }
            Verdict::Failed => {
                let reason = end.failure.as_deref().unwrap_or_default();
                writeln!(out, "FAILED   {name} [{}]\n         {reason}", end.test.section)
            }
        };
    }

    /// The same as JSON.
    pub fn json(&self) -> Value {
        let tests: Vec<Value> = self
            .ended
            .iter()
            .map(|(verdict, end)| {
                json!({
                    "name": end.test.name,
                    "section": end.test.section,
                    "verdict": format!("{verdict:?}").to_lowercase(),
                    "failure": end.failure,
                    "before": end.before,
                    "known": self.known.get(end.test.name),
                    "milliseconds": u64::try_from(end.took.as_millis()).unwrap_or(u64::MAX),
                })
            })
            .collect();
        json!({
            "passed": self.count(Verdict::Passed),
            "failed": self.failed(),
            "known": self.count(Verdict::Known),
            "tests": tests,
        })
    }
}
