//! How results are shown: to people, and to programs. Everything that comes from others is cleaned of what would steer a
//! terminal before it is shown to people.

mod asking;
mod clean;
mod dates;
mod failure;
mod json;
mod onboarding;
mod page;
mod people;
mod pictures;
mod terminal;
mod words;

pub use clean::{in_one_line, plain};
pub use failure::Failure;
pub use json::Json;
pub use page::Page;
pub use pictures::Drawing;
pub use terminal::Terminal;

use crate::report::Report;

/// A report as people read it, without the last end of line. Pictures have none.
#[must_use]
pub fn shown(page: &Page, report: &Report) -> String {
    match report {
        Report::Onboarded(told) => onboarding::onboarded(page, told),
        Report::LoggedOut(told) => onboarding::logged_out(page, told),
        Report::Identity(told) => onboarding::identity(page, told),
        Report::Profile(told) => onboarding::profile(page, told),
        Report::Recovery(told) => onboarding::recovery(page, told),
        Report::Verified(told) => people::verified(page, told),
        Report::Person(told) => people::person(page, told),
        Report::Friendship(told) => people::friendship(page, told),
        Report::Audience(told) => people::audience(page, told),
        Report::Weight(told) => people::weight(page, told),
        Report::Trusted(told) => people::trusted(page, told),
        Report::Posted(told) => words::posted(page, told),
        Report::Sent(_) => page.good("Sent."),
        Report::Thought(told) => words::thought(page, told),
        Report::Line(told) => words::line(page, told),
        Report::Exported(told) => words::exported(page, told),
        Report::Happening(told) => words::happening(page, told),
        Report::Picture(_) => String::new(),
    }
}
