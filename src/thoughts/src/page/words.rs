//! Words of people as HTML.

use ruma::html::{Html, SanitizerConfig};

/// Plain text as HTML: paragraphs and lines.
pub fn escaped(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty());
    paragraphs.map(|paragraph| format!("<p>{}</p>", plain(paragraph).replace('\n', "<br>"))).collect()
}

/// Text in which no sign means anything to HTML or XML, also within quotes.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // XML has no such characters.
            other if other.is_control() && !matches!(other, '\n' | '\t') => {}
            '\u{fffe}' | '\u{ffff}' => {}
            other => out.push(other),
        }
    }
    out
}

/// HTML of a message as the specification allows it to be shown, without pictures from elsewhere.
pub fn sanitised(html: &str) -> String {
    let config = SanitizerConfig::strict().remove_reply_fallback().remove_elements(["img"]);
    let parsed = Html::parse(html);
    parsed.sanitize_with(&config);
    // What is text has no such sign any more, so this is every link.
    parsed.to_string().replace("<a ", "<a rel=\"nofollow noopener noreferrer ugc\" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_could_do_harm_is_left() {
        for evil in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "<a href=\"javascript:alert(1)\">x</a>",
            "<p onclick=alert(1)>x</p>",
            "<style>*{display:none}</style>",
            "<iframe src=//evil.example></iframe>",
            "<svg/onload=alert(1)>",
            "<p style=\"background:url(//evil.example)\">x</p>",
            "<form action=//evil.example><input></form>",
        ] {
            let shown = sanitised(evil);
            for sign in [
                "<script",
                "onerror",
                "javascript:",
                "onclick",
                "<style",
                "<iframe",
                "onload",
                "style=",
                "<form",
                "<img",
            ] {
                assert!(!shown.contains(sign), "{evil} became {shown}");
            }
        }
        let link = sanitised("<p>See <a href=\"https://a.example/\">this</a>.</p>");
        assert!(link.contains("rel=\"nofollow") && link.contains("https://a.example/"), "{link}");
    }

    #[test]
    fn plain_text_stays_text() {
        assert_eq!(escaped("a < b\nc\n\n\"d\""), "<p>a &lt; b<br>c</p><p>&quot;d&quot;</p>");
        assert_eq!(plain("a\u{0}b\u{1b}"), "ab");
    }
}
