//! Where two servers do not say the same, shown as small as it can be: one event, and those that came to it.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

use serde_json::Value;

use super::history::History;
use super::side::Told;

/// A difference between two servers, or between what one has said and what it says now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The event; nothing where the state now differs.
    pub at: Option<usize>,
    /// In what.
    pub what: &'static str,
    /// The ids that only the first names.
    pub only_one: Vec<String>,
    /// The ids that only the other names.
    pub only_other: Vec<String>,
}

/// The difference with the fewest events that came to it. Of events that the second did not accept the first may say
/// anything: what they change shows at the events that follow.
pub fn smallest(history: &History, one: &Told, other: &Told) -> Option<Difference> {
    let numbers = 0..history.events.len();
    let before = numbers.filter_map(|number| before(one, other, number));
    let smallest = before.min_by_key(|difference| difference.at.map(|number| history.ancestry(number).len()));
    smallest.or_else(|| {
        let ids = |told: &Told| -> BTreeSet<String> { told.current.values().cloned().collect() };
        differ(None, "the state now", &ids(one), &ids(other))
    })
}

/// A difference in the answers about an event.
fn before(one: &Told, other: &Told, number: usize) -> Option<Difference> {
    let said = other.before.get(number)?.as_ref()?;
    let Some(Some(answer)) = one.before.get(number) else {
        return Some(Difference { at: Some(number), what: "having it", only_one: vec![], only_other: vec![] });
    };
    differ(Some(number), "the state before", &answer.state, &said.state)
        .or_else(|| differ(Some(number), "the auth chain", &answer.chain, &said.chain))
}

fn differ(
    at: Option<usize>,
    what: &'static str,
    one: &BTreeSet<String>,
    other: &BTreeSet<String>,
) -> Option<Difference> {
    let (only_one, only_other) = (one.difference(other).cloned().collect(), other.difference(one).cloned().collect());
    (one != other).then_some(Difference { at, what, only_one, only_other })
}

/// A difference with the names of the two and the events that came to it.
#[derive(Debug)]
pub struct Shown<'a> {
    /// What differs.
    pub difference: &'a Difference,
    /// In which history.
    pub history: &'a History,
    /// What the second says.
    pub told: &'a Told,
    /// Who says the first.
    pub one: &'a str,
    /// Who says the second.
    pub other: &'a str,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shown { difference, history, one, other, .. } = self;
        let end = history.events.len().saturating_sub(1);
        let at = difference.at.unwrap_or(end);
        writeln!(f, "seed {}, room version {}: {} and {} differ", history.seed, history.room.version, one, other)?;
        writeln!(f, "at #{at}, in {}", difference.what)?;
        for (who, ids) in [(one, &difference.only_one), (other, &difference.only_other)] {
            for id in ids {
                writeln!(f, "  only {who}: {} {}", self.name(id), brief(&history.room.pdu(id)))?;
            }
        }
        let mut shown = history.ancestry(at);
        for id in difference.only_one.iter().chain(&difference.only_other) {
            shown.extend(history.number(id).into_iter().flat_map(|number| history.ancestry(number)));
        }
        writeln!(f, "the events that came to it, of {}:", history.events.len())?;
        shown.into_iter().try_for_each(|number| writeln!(f, "  {}", self.line(number)))
    }
}

impl Shown<'_> {
    /// An event by its number, or one from before the history by its type.
    fn name(&self, id: &str) -> String {
        match self.history.number(id) {
            Some(number) => format!("#{number}"),
            None => {
                let pdu = self.history.room.pdu(id);
                let text = |member: &str| pdu[member].as_str().unwrap_or("?").to_owned();
                format!("{}/{}", text("type"), text("state_key"))
            }
        }
    }

    /// An event in one line.
    fn line(&self, number: usize) -> String {
        let pdu = self.history.room.pdu(self.history.id(number));
        let mut line = format!("#{number} {}", brief(&pdu));
        for (word, list) in [("after", "prev_events"), ("by", "auth_events")] {
            let ids = pdu[list].as_array().into_iter().flatten().filter_map(Value::as_str);
            let names: Vec<String> = ids.map(|id| self.name(id)).collect();
            // Writing into a text cannot fail.
            let _ = write!(line, ", {word} {}", names.join(" "));
        }
        if !matches!(self.told.before.get(number), Some(Some(_))) {
            line.push_str(", not accepted");
        }
        line
    }
}

/// What somebody did.
fn brief(pdu: &Value) -> String {
    let key = pdu["state_key"].as_str().map(|key| format!("/{key}")).unwrap_or_default();
    let text = |member: &str| pdu[member].as_str().unwrap_or_default().to_owned();
    format!("{}{key} of {} at {}: {}", text("type"), text("sender"), pdu["origin_server_ts"], pdu["content"])
}

#[cfg(test)]
mod tests {
    use super::super::history::testing::history;
    use super::super::side::{Answer, Told};
    use super::{Shown, smallest};
    use crate::failure::Outcome;

    fn told(states: &[Option<&[&str]>], current: &[&str]) -> Told {
        let ids = |state: &[&str]| state.iter().map(|id| (*id).to_owned()).collect();
        let answer = |state: &Option<&[&str]>| state.map(|state| Answer { state: ids(state), ..Answer::default() });
        let current = current.iter().map(|id| (("m.room.topic".to_owned(), (*id).to_owned()), (*id).to_owned()));
        Told { before: states.iter().map(answer).collect(), current: current.collect() }
    }

    #[test]
    fn the_difference_that_needs_the_fewest_events() -> Outcome {
        let history = history(&[&[], &[0], &[0], &[1, 2], &[2]])?;
        let same = told(&[Some(&[]), Some(&["$a"]), None, Some(&["$a"]), Some(&["$b"])], &["$c"]);
        assert_eq!(smallest(&history, &same, &same), None);
        let other = told(&[Some(&[]), Some(&["$a"]), Some(&["$x"]), Some(&["$x"]), Some(&["$y"])], &["$c"]);
        let found = smallest(&history, &other, &same).map(|found| (found.at, found.only_one, found.only_other));
        assert_eq!(found, Some((Some(4), vec!["$y".to_owned()], vec!["$b".to_owned()])), "#2 was not accepted");
        let absent = told(&[Some(&[]), None, None, Some(&["$a"]), Some(&["$b"])], &["$c"]);
        assert_eq!(smallest(&history, &absent, &same).map(|found| found.what), Some("having it"));
        let current = told(&[Some(&[]), Some(&["$a"]), None, Some(&["$a"]), Some(&["$b"])], &["$d"]);
        assert_eq!(smallest(&history, &current, &same).map(|found| found.at), Some(None));
        Ok(())
    }

    #[test]
    fn only_what_came_to_it_is_shown() -> Outcome {
        let history = history(&[&[], &[0], &[0], &[1, 2], &[2]])?;
        let one = told(&[None, None, None, None, Some(&["$y"])], &[]);
        let other = told(&[None, None, None, None, Some(&["$b"])], &[]);
        let difference = smallest(&history, &one, &other);
        let Some(difference) = &difference else { return Err(crate::failure::Failure::new("they differ")) };
        let shown = Shown { difference, history: &history, told: &other, one: "ours", other: "theirs" };
        let text = shown.to_string();
        assert!(text.contains("at #4, in the state before") && text.contains("only ours: ?/?"), "{text}");
        assert!(
            text.contains("#2 m.room.topic/ of @a:domain") && !text.contains("#3") && !text.contains("#1 "),
            "{text}"
        );
        Ok(())
    }
}
