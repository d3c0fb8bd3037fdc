//! A device is away while more claims come than it has one-time keys: the rest get its fallback key, and all can write to it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use matrix_sdk::ruma::OneTimeKeyAlgorithm::SignedCurve25519;
use matrix_sdk::ruma::api::client::keys::claim_keys;

use crate::device::Device;
use crate::newcomers::{new_device, room_with};
use crate::stage::{Stage, until_true};

/// More than any device has.
const MANY: usize = 200;

/// One claim, as any user may send it; gives the key's id and whether it is the fallback key.
async fn claim(claimer: &Device, target: &Device) -> Result<(String, bool)> {
    let device = BTreeMap::from([(target.device_id().to_owned(), SignedCurve25519)]);
    let request = claim_keys::v3::Request::new(BTreeMap::from([(target.id().to_owned(), device)]));
    let mut keys = claimer.client.send(request).await?.one_time_keys;
    let key =
        keys.get_mut(target.id()).and_then(|devices| devices.get_mut(target.device_id())).and_then(BTreeMap::pop_first);
    let (id, key) = key.context("a claim gives no key")?;
    Ok((id.to_string(), key.get_field("fallback")?.unwrap_or(false)))
}

/// Claims until the fallback key comes; gives the one-time keys and it.
async fn empty(claimer: &Device, target: &Device) -> Result<(Vec<String>, String)> {
    let mut keys = Vec::new();
    while keys.len() < MANY {
        match claim(claimer, target).await? {
            (id, false) => keys.push(id),
            (id, true) => return Ok((keys, id)),
        }
    }
    bail!("{MANY} claims and no fallback key");
}

pub async fn empty_the_keys(stage: &Stage, alice: &Device, bob: &Device) -> Result<Device> {
    let mut dave = new_device(stage, "dave").await?;
    let room_id = room_with(alice, &[&dave, bob], true).await?;
    dave.stop().await;
    let (keys, fallback) = empty(alice, &dave).await?;
    let distinct: BTreeSet<_> = keys.iter().collect();
    stage.check("no one-time key is given twice", keys.len() > 1 && distinct.len() == keys.len(), &keys)?;
    stage.same(
        "after the last comes the fallback key, as often as asked",
        claim(alice, &dave).await?,
        (fallback.clone(), true),
    )?;

    alice.say(&room_id, "by the fallback key").await?;
    bob.say(&room_id, "by the same fallback key").await?;
    dave.start().await?;
    dave.hears(&room_id, "by the fallback key").await?;
    dave.hears(&room_id, "by the same fallback key").await?;
    stage.check("both messages are readable after it is back", true, ())?;
    until_true("it uploads new one-time keys", async || Ok(!claim(alice, &dave).await?.1)).await?;
    stage.check("and it has new one-time keys", true, ())?;
    stage.same("nothing is unreadable", dave.unreadable(&room_id).await?, vec![])?;
    Ok(dave)
}
