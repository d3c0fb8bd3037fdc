//! Everybody who works on the rest of a client's world.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::future::join_all;
use tokio::task::JoinHandle;

use super::backup::Keeper;
use super::claims::Claimer;
use super::hand::Hand;
use super::identities::Newcomers;
use super::keys::Owner;
use super::ledger::Ledger;
use super::media::Uploader;
use super::receipts::Reader;
use super::to_device::{Receiver, Sender};
use crate::client::Client;
use crate::random::Chance;
use crate::user::User;

/// Who works on what, in this order.
const CREW: [(&str, &str); 14] = [
    ("keys", "owner"),
    ("to-device", "receiver"),
    ("identities", "porter0"),
    ("identities", "porter1"),
    ("keys", "claimer0"),
    ("keys", "claimer1"),
    ("to-device", "sender0"),
    ("to-device", "sender1"),
    ("receipts", "reader0"),
    ("receipts", "reader1"),
    ("backup", "keeper0"),
    ("backup", "keeper1"),
    ("media", "uploader0"),
    ("media", "uploader1"),
];

/// Everybody who works while the server dies.
pub struct Crew {
    owner: JoinHandle<Owner>,
    claimers: Vec<JoinHandle<Claimer>>,
    newcomers: Vec<JoinHandle<Newcomers>>,
    senders: Vec<JoinHandle<Sender>>,
    receiver: JoinHandle<Receiver>,
    readers: Vec<JoinHandle<Reader>>,
    keepers: Vec<JoinHandle<Keeper>>,
    uploaders: Vec<JoinHandle<Uploader>>,
}

/// Makes hands.
pub struct Hiring<'a> {
    /// Of whom there are users.
    pub client: &'a Client,
    /// Where they note all.
    pub ledger: &'a Arc<Ledger>,
    /// The dice from which they get theirs.
    pub chance: &'a mut Chance,
}

impl Hiring<'_> {
    async fn hand(&mut self, subject: &'static str, name: &str) -> Hand {
        let user = User::register(self.client, name).await;
        Hand { subject, user, ledger: self.ledger.clone(), chance: Chance::new(self.chance.among(0..u64::MAX)) }
    }
}

impl Crew {
    /// Everybody begins.
    pub async fn hire(mut hiring: Hiring<'_>, watcher: &User) -> Self {
        let mut hands = VecDeque::new();
        for (subject, name) in CREW {
            hands.push_back(hiring.hand(subject, name).await);
        }
        hands[0].rest().await;
        let mut next = || hands.pop_front().unwrap();
        let owner = Owner::begin(next()).await;
        let receiver = Receiver::begin(next()).await;
        let newcomers = [0, 1].map(|number| Newcomers::new(next(), hiring.client.clone(), number));
        let claimers = [next(), next()].map(|hand| Claimer::new(hand, owner.user()));
        let senders = [next(), next()].map(|hand| Sender::new(hand, receiver.user()));
        let readers = [Reader::begin(next(), watcher.clone()).await, Reader::begin(next(), watcher.clone()).await];
        let keepers = [next(), next()].map(Keeper::new);
        let uploaders = [Uploader::new(next(), 0), Uploader::new(next(), 1_000_000)];
        Self {
            owner: tokio::spawn(owner.write()),
            claimers: claimers.into_iter().map(|claimer| tokio::spawn(claimer.write())).collect(),
            newcomers: newcomers.into_iter().map(|porter| tokio::spawn(porter.write())).collect(),
            senders: senders.into_iter().map(|sender| tokio::spawn(sender.write())).collect(),
            receiver: tokio::spawn(receiver.follow()),
            readers: readers.into_iter().map(|reader| tokio::spawn(reader.write())).collect(),
            keepers: keepers.into_iter().map(|keeper| tokio::spawn(keeper.write())).collect(),
            uploaders: uploaders.into_iter().map(|uploader| tokio::spawn(uploader.write())).collect(),
        }
    }

    /// Waits for all, and lets each compare what is there. What makes that impossible has been noted.
    pub async fn judge(self, ledger: &Ledger) {
        async fn ended<T>(tasks: Vec<JoinHandle<T>>) -> Vec<T> {
            join_all(tasks).await.into_iter().map(|task| task.unwrap()).collect()
        }
        let (owner, newcomers) = (self.owner.await.unwrap(), ended(self.newcomers).await);
        let (mut claimers, senders) = (ended(self.claimers).await, ended(self.senders).await);
        let (mut readers, keepers) = (ended(self.readers).await, ended(self.keepers).await);
        let uploaders = ended(self.uploaders).await;
        ledger.settle();
        let receiver = self.receiver.await.unwrap();
        senders.iter().for_each(|sender| sender.judge(&receiver));
        let _noted = owner.judge(&mut claimers).await;
        for porter in &newcomers {
            let _noted = porter.judge().await;
        }
        for reader in &mut readers {
            let _noted = reader.judge().await;
        }
        for keeper in &keepers {
            let _noted = keeper.judge().await;
        }
        for uploader in &uploaders {
            let _noted = uploader.judge().await;
        }
    }

    /// Sends everybody home where nothing comes back.
    pub fn abort(self) {
        self.owner.abort();
        self.newcomers.iter().for_each(JoinHandle::abort);
        self.receiver.abort();
        self.claimers.iter().for_each(JoinHandle::abort);
        self.senders.iter().for_each(JoinHandle::abort);
        self.readers.iter().for_each(JoinHandle::abort);
        self.keepers.iter().for_each(JoinHandle::abort);
        self.uploaders.iter().for_each(JoinHandle::abort);
    }
}
