//! Thoughts and messages, for people.

use crate::output::people::{friendship, person, who};
use crate::output::{Page, in_one_line, plain};
use crate::report::{Exported, Happening, Line, PictureReport, Posted, ThoughtReport};

/// How much of an id is shown: enough to name the thought again.
const SHORT_ID_CHARS: usize = 8;

pub fn thought(page: &Page, told: &ThoughtReport) -> String {
    let who = who(page, told.author_name.as_deref(), told.author.as_str());
    let mut lines = vec![format!("{who} {}", page.faint(&format!("· {}", page.date(told.date_ms))))];
    if told.undecryptable {
        lines.push(page.alert(&page.wrapped(NO_KEY, "  ")));
    }
    if !told.title.trim().is_empty() {
        lines.push(
            page.wrapped(&in_one_line(&told.title), "  ")
                .lines()
                .map(|line| page.strong(line))
                .collect::<Vec<_>>()
                .join("\n"),
        );
    }
    if !told.text.trim().is_empty() {
        lines.push(page.wrapped(plain(&told.text).trim_end(), "  "));
    }
    lines.extend(told.pictures.iter().map(|picture| page.faint(&format!("  {}", pictured(picture)))));
    lines.push(format!("  {}\n", page.faint(&around(told).join("  "))));
    lines.join("\n")
}

const NO_KEY: &str = "This device has no key for this thought.";

/// What stands below a thought.
fn around(told: &ThoughtReport) -> Vec<String> {
    let mut around = vec![short(&told.id)];
    around.extend(told.tags.iter().map(|tag| format!("#{}", in_one_line(tag))));
    around.extend(told.reactions.iter().map(|(key, count)| format!("{} {count}", in_one_line(key))));
    around.extend(match told.replies {
        0 => None,
        1 => Some("1 reply".to_owned()),
        replies => Some(format!("{replies} replies")),
    });
    around.extend(told.edited.then(|| "edited".to_owned()));
    if !told.audiences.is_empty() {
        around.push(format!("to {}", in_one_line(&told.audiences.join(", "))));
    }
    around.extend(told.shared_by.as_ref().map(|by| format!("key from {by}")));
    around
}

/// The beginning of a thought's id; all of an event's, which may begin with the same letters for long.
fn short(id: &str) -> String {
    let chars = if id.starts_with('$') { usize::MAX } else { SHORT_ID_CHARS };
    in_one_line(&id.chars().take(chars).collect::<String>())
}

fn pictured(picture: &PictureReport) -> String {
    let mut told = format!("[picture: {}", in_one_line(&picture.name));
    if let (Some(width), Some(height)) = (picture.width, picture.height) {
        told.push_str(&format!(", {width}×{height}"));
    }
    if let Some(size) = picture.size {
        told.push_str(&format!(", {}", indicatif::HumanBytes(size)));
    }
    told + "]"
}

pub fn posted(page: &Page, told: &Posted) -> String {
    let mut audiences: Vec<_> = told.events.iter().map(|event| in_one_line(&event.audience)).collect();
    audiences.dedup();
    let id = page.faint(&short(&told.id));
    match (told.queued, audiences.is_empty()) {
        (false, _) => format!("{} Posted to {}. {id}", page.good("✓"), audiences.join(", ")),
        (true, true) => format!("{} Kept: it is sent as soon as the server can be reached. {id}", page.alert("…")),
        (true, false) => {
            let sent = audiences.join(", ");
            format!("{} Posted to {sent}; the rest is sent as soon as the server can be reached. {id}", page.alert("…"))
        }
    }
}

pub fn line(page: &Page, told: &Line) -> String {
    let text = if told.text.is_empty() { NO_KEY.to_owned() } else { plain(&told.text) };
    let head = format!("{} {}", page.name(told.sender.as_str()), page.faint(&format!("· {}", page.date(told.date_ms))));
    format!("{head}\n{}", page.wrapped(&text, "  "))
}

pub fn exported(page: &Page, told: &Exported) -> String {
    format!("{} {} thoughts are in {}. They are not encrypted there.", page.good("✓"), told.thoughts, told.file)
}

pub fn happening(page: &Page, told: &Happening) -> String {
    match told {
        Happening::Thought(told) => thought(page, told),
        Happening::Request(told) => person(page, told),
        Happening::Joined(told) => {
            format!("{} You read along with {}.", page.good("✓"), page.name(told.user_id.as_str()))
        }
        Happening::Imported(told) if told.sessions == 0 => {
            format!("{} {} has no old thoughts yet.", page.faint("·"), page.name(told.user_id.as_str()))
        }
        Happening::Imported(told) | Happening::Accepted(told) => friendship(page, told),
        Happening::Notice { text } => page.wrapped(&plain(text), ""),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use matrix_sdk::ruma::{owned_event_id, owned_room_id, owned_user_id};

    use super::*;
    use crate::output::page::tests::narrow;
    use crate::report::PostedEvent;

    pub(crate) fn about_bread() -> ThoughtReport {
        ThoughtReport {
            id: "0b5c2f5e-1111-4222-8333-444455556666".to_owned(),
            event_id: owned_event_id!("$e"),
            room_id: owned_room_id!("!r:a.example"),
            author: owned_user_id!("@alice:a.example"),
            author_name: Some("Alice".to_owned()),
            title: "Bread".to_owned(),
            text: "A sourdough is a friendship between you and many small ones.".to_owned(),
            tags: vec!["food".to_owned()],
            lang: None,
            date_ms: 1_784_116_200_000,
            edited: true,
            pictures: Vec::new(),
            reactions: [("👍".to_owned(), 2)].into(),
            replies: 1,
            rating: 1.5,
            audiences: Vec::new(),
            undecryptable: false,
            shared_by: None,
        }
    }

    #[test]
    fn a_thought_has_author_title_text_and_what_is_around_it() {
        let shown = thought(&narrow(), &about_bread());
        assert_eq!(
            shown,
            "Alice @alice:a.example · 10 minutes ago\n  Bread\n  A sourdough is a friendship between\n  \
             you and many small ones.\n  0b5c2f5e  #food  👍 2  1 reply  edited\n"
        );
    }

    #[test]
    fn what_cannot_be_read_is_said_and_what_would_steer_the_terminal_is_not() {
        let told = ThoughtReport { undecryptable: true, title: String::new(), text: String::new(), ..about_bread() };
        assert!(thought(&narrow(), &told).contains("This device has no key"));
        let told = ThoughtReport { title: "a\u{1b}]0;x\u{7}\nb".to_owned(), ..about_bread() };
        let shown = thought(&narrow(), &told);
        assert!(shown.contains("  a]0;x b\n") && !shown.contains('\u{1b}'), "{shown}");
    }

    #[test]
    fn what_is_kept_is_not_called_posted() {
        let kept = Posted { id: "0b5c2f5e-1".to_owned(), events: Vec::new(), queued: true };
        assert!(posted(&narrow(), &kept).starts_with("… Kept"));
        let event = PostedEvent {
            room_id: owned_room_id!("!r:a.example"),
            event_id: owned_event_id!("$e"),
            audience: "friends".to_owned(),
        };
        let sent = Posted { events: vec![event], queued: false, ..kept };
        assert_eq!(posted(&narrow(), &sent), "✓ Posted to friends. 0b5c2f5e");
    }
}
