//! Devices, and logging them out.

use ruma::{DeviceId, OwnedDeviceId, UserId};
use store::accounts::{DeviceRow, devices};

use crate::{Accounts, Error, Result, Session, new_device::checked_device_name, storable::is_storable};

/// A device of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its id.
    pub device_id: OwnedDeviceId,
    /// What the user calls it.
    pub display_name: Option<String>,
    /// The address from which it was last seen.
    pub last_seen_ip: Option<String>,
    /// When it was last seen, in milliseconds since 1970, to within a minute or so.
    pub last_seen_at: Option<i64>,
}

impl From<DeviceRow> for Device {
    fn from(row: DeviceRow) -> Self {
        Self {
            device_id: row.device_id.into(),
            display_name: row.display_name,
            last_seen_ip: row.last_seen_ip,
            last_seen_at: row.last_seen_at,
        }
    }
}

impl Accounts {
    /// The devices of a user.
    pub async fn devices(&self, user_id: &UserId) -> Result<Vec<Device>> {
        let user_id = user_id.to_string();
        let rows = self.store.read(move |conn| devices::list(conn, &user_id)).await?;
        Ok(rows.into_iter().map(Device::from).collect())
    }

    /// One device.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn device(&self, user_id: &UserId, device_id: &DeviceId) -> Result<Device> {
        let (user_id, device_id) = (user_id.to_string(), device_id.to_string());
        if !is_storable(&device_id) {
            return Err(no_such_device());
        }
        let row = self.store.read(move |conn| devices::get(conn, &user_id, &device_id)).await?;
        row.map(Device::from).ok_or_else(no_such_device)
    }

    /// Gives a device another name; none leaves it as it is.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::TooLarge`].
    pub async fn rename_device(&self, user_id: &UserId, device_id: &DeviceId, name: Option<&str>) -> Result<()> {
        let Some(name) = name else { return self.device(user_id, device_id).await.map(drop) };
        let name = checked_device_name(name)?.to_owned();
        let (user_id, device_id) = (user_id.to_string(), device_id.to_string());
        if !is_storable(&device_id) {
            return Err(no_such_device());
        }
        let found = self.store.write(move |tx| devices::rename(tx, &user_id, &device_id, &name)).await?;
        if found { Ok(()) } else { Err(no_such_device()) }
    }

    /// Deletes devices and their tokens. One that is not there counts as deleted.
    pub async fn delete_devices(&self, user_id: &UserId, device_ids: &[OwnedDeviceId]) -> Result<()> {
        let ids: Vec<String> = device_ids.iter().map(ToString::to_string).filter(|id| is_storable(id)).collect();
        let user_id = user_id.to_string();
        Ok(self.store.write(move |tx| devices::delete(tx, &user_id, &ids)).await?)
    }

    /// Logs a session out and deletes its device.
    pub async fn logout(&self, session: &Session) -> Result<()> {
        self.delete_devices(&session.user_id, std::slice::from_ref(&session.device_id)).await
    }

    /// Logs all sessions of the user out and deletes all devices.
    pub async fn logout_all(&self, session: &Session) -> Result<()> {
        let user_id = session.user_id.to_string();
        Ok(self.store.write(move |tx| devices::delete_all(tx, &user_id, None)).await?)
    }
}

fn no_such_device() -> Error {
    Error::not_found("there is no such device")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use store::testing::each;

    use super::*;
    use crate::{Seen, testing::World};

    #[tokio::test]
    async fn devices_are_listed_renamed_and_deleted() {
        each(async |database| {
            let world = World::open(database);
            let alice = world.user("alice").await;
            let other = world.login("alice", "OTHER").await;
            let ids: Vec<_> =
                world.accounts.devices(&alice.user_id).await.unwrap().into_iter().map(|d| d.device_id).collect();
            assert!(ids.len() == 2 && ids.contains(&other.device_id));
            world.accounts.rename_device(&alice.user_id, "OTHER".into(), Some("Phone")).await.unwrap();
            world.accounts.rename_device(&alice.user_id, "OTHER".into(), None).await.unwrap();
            let device = world.accounts.device(&alice.user_id, "OTHER".into()).await.unwrap();
            assert_eq!(device.display_name.as_deref(), Some("Phone"));
            for name in [None, Some("x")] {
                let missing = world.accounts.rename_device(&alice.user_id, "NONE".into(), name).await;
                assert!(matches!(missing, Err(Error::NotFound(_))));
            }
            world.session(&other.access_token).await.unwrap();
            let odd = world.accounts.rename_device(&alice.user_id, "NO\0NE".into(), Some("x")).await;
            assert!(matches!(odd, Err(Error::NotFound(_))));
            let odd = world.accounts.rename_device(&alice.user_id, "OTHER".into(), Some("x\0")).await;
            assert!(matches!(odd, Err(Error::InvalidParam(_))));
            let gone = ["OTHER".into(), "NONE".into(), "NO\0NE".into()];
            world.accounts.delete_devices(&alice.user_id, &gone).await.unwrap();
            let refused = world.session(&other.access_token).await;
            assert!(matches!(refused, Err(Error::UnknownToken { soft_logout: false })), "though it was in the cache");
            assert!(matches!(world.accounts.device(&alice.user_id, "OTHER".into()).await, Err(Error::NotFound(_))));
            world.session(&alice.access_token).await.unwrap();
        })
        .await
    }

    #[tokio::test]
    async fn nobody_deletes_the_devices_of_others() {
        each(async |database| {
            let world = World::open(database);
            let alice = world.user("alice").await;
            let bob = world.user("bob").await;
            world.accounts.delete_devices(&bob.user_id, std::slice::from_ref(&alice.device_id)).await.unwrap();
            world.session(&alice.access_token).await.unwrap();
        })
        .await
    }

    #[tokio::test]
    async fn logging_out_takes_effect_at_once() {
        each(async |database| {
            let world = World::open(database);
            let alice = world.user("alice").await;
            let other = world.login("alice", "OTHER").await;
            let (here, there) =
                (world.session(&alice.access_token).await.unwrap(), world.session(&other.access_token).await.unwrap());
            assert!(world.accounts.is_current(&here).await.unwrap());
            world.accounts.logout(&here).await.unwrap();
            assert!(world.session(&alice.access_token).await.is_err());
            assert!(!world.accounts.is_current(&here).await.unwrap());
            assert!(world.accounts.is_current(&there).await.unwrap());
            world.accounts.logout_all(&there).await.unwrap();
            assert!(world.session(&other.access_token).await.is_err());
            assert!(world.accounts.devices(&alice.user_id).await.unwrap().is_empty());
        })
        .await
    }

    #[tokio::test]
    async fn a_device_is_noted_once_a_minute() {
        each(async |database| {
            let world = World::open(database);
            let alice = world.user("alice").await;
            let seen = |ip: &str| Seen { ip: Some(ip.parse().unwrap()), user_agent: Some("Browser") };
            let noted = async || {
                world.accounts.write_last_seen().await.unwrap();
                let device = world.accounts.device(&alice.user_id, &alice.device_id).await.unwrap();
                (device.last_seen_ip, device.last_seen_at)
            };
            world.accounts.authenticate(&alice.access_token, seen("192.0.2.1")).await.unwrap();
            let first = noted().await;
            assert_eq!(first.0.as_deref(), Some("192.0.2.1"));
            world.clock.advance(Duration::from_secs(59));
            world.accounts.authenticate(&alice.access_token, seen("192.0.2.2")).await.unwrap();
            assert_eq!(noted().await, first);
            world.clock.advance(Duration::from_secs(1));
            world.accounts.authenticate(&alice.access_token, seen("192.0.2.3")).await.unwrap();
            assert_eq!(noted().await, (Some("192.0.2.3".into()), first.1.map(|at| at + 60_000)));
        })
        .await
    }
}
