//! Makes a history, event by event. Whoever makes one must know the state at each branch, to choose auth events there:
//! the server beside is asked, which so receives the events in the order in which they are made.

use serde_json::json;

use super::act::{Act, act};
use super::chance::Chance;
use super::history::{History, Made};
use super::people::People;
use super::side::Side;
use crate::failure::Failure;
use crate::peer::events::finish;
use crate::peer::{Event, Room, State, now};

/// How many branches there are at most.
const BRANCHES: usize = 5;
/// A branch begins at one of the newest events, at most so many back.
const BACK: usize = 6;
/// By how many milliseconds times differ: they decide where powers do not, and some are the same.
const SPREAD: usize = 200;

/// A history in the making.
pub struct Growing<'a> {
    beside: &'a Side,
    people: People,
    chance: Chance,
    began: u64,
    /// What there is so far.
    pub history: History,
}

impl<'a> Growing<'a> {
    /// A new room that the user of each of the servers has joined.
    pub async fn begin(tested: &Side, beside: &'a Side, seed: u64) -> Result<Self, Failure> {
        let mut chance = Chance::new(seed);
        let version = u8::try_from(chance.among(6..13)).unwrap_or(11);
        let people = People::new([beside.peer.me.clone(), beside.peer.second().me]);
        let room = people.gather(version)?;
        let id = room.id.clone();
        beside.peer.keep(room);
        tested.join(&id).await?;
        beside.join(&id).await?;
        // The first has not heard of the second's join.
        let room = beside.peer.room(&id)?;
        let head = room.heads.first().cloned().unwrap_or_default();
        let join = Event { pdu: room.pdu(&head), id: head };
        tested.peer.transact(std::slice::from_ref(&join)).await?;
        tested.await_event(&id, &join.id).await?;
        let events = vec![Made { event: join, follows: Vec::new(), after: room.state.clone(), accepted: true }];
        Ok(Growing { beside, people, chance, began: now(), history: History { seed, room, events } })
    }

    /// Makes so many events, and lets the last but one join all branches; the state before the last is what has come of it.
    pub async fn grow(mut self, count: usize) -> Result<History, Failure> {
        for _ in 0..count {
            let follows = self.place();
            let view = self.view(&follows);
            let act = act(&mut self.chance, &self.people, &view);
            self.make(follows, view, act).await?;
        }
        for _ in 0..2 {
            let follows = self.history.heads();
            let newest = follows.last().copied().into_iter().collect::<Vec<_>>();
            let view = self.standing(&follows, self.after(&newest));
            let content = json!({ "msgtype": "m.text", "body": "all branches are joined" });
            let act = Act { sender: self.people.creator.clone(), kind: "m.room.message", key: None, content };
            self.make(follows, view, act).await?;
            self.beside.await_event(&self.history.room.id, self.history.id(self.history.events.len() - 1)).await?;
        }
        Ok(self.history)
    }

    /// Which events the next one follows: a branch goes on, begins, or some come together.
    fn place(&mut self) -> Vec<usize> {
        let (tips, count) = (self.history.tips(), self.history.events.len());
        let (full, several) = (tips.len() >= BRANCHES, tips.len() > 1);
        if several && (full || self.chance.one_in(6)) {
            let most = self.chance.among(2..BRANCHES + 1);
            return self.chance.some(&tips, most);
        }
        match self.chance.one_in(3) {
            true => vec![self.chance.among(count.saturating_sub(BACK)..count)],
            false => self.chance.some(&tips, 1),
        }
    }

    /// The room as the sender of the next event sees it: as it is after one of the events that are followed, or seldom
    /// after another one.
    fn view(&mut self, follows: &[usize]) -> Room {
        let count = self.history.events.len();
        let seen =
            if self.chance.one_in(12) { vec![self.chance.among(0..count)] } else { self.chance.some(follows, 1) };
        self.standing(follows, self.after(&seen))
    }

    /// The state after the first of these events.
    fn after(&self, numbers: &[usize]) -> State {
        let first = numbers.first().and_then(|number| self.history.events.get(*number));
        first.map(|made| made.after.clone()).unwrap_or_default()
    }

    /// The room with this state, whose next event follows these.
    fn standing(&self, follows: &[usize], state: State) -> Room {
        let heads = follows.iter().map(|number| self.history.id(*number).to_owned()).collect();
        Room { state, heads, ..self.history.room.clone() }
    }

    /// Makes an event and sends it to the server beside.
    async fn make(&mut self, follows: Vec<usize>, view: Room, act: Act) -> Result<(), Failure> {
        let Act { sender, kind, key, content } = act;
        let mut draft = view.draft(&sender, kind, key.as_deref(), content);
        draft["origin_server_ts"] = json!(self.began + self.chance.among(0..SPREAD) as u64);
        let event = finish(draft, view.version, self.people.server_of(&sender)?);
        let id = view.id.clone();
        self.history.room.know(&event);
        self.beside.peer.change(&id, |room| {
            room.know(&event);
            room.before.insert(event.id.clone(), view.state.clone());
        });
        self.beside.peer.transact(std::slice::from_ref(&event)).await?;
        let answer = self.beside.ask_soon(&id, &event.id).await?;
        let accepted = answer.is_some();
        let after = match answer {
            None => view.state,
            Some(answer) => {
                let mut room = Room { state: State::new(), ..self.history.room.clone() };
                let pdu = |id: &String| Event { id: id.clone(), pdu: self.history.room.pdu(id) };
                answer.state.iter().map(pdu).chain([event.clone()]).for_each(|event| room.set(&event));
                room.state
            }
        };
        self.history.events.push(Made { event, follows, after, accepted });
        Ok(())
    }
}
