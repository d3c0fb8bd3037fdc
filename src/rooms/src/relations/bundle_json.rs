//! `unsigned.m.relations`, as it is written.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::Bundles;
use crate::{
    Error, Result,
    read::{ClientForm, Related, Seen},
};

#[derive(Serialize)]
struct Relations<'a> {
    #[serde(rename = "m.replace", skip_serializing_if = "Option::is_none")]
    replace: Option<Box<RawValue>>,
    #[serde(rename = "m.reference", skip_serializing_if = "Option::is_none")]
    reference: Option<References<'a>>,
    #[serde(rename = "m.thread", skip_serializing_if = "Option::is_none")]
    thread: Option<ThreadJson>,
}

#[derive(Serialize)]
struct References<'a> {
    chunk: Vec<Reference<'a>>,
}

#[derive(Serialize)]
struct Reference<'a> {
    event_id: &'a str,
}

#[derive(Serialize)]
struct ThreadJson {
    latest_event: Box<RawValue>,
    count: i64,
    current_user_participated: bool,
}

impl Bundles {
    /// What is bundled with the event of this number, as JSON; none if nothing is.
    pub fn json(&self, event: i64, form: &ClientForm<'_>) -> Result<Option<Box<RawValue>>> {
        let Some(bundle) = self.of(event) else { return Ok(None) };
        let references: Vec<Reference<'_>> = bundle.references.iter().map(|event_id| Reference { event_id }).collect();
        let written = Relations {
            replace: bundle.edit.as_ref().map(|edit| write(edit, None, form)).transpose()?,
            reference: (!references.is_empty()).then_some(References { chunk: references }),
            thread: match &bundle.thread {
                Some(thread) => {
                    // It relates to another, so there is no thread in its bundle: this ends.
                    let inner = self.json(thread.latest.event.nid, form)?;
                    Some(ThreadJson {
                        latest_event: write(&thread.latest, inner.as_deref(), form)?,
                        count: thread.replies,
                        current_user_participated: thread.participated,
                    })
                }
                None => None,
            },
        };
        if written.replace.is_none() && written.reference.is_none() && written.thread.is_none() {
            return Ok(None);
        }
        to_raw_value(&written).map(Some).map_err(|error| Error::Internal(error.to_string()))
    }
}

fn write(seen: &Seen, relations: Option<&RawValue>, form: &ClientForm<'_>) -> Result<Box<RawValue>> {
    Related::default().write_with(&seen.event, Some(seen.membership), relations, form)
}
