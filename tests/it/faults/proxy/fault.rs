//! What may happen on the way between two servers.

use super::message::Message;
use crate::random::Chance;

/// What happens to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Nothing.
    None,
    /// It arrives late.
    Slow,
    /// Its answer arrives late.
    SlowAnswer,
    /// It is refused, and arrives nevertheless, after what was sent later.
    Overtaken,
    /// It arrives twice; the second answer counts.
    Twice,
    /// It does not arrive, and the connection ends.
    Lost,
    /// It arrives, and then the connection ends.
    AnswerLost,
    /// The connection ends in the middle of it.
    Cut,
    /// The connection ends in the middle of the answer.
    AnswerCut,
    /// It does not arrive, and the answer is an error.
    Refused,
    /// It arrives, and the answer is an error all the same.
    Denied,
    /// A letter of it, or of its signature, is another.
    Altered,
    /// A letter of the answer is another.
    AnswerAltered,
    /// The answer is no JSON.
    Garbled,
    /// The answer is one to another question.
    Mistaken,
}

impl Fault {
    /// All of them, and how many of a hundred requests meet each in a storm.
    pub const IN_A_STORM: [(Fault, u64); 15] = [
        (Fault::None, 48),
        (Fault::Slow, 10),
        (Fault::SlowAnswer, 6),
        (Fault::Overtaken, 5),
        (Fault::Twice, 6),
        (Fault::Lost, 4),
        (Fault::AnswerLost, 4),
        (Fault::Cut, 2),
        (Fault::AnswerCut, 2),
        (Fault::Refused, 3),
        (Fault::Denied, 2),
        (Fault::Altered, 2),
        (Fault::AnswerAltered, 2),
        (Fault::Garbled, 2),
        (Fault::Mistaken, 2),
    ];

    /// What happens to the next request in a storm.
    pub fn of(chance: &mut Chance) -> Self {
        let mut left = chance.among(0..100);
        for (fault, share) in Self::IN_A_STORM {
            match left.checked_sub(share) {
                Some(less) => left = less,
                None => return fault,
            }
        }
        Fault::None
    }

    /// Whether servers can come through it. Who asks for the state at an event has nothing but the answerer's word for what
    /// belongs to it, so that is never altered. And Synapse takes a state of which it could not fetch all for the whole
    /// (handlers/federation_event.py: "we'll end up with incomplete state"), so what it asks for comes, if late.
    pub fn suits(self, request: &Message) -> bool {
        let endpoint = request.about().split('/').nth(4).unwrap_or_default();
        if is_of_synapse(request) && endpoint != "send" {
            return matches!(self, Fault::None | Fault::Slow | Fault::SlowAnswer | Fault::Twice);
        }
        match self {
            Fault::AnswerAltered => !["send_join", "state", "state_ids", "event"].contains(&endpoint),
            // A 401 would have it leave us alone for a while, with all it asks.
            Fault::Altered => !is_of_synapse(request),
            _ => true,
        }
    }
}

/// Whether a request was made by Synapse.
pub fn is_of_synapse(request: &Message) -> bool {
    request.header("user-agent").starts_with("Synapse")
}

#[test]
fn a_storm_has_everything() {
    assert_eq!(Fault::IN_A_STORM.iter().map(|(_, share)| share).sum::<u64>(), 100);
    let mut chance = Chance::new(Chance::seed());
    let thrown: std::collections::BTreeSet<Fault> = (0..5_000).map(|_| Fault::of(&mut chance)).collect();
    assert_eq!(thrown.len(), Fault::IN_A_STORM.len());
}

#[test]
fn what_would_pass_for_the_truth_does_not_happen() {
    let request = |path: &str, agent: &str| Message {
        first: format!("GET /_matrix/federation/v1/{path} HTTP/1.1"),
        headers: vec![("user-agent".to_owned(), agent.to_owned())],
        body: Vec::new(),
    };
    let suiting = |path: &str, agent: &str| {
        let request = request(path, agent);
        Fault::IN_A_STORM.iter().filter(|(fault, _)| fault.suits(&request)).count()
    };
    assert_eq!(suiting("send/1", "PeerBrain"), 15);
    assert_eq!(suiting("get_missing_events/!a:b", "PeerBrain"), 15);
    assert_eq!(suiting("state_ids/!a:b?event_id=c", "PeerBrain"), 14);
    assert_eq!(suiting("send/1", "Synapse/1.2"), 14);
    assert_eq!(suiting("get_missing_events/!a:b", "Synapse/1.2"), 4);
}
