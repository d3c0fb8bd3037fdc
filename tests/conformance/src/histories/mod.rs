//! Random histories that fork, sent to the server under test and to one beside it, each in an order of its own. Both must
//! tell the same state before every event that is accepted, and the same state now once an event has joined all branches.
//!
//! Whether an event is accepted is told by the server beside: it says nothing of others, and what they change would show in
//! the states that follow. Soft failure shows nowhere: it depends on the order, and changes no state at an event.

mod act;
mod chance;
mod difference;
mod grow;
mod history;
mod people;
mod side;

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use self::chance::Chance;
use self::difference::{Difference, Shown, smallest};
use self::grow::Growing;
use self::history::History;
pub use self::side::Side;
use self::side::Told;
use crate::failure::Failure;
use crate::say;

/// At most so many events are sent together.
const TOGETHER: usize = 8;

/// Which histories are compared.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Address of a homeserver that is sent the same random histories as the server under test. With it they are compared, and
    /// no tests run.
    #[arg(long, requires = "peer_listen")]
    pub beside: Option<String>,
    /// Its server name.
    #[arg(long, requires = "beside", default_value = "")]
    pub beside_server_name: String,
    /// How many histories are compared.
    #[arg(long, default_value_t = 10)]
    pub histories: usize,
    /// Begin no history after so many seconds.
    #[arg(long)]
    pub seconds: Option<u64>,
    /// How many events each of them has.
    #[arg(long, default_value_t = 40)]
    pub events: usize,
    /// The seed of the first; each of the others has the next. Without it the time.
    #[arg(long)]
    pub seed: Option<u64>,
    /// A command that restarts both servers: once in the middle of the first history, and once at the end, after which
    /// everything is asked again.
    #[arg(long)]
    pub restart: Option<String>,
}

/// The two servers.
struct Pair<'a> {
    tested: &'a Side,
    beside: &'a Side,
    options: &'a Options,
}

/// A history and what both say to it.
struct Compared {
    history: History,
    tested: Told,
    beside: Told,
}

/// Compares, and tells what it finds; true if all is well.
pub async fn run(options: &Options, tested: &Side, beside: &Side) -> Result<bool, Failure> {
    let (pair, started) = (Pair { tested, beside, options }, Instant::now());
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (mut seed, mut compared) = (options.seed.unwrap_or(time), Vec::new());
    let late = |count: usize| count > 0 && options.seconds.is_some_and(|most| started.elapsed().as_secs() >= most);
    while compared.len() < options.histories && !late(compared.len()) {
        let restart = options.restart.as_deref().filter(|_| compared.is_empty());
        let one =
            pair.compare(seed, restart).await.map_err(|failure| Failure::new(format!("seed {seed}: {failure}")))?;
        say(&one.line());
        compared.push(one);
        seed = seed.wrapping_add(1);
    }
    let mut differences: Vec<(usize, String)> = compared.iter().filter_map(|one| pair.differences(one)).collect();
    if let Some(command) = &options.restart {
        pair.restart(command).await?;
        for one in &compared {
            differences.extend(pair.changes(one).await?);
        }
    }
    // The smallest of all says most.
    if let Some((_, text)) = differences.iter().min_by_key(|(size, _)| *size) {
        say(text);
    }
    say(&format!("{} histories compared, {} differences\n", compared.len(), differences.len()));
    Ok(differences.is_empty())
}

impl Pair<'_> {
    /// Makes a history, sends it to both, and asks both about it.
    async fn compare(&self, seed: u64, restart: Option<&str>) -> Result<Compared, Failure> {
        let growing = Growing::begin(self.tested, self.beside, seed).await?;
        let history = growing.grow(self.options.events).await?;
        let mut chance = Chance::new(!seed);
        let order = history.shuffled(&mut chance);
        let (first, second) = order.split_at(if restart.is_some() { order.len() / 2 } else { 0 });
        self.send(&history, first, &mut chance).await?;
        if let Some(command) = restart {
            self.restart(command).await?;
        }
        self.send(&history, second, &mut chance).await?;
        let last = history.id(history.events.len().saturating_sub(1));
        for side in [self.tested, self.beside] {
            side.await_event(&history.room.id, last).await?;
        }
        let (tested, beside) = (self.tested.tell(&history).await?, self.beside.tell(&history).await?);
        Ok(Compared { history, tested, beside })
    }

    /// Sends these events of a history to the server under test, a few at a time.
    async fn send(&self, history: &History, mut order: &[usize], chance: &mut Chance) -> Result<(), Failure> {
        while !order.is_empty() {
            let (now, later) = order.split_at(chance.among(1..TOGETHER + 1).min(order.len()));
            let events = now.iter().filter_map(|number| history.events.get(*number));
            self.tested.peer.transact(&events.map(|made| made.event.clone()).collect::<Vec<_>>()).await?;
            order = later;
        }
        Ok(())
    }

    /// Restarts both servers.
    async fn restart(&self, command: &str) -> Result<(), Failure> {
        let status = tokio::process::Command::new("sh").arg("-c").arg(command).status().await;
        if !status.as_ref().is_ok_and(std::process::ExitStatus::success) {
            return Err(Failure::new(format!("{command}: {status:?}")));
        }
        self.tested.awake().await?;
        self.beside.awake().await
    }

    /// How the two servers differ about a history.
    fn differences(&self, one: &Compared) -> Option<(usize, String)> {
        let difference = smallest(&one.history, &one.tested, &one.beside)?;
        Some(one.show(&difference, self.tested.name(), self.beside.name()))
    }

    /// How what they say now differs from what they have said.
    async fn changes(&self, one: &Compared) -> Result<Vec<(usize, String)>, Failure> {
        let mut changes = Vec::new();
        for (side, earlier) in [(self.tested, &one.tested), (self.beside, &one.beside)] {
            let told = side.tell(&one.history).await?;
            if let Some(difference) = smallest(&one.history, &told, earlier) {
                changes.push(one.show(&difference, &format!("{} after a restart", side.name()), "the same before it"));
            }
        }
        Ok(changes)
    }
}

impl Compared {
    /// One line about a history.
    fn line(&self) -> String {
        let (seed, version) = (self.history.seed, self.history.room.version);
        let count = self.history.events.len();
        let accepted = self.beside.before.iter().flatten().count();
        let state = self.beside.current.len();
        format!("seed {seed}: room version {version}, {count} events, {accepted} accepted, {state} in the state now\n")
    }

    /// A difference as text, and how many events it takes to have it.
    fn show(&self, difference: &Difference, one: &str, other: &str) -> (usize, String) {
        let size = difference.at.map_or(usize::MAX, |number| self.history.ancestry(number).len());
        (size, Shown { difference, history: &self.history, told: &self.beside, one, other }.to_string())
    }
}
