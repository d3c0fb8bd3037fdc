//! The page as an Atom feed (RFC 4287).

use super::{
    Page, PublicThought,
    render::{address, date},
    words::plain,
};

/// The feed.
///
/// * `base`: the address of this server for browsers, without a slash at its end.
/// * `author`: the author's Matrix id.
#[must_use]
pub fn atom(page: &Page, base: &str, author: &str) -> String {
    let base = plain(base.trim_end_matches('/'));
    let place = format!("{base}/thoughts/{}", address(&page.localpart));
    let name = plain(page.name.as_deref().unwrap_or(&page.localpart));
    let updated = page.thoughts.iter().map(|thought| thought.changed_ms).max().unwrap_or_default();
    let next = page.older.map(|before| format!("<link rel=\"next\" href=\"{place}/atom.xml?before={before}\"/>"));
    let entries: String = page.thoughts.iter().map(|thought| entry(thought, &place)).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\
         <id>{place}</id><title>{name}</title><updated>{}</updated><author><name>{name}</name><uri>{place}</uri></author>\
         <link rel=\"self\" type=\"application/atom+xml\" href=\"{place}/atom.xml\"/>\
         <link rel=\"alternate\" type=\"text/html\" href=\"{place}\"/>{}<generator>PeerBrain</generator>\
         <subtitle>{}</subtitle>\n{entries}</feed>\n",
        date(updated).0,
        next.unwrap_or_default(),
        plain(author),
    )
}

fn entry(thought: &PublicThought, place: &str) -> String {
    let id = plain(thought.event_id.trim_start_matches('$'));
    let (said, day) = date(thought.said_ms);
    // A title there must be.
    let title = thought.title.as_deref().map_or(day, plain);
    let lang = thought.lang.as_deref().map(|lang| format!(" xml:lang=\"{}\"", plain(lang))).unwrap_or_default();
    let picture = thought.picture.as_ref();
    let picture = picture.map(|(id, alt)| format!("<p><img src=\"{place}/media/{id}\" alt=\"{}\"></p>", plain(alt)));
    let content = plain(&format!("{}{}", picture.unwrap_or_default(), thought.html));
    let tags: String = thought.tags.iter().map(|tag| format!("<category term=\"{}\"/>", plain(tag))).collect();
    format!(
        "<entry{lang}><id>{place}#{id}</id><title>{title}</title><published>{said}</published><updated>{}</updated>\
         <link rel=\"alternate\" type=\"text/html\" href=\"{place}#{id}\"/>{tags}<content type=\"html\">{content}</content></entry>\n",
        date(thought.changed_ms).0,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_escaped_once_more() {
        let thought = PublicThought {
            event_id: "$e".to_owned(),
            title: Some("a <b> & c".to_owned()),
            html: "<p>x &amp; y</p>".to_owned(),
            said_ms: 1_000,
            changed_ms: 2_000,
            ..PublicThought::default()
        };
        let page = Page { localpart: "alice".to_owned(), thoughts: vec![thought], older: Some(7), ..Page::default() };
        let text = atom(&page, "https://a.example/", "@alice:a.example");
        for part in [
            "<id>https://a.example/thoughts/alice#e</id>",
            "<title>a &lt;b&gt; &amp; c</title>",
            "<content type=\"html\">&lt;p&gt;x &amp;amp; y&lt;/p&gt;</content>",
            "<updated>1970-01-01T00:00:02Z</updated>",
            "atom.xml?before=7",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }
}
