//! Rooms with a policy server, which the peer plays: what it does not sign is not shown.

use std::time::Duration;

use super::prelude::*;
use crate::peer::policy::KEY;

tests! { "policy":
    ours_are_signed, "policy-servers", [];
    ours_are_refused, "policy-servers", [];
    ours_are_not_answered, "policy-servers", [];
    ours_with_another_signature, "policy-servers", [];
    theirs_are_asked_about, "policy-servers", [];
    theirs_that_are_signed, "policy-servers", [];
    theirs_are_refused, "policy-servers", [];
    theirs_are_not_answered, "policy-servers", [];
    in_a_room_it_is_not_in, "policy-servers", [];
    is_taken_away, "policy-servers", [];
}

/// What is not to be shown.
const SPAM: &str = "buy this";

/// A room of Alice's that Bob is in, whose server has a say in it.
async fn watched(stage: &Stage) -> Result<String, Failure> {
    let room = stage.shared().await?;
    let event = stage.alice.set_state(&room, "m.room.policy", "", stage.peer.policy_content()?).await?;
    stage.arrives(&room, &event).await?;
    let asked = stage.peer.asked("policy", &room);
    ensure!(asked.is_empty(), "about a change of policy servers nobody is asked: {:?}", asked.len());
    Ok(room)
}

/// Whatever is spam is answered with this.
fn treat(stage: &Stage, room: &str, answer: Answer) {
    stage.peer.lie("policy", room, move |request, honest| match request.json["content"]["body"] == SPAM {
        true => answer.clone(),
        false => honest,
    });
}

fn refusal() -> Answer {
    Answer::json(400, json!({ "errcode": "M_FORBIDDEN", "error": "This looks like spam" }))
}

fn silence() -> Answer {
    Answer::of(200, Body::Slow { part: b" ".to_vec(), pause: Duration::from_secs(1) })
}

async fn ours_are_signed(stage: Stage) -> Outcome {
    let room = watched(&stage).await?;
    let event = stage.alice.say(&room, "hello").await?;
    let pdu = stage.arrives(&room, &event).await?;
    ensure!(pdu["signatures"][&stage.peer.me.name][KEY].is_string(), "the policy server should have signed: {pdu}");
    ensure!(pdu["signatures"][stage.peer.under_test()].is_object(), "the sender's server, too: {pdu}");
    ensure_eq!(event_id(&pdu, 11), event, "the event");
    Ok(())
}

/// Alice tries to say something that is not to be shown; then she says something else.
async fn not_sent(stage: &Stage, answer: Answer) -> Result<Reply, Failure> {
    let room = watched(stage).await?;
    treat(stage, &room, answer);
    let words = |body: &str| json!({ "body": body, "msgtype": "m.text" });
    let reply = stage.alice.try_send(&room, "m.room.message", words(SPAM)).await?;
    let code = reply.json["errcode"].as_str().unwrap_or_default();
    ensure!(reply.status >= 400 && code.starts_with("M_"), "spam was sent: {}", reply.brief());
    // Whoever got no answer may let the other rest for a moment.
    let good = wait_for("a message that is no spam".to_owned(), || async {
        let reply = stage.alice.try_send(&room, "m.room.message", words("good")).await?;
        Ok(reply.json["event_id"].as_str().map(str::to_owned))
    })
    .await?;
    stage.arrives(&room, &good).await?;
    let came = stage.peer.received(&room);
    ensure!(came.iter().all(|pdu| pdu["content"]["body"] != SPAM), "what was refused was sent all the same");
    let answer = stage.alice.get(format!("{}?dir=b&limit=20", v3!("rooms/{}/messages", room))).await?.ok()?;
    ensure!(!answer.to_string().contains(SPAM), "what was refused is in the room: {answer}");
    Ok(reply)
}

/// "If the Policy Server returned an error, that error SHOULD be provided to the client verbatim."
async fn ours_are_refused(stage: Stage) -> Outcome {
    not_sent(&stage, refusal()).await?.error(400, "M_FORBIDDEN").map(drop)
}

async fn ours_are_not_answered(stage: Stage) -> Outcome {
    not_sent(&stage.aside(), silence()).await.map(drop)
}

/// A signature that is not by the key of the room recommends nothing.
async fn ours_with_another_signature(stage: Stage) -> Outcome {
    let other = stage.peer.me.forged()?.with_key_id(KEY);
    let signed = other.sign(json!({ "body": SPAM }));
    not_sent(&stage, Answer::ok(signed["signatures"].clone())).await.map(drop)
}

async fn theirs_are_asked_about(stage: Stage) -> Outcome {
    let room = watched(&stage).await?;
    let event = stage.say(&room, "hello").await?;
    let asked = stage.peer.asked("policy", &room);
    ensure!(asked.iter().any(|request| event_id(&request.json, 11) == event.id), "it should have been asked about");
    Ok(())
}

/// About an event that has the signature nobody is asked.
async fn theirs_that_are_signed(stage: Stage) -> Outcome {
    let room = watched(&stage).await?;
    stage.peer.lie("policy", &room, |_, _| refusal());
    let event = stage.message(&room, "hello")?;
    let event = Event { pdu: stage.peer.recommended(event.pdu, 11)?, ..event };
    stage.send(&room, &event).await?;
    stage.alice.receive(&room, &event.id).await?;
    ensure!(stage.peer.asked("policy", &room).is_empty(), "it was asked about all the same");
    Ok(())
}

/// "If the event was received over federation […], soft fail the event": what Bob says then is shown, though it follows it.
async fn not_shown(stage: &Stage, answer: Answer) -> Outcome {
    let room = watched(stage).await?;
    treat(stage, &room, answer);
    let spam = stage.message(&room, SPAM)?;
    stage.keep(&room, &spam);
    stage.peer.transact(std::slice::from_ref(&spam)).await?;
    wait_for("a question about spam".to_owned(), || async {
        let asked = stage.peer.asked("policy", &room);
        Ok(asked.iter().any(|request| event_id(&request.json, 11) == spam.id).then_some(()))
    })
    .await?;
    // Whoever got no answer may let the other rest for a moment, and takes nothing for good meanwhile.
    wait_for("a message that is no spam".to_owned(), || async {
        let good = stage.message(&room, "good")?;
        stage.keep(&room, &good);
        stage.peer.transact(std::slice::from_ref(&good)).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let reply = stage.alice.get(v3!("rooms/{}/event/{}", room, good.id)).await?;
        Ok((reply.status == 200).then_some(()))
    })
    .await?;
    let reply = stage.alice.get(v3!("rooms/{}/event/{}", room, spam.id)).await?;
    ensure!(reply.status != 200, "spam is shown: {}", reply.brief());
    let answer = stage.alice.first_sync().await?;
    ensure!(!answer.to_string().contains(SPAM), "spam is shown: {answer}");
    Ok(())
}

async fn theirs_are_refused(stage: Stage) -> Outcome {
    not_shown(&stage, refusal()).await
}

async fn theirs_are_not_answered(stage: Stage) -> Outcome {
    not_shown(&stage.aside(), Answer::of(200, Body::Cut)).await
}

/// A policy server has a say if it "has at least one joined user in the room in current state".
async fn in_a_room_it_is_not_in(stage: Stage) -> Outcome {
    let room = stage.alice.public_room().await?;
    stage.alice.set_state(&room, "m.room.policy", "", stage.peer.policy_content()?).await?;
    stage.alice.say(&room, SPAM).await?;
    ensure!(stage.peer.asked("policy", &room).is_empty(), "a server that is not in the room was asked");
    Ok(())
}

async fn is_taken_away(stage: Stage) -> Outcome {
    let room = watched(&stage).await?;
    treat(&stage, &room, refusal());
    stage.alice.set_state(&room, "m.room.policy", "", json!({})).await?;
    stage.alice.say(&room, SPAM).await.map(drop)
}
