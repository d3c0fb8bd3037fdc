//! `POST /keys/query` of a client, as far as it concerns users of other servers.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use e2ee::{
    keys::{Asked, ManyKeys},
    remote::{Followed, Looked, TheirKeys},
};
use parking_lot::Mutex;
use ruma::{OwnedServerName, OwnedUserId, UserId};

use crate::{Federation, Result};

/// Users of one request to another server.
const USERS: usize = 250;

/// What one request asks for.
#[derive(Clone, Default)]
struct Errand {
    asked: Asked,
    /// Whose lists are kept.
    followed: Vec<Followed>,
}

impl Federation {
    /// The keys of users as `asker` may see them, of other servers, too: the body of the answer, a JSON object. Servers that
    /// do not answer in time stand in its `failures`.
    ///
    /// # Errors
    /// [`e2ee::Error::TooLarge`] for too many users at once.
    pub async fn query_keys(&self, asker: &UserId, asked: Asked, time: Duration) -> Result<String> {
        let e2ee = &self.inner.e2ee;
        e2ee.require_few(&asked)?;
        let theirs = asked.keys().filter(|user| user.server_name() != self.server_name());
        let theirs: Vec<OwnedUserId> = theirs.cloned().collect();
        let others = match theirs.is_empty() {
            true => ManyKeys::default(),
            false => self.ask_for_keys(&asked, theirs, time).await?,
        };
        Ok(e2ee.query_keys(asker, asked, others).await?)
    }

    async fn ask_for_keys(&self, asked: &Asked, theirs: Vec<OwnedUserId>, time: Duration) -> Result<ManyKeys> {
        let (e2ee, devices) = (&self.inner.e2ee, &self.inner.devices);
        let Looked { known, followed, strangers } = e2ee.look_for_remote(theirs).await?;
        let errands = errands(asked, followed, strangers);
        let gathered = Mutex::new(Gathered { others: known, ..Gathered::default() });
        let outcome = devices.ask_all(errands, time, |server, errand: Errand| {
            let gathered = &gathered;
            Box::pin(async move {
                let keys = devices.servers.query(&server, errand.asked).await?;
                gathered.lock().add(errand.followed, keys);
                Ok(())
            })
        });
        let outcome = outcome.await;
        let Gathered { mut others, lists, mut missing } = gathered.into_inner();
        others.failures.extend(outcome.failures);
        e2ee.keep_remote(lists.into_values().map(|(list, keys)| (list, None, keys)).collect()).await?;
        missing.extend(outcome.unanswered.into_iter().flat_map(|errand| errand.followed));
        if !missing.is_empty() {
            e2ee.want_remote(&missing).await?;
            devices.wake();
        }
        Ok(others)
    }
}

/// The answers that have come, as far as there is room for them.
#[derive(Default)]
struct Gathered {
    others: ManyKeys,
    /// What is kept.
    lists: HashMap<OwnedUserId, (Followed, TheirKeys)>,
    /// What there was no room for. It is asked for again, and is here the next time.
    missing: Vec<Followed>,
}

impl Gathered {
    fn add(&mut self, followed: Vec<Followed>, keys: BTreeMap<OwnedUserId, TheirKeys>) {
        let mut followed: HashMap<OwnedUserId, Followed> =
            followed.into_iter().map(|list| (list.user_id.clone(), list)).collect();
        for (user_id, keys) in keys {
            let told = Arc::new(keys.told());
            if let Some(list) = followed.remove(&user_id) {
                self.lists.insert(user_id.clone(), (list, keys));
            }
            for left_out in self.others.add(user_id, told) {
                self.missing.extend(self.lists.remove(&left_out).map(|(list, _)| list));
            }
        }
    }
}

/// Lists that are kept are asked for whole, of others what the client wants.
fn errands(asked: &Asked, followed: Vec<Followed>, strangers: Vec<OwnedUserId>) -> Vec<(OwnedServerName, Errand)> {
    let lists = followed.into_iter().map(|list| (list.user_id.clone(), Vec::new(), Some(list)));
    let others = strangers.into_iter().map(|user| {
        let devices = asked.get(&user).cloned().unwrap_or_default();
        (user, devices, None)
    });
    let mut by_server: BTreeMap<OwnedServerName, Vec<Errand>> = BTreeMap::new();
    for (user_id, devices, list) in lists.chain(others) {
        let of_server = by_server.entry(user_id.server_name().to_owned()).or_default();
        if of_server.last().is_none_or(|errand| errand.asked.len() >= USERS) {
            of_server.push(Errand::default());
        }
        if let Some(errand) = of_server.last_mut() {
            errand.asked.insert(user_id, devices);
            errand.followed.extend(list);
        }
    }
    by_server
        .into_iter()
        .flat_map(|(server, errands)| errands.into_iter().map(move |it| (server.clone(), it)))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn user(number: usize, server: &str) -> OwnedUserId {
        UserId::parse(format!("@u{number}:{server}")).unwrap()
    }

    #[test]
    fn each_server_is_asked_for_its_own_users_and_not_for_too_many_at_once() {
        let followed = (0..300).map(|n| Followed { user_id: user(n, "a"), heard: 7 }).collect();
        let asked = Asked::from([(user(1, "b"), vec!["D".to_owned()])]);
        let errands = errands(&asked, followed, vec![user(1, "b"), user(300, "a")]);
        let numbers: Vec<_> = errands
            .iter()
            .map(|(server, errand)| (server.as_str(), errand.asked.len(), errand.followed.len()))
            .collect();
        assert_eq!(numbers, [("a", 250, 250), ("a", 51, 50), ("b", 1, 0)]);
        assert_eq!(errands[2].1.asked, asked);
    }
}
