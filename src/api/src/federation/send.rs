//! `PUT /_matrix/federation/v1/send/{txnId}`.

use std::sync::Arc;

use federation::Transaction;
use ruma::api::federation::transactions::send_transaction_message::v1;

use crate::{App, Error, Result, bridge::Ruma};

/// Takes in what another server tells. It is answered for each event when all of them are safe, not when all are judged.
pub(super) async fn send(app: Arc<App>, request: Ruma<v1::Request>) -> Result<v1::Response> {
    let Ruma { body, caller, .. } = request;
    if body.origin != caller {
        return Err(Error::forbidden("the transaction is of another server than the request"));
    }
    let transaction = Transaction { id: body.transaction_id, pdus: body.pdus, edus: body.edus };
    let answer = app.federation.receive_transaction(&caller, transaction).await?;
    Ok(v1::Response::new((*answer).clone()))
}
