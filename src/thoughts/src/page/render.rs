//! The page as HTML: no script, one style, quick to read for people and machines.

use super::{
    Page, PublicThought,
    words::{escaped, plain},
};

/// The style of the page. Its hash is in the content security policy, see [`html`].
const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1d1d1f;--soft:#5a5a63;--line:#dcdce0;--back:#fbfbfc;--link:#0a58ca}\
@media(prefers-color-scheme:dark){:root{--ink:#ececf0;--soft:#a6a6b0;--line:#3a3a42;--back:#17171a;--link:#8ab8ff}}\
*{box-sizing:border-box}body{margin:0;background:var(--back);color:var(--ink);font:1.05rem/1.65 system-ui,sans-serif}\
header,main,footer{max-width:40rem;margin:0 auto;padding:1rem}\
header{display:flex;gap:1rem;align-items:center;padding-top:2.5rem}\
header img{width:4rem;height:4rem;border-radius:50%;object-fit:cover}\
h1{font-size:1.6rem;line-height:1.2;margin:0}header p{margin:.2rem 0 0;color:var(--soft)}\
article{border-top:1px solid var(--line);padding:1.5rem 0;overflow-wrap:anywhere}\
h2{font-size:1.25rem;line-height:1.3;margin:0 0 .5rem}article p{margin:.5rem 0}\
article img{max-width:100%;height:auto;border-radius:.5rem}pre{overflow-x:auto}\
blockquote{margin:.5rem 0;padding-left:1rem;border-left:.25rem solid var(--line);color:var(--soft)}\
.about{color:var(--soft);font-size:.9rem;margin:.75rem 0 0}a{color:var(--link)}\
footer{color:var(--soft);font-size:.9rem;border-top:1px solid var(--line)}";

/// What a browser is told to load and run: nothing but the style and pictures of this server.
///
/// * `style`: the base64 of the SHA-256 of the style.
fn policy(style: &str) -> String {
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; img-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    )
}

/// The page, with its content security policy.
///
/// * `hash`: base64 of the SHA-256 of a text.
/// * `feed`: whether there is an Atom feed.
#[must_use]
pub fn html(page: &Page, feed: bool, hash: impl Fn(&str) -> String) -> (String, String) {
    let name = plain(page.name.as_deref().unwrap_or(&page.localpart));
    let place = format!("/thoughts/{}", address(&page.localpart));
    let atom = if feed {
        format!("<link rel=\"alternate\" type=\"application/atom+xml\" title=\"{name}\" href=\"{place}/atom.xml\">")
    } else {
        String::new()
    };
    let avatar =
        page.avatar.as_ref().map(|id| format!("<img src=\"{place}/media/{id}\" alt=\"\">")).unwrap_or_default();
    let thoughts: String = page.thoughts.iter().map(|thought| article(thought, &place)).collect();
    let thoughts = if thoughts.is_empty() { "<p>Nothing yet.</p>".to_owned() } else { thoughts };
    let older = page
        .older
        .map(|before| format!("<nav><a rel=\"next\" href=\"{place}?before={before}\">Older thoughts</a></nav>"));
    let older = older.unwrap_or_default();
    let text = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{name}: thoughts</title>{atom}<style>{STYLE}</style></head>\n\
         <body><header>{avatar}<div><h1>{name}</h1><p>Thoughts for everybody</p></div></header>\n\
         <main>{thoughts}{older}</main>\n<footer><p>What {name} writes for friends is not here: no server can read it.</p></footer>\
         </body></html>\n"
    );
    (text, policy(&hash(STYLE)))
}

fn article(thought: &PublicThought, place: &str) -> String {
    let lang = thought.lang.as_deref().map(|lang| format!(" lang=\"{}\"", plain(lang))).unwrap_or_default();
    let id = plain(thought.event_id.trim_start_matches('$'));
    let title = thought.title.as_deref().map(|title| format!("<h2>{}</h2>", plain(title))).unwrap_or_default();
    let picture = thought.picture.as_ref();
    let picture = picture
        .map(|(id, alt)| format!("<p><img src=\"{place}/media/{id}\" alt=\"{}\" loading=\"lazy\"></p>", plain(alt)));
    let (date, shown) = date(thought.said_ms);
    let edited = if thought.changed_ms > thought.said_ms { ", edited" } else { "" };
    let tags: String = thought.tags.iter().map(|tag| format!(" #{}", plain(tag))).collect();
    format!(
        "<article id=\"{id}\"{lang}>{title}{}{}<p class=\"about\"><time datetime=\"{date}\">{shown}</time>{edited}{tags}</p></article>\n",
        picture.unwrap_or_default(),
        thought.html,
    )
}

/// A local part in a path: signs that mean something there are written by number.
pub(super) fn address(localpart: &str) -> String {
    let mut out = String::new();
    for byte in localpart.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// A moment as RFC 3339 has it, and its day.
pub(super) fn date(milliseconds: i64) -> (String, String) {
    let seconds = milliseconds.div_euclid(1_000);
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Days since 1970 as year, month and day: years begin in March, so that leap days come last.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let shown = format!("{year:04}-{month:02}-{day:02}");
    (format!("{shown}T{:02}:{:02}:{:02}Z", rest / 3_600, rest / 60 % 60, rest % 60), shown)
}

/// A page that says that there is none.
#[must_use]
pub fn nothing() -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Nothing here</title></head>\
         <body><main><h1>Nothing here</h1>{}</main></body></html>\n",
        escaped("Nobody of this name has public thoughts on this server.")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_right() {
        assert_eq!(date(0).0, "1970-01-01T00:00:00Z");
        assert_eq!(date(951_782_400_000).0, "2000-02-29T00:00:00Z");
        assert_eq!(date(1_796_083_199_999).0, "2026-11-30T23:59:59Z");
    }

    #[test]
    fn titles_and_names_are_text() {
        let thought = PublicThought {
            event_id: "$\"x".to_owned(),
            title: Some("<script>alert(1)</script>".to_owned()),
            html: "<p>x</p>".to_owned(),
            tags: vec!["<b>".to_owned()],
            lang: Some("en\" onload=\"x".to_owned()),
            ..PublicThought::default()
        };
        let page = Page {
            localpart: "a/b".to_owned(),
            name: Some("<i>".to_owned()),
            thoughts: vec![thought],
            ..Page::default()
        };
        let (text, policy) = html(&page, true, |_| "hash".to_owned());
        for sign in ["<script>", "<i>", "<b>", "onload=\"x\""] {
            assert!(!text.contains(sign), "{text}");
        }
        assert!(text.contains("/thoughts/a%2Fb/atom.xml") && policy.contains("'sha256-hash'"), "{text}");
    }
}
