//! People and audiences, for people.

use peerbrain_vocabulary::{AudienceKind, Membership, Owner, Relation};

use crate::output::{Page, in_one_line};
use crate::report::{AudienceReport, Friendship, Outcome, PersonReport, Trusted, Verified, Weight};

/// Name and id; the id always, for anybody can take any name.
pub fn who(page: &Page, name: Option<&str>, user_id: &str) -> String {
    match name.map(in_one_line).filter(|name| !name.trim().is_empty() && name != user_id) {
        Some(name) => format!("{} {}", page.name(&name), page.faint(user_id)),
        None => page.name(user_id),
    }
}

pub fn person(page: &Page, told: &PersonReport) -> String {
    let user_id = told.user_id.as_str();
    let who = who(page, told.name.as_deref(), user_id);
    let has = |owner, membership| {
        told.timelines.iter().any(|timeline| timeline.owner == owner && timeline.membership == membership)
    };
    // Somebody can follow, or be followed, and ask for the other half.
    let asks = told.relation == Relation::Incoming || has(Owner::Me, Membership::Knock);
    let relation = match told.relation {
        Relation::Friend => page.good("friend"),
        Relation::Follower => "reads your thoughts".to_owned(),
        Relation::Following => "you read their thoughts".to_owned(),
        Relation::Incoming => page.alert("asks to become a friend"),
        Relation::Requested => page.faint("you asked; they have not answered"),
    };
    let mut lines = vec![format!("{who}  {relation}")];
    if asks {
        let reason = told.timelines.iter().find(|timeline| timeline.membership != Membership::Join);
        let said = reason.and_then(|timeline| timeline.reason.as_deref()).filter(|said| !said.trim().is_empty());
        lines.extend(said.map(|said| page.wrapped(&format!("“{}”", in_one_line(said)), "    ")));
        lines.push(page.faint(&format!("    thoughts friend accept {user_id}   or decline")));
    }
    lines.join("\n")
}

pub fn friendship(page: &Page, told: &Friendship) -> String {
    let user_id = page.name(told.user_id.as_str());
    let keys = match told.sessions {
        0 => String::new(),
        1 => " One key to old thoughts was imported.".to_owned(),
        sessions => format!(" {sessions} keys to old thoughts were imported."),
    };
    let text = match (told.outcome, told.relation) {
        (Outcome::Imported | Outcome::Accepted, Some(Relation::Friend)) => {
            format!("You and {user_id} are friends.{keys}")
        }
        (Outcome::Imported, _) => format!("You can read the thoughts of {user_id}.{keys}"),
        (Outcome::Accepted, _) => format!("{user_id} is accepted and can read your thoughts.{keys}"),
        (Outcome::Requested, _) => format!("{user_id} was asked, and sees it when they look at their friends."),
        (Outcome::Waiting, _) => format!("Waiting for {user_id}.{keys}"),
        (Outcome::Declined, _) => format!("The request of {user_id} is declined."),
        (Outcome::Removed, _) => {
            format!(
                "{user_id} is removed. What they could read so far they may have kept; new thoughts they cannot read."
            )
        }
        (Outcome::Blocked, _) => format!("{user_id} is blocked: nothing from them comes through any more."),
    };
    let mark = if told.outcome == Outcome::Waiting { page.alert("…") } else { page.good("✓") };
    match told.note.as_deref().filter(|note| !note.is_empty()) {
        Some(note) => format!("{mark} {text}\n{}", page.wrapped(&in_one_line(note), "  ")),
        None => format!("{mark} {text}"),
    }
}

pub fn audience(page: &Page, told: &AudienceReport) -> String {
    let kind = match told.kind {
        AudienceKind::Friends => "  your friends",
        AudienceKind::Public => "  everybody, not encrypted",
        AudienceKind::List => "",
    };
    let members = match (told.members.as_slice(), told.kind) {
        ([], AudienceKind::Public) => String::new(),
        ([], _) => format!("\n{}", page.faint("  nobody yet")),
        (members, _) => members.iter().map(|member| format!("\n  {member}")).collect(),
    };
    format!("{}{}{members}", page.strong(&in_one_line(&told.name)), page.faint(kind))
}

pub fn weight(page: &Page, told: &Weight) -> String {
    format!("Reactions of {} count {}.", page.name(told.user_id.as_str()), page.strong(&told.weight.to_string()))
}

pub fn trusted(page: &Page, told: &Trusted) -> String {
    let user_id = page.name(told.user_id.as_str());
    match told.changed {
        true => format!("{} The new identity of {user_id} is agreed to; thoughts are shared again.", page.good("✓")),
        false => format!("The identity of {user_id} has not changed: there is nothing to agree to."),
    }
}

pub fn verified(page: &Page, told: &Verified) -> String {
    let user_id = page.name(told.user_id.as_str());
    match told.verified {
        true => format!("{} The emoji matched: {user_id} is who you think.", page.good("✓")),
        false => format!("{} {user_id} is not verified.", page.bad("✗")),
    }
}

#[cfg(test)]
mod tests {
    use matrix_sdk::ruma::owned_user_id;
    use peerbrain_vocabulary::Timeline;

    use super::*;
    use crate::output::page::tests::narrow;

    fn asking(reason: &str) -> PersonReport {
        let timeline = Timeline {
            room_id: "!r:a.example".to_owned(),
            owner: Owner::Me,
            membership: Membership::Knock,
            reason: Some(reason.to_owned()),
            via: Vec::new(),
        };
        PersonReport {
            user_id: owned_user_id!("@bob:b.example"),
            name: Some("Bob".to_owned()),
            relation: Relation::Incoming,
            timelines: vec![timeline],
        }
    }

    #[test]
    fn a_request_says_how_to_answer_it() {
        let shown = person(&narrow(), &asking("It's me\u{1b}[2J"));
        assert!(shown.starts_with("Bob @bob:b.example"), "{shown}");
        assert!(shown.contains("“It's me[2J”") && shown.contains("thoughts friend accept @bob:b.example"), "{shown}");
    }

    #[test]
    fn a_name_never_hides_the_id() {
        assert_eq!(who(&narrow(), Some("@alice:a.example"), "@bob:b.example"), "@alice:a.example @bob:b.example");
        assert_eq!(who(&narrow(), Some(" "), "@bob:b.example"), "@bob:b.example");
    }

    #[test]
    fn what_is_not_finished_is_not_ticked_off() {
        let told = Friendship {
            user_id: owned_user_id!("@bob:b.example"),
            relation: None,
            outcome: Outcome::Waiting,
            sessions: 0,
            note: Some("Bob has no device that is vouched for.".to_owned()),
        };
        let shown = friendship(&narrow(), &told);
        assert!(shown.starts_with('…') && shown.contains("no device"), "{shown}");
    }
}
