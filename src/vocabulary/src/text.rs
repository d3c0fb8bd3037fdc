//! How a thought reads in a client that knows nothing of thoughts: the title, a blank line, the text.

/// The `body` of a thought's message.
#[must_use]
pub fn body(title: Option<&str>, text: &str) -> String {
    match title {
        Some(title) if text.is_empty() => title.to_owned(),
        Some(title) => format!("{title}\n\n{text}"),
        None => text.to_owned(),
    }
}

/// The `formatted_body` (`org.matrix.custom.html`) of a thought's message.
///
/// * `title`: plain text; it is escaped here.
/// * `html`: the text, already HTML.
#[must_use]
pub fn formatted_body(title: Option<&str>, html: &str) -> String {
    match title {
        Some(title) => format!("<h3>{}</h3>\n{html}", escaped(title)),
        None => html.to_owned(),
    }
}

/// The text of a thought without the title before it; all of `body` if it does not begin with the title.
#[must_use]
pub fn text_of<'a>(title: Option<&str>, body: &'a str) -> &'a str {
    let Some(title) = title else { return body };
    match body.strip_prefix(title) {
        Some("") => "",
        Some(rest) => rest.strip_prefix("\n\n").unwrap_or(body),
        None => body,
    }
}

fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_comes_off_again() {
        for (title, text) in [(Some("Rain"), "It rained.\n\nAll day."), (Some("Rain"), ""), (None, "It rained.")] {
            assert_eq!(text_of(title, &body(title, text)), text);
        }
        assert_eq!(text_of(Some("Rain"), "Rainbow"), "Rainbow");
    }

    #[test]
    fn a_title_cannot_bring_html() {
        let html = formatted_body(Some("<script>"), "<p>x</p>");
        assert_eq!(html, "<h3>&lt;script&gt;</h3>\n<p>x</p>");
    }
}
