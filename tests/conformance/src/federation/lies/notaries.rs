//! Lies of a notary. They are told where the server under test has the peer's second server as its notary; one that asks no
//! notary cannot be lied to.

use super::keys::{answers, asks, stranger};
use super::prelude::*;
use crate::peer::Identity;

tests! { "lies_notary":
    the_truth, "querying-keys-through-another-server", [];
    forms, "querying-keys-through-another-server", [];
    without_its_signature, "querying-keys-through-another-server", [];
    with_a_forged_signature, "querying-keys-through-another-server", [];
    of_a_server_that_nobody_asked_for, "querying-keys-through-another-server", [];
}

/// A server that does not answer when it is asked for its keys, and what its notary says of it.
fn notarised<L>(stage: &Stage, lie: L) -> Result<(Identity, Told), Failure>
where
    L: Fn(Answer) -> Answer + Send + Sync + 'static,
{
    let server = stranger(stage)?;
    answers(&stage.peer, &server, |_| Answer::not_found());
    let (notary, vouched, name) = (stage.peer.second().me, server.clone(), server.name.clone());
    let about = move |request: &Request| request.json["server_keys"][&name].is_object();
    let told = Told::new(&stage.peer, "query", "", about, move |_, _| {
        lie(Answer::ok(json!({ "server_keys": [notary.sign(vouched.server_keys())] })))
    });
    Ok((server, told))
}

/// Its requests are refused.
async fn lied<L>(stage: &Stage, lie: L) -> Outcome
where
    L: Fn(Answer) -> Answer + Send + Sync + 'static,
{
    let (server, _) = notarised(stage, lie)?;
    for _ in 0..3 {
        let reply = asks(stage, &server).await?;
        ensure_eq!(reply.status, 401, "a request of {}, of which a notary lies: {}", server.name, reply.brief());
    }
    Ok(())
}

/// Without it the others would prove nothing.
async fn the_truth(stage: Stage) -> Outcome {
    let (server, told) = notarised(&stage, |honest| honest)?;
    wait_for(format!("the keys of {}", server.name), || async {
        let reply = asks(&stage, &server).await?;
        Ok((reply.status == 200 || told.times() == 0).then_some(()))
    })
    .await
}

async fn forms(stage: Stage) -> Outcome {
    let lies: [Form; 3] = [form::endless, form::no_json, form::wrong_within];
    for lie in lies {
        lied(&stage, lie).await?;
    }
    goes_on(&stage).await
}

/// Beside the signature of the server, which proves nothing: its key came with it.
async fn without_its_signature(stage: Stage) -> Outcome {
    let notary = stage.peer.second().me.name;
    lied(&stage, move |honest| {
        honest.changed(|answer| {
            if let Some(signatures) = answer["server_keys"][0]["signatures"].as_object_mut() {
                signatures.remove(&notary);
            }
        })
    })
    .await
}

async fn with_a_forged_signature(stage: Stage) -> Outcome {
    let forged = stage.peer.second().me.forged()?;
    lied(&stage, move |honest| {
        honest.changed(|answer| {
            let keys = answer["server_keys"][0].clone();
            answer["server_keys"][0] = forged.sign(keys);
        })
    })
    .await
}

/// Asked about one server the notary tells a key of another one, too, with which somebody could speak for that.
async fn of_a_server_that_nobody_asked_for(stage: Stage) -> Outcome {
    let (notary, victim) = (stage.peer.second().me, stage.peer.me.clone());
    let forged = victim.forged()?.with_key_id(&format!("ed25519:{}", nonce()));
    let keys = notary.sign(forged.server_keys());
    let (server, told) = notarised(&stage, move |honest| {
        honest.changed(|answer| answer["server_keys"] = json!([answer["server_keys"][0], keys]))
    })?;
    asks(&stage, &server).await?;
    let asked = told.times();
    let reply = asks(&stage, &forged).await?;
    ensure!(
        reply.status == 401,
        "a forged key of {} is believed, after {asked} questions: {}",
        victim.name,
        reply.brief()
    );
    goes_on(&stage).await
}
