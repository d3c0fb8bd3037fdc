//! The state machine, from the outside.

use ruma::{OwnedUserId, user_id};
use serde_json::{Value, json};
use store::testing::each;

use super::{Authorized, Stage, UiaChallenge, UiaRequest};
use crate::{Error, JsonObject, Result, testing::World};

const DEVICES: &str = "/delete_devices";

fn object(value: Value) -> JsonObject {
    value.as_object().unwrap().clone()
}

fn request<'a>(user: Option<&'a OwnedUserId>, stages: &[Stage], body: Value) -> UiaRequest<'a> {
    let user = user.map(|user| &**user);
    UiaRequest { user, method: "POST", path: DEVICES, flows: vec![stages.to_vec()], body: object(body) }
}

async fn dummy(world: &World, body: Value) -> Result<Authorized> {
    world.accounts.authorize(request(None, &[Stage::Dummy], body)).await
}

fn challenge(result: Result<Authorized>) -> UiaChallenge {
    match result {
        Err(Error::Uia(challenge)) => *challenge,
        Err(error) => panic!("{error}"),
        Ok(authorized) => panic!("{:?}", authorized.body),
    }
}

fn password(user: &str, password: &str) -> Value {
    json!({ "type": "m.login.password", "password": password, "identifier": { "type": "m.id.user", "user": user } })
}

fn with_session(mut auth: Value, session: &str) -> Value {
    auth["session"] = session.into();
    auth
}

#[tokio::test]
async fn the_first_401_is_no_error() {
    each(async |database| {
        let world = World::open(database);
        for body in [json!({}), json!({ "auth": null }), json!({ "auth": {} })] {
            let first = serde_json::to_value(challenge(dummy(&world, body).await)).unwrap();
            let flows = json!([{ "stages": ["m.login.dummy"] }]);
            assert_eq!((&first["flows"], &first["params"]), (&flows, &json!({})));
            assert!(first["session"].is_string() && first.as_object().unwrap().len() == 3, "{first}");
        }
    })
    .await
}

#[tokio::test]
async fn a_repeat_may_omit_what_the_first_request_said() {
    each(async |database| {
        let world = World::open(database);
        for repeat in [json!({}), json!({ "x": 1 }), json!({ "x": 1, "y": ["z"] })] {
            let session = challenge(dummy(&world, json!({ "x": 1, "y": ["z"] })).await).session().to_owned();
            let mut repeat = repeat;
            repeat["auth"] = json!({ "type": "m.login.dummy", "session": session });
            let authorized = dummy(&world, repeat).await.unwrap();
            assert_eq!(Value::from(authorized.body), json!({ "x": 1, "y": ["z"] }));
        }
    })
    .await
}

#[tokio::test]
async fn a_repeat_that_changes_something_starts_over() {
    each(async |database| {
        let world = World::open(database);
        let alice = world.user("alice").await.user_id;
        for (user, changed) in [
            (None, json!({ "x": 2 })),
            (Some(&alice), json!({ "x": 2 })),
            (Some(&alice), json!({ "x": 1, "added": true })),
        ] {
            let ask = async |body: Value| world.accounts.authorize(request(user, &[Stage::Dummy], body)).await;
            let session = challenge(ask(json!({ "x": 1 })).await).session().to_owned();
            let mut changed = changed;
            changed["auth"] = json!({ "type": "m.login.dummy", "session": session });
            let again = challenge(ask(changed.clone()).await);
            assert!(again.session() != session && again.completed().is_empty());
            changed["auth"]["session"] = again.session().into();
            let authorized = ask(changed.clone()).await.unwrap();
            changed.as_object_mut().unwrap().remove("auth");
            assert_eq!(Value::from(authorized.body), changed, "what was authorised is what was asked last");
        }
    })
    .await
}

#[tokio::test]
async fn a_session_is_good_for_one_operation_of_one_user() {
    each(async |database| {
        let world = World::open(database);
        let (alice, bob) = (world.user("alice").await.user_id, world.user("bob").await.user_id);
        let begin = || request(Some(&alice), &[Stage::Dummy], json!({ "x": 1 }));
        let first = challenge(world.accounts.authorize(begin()).await);
        let auth = json!({ "auth": { "type": "m.login.dummy", "session": first.session() } });
        let next = || request(Some(&alice), &[Stage::Dummy], auth.clone());
        let others = [
            UiaRequest { user: Some(&bob), ..next() },
            UiaRequest { user: None, ..next() },
            UiaRequest { method: "PUT", ..next() },
            UiaRequest { path: "/account/password", ..next() },
        ];
        for other in others {
            let started_over = challenge(world.accounts.authorize(other).await);
            assert!(started_over.session() != first.session());
        }
        assert_eq!(world.accounts.authorize(next()).await.unwrap().body["x"], 1);
    })
    .await
}

#[tokio::test]
async fn a_session_is_good_once() {
    each(async |database| {
        let world = World::open(database);
        let session = challenge(dummy(&world, json!({ "x": 1 })).await).session().to_owned();
        let auth = json!({ "auth": { "type": "m.login.dummy", "session": session } });
        dummy(&world, auth.clone()).await.unwrap();
        let replayed = challenge(dummy(&world, auth).await);
        assert!(replayed.session() != session && replayed.completed().is_empty());
        let unknown = challenge(dummy(&world, json!({ "auth": { "type": "m.login.dummy", "session": "no" } })).await);
        assert!(unknown.session() != "no");
    })
    .await
}

#[tokio::test]
async fn one_step_without_a_session() {
    each(async |database| {
        let world = World::open(database);
        let authorized = dummy(&world, json!({ "x": 1, "auth": { "type": "m.login.dummy" } })).await.unwrap();
        assert_eq!(Value::from(authorized.body), json!({ "x": 1 }));
        let alice = world.user("alice").await.user_id;
        let auth = json!({ "auth": with_null_session(password("alice", "password alice")) });
        let authorized = world.accounts.authorize(request(Some(&alice), &[Stage::Password], auth)).await.unwrap();
        assert_eq!(authorized.password.unwrap().user_id(), alice);
    })
    .await
}

fn with_null_session(mut auth: Value) -> Value {
    auth["session"] = Value::Null;
    auth
}

#[tokio::test]
async fn a_wrong_password_can_be_tried_again() {
    each(async |database| {
        let world = World::open(database);
        let alice = world.user("alice").await.user_id;
        world.user("bob").await;
        let ask = async |auth: Value| {
            world.accounts.authorize(request(Some(&alice), &[Stage::Password], json!({ "auth": auth }))).await
        };
        let session = challenge(ask(Value::Null).await).session().to_owned();
        for wrong in
            [password("alice", "wrong"), password("bob", "password bob"), password("@alice:x.org", "password alice")]
        {
            let refused = challenge(ask(with_session(wrong, &session)).await);
            assert_eq!((refused.session(), refused.errcode()), (session.as_str(), Some("M_FORBIDDEN")));
            assert!(refused.completed().is_empty());
        }
        let legacy = json!({ "type": "m.login.password", "user": alice, "password": "password alice" });
        assert!(ask(with_session(legacy, &session)).await.is_ok());
    })
    .await
}

#[tokio::test]
async fn guessing_ends_the_session() {
    each(async |database| {
        let world = World::open(database);
        let alice = world.user("alice").await.user_id;
        let ask = async |auth: Value| {
            world.accounts.authorize(request(Some(&alice), &[Stage::Password], json!({ "auth": auth }))).await
        };
        let session = challenge(ask(Value::Null).await).session().to_owned();
        for _ in 0..10 {
            challenge(ask(with_session(password("alice", "wrong"), &session)).await);
        }
        let late = challenge(ask(with_session(password("alice", "password alice"), &session)).await);
        assert!(late.session() != session);
    })
    .await
}

#[tokio::test]
async fn who_has_no_token_proves_who_it_is() {
    each(async |database| {
        let world = World::open(database);
        world.user("alice").await;
        let auth = json!({ "auth": password("alice", "password alice") });
        let authorized = world.accounts.authorize(request(None, &[Stage::Password], auth)).await.unwrap();
        assert_eq!(authorized.password.unwrap().user_id(), user_id!("@alice:example.org"));
    })
    .await
}

#[tokio::test]
async fn stages_add_up() {
    each(async |database| {
        let world = World::with(database, |config| {
            config.registration.tokens = vec![peerbrain_core::config::Secret::new("letmein")];
        });
        let stages = [Stage::RegistrationToken, Stage::Dummy];
        let ask = async |auth: Value| world.accounts.authorize(request(None, &stages, json!({ "auth": auth }))).await;
        let session = challenge(ask(Value::Null).await).session().to_owned();
        let wrong = json!({ "type": "m.login.registration_token", "token": "guess", "session": session });
        assert_eq!(challenge(ask(wrong).await).errcode(), Some("M_UNAUTHORIZED"));
        let token = json!({ "type": "m.login.registration_token", "token": "letmein", "session": session });
        let half = challenge(ask(token.clone()).await);
        assert_eq!((half.completed(), half.errcode()), (&[Stage::RegistrationToken][..], None));
        let again = json!({ "type": "m.login.registration_token", "token": "wrong now", "session": session });
        assert_eq!(challenge(ask(again).await).completed(), [Stage::RegistrationToken], "not tried again");
        assert_eq!(challenge(ask(json!({ "session": session })).await).completed(), [Stage::RegistrationToken]);
        let done = ask(json!({ "type": "m.login.dummy", "session": session })).await.unwrap();
        assert_eq!(done.registration_token.as_deref(), Some("letmein"));
        let without_session = challenge(ask(json!({ "type": "m.login.registration_token", "token": "letmein" })).await);
        assert_eq!(without_session.completed(), [Stage::RegistrationToken]);
        let rest = json!({ "type": "m.login.dummy", "session": without_session.session() });
        assert!(ask(rest).await.is_ok());
    })
    .await
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    each(async |database| {
        let world = World::open(database);
        let alice = world.user("alice").await.user_id;
        let code = async |auth: Value| {
            let asked =
                world.accounts.authorize(request(Some(&alice), &[Stage::Password], json!({ "auth": auth }))).await;
            match asked {
                Err(Error::Uia(challenge)) => challenge.errcode().unwrap_or("challenge"),
                Err(error) => error.code(),
                Ok(_) => "authorized",
            }
        };
        assert_eq!(code(json!("password")).await, "M_BAD_JSON");
        assert_eq!(code(json!({ "type": 1 })).await, "M_BAD_JSON");
        assert_eq!(code(json!({ "type": "m.login.password", "session": 1 })).await, "M_BAD_JSON");
        assert_eq!(code(json!({ "type": "m.login.dummy" })).await, "M_UNRECOGNIZED");
        assert_eq!(code(json!({ "type": "org.example.smile" })).await, "M_UNRECOGNIZED");
        assert_eq!(code(json!({ "type": "m.login.password" })).await, "M_MISSING_PARAM");
        assert_eq!(code(json!({ "type": "m.login.password", "password": "x" })).await, "M_MISSING_PARAM");
        assert_eq!(
            code(json!({ "type": "m.login.password", "password": "x", "medium": "email" })).await,
            "M_FORBIDDEN"
        );
        assert_eq!(code(json!({ "other": true })).await, "challenge");
    })
    .await
}
