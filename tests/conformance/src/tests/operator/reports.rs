//! `/_synapse/admin/v1/event_reports`.

use super::prelude::*;

tests! { "operator_reports":
    listed_in_pages, "reporting-content", ["GET /_synapse/admin/v1/event_reports"];
    one, "reporting-content", ["GET /_synapse/admin/v1/event_reports/{id}"];
    deleted, "reporting-content", ["DELETE /_synapse/admin/v1/event_reports/{id}",
        "GET /_synapse/admin/v1/event_reports/{id} M_NOT_FOUND",
        "DELETE /_synapse/admin/v1/event_reports/{id} M_NOT_FOUND"];
    bad_parameters, "reporting-content", ["GET /_synapse/admin/v1/event_reports M_INVALID_PARAM",
        "GET /_synapse/admin/v1/event_reports/{id} M_INVALID_PARAM"];
    administrators_only, "reporting-content", ["GET /_synapse/admin/v1/event_reports M_FORBIDDEN",
        "GET /_synapse/admin/v1/event_reports/{id} M_FORBIDDEN",
        "DELETE /_synapse/admin/v1/event_reports/{id} M_FORBIDDEN"];
}

const PATH: &str = "/_synapse/admin/v1/event_reports";

/// Somebody who has reported events of a room: (reporter, room, events in the order of the reports).
async fn reported(server: &Server, count: usize) -> Result<(User, String, Vec<String>), Failure> {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    let mut events = Vec::new();
    for number in 0..count {
        let event = alice.say(&room, &format!("spam {number}")).await?;
        bob.post(v3!("rooms/{}/report/{}", room, event), json!({ "reason": "it is spam" })).await?.ok()?;
        events.push(event);
    }
    Ok((bob, room, events))
}

/// All reports by this user, the newest first, read in pages of two. Others may report meanwhile.
async fn reports_by(admin: &User, user: &User) -> Result<Vec<Value>, Failure> {
    let (mut found, mut from) = (Vec::<Value>::new(), Value::from(0));
    loop {
        let page = admin.get(format!("{PATH}?limit=2&from={from}")).await?.ok()?;
        let list = page["event_reports"].as_array().cloned().unwrap_or_default();
        ensure!(list.len() <= 2, "a page of two has {}", list.len());
        ensure!(page["total"].as_u64() >= Some(list.len() as u64), "total: {}", page["total"]);
        let known: Vec<Value> = found.iter().map(|report| report["id"].clone()).collect();
        found.extend(list.into_iter().filter(|one| one["user_id"] == user.id && !known.contains(&one["id"])));
        from = page["next_token"].clone();
        if from.is_null() {
            return Ok(found);
        }
    }
}

async fn listed_in_pages(server: Server) -> Outcome {
    let ((bob, room, events), admin) = (reported(&server, 3).await?, server.admin().await?);
    let found = reports_by(&admin, &bob).await?;
    let ids: Vec<&str> = found.iter().rev().filter_map(|report| report["event_id"].as_str()).collect();
    ensure_eq!(ids, events, "reported events, the newest first");
    for report in &found {
        ensure_eq!(report["room_id"], room, "room_id");
        ensure_eq!(report["reason"], "it is spam", "reason");
        ensure!(report["id"].is_u64() && report["received_ts"].is_u64(), "id and time: {report}");
    }
    Ok(())
}

async fn one(server: Server) -> Outcome {
    let ((bob, room, events), admin) = (reported(&server, 1).await?, server.admin().await?);
    let found = reports_by(&admin, &bob).await?;
    ensure_eq!(found.len(), 1, "reports");
    let report = admin.get(format!("{PATH}/{}", found[0]["id"])).await?.ok()?;
    ensure_eq!(report["user_id"], bob.id, "user_id");
    ensure_eq!((&report["event_id"], &report["room_id"]), (&json!(events[0]), &json!(room)), "what is reported");
    ensure_eq!(report["event_json"]["content"]["body"], "spam 0", "the event");
    Ok(())
}

async fn deleted(server: Server) -> Outcome {
    let ((bob, ..), admin) = (reported(&server, 1).await?, server.admin().await?);
    let path = format!("{PATH}/{}", reports_by(&admin, &bob).await?[0]["id"]);
    ensure_eq!(admin.delete(&path).await?.ok()?, json!({}), "answer");
    admin.get(&path).await?.error(404, "M_NOT_FOUND")?;
    admin.delete(&path).await?.error(404, "M_NOT_FOUND")?;
    ensure!(reports_by(&admin, &bob).await?.is_empty(), "it is still listed");
    Ok(())
}

async fn bad_parameters(server: Server) -> Outcome {
    let admin = server.admin().await?;
    for query in ["limit=-1", "from=-1", "limit=many"] {
        admin.get(format!("{PATH}?{query}")).await?.error(400, "M_INVALID_PARAM")?;
    }
    admin.get(format!("{PATH}/first")).await?.error(400, "M_INVALID_PARAM").map(drop)
}

async fn administrators_only(server: Server) -> Outcome {
    let ((bob, ..), admin) = (reported(&server, 1).await?, server.admin().await?);
    let one = format!("{PATH}/{}", reports_by(&admin, &bob).await?[0]["id"]);
    bob.get(PATH).await?.error(403, "M_FORBIDDEN")?;
    bob.get(&one).await?.error(403, "M_FORBIDDEN")?;
    bob.delete(&one).await?.error(403, "M_FORBIDDEN")?;
    server.get(PATH).await?.error(401, "M_MISSING_TOKEN").map(drop)
}
