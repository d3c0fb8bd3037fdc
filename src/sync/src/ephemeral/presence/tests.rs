//! Tests of who is online.

use std::sync::atomic::AtomicI64;

use ruma::device_id;

use super::{
    user::{CONNECTED, IDLE},
    *,
};

const ALICE: &str = "@alice:b";

fn presences() -> Presences {
    Presences { enabled: true, ..Presences::default() }
}

fn state(presences: &Presences, now: i64) -> (PresenceState, Option<bool>) {
    let content = presences.get(ALICE, now);
    (content.presence, content.currently_active)
}

#[test]
fn a_device_is_online_idle_and_gone() {
    let (counter, phone) = (AtomicI64::new(0), device_id!("PHONE"));
    let serials = Serials(&counter);
    let mut all = presences();
    let announced = |all: &mut Presences, now| {
        all.announce(now, &serials).into_iter().map(|it| (it.serial, it.loud)).collect::<Vec<_>>()
    };
    assert!(!all.connected(ALICE, phone, PresenceState::Offline, 1));
    assert!(all.connected(ALICE, phone, PresenceState::Online, 1_000));
    assert_eq!(announced(&mut all, 2_000), [(1, true)]);
    assert_eq!(state(&all, 2_000), (PresenceState::Online, Some(true)));
    // Nothing is told as long as nothing changes, or only how long ago it was.
    all.active(ALICE, "PHONE", 50_000);
    assert_eq!(announced(&mut all, 50_000), []);
    assert_eq!(announced(&mut all, 111_000), [(2, false)]);
    assert_eq!(announced(&mut all, 50_001 + IDLE), [(3, true)]);
    assert_eq!(state(&all, 50_001 + IDLE), (PresenceState::Unavailable, None));
    // To go on syncing is not to be there; to do something is.
    assert!(all.connected(ALICE, phone, PresenceState::Online, 400_000));
    assert_eq!(state(&all, 400_000).0, PresenceState::Unavailable);
    all.active(ALICE, "PHONE", 400_001);
    assert_eq!(state(&all, 400_001), (PresenceState::Online, Some(true)));
    all.disconnected(ALICE, phone, 400_002);
    assert_eq!(announced(&mut all, 400_003), [(4, true)]);
    // One sync still waits.
    assert_eq!(announced(&mut all, 440_000), []);
    all.disconnected(ALICE, phone, 440_000);
    assert_eq!(announced(&mut all, 440_001 + CONNECTED), [(5, true)]);
    assert_eq!(all.get(ALICE, 480_000).last_active_ago, Some(79_999));
    assert_eq!((all.announced_since(4), all.announced_since(5)), (vec![ALICE.to_owned()], vec![]));
}

#[test]
fn what_is_set_holds_and_a_sync_says_something_else() {
    let (phone, laptop) = (device_id!("PHONE"), device_id!("LAPTOP"));
    let mut all = presences();
    let lunch = || Some("lunch".to_owned());
    assert!(all.set(ALICE, phone, PresenceState::Unavailable, lunch(), 1_000).is_some());
    assert!(all.set(ALICE, phone, PresenceState::Unavailable, lunch(), 1_000).is_none());
    assert_eq!(state(&all, 1_000).0, PresenceState::Unavailable);
    assert!(all.connected(ALICE, laptop, PresenceState::Unavailable, 1_000));
    assert!(all.connected(ALICE, phone, PresenceState::Online, 1_000));
    assert_eq!(state(&all, 1_000).0, PresenceState::Online);
    all.set(ALICE, phone, PresenceState::Offline, lunch(), 2_000);
    assert_eq!(state(&all, 2_000).0, PresenceState::Unavailable);
    all.set(ALICE, laptop, PresenceState::Offline, lunch(), 2_000);
    assert_eq!(state(&all, 2_000).0, PresenceState::Offline);
    // Who wants to seem offline does, whatever they send.
    all.active(ALICE, "PHONE", 3_000);
    assert_eq!(all.get(ALICE, 3_000).presence, PresenceState::Offline);
    assert_eq!(all.get(ALICE, 3_000).status_msg, lunch());
}

#[test]
fn who_was_online_before_a_restart_has_a_while() {
    let counter = AtomicI64::new(100);
    let serials = Serials(&counter);
    let row = |user: &str, online| PresenceRow {
        user_id: user.into(),
        online,
        last_active_at: 7,
        status_msg: Some("s".into()),
    };
    let mut all = presences();
    all.load(vec![row(ALICE, true), row("@bob:b", false)], 1_000, &serials);
    assert_eq!((all.present(), all.announced_since(0)), (vec![ALICE.to_owned()], vec![ALICE.to_owned()]));
    assert_eq!(all.unsaved(), []);
    assert_eq!(all.announce(1_001 + CONNECTED, &serials).len(), 1);
    assert_eq!(all.get(ALICE, 40_000).presence, PresenceState::Offline);
    assert_eq!(all.unsaved(), [row(ALICE, false)]);
}

#[test]
fn without_presence_nothing_is_known() {
    let mut all = Presences::default();
    assert!(!all.connected(ALICE, device_id!("D"), PresenceState::Online, 1));
    assert!(all.set(ALICE, device_id!("D"), PresenceState::Online, Some("x".into()), 1).is_none());
    assert_eq!(all.get(ALICE, 1), PresenceContent::default());
}

#[test]
fn what_another_server_says_holds_for_a_while() {
    let counter = AtomicI64::new(0);
    let serials = Serials(&counter);
    let hear = |all: &mut Presences, state, status_msg: Option<&str>, now| {
        let status_msg = status_msg.map(Into::into);
        let user_id = ruma::user_id!("@alice:b").to_owned();
        all.hear(HeardPresence { user_id, state, last_active_ago: 400_000, currently_active: true, status_msg }, now);
    };
    let mut all = presences();
    hear(&mut all, PresenceState::Online, Some("lunch"), 1_000_000);
    assert_eq!(all.announce(1_000_000, &serials).len(), 1);
    // Whether somebody is idle is for their own server to say.
    let later = 1_000_000 + IDLE * 2;
    assert_eq!(all.announce(later, &serials), []);
    assert_eq!((state(&all, later), all.present()), ((PresenceState::Online, Some(true)), vec![ALICE.to_owned()]));
    assert_eq!(all.get(ALICE, 1_000_000).last_active_ago, Some(400_000));
    assert_eq!(all.unsaved(), [], "it is not kept over a restart");
    let gone = 1_000_001 + 35 * 60_000;
    assert_eq!(all.announce(gone, &serials).len(), 1);
    assert_eq!((all.get(ALICE, gone).presence, all.present()), (PresenceState::Offline, vec![]));
    hear(&mut all, PresenceState::Unavailable, None, gone);
    hear(&mut all, PresenceState::Offline, None, gone);
    assert_eq!((all.get(ALICE, gone).presence, all.get(ALICE, gone).status_msg), (PresenceState::Offline, None));
}

#[test]
fn other_servers_cannot_fill_the_memory() {
    let mut all = presences();
    for n in 0..USERS + 10 {
        let user_id = ruma::UserId::parse(format!("@{n}:b")).unwrap();
        let state = PresenceState::Online;
        all.hear(HeardPresence { user_id, state, last_active_ago: 0, currently_active: true, status_msg: None }, 1);
    }
    assert_eq!(all.users.len(), USERS);
}
