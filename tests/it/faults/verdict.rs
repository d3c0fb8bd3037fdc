//! What the servers show of a room in the end, compared.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::Value;

use super::cast::Cast;
use super::notes::Fact;
use crate::client::encode;
use crate::kill::history::{History, State, id, state_of};
use crate::user::User;

/// What a server shows of a room.
pub struct View {
    /// To whom.
    user: String,
    state: State,
    events: Vec<Value>,
}

impl View {
    /// Asks a server's resident. The error is an answer that is none.
    async fn read(user: &User, room: &str) -> Result<Self, String> {
        let state = user.get(&format!("/rooms/{}/state", encode(room))).await;
        let Some(state) = state.json.as_array() else { return Err(format!("{} of {room}: {}", user.id, state.text)) };
        let history = History::read(user, room, "b").await;
        let history = history.map_err(|error| format!("{} of {room}: {error}", user.id))?;
        Ok(Self { user: user.id.clone(), state: state_of(state), events: history.events })
    }

    fn ids(&self) -> Vec<&str> {
        self.events.iter().map(id).collect()
    }
}

/// All that differs, now, in all rooms.
pub async fn differences(cast: &Cast, facts: &[Fact]) -> Vec<String> {
    let mut found = Vec::new();
    let residents: HashSet<&str> = cast.residents.iter().map(|user| user.id.as_str()).collect();
    for room in cast.rooms.iter().chain([&cast.door]) {
        let mut views = Vec::new();
        for user in &cast.residents {
            match View::read(user, &room.id).await {
                Ok(view) => views.push(view),
                Err(error) => found.push(error),
            }
        }
        if views.len() == cast.residents.len() {
            let facts: Vec<&Fact> = facts.iter().filter(|fact| fact.room == room.id).collect();
            found.extend(compare(&views, &facts, &residents).into_iter().map(|one| format!("{}: {one}", room.id)));
        }
    }
    found
}

/// What differs between the views of one room, and from what was acknowledged there.
fn compare(views: &[View], facts: &[&Fact], residents: &HashSet<&str>) -> Vec<String> {
    let mut found = states(views);
    let by_resident = |event: &&Value| event["sender"].as_str().is_some_and(|sender| residents.contains(sender));
    let wanted: BTreeSet<&str> = views.iter().flat_map(|view| view.events.iter().filter(by_resident)).map(id).collect();
    for (site, view) in views.iter().enumerate() {
        let known: BTreeMap<&str, &Value> = view.events.iter().map(|event| (id(event), event)).collect();
        let mut missing: BTreeSet<&str> = wanted.iter().filter(|id| !known.contains_key(*id)).copied().collect();
        for fact in facts.iter().filter(|fact| fact.everywhere || fact.site == site) {
            match known.get(fact.event.as_str()) {
                Some(event) => found.extend(changed(event, fact).map(|what| format!("{} shows {what}", view.user))),
                None => drop(missing.insert(&fact.event)),
            }
        }
        let elsewhere = |event: &str| views.iter().flat_map(|view| &view.events).find(|one| id(one) == event).cloned();
        found.extend(
            missing
                .into_iter()
                .map(|event| format!("{} does not show {event} {}", view.user, elsewhere(event).unwrap_or_default())),
        );
        found.extend(twice(view));
    }
    found
}

/// The state of each type and key that is not the same for all.
fn states(views: &[View]) -> Vec<String> {
    let keys: BTreeSet<_> = views.iter().flat_map(|view| view.state.keys()).collect();
    let mut found = Vec::new();
    for key in keys {
        let values: Vec<Option<&String>> = views.iter().map(|view| view.state.get(key)).collect();
        if values.iter().any(|value| *value != values[0]) {
            found.push(format!("the state {key:?} is {values:?}"));
        }
    }
    found
}

/// What an event says that was not said. A redaction takes the text away, and so do the rules from a copy that was altered.
fn changed(event: &Value, fact: &Fact) -> Option<String> {
    let body = event["content"]["body"].as_str()?;
    (fact.text.as_deref() != Some(body)).then(|| format!("{body:?} instead of {:?} as {}", fact.text, fact.event))
}

/// Events, and texts, that are there more than once.
fn twice(view: &View) -> Vec<String> {
    let mut seen = HashSet::new();
    let texts = view.events.iter().filter_map(|event| event["content"]["body"].as_str());
    let repeated = view.ids().into_iter().chain(texts).filter(|one| !seen.insert(*one));
    repeated.map(|one| format!("{} shows {one:?} twice", view.user)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn view(user: &str, events: &[(&str, &str, &str)]) -> View {
        let events = events.iter().map(|(id, sender, body)| {
            json!({ "event_id": id, "sender": sender, "type": "m.room.topic", "state_key": "", "content": { "body": body } })
        });
        let events: Vec<Value> = events.collect();
        View { user: user.to_owned(), state: state_of(&events), events }
    }

    fn fact(site: usize, everywhere: bool, event: &str) -> Fact {
        let text = Some(format!("text of {event}"));
        Fact { site, everywhere, room: "!r".to_owned(), event: event.to_owned(), text }
    }

    /// What is said about two views.
    fn said(one: &[(&str, &str, &str)], other: &[(&str, &str, &str)], facts: &[Fact]) -> Vec<String> {
        let facts: Vec<&Fact> = facts.iter().collect();
        compare(&[view("@one", one), view("@other", other)], &facts, &HashSet::from(["@one", "@other"]))
    }

    #[test]
    fn equal_views_are_well() {
        let events = [("$a", "@one", "text of $a"), ("$b", "@other", "text of $b")];
        assert!(said(&events, &events, &[fact(0, true, "$a"), fact(1, true, "$b")]).is_empty());
        // What a visitor says may be nowhere but at home.
        let more = [("$v", "@visitor", "text of $v"), events[0], events[1]];
        assert!(said(&more, &events, &[fact(0, false, "$v")]).is_empty());
        let redacted = [("$a", "@one", "text of $a"), ("$b", "@other", "text of $b")].map(
            |(id, sender, _)| json!({ "event_id": id, "sender": sender, "type": "m.room.message", "content": {} }),
        );
        assert!(redacted.iter().all(|event| changed(event, &fact(0, true, "$a")).is_none()));
    }

    #[test]
    fn each_difference_is_told() {
        let events = [("$a", "@one", "text of $a"), ("$b", "@other", "text of $b")];
        let is_told = |what: &str, found: Vec<String>| assert!(found.iter().any(|one| one.contains(what)), "{found:?}");
        is_told("@other does not show $a", said(&events, &events[1..], &[]));
        is_told("the state (\"m.room.topic\", \"\")", said(&events, &events[..1], &[]));
        is_told("@one does not show $v", said(&events, &events, &[fact(0, false, "$v")]));
        is_told("@other does not show $c", said(&events, &events, &[fact(0, true, "$c")]));
        is_told("@one shows \"$a\" twice", said(&[events[0], events[0], events[1]], &events, &[]));
        let again = [("$c", "@one", "text of $a"), events[0], events[1]];
        is_told("@one shows \"text of $a\" twice", said(&again, &again, &[]));
        let altered = [("$a", "@one", "texu of $a"), events[1]];
        is_told("@other shows \"texu of $a\"", said(&events, &altered, &[fact(0, true, "$a")]));
    }
}
