//! Servers of which only the keys are known.

use diesel::{
    dsl::{exists, not},
    prelude::*,
};

use crate::{
    Result, Tx,
    schema::{room_servers, server_key_answers as answers, server_keys as keys},
};

/// Servers that are forgotten in one step.
const STEP: i64 = 500;

/// Forgets some of the servers that are in no room here, where there are more than `most`: anybody can make up names of
/// servers, and have us ask for their keys. Who answered last goes first. So a flood of names washes away nothing but itself,
/// and the keys of those stay that will never answer again, with which old events are signed. Gives how many were forgotten.
pub fn forget_strangers(tx: &mut Tx<'_>, most: i64) -> Result<usize> {
    let all: i64 = answers::table.count().get_result(tx.conn())?;
    if all <= most {
        return Ok(0);
    }
    let in_rooms = room_servers::table.filter(room_servers::server.eq(answers::server));
    let strangers = answers::table
        .filter(not(exists(in_rooms)))
        .order((answers::fetched_at.asc(), answers::server.asc()))
        .select(answers::server);
    let surplus: Vec<String> = strangers.offset(most).limit(STEP).load(tx.conn())?;
    diesel::delete(keys::table.filter(keys::server.eq_any(&surplus))).execute(tx.conn())?;
    diesel::delete(answers::table.filter(answers::server.eq_any(&surplus))).execute(tx.conn())?;
    Ok(surplus.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Store,
        federation::server_keys::{AnswerRow, KeyRow, of_servers, put},
        rooms::Membership,
        testing::each,
        tests::rows,
    };

    async fn answer(store: &Store, server: &str, fetched_at: i64) {
        let answer = AnswerRow { server: server.to_owned(), fetched_at, valid_until: 9, json: "{}".to_owned() };
        let (server, key_id) = (server.to_owned(), "ed25519:1".to_owned());
        let key = KeyRow { server, key_id, public_key: vec![1; 32], good_until: 9 };
        store.write(move |tx| put(tx, &answer, std::slice::from_ref(&key), false)).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_flood_of_names_washes_away_only_itself() {
        each(async |database| {
            let store = database.open();
            let room = store.next_nid();
            let mut append = rows::messages(&store, room, 0, 1);
            rows::membership(&mut append, 0, "@u:member.example", Membership::Join, false);
            store.append(append).await.unwrap();
            answer(&store, "old.example", 1).await;
            for n in 0..10 {
                answer(&store, &format!("flood{n}.example"), 100 + n).await;
            }
            answer(&store, "member.example", 1_000).await;
            assert_eq!(store.write(|tx| forget_strangers(tx, 12)).await.unwrap(), 0);
            assert_eq!(store.write(|tx| forget_strangers(tx, 3)).await.unwrap(), 8);
            assert_eq!(store.write(|tx| forget_strangers(tx, 3)).await.unwrap(), 0);
            let asked = ["old", "flood0", "flood1", "flood2", "flood9", "member"].map(|name| format!("{name}.example"));
            let mut left: Vec<String> =
                store.read(move |c| of_servers(c, &asked)).await.unwrap().into_iter().map(|row| row.server).collect();
            left.sort();
            assert_eq!(left, ["flood0.example", "flood1.example", "member.example", "old.example"]);
            store.close().await;
        })
        .await;
    }
}
