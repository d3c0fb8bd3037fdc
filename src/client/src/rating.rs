//! How much somebody's reactions count for this reader.

use matrix_sdk::ruma::UserId;

use crate::account::Account;
use crate::error::{Error, Result};
use crate::report::Weight;

/// Sets somebody's weight, or tells it.
///
/// # Errors
/// The weight is not from 0 to 1; this device is not let in.
pub async fn weight(account: &Account, user_id: &UserId, weight: Option<f64>) -> Result<Weight> {
    let synapses = match weight {
        Some(weight) if !(0.0..=1.0).contains(&weight) => {
            return Err(Error::Input("A weight is a number from 0 (not at all) to 1 (as everybody).".to_owned()));
        }
        Some(weight) => {
            let user_id = user_id.to_string();
            account
                .change_synapses(move |synapses| {
                    synapses.0.insert(user_id.clone(), weight);
                })
                .await?
        }
        None => account.synapses().await?,
    };
    Ok(Weight { user_id: user_id.to_owned(), weight: synapses.weight(user_id.as_str()) })
}
