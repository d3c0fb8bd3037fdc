//! What the targets of `tests/fuzz` call, and nobody else.

pub use crate::{
    bridge::fuzzing::{check_object, object},
    client::media::fuzzing::{disposition, part, safe_type},
};
