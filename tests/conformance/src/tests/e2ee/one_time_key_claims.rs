//! One-time keys: claimed, each once.

use super::prelude::*;

tests! { "one_time_key_claims":
    once, "one-time-and-fallback-keys", ["POST v3/keys/claim"];
    in_upload_order, "one-time-and-fallback-keys", ["POST v3/keys/claim"];
    several, "one-time-and-fallback-keys", ["POST v3/keys/claim"];
    at_once, "one-time-and-fallback-keys", ["POST v3/keys/claim"];
    of_own_device, "one-time-and-fallback-keys", ["POST v3/keys/claim"];
    unknown, "one-time-and-fallback-keys", ["POST v3/keys/claim"];
    other_algorithm, "one-time-and-fallback-keys", ["POST v3/keys/claim"];
    nothing, "one-time-and-fallback-keys", ["POST v3/keys/claim 400"];
    bad_bodies, "one-time-and-fallback-keys", ["POST v3/keys/claim 400"];
    needs_token, "one-time-and-fallback-keys", ["POST v3/keys/claim M_MISSING_TOKEN"];
}

async fn once(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    alice.upload_one_time(&["AAAA"]).await?;
    let got = bob.claim_of(&alice, SIGNED).await?;
    ensure_eq!(got, Some((format!("{SIGNED}:AAAA"), alice.one_time_key("AAAA"))), "claimed key");
    ensure_eq!(bob.claim(&alice).await?, None, "a second claim: each key is given out once");
    Ok(())
}

/// "One-time keys are given out in the order that they were uploaded".
async fn in_upload_order(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    let ids = ["zz", "AAAB", "m", "AAAA", "0"];
    for id in ids {
        alice.upload_one_time(&[id]).await?;
    }
    for id in ids {
        ensure_eq!(bob.claim(&alice).await?, Some(format!("{SIGNED}:{id}")), "next key");
    }
    Ok(())
}

async fn several(server: Server) -> Outcome {
    let (alice, bob, carol) = (server.device("alice").await?, server.device("bob").await?, server.user("c").await?);
    let other = alice.second().await?;
    for device in [&alice, &other, &bob] {
        device.upload_one_time(&["AAAA"]).await?;
    }
    let wanted = json!({
        &alice.id: { &alice.device: SIGNED, &other.device: SIGNED, "NOSUCH": SIGNED },
        &bob.id: { &bob.device: SIGNED },
    });
    let answer = carol.post(v3!("keys/claim"), json!({ "one_time_keys": wanted })).await?.ok()?;
    for device in [&alice, &other, &bob] {
        let want = json!({ format!("{SIGNED}:AAAA"): device.one_time_key("AAAA") });
        ensure_eq!(answer["one_time_keys"][&device.id][&device.device], want, "key of {}", device.device);
    }
    ensure!(answer["one_time_keys"][&alice.id]["NOSUCH"].is_null(), "an unknown device is missing: {answer}");
    Ok(())
}

/// "Servers must ensure that each one-time key is returned at most once".
async fn at_once(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    let ids: Vec<String> = (0..20).map(|number| format!("K{number:02}")).collect();
    alice.upload_one_time(&ids.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    let claims = (0..30).map(|_| bob.claim(&alice));
    let mut got = Vec::new();
    for claimed in futures_util::future::join_all(claims).await {
        got.extend(claimed?);
    }
    got.sort_unstable();
    ensure_eq!(got, ids.iter().map(|id| format!("{SIGNED}:{id}")).collect::<Vec<_>>(), "keys given out");
    Ok(())
}

async fn of_own_device(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let other = alice.second().await?;
    other.upload_one_time(&["AAAA"]).await?;
    ensure_eq!(alice.claim(&other).await?, Some(format!("{SIGNED}:AAAA")), "key of one's other device");
    Ok(())
}

/// "if the user or device was unknown, no failure is recorded".
async fn unknown(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    let nobody = format!("@{}:{}", server.fresh("nobody"), server.name());
    let wanted = json!({ &nobody: { "X": SIGNED }, &alice.id: { "NOSUCH": SIGNED, &alice.device: SIGNED } });
    let answer = bob.post(v3!("keys/claim"), json!({ "one_time_keys": wanted })).await?.ok()?;
    ensure!(answer["failures"].is_null() || answer["failures"] == json!({}), "no failure: {answer}");
    for user in [&nobody, &alice.id] {
        let devices = answer["one_time_keys"][user].as_object().cloned().unwrap_or_default();
        ensure!(devices.values().all(|keys| *keys == json!({})), "no keys: {answer}");
    }
    Ok(())
}

async fn other_algorithm(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.user("bob").await?);
    alice.upload_one_time(&["AAAA"]).await?;
    ensure_eq!(bob.claim_of(&alice, "org.example.none").await?, None, "key of another algorithm");
    ensure_eq!(bob.claim(&alice).await?, Some(format!("{SIGNED}:AAAA")), "the key is still there");
    Ok(())
}

/// `one_time_keys` is required.
async fn nothing(server: Server) -> Outcome {
    server.user("alice").await?.post(v3!("keys/claim"), json!({})).await?.refused(400).map(drop)
}

async fn bad_bodies(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let bodies = [
        json!({ "one_time_keys": [] }),
        json!({ "one_time_keys": { &alice.id: [] } }),
        json!({ "one_time_keys": { &alice.id: { &alice.device: 1 } } }),
    ];
    for body in bodies {
        alice.post(v3!("keys/claim"), body).await?.refused(400)?;
    }
    Ok(())
}

async fn needs_token(server: Server) -> Outcome {
    server.post(v3!("keys/claim"), json!({ "one_time_keys": {} })).await?.error(401, "M_MISSING_TOKEN").map(drop)
}
