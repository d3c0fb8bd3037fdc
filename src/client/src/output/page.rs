//! What a page for people has to know: colours, width, time.

use std::io::IsTerminal;

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::cli::arguments::Color;
use crate::output::dates;

/// The widest lines that are pleasant to read.
const MAX_WIDTH: u16 = 100;

/// How results are laid out.
#[derive(Clone, Debug)]
pub struct Page {
    /// Whether there are colours.
    pub colour: bool,
    /// The columns of a line, or nothing where lines are not broken.
    pub width: Option<usize>,
    /// The moment from which dates are said. Nothing means: the moment when they are.
    pub now: Option<Timestamp>,
    /// Where the reader lives.
    pub zone: TimeZone,
}

impl Page {
    /// The page for a terminal, or for whatever else standard output is.
    #[must_use]
    pub fn of_stdout(color: Color) -> Self {
        let is_terminal = std::io::stdout().is_terminal();
        let columns = terminal_size::terminal_size().map(|(columns, _)| usize::from(columns.0.min(MAX_WIDTH)));
        Self {
            colour: is_coloured(color, is_terminal),
            width: columns.filter(|_| is_terminal).map(|columns| columns.max(20)),
            now: None,
            zone: TimeZone::system(),
        }
    }

    /// A page of which nothing is known: neither colours nor lines that are broken.
    #[must_use]
    pub fn plain() -> Self {
        Self { colour: false, width: None, now: None, zone: TimeZone::system() }
    }

    /// A heading, a name.
    #[must_use]
    pub fn strong(&self, text: &str) -> String {
        self.paint(Style::new().bold(), text)
    }

    /// What is less important than the rest.
    #[must_use]
    pub fn faint(&self, text: &str) -> String {
        self.paint(Style::new().dimmed(), text)
    }

    /// A name of somebody.
    #[must_use]
    pub fn name(&self, text: &str) -> String {
        self.paint(AnsiColor::Cyan.on_default().bold(), text)
    }

    /// Something that went well.
    #[must_use]
    pub fn good(&self, text: &str) -> String {
        self.paint(AnsiColor::Green.on_default(), text)
    }

    /// Something to act on.
    #[must_use]
    pub fn alert(&self, text: &str) -> String {
        self.paint(AnsiColor::Yellow.on_default(), text)
    }

    /// Something that failed.
    #[must_use]
    pub fn bad(&self, text: &str) -> String {
        self.paint(AnsiColor::Red.on_default().bold(), text)
    }

    /// Text broken into lines, each with `indent` before it.
    #[must_use]
    pub fn wrapped(&self, text: &str, indent: &str) -> String {
        let lines = text.lines().flat_map(|line| match self.width {
            Some(width) => textwrap::wrap(line, width.saturating_sub(indent.len()).max(10))
                .into_iter()
                .map(|line| line.into_owned())
                .collect(),
            None => vec![line.to_owned()],
        });
        lines.map(|line| format!("{indent}{line}").trim_end().to_owned()).collect::<Vec<_>>().join("\n")
    }

    /// When that was.
    #[must_use]
    pub fn date(&self, date_ms: u64) -> String {
        dates::said(date_ms, self.now.unwrap_or_else(Timestamp::now), &self.zone)
    }

    fn paint(&self, style: Style, text: &str) -> String {
        if self.colour && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// Whether there are colours. `NO_COLOR` is what many programs listen to (no-color.org).
fn is_coloured(color: Color, is_terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => is_terminal && !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A page without colours, 40 columns wide, at noon of 15 July 2026.
    pub(crate) fn narrow() -> Page {
        let now = "2026-07-15T12:00:00Z".parse().ok();
        Page { colour: false, width: Some(40), now, zone: TimeZone::UTC }
    }

    #[test]
    fn lines_are_broken_by_what_is_seen() {
        let page = narrow();
        let broken = page.wrapped("世界世界世界世界世界世界世界世界世界世界世界世界\n\nshort", "  ");
        assert!(broken.lines().count() >= 4, "{broken}");
        assert!(broken.lines().all(|line| unicode_width::UnicodeWidthStr::width(line) <= 40), "{broken}");
        assert_eq!(Page { width: None, ..page }.wrapped(&"x ".repeat(100), "").lines().count(), 1);
    }

    #[test]
    fn colours_only_where_they_are_wanted() {
        let page = Page { colour: true, ..narrow() };
        assert_eq!(page.strong("x"), "\u{1b}[1mx\u{1b}[0m");
        assert_eq!(page.strong(""), "");
        assert_eq!(narrow().bad("x"), "x");
        assert!(is_coloured(Color::Always, false) && !is_coloured(Color::Never, true));
        assert!(!is_coloured(Color::Auto, false));
    }
}
