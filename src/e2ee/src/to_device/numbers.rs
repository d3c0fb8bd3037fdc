//! Contents for other servers.
//!
//! Requests between servers are signed in canonical JSON, which has no fractions, while clients may send any JSON. Synapse
//! sends fractions all the same and signs them as its own language writes them; whoever takes a transaction apart and puts
//! it together again before checking the signature must come to the same text. So that is how they are written here.

use std::io;

use serde::Serialize as _;
use serde_json::{Value, ser::Formatter, value::RawValue};

/// Levels of a content. Its transaction adds some, and no parser of JSON goes much deeper than a hundred.
const LEVELS: usize = 100;

/// A content as every server reads it and writes it again; none where it is too deep or holds what no server can read.
pub(super) fn portable(content: &RawValue) -> Option<Box<RawValue>> {
    let content: Value = serde_json::from_str(content.get()).ok().filter(|content| is_flat(content, LEVELS))?;
    let mut bytes = Vec::new();
    content.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, Fractions)).ok()?;
    RawValue::from_string(String::from_utf8(bytes).ok()?).ok()
}

fn is_flat(value: &Value, levels: usize) -> bool {
    let Some(levels) = levels.checked_sub(1) else { return false };
    match value {
        Value::Array(values) => values.iter().all(|value| is_flat(value, levels)),
        Value::Object(members) => members.values().all(|value| is_flat(value, levels)),
        _ => true,
    }
}

/// JSON whose fractions are written as Python writes them.
struct Fractions;

impl Formatter for Fractions {
    fn write_f64<W: io::Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(fraction(value).as_bytes())
    }
}

/// The exponent has a sign and two digits at least; else Rust and Python agree.
fn fraction(value: f64) -> String {
    let text = format!("{value:?}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    match exponent.strip_prefix('-') {
        Some(exponent) => format!("{digits}e-{exponent:0>2}"),
        None => format!("{digits}e+{exponent:0>2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Option<String> {
        let content = RawValue::from_string(text.to_owned()).unwrap();
        portable(&content).map(|content| content.get().to_owned())
    }

    #[test]
    fn numbers_are_written_as_others_write_them() {
        for (number, expected) in [
            ("1", "1"),
            ("-5", "-5"),
            ("9007199254740993", "9007199254740993"),
            ("1.0", "1.0"),
            ("1.50", "1.5"),
            ("1e3", "1000.0"),
            ("0.0001", "0.0001"),
            ("0.00001", "1e-05"),
            ("1.25E-7", "1.25e-07"),
            ("1e15", "1000000000000000.0"),
            ("1e16", "1e+16"),
            ("1.5e300", "1.5e+300"),
            ("-0.0", "-0.0"),
            ("0.1", "0.1"),
        ] {
            let text = format!(r#"{{"n": [{number}]}}"#);
            assert_eq!(written(&text), Some(format!(r#"{{"n":[{expected}]}}"#)), "{number}");
        }
    }

    #[test]
    fn what_no_server_can_read_is_not_sent() {
        assert_eq!(written(r#"{"n":1e999}"#), None);
        assert_eq!(written(r#"{"text":"\ud800"}"#), None);
        let deep = |levels: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(levels), "]".repeat(levels));
        assert!(written(&deep(LEVELS - 1)).is_some());
        assert_eq!(written(&deep(LEVELS)), None);
    }
}
