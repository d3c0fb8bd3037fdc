//! Receipts for a thread, and for the main timeline.

use super::super::membership::pair;
use super::super::relations::{reaction, thread};
use super::prelude::*;
use super::{receipt, receipts_of, threaded_receipt, try_receipt};

tests! { "threaded_receipts":
    main, "threaded-read-receipts", ["POST v3/rooms/{roomId}/receipt/{receiptType}/{eventId}"];
    in_a_thread, "threaded-read-receipts", ["POST v3/rooms/{roomId}/receipt/{receiptType}/{eventId}"];
    beside_each_other, "threaded-read-receipts", ["GET v3/sync"];
    private_in_a_thread, "threaded-read-receipts", ["POST v3/rooms/{roomId}/receipt/{receiptType}/{eventId}"];
    on_a_reaction_in_a_thread, "threaded-read-receipts", ["POST v3/rooms/{roomId}/receipt/{receiptType}/{eventId}"];
    thread_id_malformed, "receipts", ["POST v3/rooms/{roomId}/receipt/{receiptType}/{eventId} M_INVALID_PARAM"];
    thread_id_with_fully_read, "receipts", ["POST v3/rooms/{roomId}/receipt/{receiptType}/{eventId} M_INVALID_PARAM"];
    not_in_the_thread, "receipts", ["POST v3/rooms/{roomId}/receipt/{receiptType}/{eventId} M_INVALID_PARAM"];
}

/// A room with a root, a message in its thread, and a message of the main timeline after it.
async fn talk(server: &Server) -> Result<(User, User, String, [String; 3]), Failure> {
    let (alice, bob, room) = pair(server).await?;
    let root = alice.say(&room, "root").await?;
    let reply = thread(&alice, &room, &root).await?;
    let main = alice.say(&room, "main").await?;
    Ok((alice, bob, room, [root, reply, main]))
}

async fn main(server: Server) -> Outcome {
    let (alice, bob, room, [root, _, main]) = talk(&server).await?;
    // "Thread roots are considered to be in the main timeline".
    for event in [root, main] {
        threaded_receipt(&bob, &room, "m.read", &event, "main").await?;
        let got = receipts_of(&alice.first_sync().await?, &room, &bob);
        ensure_eq!(got, [("m.read".to_owned(), event, json!("main"))], "receipts of bob");
    }
    Ok(())
}

async fn in_a_thread(server: Server) -> Outcome {
    let (alice, bob, room, [root, reply, _]) = talk(&server).await?;
    let since = alice.now().await?;
    threaded_receipt(&bob, &room, "m.read", &reply, &root).await?;
    let sync = alice.sync_until(&since, |sync| !receipts_of(sync, &room, &bob).is_empty()).await?;
    ensure_eq!(receipts_of(&sync, &room, &bob), [("m.read".to_owned(), reply, json!(root))], "receipts of bob");
    Ok(())
}

/// "The client replaces the older acknowledgement ... but does not replace the acknowledgement for $bbb:example.com
/// because it belongs to a thread."
async fn beside_each_other(server: Server) -> Outcome {
    let (alice, bob, room, [root, reply, main]) = talk(&server).await?;
    threaded_receipt(&bob, &room, "m.read", &root, "main").await?;
    threaded_receipt(&bob, &room, "m.read", &reply, &root).await?;
    receipt(&bob, &room, "m.read", &main).await?;
    let mut got = receipts_of(&alice.first_sync().await?, &room, &bob);
    let mut want = vec![
        ("m.read".to_owned(), root.clone(), json!("main")),
        ("m.read".to_owned(), reply, json!(root)),
        ("m.read".to_owned(), main, Value::Null),
    ];
    got.sort_by_key(|entry| format!("{entry:?}"));
    want.sort_by_key(|entry| format!("{entry:?}"));
    ensure_eq!(got, want, "receipts of bob");
    Ok(())
}

async fn private_in_a_thread(server: Server) -> Outcome {
    let (alice, bob, room, [root, reply, _]) = talk(&server).await?;
    threaded_receipt(&bob, &room, "m.read.private", &reply, &root).await?;
    let got = receipts_of(&bob.first_sync().await?, &room, &bob);
    ensure_eq!(got, [("m.read.private".to_owned(), reply, json!(root))], "receipts of bob for himself");
    let got = receipts_of(&alice.first_sync().await?, &room, &bob);
    ensure!(got.is_empty(), "not for alice: {got:?}");
    Ok(())
}

/// An event is in a thread if "Following the event relationships, it has a parent event which references the thread
/// root with a rel_type of m.thread."
async fn on_a_reaction_in_a_thread(server: Server) -> Outcome {
    let (alice, bob, room, [root, reply, _]) = talk(&server).await?;
    let like = alice.send(&room, "m.reaction", reaction(&reply, "👍")).await?;
    threaded_receipt(&bob, &room, "m.read", &like, &root).await?;
    let refused = try_receipt(&bob, &room, "m.read", &like, json!({ "thread_id": "main" })).await?;
    refused.error(400, "M_INVALID_PARAM")?;
    // One on the root itself is in the main timeline.
    let like = alice.send(&room, "m.reaction", reaction(&root, "👍")).await?;
    threaded_receipt(&bob, &room, "m.read", &like, "main").await
}

/// "It is not a string." "It is empty."
async fn thread_id_malformed(server: Server) -> Outcome {
    let (_, bob, room, [_, _, main]) = talk(&server).await?;
    for thread in [json!(""), json!(7), json!(null), json!(["main"]), json!({})] {
        let body = json!({ "thread_id": thread });
        try_receipt(&bob, &room, "m.read", &main, body).await?.error(400, "M_INVALID_PARAM")?;
    }
    let got = receipts_of(&bob.first_sync().await?, &room, &bob);
    ensure!(got.is_empty(), "nothing was set: {got:?}");
    Ok(())
}

/// "It is provided for an incompatible receipt type."
async fn thread_id_with_fully_read(server: Server) -> Outcome {
    let (_, bob, room, [_, _, main]) = talk(&server).await?;
    let body = json!({ "thread_id": "main" });
    try_receipt(&bob, &room, "m.fully_read", &main, body).await?.error(400, "M_INVALID_PARAM").map(drop)
}

/// "The event_id is not related to the thread_id."
async fn not_in_the_thread(server: Server) -> Outcome {
    let (_, bob, room, [root, reply, main]) = talk(&server).await?;
    for (event, thread) in [(&main, root.as_str()), (&reply, "main"), (&reply, main.as_str())] {
        let body = json!({ "thread_id": thread });
        try_receipt(&bob, &room, "m.read", event, body).await?.error(400, "M_INVALID_PARAM")?;
    }
    Ok(())
}
