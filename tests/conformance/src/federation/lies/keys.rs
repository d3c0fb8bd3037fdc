//! Lies about the keys of a server: whoever has no good key of it believes none of its requests.
//!
//! Each test is another server, with a key that nobody has seen before. Its name is `localhost` in capitals of its own.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::prelude::*;
use crate::peer::{Identity, Peer};

tests! { "lies_server_keys":
    of_another_server, "retrieving-server-keys", [];
    that_do_not_sign, "retrieving-server-keys", [];
    that_have_expired, "retrieving-server-keys", [];
    of_a_key_of_small_order, "retrieving-server-keys", [];
}

/// Those about the form.
pub fn forms() -> Vec<Test> {
    forms!("server_keys", "retrieving-server-keys", form)
}

/// A server that nobody has heard of: its name has one to three capitals in a row. Where a server under test has to do with
/// listed servers only, all these names must be listed.
pub fn stranger(stage: &Stage) -> Result<Identity, Failure> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed) % 24;
    let (place, count) = match number {
        0..9 => (number, 1),
        9..17 => (number - 9, 2),
        _ => (number - 17, 3),
    };
    let large = |(number, letter): (usize, char)| match (place..place + count).contains(&number) {
        true => letter.to_ascii_uppercase(),
        false => letter,
    };
    let host: String = "localhost".chars().enumerate().map(large).collect();
    let port = stage.peer.me.name.rsplit(':').next().unwrap_or_default();
    let word = nonce();
    let seed = ring::digest::digest(&ring::digest::SHA256, word.as_bytes());
    Identity::new(&format!("{host}:{port}"), &format!("ed25519:{word}"), seed.as_ref())
}

/// What a server says when it is asked for its keys.
pub fn answers<L>(peer: &Peer, server: &Identity, lie: L) -> Told
where
    L: Fn(Answer) -> Answer + Send + Sync + 'static,
{
    let name = server.name.clone();
    peer.lie("server", "", {
        let honest = server.clone();
        move |request, other| match request.header("host") == honest.name {
            true => Answer::ok(honest.server_keys()),
            false => other,
        }
    });
    Told::new(peer, "server", "", move |request| request.header("host") == name, move |_, honest| lie(honest))
}

fn profile_of(user: &str) -> String {
    format!("{}?user_id={}", fed!("v1/query/profile"), encode(user))
}

/// A request that this server has signed.
pub async fn asks(stage: &Stage, server: &Identity) -> Result<Reply, Failure> {
    let path = profile_of(&stage.alice.id);
    let header = server.authorization("GET", &path, stage.peer.under_test(), None);
    stage.peer.raw(Method::GET, &path, None, &[header]).await
}

/// Its requests are refused as long as it lies. When it tells its keys they are believed, at the latest when it may be asked
/// again.
async fn lied<L>(stage: Stage, server: Identity, lie: L) -> Outcome
where
    L: Fn(Answer) -> Answer + Send + Sync + 'static,
{
    let told = answers(&stage.peer, &server, lie);
    wait_for(format!("a question for the keys of {}", server.name), || async {
        let reply = asks(&stage, &server).await?;
        ensure!(reply.status == 401, "a request of {}, which lies about its keys: {}", server.name, reply.brief());
        Ok((told.times() > 0).then_some(()))
    })
    .await?;
    goes_on(&stage).await?;
    told.take_back();
    wait_for(format!("the keys of {}", server.name), || async {
        Ok((asks(&stage, &server).await?.status == 200).then_some(()))
    })
    .await
}

/// An answer in which the keys stand, and more than should, may be believed or not.
async fn form(stage: Stage, lie: Form) -> Outcome {
    let server = stranger(&stage)?;
    if lie(Answer::ok(server.server_keys())).value()["server_name"] != server.name {
        return lied(stage, server, lie).await;
    }
    answers(&stage.peer, &server, lie);
    let reply = asks(&stage, &server).await?;
    ensure!([200, 401].contains(&reply.status), "a request of {}: {}", server.name, reply.brief());
    goes_on(&stage).await
}

/// They are whole and signed, but by a server of another name.
async fn of_another_server(stage: Stage) -> Outcome {
    let (server, other) = (stranger(&stage)?, stage.peer.second().me.name);
    let keys = server.with_name(&other);
    lied(stage, server, move |_| Answer::ok(keys.server_keys())).await
}

/// The keys are right, but it was another that signed them.
async fn that_do_not_sign(stage: Stage) -> Outcome {
    let server = stranger(&stage)?;
    let forged = server.forged()?;
    lied(stage, server, move |honest| {
        honest.changed(|keys| {
            let bare = crate::peer::without(keys, &["signatures"]);
            *keys = forged.sign(bare);
        })
    })
    .await
}

async fn that_have_expired(stage: Stage) -> Outcome {
    let server = stranger(&stage)?;
    let signer = server.clone();
    lied(stage, server, move |honest| {
        honest.changed(|keys| {
            let mut bare = crate::peer::without(keys, &["signatures"]);
            bare["valid_until_ts"] = json!(now() - 60_000);
            *keys = signer.sign(bare);
        })
    })
    .await
}

/// By the neutral element of the curve everything is signed: with such a key anybody could speak for the server.
async fn of_a_key_of_small_order(stage: Stage) -> Outcome {
    let server = stranger(&stage)?;
    let (key, signature) = (format!("AQ{}", "A".repeat(41)), format!("AQ{}", "A".repeat(84)));
    let told = answers(&stage.peer, &server, {
        let (id, name, signature) = (server.key_id.clone(), server.name.clone(), signature.clone());
        move |honest| {
            honest.changed(|keys| {
                keys["verify_keys"][&id]["key"] = json!(key);
                keys["signatures"][&name][&id] = json!(signature);
            })
        }
    });
    let path = profile_of(&stage.alice.id);
    let header = server.authorization("GET", &path, stage.peer.under_test(), None);
    let (head, _) = header.split_once("sig=").unwrap_or_default();
    let header = format!("{head}sig=\"{signature}\"");
    wait_for(format!("a question for the keys of {}", server.name), || async {
        let reply = stage.peer.raw(Method::GET, &path, None, &[header.clone()]).await?;
        ensure!(reply.status == 401, "a request that everybody could have signed: {}", reply.brief());
        Ok((told.times() > 0).then_some(()))
    })
    .await
}
