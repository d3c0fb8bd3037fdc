//! The content of messages.

use matrix_sdk::ruma::events::room::message::FormattedBody;
use peerbrain_vocabulary::{Thought, body, formatted_body, names};
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::report::ThoughtReport;

/// What fits into one event of 65,536 bytes: encrypted, in base64, as text and as HTML, and in an edit once more.
const MAX_TEXT_BYTES: usize = 14_000;

/// The content of a thought.
///
/// * `words`: the text, as Markdown.
///
/// # Errors
/// It is too long for one event.
pub fn text(thought: &Thought, words: &str) -> Result<Value> {
    let mut content = plain(words)?;
    let title = thought.title.as_deref();
    if let Some(content) = content.as_object_mut() {
        content.insert("body".to_owned(), body(title, words).into());
        let html = content.get("formatted_body").and_then(Value::as_str).map(str::to_owned);
        let html = html.or_else(|| title.map(|_| escaped(words)));
        if let Some(html) = html {
            content.insert("format".to_owned(), "org.matrix.custom.html".into());
            content.insert("formatted_body".to_owned(), formatted_body(title, &html).into());
        }
        content.insert(names::THOUGHT.to_owned(), serde_json::to_value(thought)?);
    }
    Ok(content)
}

/// The content of a message that is no thought.
///
/// # Errors
/// It is too long for one event.
pub fn plain(words: &str) -> Result<Value> {
    if words.len() > MAX_TEXT_BYTES {
        return Err(Error::Input(format!("The text is too long: one message holds {} kB.", MAX_TEXT_BYTES / 1_000)));
    }
    let mut content = json!({"msgtype": "m.text", "body": words});
    if let (Some(html), Some(content)) = (FormattedBody::markdown(words), content.as_object_mut()) {
        content.insert("format".to_owned(), "org.matrix.custom.html".into());
        content.insert("formatted_body".to_owned(), html.body.into());
    }
    Ok(content)
}

/// The content of an edit.
///
/// * `relation`: to what is edited.
#[must_use]
pub fn replacement(new: Value, relation: Value) -> Value {
    let body = format!("* {}", new.get("body").and_then(Value::as_str).unwrap_or_default());
    let kind = new.get("msgtype").cloned().unwrap_or_default();
    json!({"msgtype": kind, "body": body, "m.new_content": new, "m.relates_to": relation})
}

/// A thought as it is now.
///
/// # Errors
/// It was not written as one.
pub fn current(report: &ThoughtReport) -> Result<Thought> {
    if report.id.starts_with('$') {
        return Err(Error::Input(
            "This message was not written as a thought: edit it in the app that wrote it.".to_owned(),
        ));
    }
    if !report.pictures.is_empty() {
        return Err(Error::Input("A thought with a picture cannot be edited; delete it and write it anew.".to_owned()));
    }
    let title = (!report.title.is_empty()).then(|| report.title.clone());
    Ok(Thought {
        v: peerbrain_vocabulary::VERSION,
        id: report.id.clone(),
        title,
        tags: report.tags.clone(),
        lang: report.lang.clone(),
    })
}

fn escaped(words: &str) -> String {
    let html = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<p>{}</p>", html.replace("\n\n", "</p><p>").replace('\n', "<br>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thought(title: Option<&str>) -> Thought {
        Thought::new("id".to_owned(), title.map(str::to_owned), [], None).unwrap()
    }

    #[test]
    fn every_client_reads_title_and_text() {
        let content = text(&thought(Some("Rain & more")), "It *rained*.").unwrap();
        assert_eq!(content["body"], "Rain & more\n\nIt *rained*.");
        let html = content["formatted_body"].as_str().unwrap();
        assert!(html.starts_with("<h3>Rain &amp; more</h3>") && html.contains("<em>rained</em>"), "{html}");
        let bare = text(&thought(None), "Plain.").unwrap();
        assert_eq!((&bare["body"], bare.get("formatted_body")), (&"Plain.".into(), None));
        assert!(text(&thought(Some("T")), "a < b").unwrap()["formatted_body"].as_str().unwrap().contains("a &lt; b"));
    }

    #[test]
    fn an_edit_reads_well_where_edits_are_not_known() {
        let content = replacement(plain("New.").unwrap(), json!({"rel_type": "m.replace", "event_id": "$a"}));
        assert_eq!(content["body"], "* New.");
        assert_eq!(content["m.new_content"]["body"], "New.");
        assert!(plain(&"x".repeat(14_001)).is_err());
    }
}
