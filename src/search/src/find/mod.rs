//! A search (client-server §server-side-search).

mod answer;
mod candidates;
mod criteria;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod highlights;
mod rank;
mod run;
mod token;

pub use answer::{Answer, Group, Hit, HitContext};
pub use criteria::{ContextRequest, Criteria, GroupKey, OrderBy};
