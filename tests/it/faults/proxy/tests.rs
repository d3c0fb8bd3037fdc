//! Each fault really happens, and nothing else.

use std::io::{self, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Fault, Message, Proxy, Tls, Weather, locked};
use crate::federation::authority::Authority;
use crate::random::Chance;

const QUESTION: &str = r#"{"pdus":[{"type":"m.room.message"}]}"#;
const ANSWER: &str = r#"{"pdus":{"event":{}}}"#;

/// A server behind a proxy, which notes what arrives.
struct Scene {
    proxy: Proxy,
    tls: Tls,
    /// What has arrived: the body, or none where it broke off.
    arrived: Arc<Mutex<Vec<Option<String>>>>,
}

impl Scene {
    fn set(weather: Weather) -> Self {
        let authority = Authority::new();
        let (proxy, tls) = (Proxy::start(&authority, Chance::new(Chance::seed())), Tls::new(&authority));
        let arrived = Arc::default();
        proxy.lead_to(Some(answering(tls.clone(), Arc::clone(&arrived))));
        proxy.set(weather);
        Self { proxy, tls, arrived }
    }

    /// The answer to a request with this body; none if there is no whole one.
    fn ask(&self, body: &str) -> Option<Message> {
        let asked = || {
            let mut stream = self.tls.connect(self.proxy.inner.address)?;
            let first = "PUT /_matrix/federation/v1/send/1 HTTP/1.1".to_owned();
            Message { first, headers: Vec::new(), body: body.as_bytes().to_vec() }.write(stream.get_mut())?;
            Message::read(&mut stream)
        };
        let answer: io::Result<Option<Message>> = asked();
        answer.ok().flatten()
    }

    /// What has arrived, once it is so much.
    fn arrivals(&self, count: usize) -> Vec<Option<String>> {
        let started = Instant::now();
        while locked(&self.arrived).len() < count && started.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(5));
        }
        locked(&self.arrived).clone()
    }
}

/// A server that answers everybody, one after the other.
fn answering(tls: Tls, arrived: Arc<Mutex<Vec<Option<String>>>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = tls.accept(stream).unwrap();
            let request = Message::read(&mut stream).ok().flatten();
            let body = request.map(|request| String::from_utf8(request.body).unwrap());
            let whole = body.is_some();
            locked(&arrived).push(body);
            if whole {
                let _gone = Message::answer(200, ANSWER).write(stream.get_mut());
                let _gone = stream.get_mut().flush();
            }
        }
    });
    address
}

fn whole() -> Option<String> {
    Some(QUESTION.to_owned())
}

/// How many bytes differ.
fn changes(one: &str, other: &str) -> usize {
    assert_eq!(one.len(), other.len());
    one.bytes().zip(other.bytes()).filter(|(one, other)| one != other).count()
}

#[test]
fn nothing_happens_in_calm_weather() {
    let scene = Scene::set(Weather::Calm);
    let answer = scene.ask(QUESTION).unwrap();
    assert_eq!((answer.about(), answer.body.as_slice()), ("200", ANSWER.as_bytes()));
    assert_eq!(scene.arrivals(1), [whole()]);
    assert_eq!(scene.proxy.happened().into_iter().collect::<Vec<_>>(), [(Fault::None, 1)]);
}

#[test]
fn it_is_late() {
    for fault in [Fault::Slow, Fault::SlowAnswer] {
        let scene = Scene::set(Weather::Only(fault));
        let started = Instant::now();
        assert_eq!(scene.ask(QUESTION).unwrap().body, ANSWER.as_bytes());
        assert!(started.elapsed() >= Duration::from_millis(100), "{fault:?}");
        assert_eq!(scene.arrivals(1), [whole()]);
    }
}

#[test]
fn it_does_not_arrive() {
    let scene = Scene::set(Weather::Only(Fault::Lost));
    assert_eq!(scene.ask(QUESTION), None);
    scene.proxy.set(Weather::Only(Fault::Refused));
    assert_ne!(scene.ask(QUESTION).unwrap().about(), "200");
    scene.proxy.set(Weather::Only(Fault::Cut));
    assert_eq!(scene.ask(QUESTION), None);
    assert_eq!(scene.arrivals(1), [None]);
    scene.proxy.lead_to(None);
    scene.proxy.set(Weather::Calm);
    assert_eq!(scene.ask(QUESTION), None, "the server is dead");
}

#[test]
fn it_arrives_and_nobody_hears() {
    for fault in [Fault::AnswerLost, Fault::AnswerCut, Fault::Denied] {
        let scene = Scene::set(Weather::Only(fault));
        let answer = scene.ask(QUESTION);
        assert!(answer.is_none_or(|answer| fault == Fault::Denied && answer.about() != "200"), "{fault:?}");
        assert_eq!(scene.arrivals(1), [whole()]);
    }
}

#[test]
fn it_arrives_twice() {
    let scene = Scene::set(Weather::Only(Fault::Twice));
    assert_eq!(scene.ask(QUESTION).unwrap().body, ANSWER.as_bytes());
    assert_eq!(scene.arrivals(2), [whole(), whole()]);
}

#[test]
fn it_is_overtaken() {
    let scene = Scene::set(Weather::Only(Fault::Overtaken));
    assert_ne!(scene.ask(QUESTION).unwrap().about(), "200");
    scene.proxy.set(Weather::Calm);
    scene.ask("{}").unwrap();
    assert_eq!(scene.arrivals(2), [Some("{}".to_owned()), whole()]);
}

#[test]
fn it_is_changed() {
    let scene = Scene::set(Weather::Only(Fault::Altered));
    assert_eq!(scene.ask(QUESTION).unwrap().body, ANSWER.as_bytes());
    let arrived = scene.arrivals(1).remove(0).unwrap();
    assert_eq!(changes(&arrived, QUESTION), 1);
    assert!(serde_json::from_str::<Value>(&arrived).is_ok());
}

#[test]
fn the_answer_is_changed() {
    let scene = Scene::set(Weather::Only(Fault::AnswerAltered));
    let answer = String::from_utf8(scene.ask(QUESTION).unwrap().body).unwrap();
    assert_eq!(changes(&answer, ANSWER), 1);
    assert!(serde_json::from_str::<Value>(&answer).is_ok());
    scene.proxy.set(Weather::Only(Fault::Garbled));
    assert!(serde_json::from_slice::<Value>(&scene.ask(QUESTION).unwrap().body).is_err());
    scene.proxy.set(Weather::Only(Fault::Mistaken));
    let answer: Value = serde_json::from_slice(&scene.ask(QUESTION).unwrap().body).unwrap();
    assert!(answer.is_object() && answer.get("pdus").is_none());
    assert_eq!(scene.arrivals(3), [whole(), whole(), whole()]);
}
