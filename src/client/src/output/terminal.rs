//! The console of people.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use async_trait::async_trait;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::console::{Console, Question};
use crate::error::Result;
use crate::output::{Drawing, Page, asking, in_one_line, plain, shown};
use crate::report::Report;

/// Prints for people, with a progress bar while something takes long.
pub struct Terminal<W> {
    out: W,
    page: Page,
    drawing: Option<Drawing>,
    bar: Option<(String, ProgressBar)>,
    is_open: bool,
}

impl<W: Write + Send> Terminal<W> {
    /// Prints there; draws pictures if the terminal can.
    pub fn new(out: W, page: Page, drawing: Option<Drawing>) -> Self {
        Self { out, page, drawing, bar: None, is_open: true }
    }

    fn print(&mut self, text: &str) {
        let (out, bar) = (&mut self.out, &self.bar);
        let mut write = || writeln!(out, "{text}").and_then(|()| out.flush()).is_ok();
        self.is_open &= match bar {
            Some((_, bar)) => bar.suspend(write),
            None => write(),
        };
    }
}

/// A new bar on standard error. There is none where that is no terminal.
fn bar(what: &str, total: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    let template = if total == 0 { "{spinner} {msg} {pos}" } else { "{msg} {wide_bar:.cyan/dim} {pos}/{len}" };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_message(in_one_line(what));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

#[async_trait]
impl<W: Write + Send> Console for Terminal<W> {
    fn report(&mut self, report: Report) {
        match (&report, &self.drawing) {
            (Report::Picture(picture), Some(drawing)) => {
                if let Some((_, bar)) = self.bar.take() {
                    bar.finish_and_clear();
                }
                drawing.draw(picture, &mut self.out, self.page.width);
            }
            (Report::Picture(_), None) => {}
            _ => self.print(&shown(&self.page, &report)),
        }
    }

    fn notice(&mut self, text: &str) {
        let text = self.page.faint(&self.page.wrapped(&plain(text), ""));
        // Nothing is left to do if standard error is closed.
        let write = || drop(writeln!(std::io::stderr(), "{text}"));
        match &self.bar {
            Some((_, bar)) => bar.suspend(write),
            None => write(),
        }
    }

    fn progress(&mut self, what: &str, done: u64, total: u64) {
        if !std::io::stderr().is_terminal() {
            return;
        }
        if self.bar.as_ref().is_none_or(|(of, _)| of != what) {
            if let Some((_, old)) = self.bar.take() {
                old.finish_and_clear();
            }
            self.bar = Some((what.to_owned(), bar(what, total)));
        }
        let finished = total > 0 && done >= total;
        match self.bar.take() {
            Some((_, bar)) if finished => bar.finish_and_clear(),
            Some((of, bar)) => {
                bar.set_length(total);
                bar.set_position(done);
                self.bar = Some((of, bar));
            }
            None => {}
        }
    }

    async fn ask(&mut self, question: Question) -> Result<String> {
        if let Some((_, bar)) = self.bar.take() {
            bar.finish_and_clear();
        }
        asking::ask(question).await
    }

    fn shows_pictures(&self) -> bool {
        self.drawing.is_some()
    }

    fn is_open(&self) -> bool {
        self.is_open
    }
}

impl<W> Drop for Terminal<W> {
    fn drop(&mut self) {
        if let Some((_, bar)) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
