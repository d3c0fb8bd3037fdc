//! What commands give back: the objects that `--json` prints, one a line.

mod onboarding;
mod people;
mod words;

use serde::{Deserialize, Serialize};

pub use onboarding::{Identity, LoggedOut, Onboarded, Profile, Recovery, Verified};
pub use people::{AudienceReport, Friendship, Outcome, PersonReport, Trusted, Weight};
pub use words::{Exported, Happening, Line, PictureReport, Posted, PostedEvent, Sent, ShownPicture, ThoughtReport};

/// One result of a command. Between processes it goes with the name of its kind, to programs without.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Report {
    /// Of `register` and `login`.
    Onboarded(Onboarded),
    /// Of `logout`.
    LoggedOut(LoggedOut),
    /// Of `whoami`.
    Identity(Identity),
    /// Of `profile`.
    Profile(Profile),
    /// Of `post`.
    Posted(Posted),
    /// Of `edit`, `delete`, `reply`, `react` and `dm` with a text.
    Sent(Sent),
    /// Of `feed`, `read` and `search`: one for each thought.
    Thought(Box<ThoughtReport>),
    /// After a thought, where the console shows pictures. Never for programs.
    Picture(ShownPicture),
    /// Of `friends`: one for each person.
    Person(PersonReport),
    /// Of `friend …`.
    Friendship(Friendship),
    /// Of `audience …`.
    Audience(AudienceReport),
    /// Of `weight`.
    Weight(Weight),
    /// Of `dm` without a text: one for each message.
    Line(Line),
    /// Of `verify`.
    Verified(Verified),
    /// Of `recovery …`.
    Recovery(Recovery),
    /// Of `trust`.
    Trusted(Trusted),
    /// Of `export` into a file.
    Exported(Exported),
    /// Of `watch` and `feed --follow`: one whenever something happens.
    Happening(Box<Happening>),
}
