//! A search (client-server §server-side-search).

mod answer;
mod candidates;
mod criteria;
mod highlights;
mod rank;
mod run;
mod token;

pub use answer::{Answer, Group, Hit, HitContext};
pub use criteria::{ContextRequest, Criteria, GroupKey, OrderBy};
