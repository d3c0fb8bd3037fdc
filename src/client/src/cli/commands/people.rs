//! Friends and audiences.

use crate::account::Account;
use crate::cli::arguments::{AudienceStep, FriendStep, Trust, Weight};
use crate::console::Console;
use crate::error::Result;
use crate::report::Report;
use crate::{audiences, friends, identity, rating};

pub async fn friends(account: &Account, console: &mut dyn Console) -> Result<()> {
    let people = friends::list(account).await?;
    if people.is_empty() {
        console.notice("Nobody yet. Ask somebody with `thoughts friend request @name:server`.");
    }
    for person in people {
        console.report(Report::Person(person));
    }
    Ok(())
}

pub async fn friend(account: &Account, step: FriendStep, console: &mut dyn Console) -> Result<()> {
    let friendship = match step {
        FriendStep::Request { whom, message } => friends::request(account, &whom, message.as_deref(), console).await?,
        FriendStep::Accept(who) => friends::accept(account, &who.user_id, console).await?,
        FriendStep::Decline(who) => friends::decline(account, &who.user_id).await?,
        FriendStep::Remove(who) => friends::remove(account, &who.user_id).await?,
        FriendStep::Block(who) => friends::block(account, &who.user_id).await?,
    };
    console.report(Report::Friendship(friendship));
    Ok(())
}

pub async fn audience(account: &Account, step: AudienceStep, console: &mut dyn Console) -> Result<()> {
    match step {
        AudienceStep::Create { name } => console.report(Report::Audience(audiences::create(account, &name).await?)),
        AudienceStep::List => {
            for audience in audiences::list(account).await? {
                console.report(Report::Audience(audience));
            }
        }
        AudienceStep::Add { name, who } => {
            let audience = audiences::add(account, &name, &who.user_id, console).await?;
            console.report(Report::Audience(audience));
        }
        AudienceStep::Remove { name, who } => {
            console.report(Report::Audience(audiences::remove(account, &name, &who.user_id).await?));
        }
    }
    Ok(())
}

pub async fn weight(account: &Account, weight: Weight, console: &mut dyn Console) -> Result<()> {
    console.report(Report::Weight(rating::weight(account, &weight.who.user_id, weight.weight).await?));
    Ok(())
}

pub async fn trust(account: &Account, trust: Trust, console: &mut dyn Console) -> Result<()> {
    console.report(Report::Trusted(identity::trust(account, &trust.who.user_id).await?));
    Ok(())
}
