//! `PUT /_matrix/federation/v1/send/{txnId}`.

use actix_web::HttpResponse;
use federation::Transaction;
use ruma::api::federation::transactions::send_transaction_message::v1;
use serde::{Deserialize, de::IgnoredAny};

use crate::{
    Error, Result,
    bridge::{Call, Ruma, respond},
};

/// The longest list of a body that is read. What a transaction may hold is less.
const LONGEST: usize = 1_000;

/// The lists of a body. What they consist of takes no memory here; as events, elements of two bytes would take a hundred times
/// that.
#[derive(Deserialize)]
struct Lists {
    #[serde(default)]
    pdus: Vec<IgnoredAny>,
    #[serde(default)]
    edus: Vec<IgnoredAny>,
}

/// Takes in what another server tells. It is answered for each event when all of them are safe, not when all are judged.
pub(super) async fn send(call: Call) -> Result<HttpResponse> {
    let Lists { pdus, edus } = call.json()?;
    if pdus.len().max(edus.len()) > LONGEST {
        return Err(Error::invalid_param("there is too much in this transaction"));
    }
    let app = call.app.clone();
    let Ruma { body, caller, .. } = Ruma::<v1::Request>::read(call).await?;
    if body.origin != caller {
        return Err(Error::forbidden("the transaction is of another server than the request"));
    }
    let transaction = Transaction { id: body.transaction_id, pdus: body.pdus, edus: body.edus };
    let answer = app.federation.receive_transaction(&caller, transaction).await?;
    Ok(respond(v1::Response::new((*answer).clone())))
}
