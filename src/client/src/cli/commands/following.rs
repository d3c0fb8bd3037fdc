//! The commands without an end: `watch`, and `feed --follow`.

use std::collections::HashSet;

use matrix_sdk::ruma::OwnedUserId;

use super::reading::draw;
use crate::account::Account;
use crate::cli::arguments::{Feed, Sort};
use crate::cli::rounds::Rounds;
use crate::console::Console;
use crate::error::Result;
use crate::feed::{self, Follow};
use crate::report::{Happening, Report, ThoughtReport};
use crate::verification::Incoming;

/// How many requests are remembered as told.
const MAX_TOLD: usize = 10_000;

/// Does what is pending as it comes, and tells what happens.
pub async fn watch(account: &Account, console: &mut dyn Console) -> Result<()> {
    console.notice("Watching. Ctrl-C ends it.");
    let (mut rounds, mut told, incoming) = (Rounds::default(), Told::default(), Incoming::listen(account));
    let Some(mut follow) = follow(account, &mut rounds, console).await? else { return Ok(()) };
    while let Some(happened) = rounds.next(account, console).await? {
        let happened = happened.into_iter().filter(|happening| told.is_new(happening));
        let asking = incoming.take();
        if !asking.is_empty() {
            Incoming::keep(account, &asking)?;
        }
        let comparisons = asking.into_iter().map(|asking| to_compare(account, &asking.user_id));
        tell(account, happened.chain(comparisons), false, console).await;
        news(account, &mut follow, &mut rounds, false, console).await?;
    }
    Ok(())
}

/// Shows the feed, the newest last, and then what comes.
pub async fn feed(account: &Account, feed: Feed, pictures: bool, console: &mut dyn Console) -> Result<()> {
    let (mut rounds, mut told) = (Rounds::default(), Told::default());
    let Some(mut follow) = follow(account, &mut rounds, console).await? else { return Ok(()) };
    let mut thoughts = feed::page(account, usize::from(feed.limit), feed.sort == Sort::Rating, console).await?;
    thoughts.reverse();
    tell(account, thoughts.into_iter().map(new_thought), pictures, console).await;
    while let Some(happened) = rounds.next(account, console).await? {
        let happened = happened.into_iter().filter(|happening| told.is_new(happening));
        tell(account, happened, pictures, console).await;
        news(account, &mut follow, &mut rounds, pictures, console).await?;
    }
    Ok(())
}

/// The place from which on thoughts are news, as soon as the server can be reached.
async fn follow(account: &Account, rounds: &mut Rounds, console: &mut dyn Console) -> Result<Option<Follow>> {
    while console.is_open() {
        match Follow::from_now(account).await {
            Ok(follow) => return Ok(Some(follow)),
            Err(error) => rounds.wait_after(error, console).await?,
        }
    }
    Ok(None)
}

/// Tells what is new. What cannot be fetched now is news in the next round.
async fn news(
    account: &Account,
    follow: &mut Follow,
    rounds: &mut Rounds,
    pictures: bool,
    console: &mut dyn Console,
) -> Result<()> {
    match feed::news(account, follow).await {
        Ok(news) => tell(account, news.into_iter().map(new_thought), pictures, console).await,
        Err(error) => rounds.wait_after(error, console).await?,
    }
    Ok(())
}

async fn tell(account: &Account, happened: impl Iterator<Item = Happening>, pictures: bool, console: &mut dyn Console) {
    for happening in happened.collect::<Vec<_>>() {
        let shown = match &happening {
            Happening::Thought(thought) if pictures => thought.pictures.clone(),
            _ => Vec::new(),
        };
        console.report(Report::Happening(Box::new(happening)));
        draw(account, shown, console).await;
    }
}

fn new_thought(thought: ThoughtReport) -> Happening {
    Happening::Thought(Box::new(thought))
}

fn to_compare(account: &Account, from: &OwnedUserId) -> Happening {
    let text = if from == account.user_id() {
        "Another device of yours wants to compare emoji: run `thoughts verify`.".to_owned()
    } else {
        format!("{from} wants to compare emoji: run `thoughts verify {from}`.")
    };
    Happening::Notice { text }
}

/// Which requests were told already; they stand until they are answered.
#[derive(Debug, Default)]
struct Told {
    requests: HashSet<OwnedUserId>,
}

impl Told {
    fn is_new(&mut self, happening: &Happening) -> bool {
        match happening {
            Happening::Request(person) => {
                if self.requests.len() >= MAX_TOLD {
                    self.requests.clear();
                }
                self.requests.insert(person.user_id.clone())
            }
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use matrix_sdk::ruma::owned_user_id;
    use peerbrain_vocabulary::Relation;

    use super::*;
    use crate::report::PersonReport;

    #[test]
    fn a_request_is_told_once() {
        let request = Happening::Request(PersonReport {
            user_id: owned_user_id!("@bob:b.example"),
            name: None,
            relation: Relation::Incoming,
            timelines: Vec::new(),
        });
        let mut told = Told::default();
        assert!(told.is_new(&request));
        assert!(!told.is_new(&request));
        let notice = Happening::Notice { text: "x".to_owned() };
        assert!(told.is_new(&notice) && told.is_new(&notice));
    }
}
