//! What the targets of `tests/fuzz` call, and nobody else.

pub use crate::{
    bridge::fuzzing::{XMatrix, check_object, object, x_matrix},
    client::media::fuzzing::{disposition, part, safe_type},
};
