//! How many syncs a device has waiting: few, so that a client gone wild cannot wait for ever more.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;
use peerbrain_core::limits::WAITING_SYNCS_PER_DEVICE;
use ruma::{OwnedDeviceId, OwnedUserId};
use tokio::sync::Notify;

type Device = (OwnedUserId, OwnedDeviceId);
type Places = VecDeque<(u64, Arc<Notify>)>;

/// The syncs that wait, by device, the oldest first.
#[derive(Default)]
pub(crate) struct Waiting {
    devices: Mutex<HashMap<Device, Places>>,
    next: AtomicU64,
}

/// One that waits; it waits no more when this is dropped.
pub(crate) struct Place<'a> {
    waiting: &'a Waiting,
    device: Device,
    id: u64,
    sent_away: Arc<Notify>,
}

impl Waiting {
    /// Lets one more sync of a device wait. Where too many do, the oldest is sent away.
    pub fn enter(&self, device: Device) -> Place<'_> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let sent_away = Arc::new(Notify::new());
        let mut devices = self.devices.lock();
        let places = devices.entry(device.clone()).or_default();
        places.push_back((id, sent_away.clone()));
        if places.len() > WAITING_SYNCS_PER_DEVICE
            && let Some((_, oldest)) = places.pop_front()
        {
            oldest.notify_one();
        }
        drop(devices);
        Place { waiting: self, device, id, sent_away }
    }
}

impl Place<'_> {
    /// Returns when this one has waited long enough because others came.
    pub async fn sent_away(&self) {
        self.sent_away.notified().await;
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut devices = self.waiting.devices.lock();
        let Some(places) = devices.get_mut(&self.device) else { return };
        places.retain(|(id, _)| *id != self.id);
        if places.is_empty() {
            devices.remove(&self.device);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use ruma::user_id;

    use super::*;

    #[test]
    fn the_oldest_goes() {
        let waiting = Waiting::default();
        let enter = || waiting.enter((user_id!("@a:b").to_owned(), "D".into()));
        let mut places: Vec<Place<'_>> = (0..WAITING_SYNCS_PER_DEVICE).map(|_| enter()).collect();
        assert!(places.iter().all(|place| place.sent_away().now_or_never().is_none()));
        places.push(enter());
        let away: Vec<bool> = places.iter().map(|place| place.sent_away().now_or_never().is_some()).collect();
        assert_eq!(away.iter().filter(|away| **away).count(), 1);
        assert!(away[0]);
        places.clear();
        assert!(waiting.devices.lock().is_empty());
    }
}
