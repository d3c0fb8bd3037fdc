//! Why a test failed, and the ways a test says so.

pub use peerbrain_peer::failure::{Failure, Outcome};

/// Fails the test unless the condition holds. The rest is a format string that says what was expected.
#[macro_export]
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err($crate::failure::Failure::new(format!($($message)+)));
        }
    };
}

/// Fails the test unless both values are equal; shows both.
#[macro_export]
macro_rules! ensure_eq {
    ($got:expr, $want:expr, $($message:tt)+) => {
        // A match, so that temporaries in both expressions live as long as they are looked at.
        match (&$got, &$want) {
            (got, want) => {
                if *got != *want {
                    let about = format!($($message)+);
                    return Err($crate::failure::Failure::new(format!("{about}: expected {want:?}, got {got:?}")));
                }
            }
        }
    };
}
