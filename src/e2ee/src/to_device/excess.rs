//! Where too much waits for a device.

use std::collections::HashMap;

use store::{
    Tx,
    e2ee::to_device::{self as rows, Share},
};

use super::bounds::{DROPPED_AT_ONCE, WAITING_BYTES, WAITING_MESSAGES};

/// Drops the oldest messages of whoever sent most of them, until no more wait than may. Gives how many went.
pub(super) fn drop_excess(tx: &mut Tx<'_>, user_id: &str, device_id: &str) -> store::Result<usize> {
    let mut dropped = 0;
    loop {
        let shares = rows::shares(tx.conn(), user_id, device_id)?;
        let messages: i64 = shares.iter().map(|share| share.messages).sum();
        let bytes: i64 = shares.iter().map(|share| share.bytes).sum();
        if messages <= WAITING_MESSAGES && bytes <= WAITING_BYTES {
            return Ok(dropped);
        }
        let most = heaviest(&shares, server_of(user_id));
        if most.is_empty() {
            return Ok(dropped);
        }
        dropped += rows::drop_oldest(tx, user_id, device_id, &most, DROPPED_AT_ONCE)?;
    }
}

/// The senders who have most waiting: one of our users, or all of another server together, which could send under any
/// number of names.
fn heaviest<'a>(shares: &'a [Share], ours: &str) -> Vec<&'a str> {
    let mut parties: HashMap<&str, (i64, Vec<&str>)> = HashMap::new();
    for Share { sender, messages, bytes } in shares {
        let server = server_of(sender);
        let (weight, senders) = parties.entry(if server == ours { sender } else { server }).or_default();
        *weight += messages * (WAITING_BYTES / WAITING_MESSAGES) + bytes;
        senders.push(sender);
    }
    parties.into_values().max_by_key(|(weight, _)| *weight).map(|(_, senders)| senders).unwrap_or_default()
}

fn server_of(user_id: &str) -> &str {
    user_id.split_once(':').map_or(user_id, |(_, server)| server)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_counts_as_one_sender() {
        let share = |sender: &str, messages| Share { sender: sender.into(), messages, bytes: messages };
        let shares = [share("@a:here", 3), share("@b:here", 3), share("@a:there", 2), share("@b:there", 2)];
        assert_eq!(heaviest(&shares, "here"), ["@a:there", "@b:there"]);
        let shares = [share("@a:here", 5), share("@b:here", 3), share("@a:there", 2), share("@b:there", 2)];
        assert_eq!(heaviest(&shares, "here"), ["@a:here"]);
        assert!(heaviest(&[], "here").is_empty());
    }
}
