//! Dehydrated devices, as MSC3814 (unstable) has them.

use super::prelude::*;

tests! { "dehydrated":
    none, "msc3814", ["GET /_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device M_NOT_FOUND",
        "DELETE /_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device M_NOT_FOUND"];
    upload, "msc3814", ["PUT /_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device",
        "GET /_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device"];
    keys, "msc3814", ["PUT /_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device"];
    seen_by_other_devices, "msc3814", ["GET /_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device"];
    replaced, "msc3814", ["PUT /_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device"];
    delete, "msc3814", ["DELETE /_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device"];
    deleted_as_a_device, "msc3814", ["DELETE v3/devices/{deviceId}"];
    in_device_lists, "msc3814", ["GET v3/sync"];
    without_keys, "msc3814", ["PUT /_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device 400"];
    foreign_keys, "msc3814", ["PUT /_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device 400"];
    needs_token, "msc3814",
        ["PUT /_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device M_MISSING_TOKEN",
         "GET /_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device M_MISSING_TOKEN"];
}

/// The endpoint.
pub(super) const PATH: &str = "/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device";

/// A device of the user that never logged in.
fn sleeping(user: &User, id: &str) -> User {
    User { device: user.server.fresh(id), ..user.clone() }
}

fn data(mark: &str) -> Value {
    json!({ "algorithm": "org.matrix.msc3814.v2", "device_pickle": mark, "nonce": "ü" })
}

fn body(device: &User, mark: &str) -> Value {
    json!({
        "device_id": device.device,
        "device_data": data(mark),
        "initial_device_display_name": "Sleeping",
        "device_keys": device.device_keys(),
        "one_time_keys": device.one_time_keys(&["A"]),
        "fallback_keys": { format!("{SIGNED}:F"): device.fallback_key("F") },
    })
}

/// Alice with a dehydrated device, and that device.
pub(super) async fn asleep(server: &Server) -> Result<(User, User), Failure> {
    let alice = server.device("alice").await?;
    let device = sleeping(&alice, "SLEEPING");
    let answer = alice.put(PATH, body(&device, "first")).await?.ok()?;
    ensure_eq!(answer["device_id"], device.device.as_str(), "device_id of the answer");
    Ok((alice, device))
}

/// That is how clients find out that the server knows this but has none.
async fn none(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    alice.get(PATH).await?.error(404, "M_NOT_FOUND")?;
    alice.delete(PATH).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn upload(server: Server) -> Outcome {
    let (alice, device) = asleep(&server).await?;
    let got = alice.get(PATH).await?.ok()?;
    ensure_eq!(got["device_id"], device.device.as_str(), "device_id");
    ensure_eq!(got["device_data"], data("first"), "device_data, unchanged");
    Ok(())
}

async fn keys(server: Server) -> Outcome {
    let (_, device) = asleep(&server).await?;
    let bob = server.user("bob").await?;
    let got = bob.keys_of(&device).await?;
    ensure_eq!(got["keys"], device.device_keys()["keys"], "device keys");
    ensure_eq!(got["signatures"], device.device_keys()["signatures"], "signatures");
    ensure_eq!(bob.claim(&device).await?, Some(format!("{SIGNED}:A")), "its one-time key");
    ensure_eq!(bob.claim(&device).await?, Some(format!("{SIGNED}:F")), "then its fallback key");
    Ok(())
}

async fn seen_by_other_devices(server: Server) -> Outcome {
    let (alice, device) = asleep(&server).await?;
    let bob = server.user("bob").await?;
    let got = alice.new_device().await?.get(PATH).await?.ok()?;
    ensure_eq!(got["device_id"], device.device.as_str(), "device_id");
    bob.get(PATH).await?.error(404, "M_NOT_FOUND").map(drop)
}

/// A user has one dehydrated device.
async fn replaced(server: Server) -> Outcome {
    let (alice, old) = asleep(&server).await?;
    let bob = server.user("bob").await?;
    let new = sleeping(&alice, "SECOND");
    alice.put(PATH, body(&new, "second")).await?.ok()?;
    let got = alice.get(PATH).await?.ok()?;
    ensure_eq!(got["device_id"], new.device.as_str(), "device_id");
    ensure_eq!(got["device_data"], data("second"), "device_data");
    ensure_eq!(bob.keys_of(&old).await?, Value::Null, "keys of the old one");
    ensure_eq!(bob.claim(&old).await?, None, "one-time key of the old one");
    ensure_eq!(bob.keys_of(&new).await?["device_id"], new.device.as_str(), "keys of the new one");
    Ok(())
}

async fn delete(server: Server) -> Outcome {
    let (alice, device) = asleep(&server).await?;
    let bob = server.user("bob").await?;
    ensure_eq!(alice.delete(PATH).await?.ok()?["device_id"], device.device.as_str(), "answer");
    alice.get(PATH).await?.error(404, "M_NOT_FOUND")?;
    ensure_eq!(bob.keys_of(&device).await?, Value::Null, "its keys");
    ensure_eq!(bob.claim(&device).await?, None, "its one-time keys");
    Ok(())
}

async fn deleted_as_a_device(server: Server) -> Outcome {
    let (alice, device) = asleep(&server).await?;
    alice.delete_device(&device).await?;
    alice.get(PATH).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn in_device_lists(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.device("bob").await?);
    let room = alice.encrypted_room().await?;
    bob.join(&room).await?;
    let since = bob.now().await?;
    alice.put(PATH, body(&sleeping(&alice, "SLEEPING"), "first")).await?.ok()?;
    let sync = bob.sync_since(&since).await?;
    ensure_eq!(listed(&sync, "changed"), [alice.id.as_str()], "who changed");
    alice.delete(PATH).await?.ok()?;
    let sync = bob.sync_since(&text(&sync, "next_batch")?).await?;
    ensure_eq!(listed(&sync, "changed"), [alice.id.as_str()], "who changed after the deletion");
    Ok(())
}

async fn without_keys(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let device = sleeping(&alice, "SLEEPING");
    for member in ["device_keys", "device_id", "device_data"] {
        let mut body = body(&device, "first");
        body.as_object_mut().and_then(|body| body.remove(member));
        alice.put(PATH, body).await?.refused(400)?;
    }
    alice.get(PATH).await?.error(404, "M_NOT_FOUND").map(drop)
}

/// The same rules as for `/keys/upload`: the keys are those of this user and device.
async fn foreign_keys(server: Server) -> Outcome {
    let (alice, bob) = (server.device("alice").await?, server.device("bob").await?);
    let device = sleeping(&alice, "SLEEPING");
    for keys in [bob.device_keys(), alice.device_keys(), device.unsigned_device_keys("first")] {
        let mut body = body(&device, "first");
        body["device_keys"] = keys;
        alice.put(PATH, body).await?.refused(400)?;
    }
    alice.get(PATH).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn needs_token(server: Server) -> Outcome {
    let alice = server.device("alice").await?;
    let body = body(&sleeping(&alice, "SLEEPING"), "first");
    server.get(PATH).await?.error(401, "M_MISSING_TOKEN")?;
    server.call(Method::PUT, PATH, None, Some(&body)).await?.error(401, "M_MISSING_TOKEN").map(drop)
}
