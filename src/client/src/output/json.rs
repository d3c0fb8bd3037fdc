//! The console of programs: one object a line on standard output, everything else on standard error.

use std::io::Write;

use async_trait::async_trait;

use crate::console::{Console, Question};
use crate::error::Result;
use crate::output::asking;
use crate::report::Report;

/// Prints JSON lines.
pub struct Json<W> {
    out: W,
    is_open: bool,
}

impl<W: Write + Send> Json<W> {
    /// Prints there.
    pub fn new(out: W) -> Self {
        Self { out, is_open: true }
    }
}

/// A report without the name of its kind.
fn object(report: &Report) -> Option<serde_json::Value> {
    match serde_json::to_value(report).ok()? {
        serde_json::Value::Object(kinds) => kinds.into_iter().next().map(|(_, object)| object),
        _ => None,
    }
}

#[async_trait]
impl<W: Write + Send> Console for Json<W> {
    fn report(&mut self, report: Report) {
        if let Some(object) = object(&report).filter(|_| !matches!(report, Report::Picture(_))) {
            self.is_open &= writeln!(self.out, "{object}").and_then(|()| self.out.flush()).is_ok();
        }
    }

    fn notice(&mut self, text: &str) {
        // Nothing is left to do if standard error is closed.
        let _ = writeln!(std::io::stderr(), "{text}");
    }

    fn progress(&mut self, _what: &str, _done: u64, _total: u64) {}

    async fn ask(&mut self, question: Question) -> Result<String> {
        asking::ask(question).await
    }

    fn is_open(&self) -> bool {
        self.is_open
    }
}

#[cfg(test)]
mod tests {
    use matrix_sdk::ruma::user_id;

    use super::*;
    use crate::report::{Happening, LoggedOut, ShownPicture};

    fn printed(report: Report) -> String {
        let mut out = Vec::new();
        Json::new(&mut out).report(report);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_report_is_a_line_without_its_kind() {
        let out = printed(Report::LoggedOut(LoggedOut { user_id: user_id!("@a:b.example").to_owned() }));
        assert_eq!(out, "{\"user_id\":\"@a:b.example\"}\n");
        let out = printed(Report::Happening(Box::new(Happening::Notice { text: "x".to_owned() })));
        assert_eq!(out, "{\"event\":\"notice\",\"text\":\"x\"}\n");
    }

    #[test]
    fn pictures_are_for_people() {
        let picture = ShownPicture { name: "x.png".to_owned(), data: "AAAA".to_owned() };
        assert_eq!(printed(Report::Picture(picture)), "");
    }
}
