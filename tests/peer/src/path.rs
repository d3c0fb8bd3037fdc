//! Request paths with percent-encoded arguments.

/// Percent-encodes an argument, so that it can stand in a path segment or a query value.
pub fn encode(argument: impl AsRef<str>) -> String {
    let mut encoded = String::new();
    for byte in argument.as_ref().bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// A path under `/_matrix/federation/`; each `{}` is filled with a percent-encoded argument.
#[macro_export]
macro_rules! fed {
    ($format:literal $(, $argument:expr)* $(,)?) => {
        format!(concat!("/_matrix/federation/", $format) $(, $crate::path::encode(&$argument))*)
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn arguments_are_encoded_and_the_rest_is_not() {
        assert_eq!(
            fed!("v1/state/{}?event_id={}", "!a:b/c", "$é %"),
            "/_matrix/federation/v1/state/%21a%3Ab%2Fc?event_id=%24%C3%A9%20%25"
        );
    }
}
