//! Writing thoughts, and answering them.

use crate::account::Account;
use crate::cli::arguments::{Delete, Edit, Post, React, Reply};
use crate::console::Console;
use crate::error::Result;
use crate::report::Report;
use crate::thoughts::{self, Draft};

pub async fn post(account: &Account, post: Post, console: &mut dyn Console) -> Result<()> {
    let draft = Draft {
        text: post.text.unwrap_or_default(),
        title: post.title,
        tags: post.tags,
        audiences: post.audiences,
        public: post.public,
        pictures: post.pictures,
        lang: post.lang,
    };
    let posted = thoughts::post(account, draft, console).await?;
    console.report(Report::Posted(posted));
    Ok(())
}

pub async fn edit(account: &Account, edit: Edit, console: &mut dyn Console) -> Result<()> {
    for sent in thoughts::edit(account, &edit.id, edit.text.as_deref(), edit.title.as_deref()).await? {
        console.report(Report::Sent(sent));
    }
    Ok(())
}

pub async fn delete(account: &Account, delete: Delete, console: &mut dyn Console) -> Result<()> {
    for sent in thoughts::delete(account, &delete.id).await? {
        console.report(Report::Sent(sent));
    }
    Ok(())
}

pub async fn reply(account: &Account, reply: Reply, console: &mut dyn Console) -> Result<()> {
    console.report(Report::Sent(thoughts::reply(account, &reply.id, &reply.text).await?));
    Ok(())
}

pub async fn react(account: &Account, react: React, console: &mut dyn Console) -> Result<()> {
    console.report(Report::Sent(thoughts::react(account, &react.id, &react.emoji).await?));
    Ok(())
}
