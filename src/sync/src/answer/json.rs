//! JSON, written piece by piece. Whoever opens must close.

use bytes::Bytes;

/// JSON in the making: it knows only where commas go.
pub(super) struct Json {
    text: Vec<u8>,
    /// Whether the next thing is the first in its object or array, or the value of a key.
    first: bool,
}

impl Json {
    pub fn with_capacity(bytes: usize) -> Self {
        Self { text: Vec::with_capacity(bytes), first: true }
    }

    pub fn into_bytes(self) -> Bytes {
        self.text.into()
    }

    /// Opens an object or an array.
    pub fn open(&mut self, bracket: char) {
        self.comma();
        self.text.push(bracket as u8);
        self.first = true;
    }

    /// Closes it.
    pub fn close(&mut self, bracket: char) {
        self.text.push(bracket as u8);
        self.first = false;
    }

    /// A key, whose value must follow.
    pub fn key(&mut self, key: &str) {
        self.comma();
        self.escaped(key);
        self.text.push(b':');
        self.first = true;
    }

    /// A key with a text.
    pub fn field(&mut self, key: &str, value: &str) {
        self.key(key);
        self.text(value);
    }

    /// A key with a number.
    pub fn number_field(&mut self, key: &str, value: i64) {
        self.key(key);
        self.raw_item(&value.to_string());
    }

    /// A key with yes or no.
    pub fn bool_field(&mut self, key: &str, value: bool) {
        self.key(key);
        self.raw_item(if value { "true" } else { "false" });
    }

    /// A text.
    pub fn text(&mut self, text: &str) {
        self.comma();
        self.escaped(text);
    }

    /// Something that is JSON already.
    pub fn raw_item(&mut self, json: &str) {
        self.comma();
        self.text.extend_from_slice(json.as_bytes());
    }

    /// An object that is JSON already but for its closing brace: more fields and [`Self::close`] follow.
    pub fn open_object(&mut self, json: &str) {
        self.raw_item(json);
        self.first = false;
    }

    fn comma(&mut self) {
        if !std::mem::take(&mut self.first) {
            self.text.push(b',');
        }
    }

    fn escaped(&mut self, text: &str) {
        let plain = text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\');
        if plain {
            self.text.push(b'"');
            self.text.extend_from_slice(text.as_bytes());
            self.text.push(b'"');
        } else if serde_json::to_writer(&mut self.text, text).is_err() {
            // A vector takes whatever is written to it.
            tracing::error!("a text could not be written as JSON");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_go_where_they_belong() {
        let mut json = Json::with_capacity(0);
        json.open('{');
        json.field("a", "x\"y\n");
        json.key("b");
        json.open('[');
        json.text("1");
        json.raw_item("2");
        json.open('{');
        json.close('}');
        json.open_object(r#"{"c":3"#);
        json.number_field("d", -4);
        json.close('}');
        json.close(']');
        json.bool_field("e", true);
        json.close('}');
        let text = String::from_utf8(json.into_bytes().to_vec()).unwrap();
        assert_eq!(text, r#"{"a":"x\"y\n","b":["1",2,{},{"c":3,"d":-4}],"e":true}"#);
    }
}
