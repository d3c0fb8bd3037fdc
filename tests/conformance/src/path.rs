//! Request paths with percent-encoded arguments.

pub use peerbrain_peer::path::encode;

/// A path under `/_matrix/client/v3/`; each `{}` is filled with a percent-encoded argument.
#[macro_export]
macro_rules! v3 {
    ($format:literal $(, $argument:expr)* $(,)?) => {
        format!(concat!("/_matrix/client/v3/", $format) $(, $crate::path::encode(&$argument))*)
    };
}

/// A path under `/_matrix/client/v1/`; each `{}` is filled with a percent-encoded argument.
#[macro_export]
macro_rules! v1 {
    ($format:literal $(, $argument:expr)* $(,)?) => {
        format!(concat!("/_matrix/client/v1/", $format) $(, $crate::path::encode(&$argument))*)
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn arguments_are_encoded_and_the_rest_is_not() {
        assert_eq!(
            v3!("rooms/{}/state/{}?a=b", "!a:b/c", "é %"),
            "/_matrix/client/v3/rooms/%21a%3Ab%2Fc/state/%C3%A9%20%25?a=b"
        );
    }
}
