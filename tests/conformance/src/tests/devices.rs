//! Devices.

use super::prelude::*;

tests! { "devices":
    list, "device-management", ["GET v3/devices"];
    one, "device-management", ["GET v3/devices/{deviceId}"];
    unknown, "device-management",
        ["GET v3/devices/{deviceId} M_NOT_FOUND", "PUT v3/devices/{deviceId} M_NOT_FOUND"];
    rename, "device-management", ["PUT v3/devices/{deviceId}"];
    rename_bad_type, "device-management", ["PUT v3/devices/{deviceId} 400"];
    last_seen, "device-management", ["GET v3/devices/{deviceId}"];
    of_others, "device-management", ["GET v3/devices/{deviceId} M_NOT_FOUND"];
    delete_needs_auth, "device-management", ["DELETE v3/devices/{deviceId} 401"];
    delete, "device-management", ["DELETE v3/devices/{deviceId}"];
    delete_twice, "device-management", ["DELETE v3/devices/{deviceId}"];
    delete_of_others, "device-management", ["DELETE v3/devices/{deviceId}"];
    delete_several, "device-management", ["POST v3/delete_devices", "POST v3/delete_devices 401"];
    delete_several_bad_body, "device-management", ["POST v3/delete_devices 400"];
}

async fn list(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let other = alice.new_device().await?;
    let answer = alice.get(v3!("devices")).await?.ok()?;
    let devices = answer["devices"].as_array().cloned().unwrap_or_default();
    let mut got: Vec<&str> = devices.iter().filter_map(|device| device["device_id"].as_str()).collect();
    got.sort_unstable();
    let mut want = [alice.device.as_str(), &other.device];
    want.sort_unstable();
    ensure_eq!(got, want, "devices");
    Ok(())
}

async fn one(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let device = alice.get(v3!("devices/{}", alice.device)).await?.ok()?;
    ensure_eq!(device["device_id"], alice.device.as_str(), "device_id");
    Ok(())
}

async fn unknown(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    alice.get(v3!("devices/NOSUCH")).await?.error(404, "M_NOT_FOUND")?;
    // "regular clients may only update existing devices".
    alice.put(v3!("devices/NOSUCH"), json!({ "display_name": "x" })).await?.error(404, "M_NOT_FOUND")?;
    alice.get(v3!("devices/NOSUCH")).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn rename(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let path = v3!("devices/{}", alice.device);
    ensure_eq!(alice.put(&path, json!({ "display_name": "Läptop" })).await?.ok()?, json!({}), "answer");
    ensure_eq!(alice.get(&path).await?.ok()?["display_name"], "Läptop", "display name");
    // "If not given, the display name is unchanged."
    alice.put(&path, json!({})).await?.ok()?;
    ensure_eq!(alice.get(&path).await?.ok()?["display_name"], "Läptop", "display name after an empty request");
    Ok(())
}

async fn rename_bad_type(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    alice.put(v3!("devices/{}", alice.device), json!({ "display_name": 5 })).await?.refused(400).map(drop)
}

async fn last_seen(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    alice.get(v3!("account/whoami")).await?.ok()?;
    let device = alice.get(v3!("devices/{}", alice.device)).await?.ok()?;
    ensure_eq!(device["device_id"], alice.device.as_str(), "device_id");
    // Both are optional and may lag behind.
    let (ts, ip) = (&device["last_seen_ts"], &device["last_seen_ip"]);
    ensure!(ts.is_null() || ts.as_u64().is_some_and(|ts| ts > 1_600_000_000_000), "milliseconds since 1970: {ts}");
    ensure!(ip.is_null() || ip.as_str().is_some_and(|ip| ip.parse::<std::net::IpAddr>().is_ok()), "an address: {ip}");
    Ok(())
}

async fn of_others(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    bob.get(v3!("devices/{}", alice.device)).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn delete_needs_auth(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let other = alice.new_device().await?;
    let reply = alice.delete(v3!("devices/{}", other.device)).await?;
    ensure_eq!(reply.status, 401, "status without auth ({})", reply.brief());
    ensure!(reply.json["flows"].is_array(), "flows: {}", reply.brief());
    other.get(v3!("account/whoami")).await?.ok().map(drop)
}

/// "Deletes the given device, and invalidates any access token associated with it."
async fn delete(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let other = alice.new_device().await?;
    let path = v3!("devices/{}", other.device);
    alice.authenticated(Method::DELETE, &path, json!({})).await?.ok()?;
    other.get(v3!("account/whoami")).await?.error(401, "M_UNKNOWN_TOKEN")?;
    alice.get(&path).await?.error(404, "M_NOT_FOUND").map(drop)
}

/// 200: "The device was successfully removed, or had been removed previously."
async fn delete_twice(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let other = alice.new_device().await?;
    let path = v3!("devices/{}", other.device);
    for _ in 0..2 {
        alice.authenticated(Method::DELETE, &path, json!({})).await?.ok()?;
    }
    alice.get(&path).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn delete_of_others(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let path = v3!("devices/{}", alice.device);
    bob.authenticated(Method::DELETE, &path, json!({})).await?;
    ensure_eq!(alice.get(&path).await?.ok()?["device_id"], alice.device.as_str(), "the other's device");
    Ok(())
}

async fn delete_several(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (two, three, four) = (alice.new_device().await?, alice.new_device().await?, alice.new_device().await?);
    let body = json!({ "devices": [two.device, three.device, "NOSUCH"] });
    let reply = alice.post(v3!("delete_devices"), body.clone()).await?;
    ensure_eq!(reply.status, 401, "status without auth ({})", reply.brief());
    alice.authenticated(Method::POST, &v3!("delete_devices"), body).await?.ok()?;
    for gone in [&two, &three] {
        gone.get(v3!("account/whoami")).await?.error(401, "M_UNKNOWN_TOKEN")?;
    }
    for kept in [&alice, &four] {
        kept.get(v3!("account/whoami")).await?.ok()?;
    }
    Ok(())
}

async fn delete_several_bad_body(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    // `devices` is required.
    alice.authenticated(Method::POST, &v3!("delete_devices"), json!({})).await?.refused(400)?;
    alice.authenticated(Method::POST, &v3!("delete_devices"), json!({ "devices": "all" })).await?.refused(400).map(drop)
}
