//! What other servers are told of the keys of our users (server-server § End-to-End Encryption).

use ruma::UserId;
use serde::Serialize;
use serde_json::value::RawValue;
use store::{
    Conn,
    accounts::users,
    e2ee::{Usage, cross_signing, device_keys, device_list_changes},
};

use super::{Asked, bounds::ANSWER_BYTES_FOR_SERVER};
use crate::{E2ee, Error, Result};

/// The answer to `GET /user/devices/{userId}`.
#[derive(Debug, Serialize)]
pub struct DeviceList {
    user_id: String,
    /// The newest change that it has.
    stream_id: i64,
    devices: Vec<Device>,
    #[serde(skip_serializing_if = "Option::is_none")]
    master_key: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    self_signing_key: Option<Box<RawValue>>,
}

#[derive(Debug, Serialize)]
struct Device {
    device_id: String,
    keys: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_display_name: Option<String>,
}

impl E2ee {
    /// The keys of users of ours as other servers may see them: the body of the answer, a JSON object. If there are more than
    /// one answer may have, those of whom there is most are not in it, as if they were not there: there is no place in which
    /// to say it, and of no use is an error to who asks for the keys of others as well.
    ///
    /// # Errors
    /// [`Error::TooLarge`] for too many users at once.
    pub async fn query_keys_for_server(&self, asked: Asked) -> Result<String> {
        self.require_few(&asked)?;
        let mut asked: Asked = asked.into_iter().filter(|(user, _)| self.rooms().is_local(user)).collect();
        let (found, _) = self.find(asked.keys().cloned().collect(), ANSWER_BYTES_FOR_SERVER).await?;
        asked.retain(|user, _| found.keys.contains_key(user));
        let mut answer = String::with_capacity(1_000 * (1 + asked.len()));
        found.write_devices(&mut answer, &asked);
        for usage in [Usage::Master, Usage::SelfSigning] {
            found.write_keys(&mut answer, usage, None);
        }
        answer.push('}');
        Ok(answer)
    }

    /// The devices of a user of ours that have keys.
    ///
    /// # Errors
    /// [`Error::InvalidParam`] for a user of another server, [`Error::NotFound`].
    pub async fn device_list_for_server(&self, user_id: &UserId) -> Result<DeviceList> {
        if !self.rooms().is_local(user_id) {
            return Err(Error::invalid_param("this is a user of another server"));
        }
        let user_id = user_id.to_string();
        let list = self.store().snapshot(move |conn, _| match DeviceList::read(conn, user_id) {
            // The pool must know of a connection that is gone.
            Err(Error::Store(error)) => Err(error),
            outcome => Ok(outcome),
        });
        list.await?
    }
}

impl DeviceList {
    fn read(conn: &mut Conn, user_id: String) -> Result<Self> {
        if users::get(conn, &user_id)?.is_none() {
            return Err(Error::not_found("there is no such user"));
        }
        let mut devices = Vec::new();
        for row in device_keys::of_users(conn, std::slice::from_ref(&user_id))? {
            let (device_id, device_display_name) = (row.device_id, row.display_name);
            devices.push(Device { device_id, keys: raw(row.json)?, device_display_name });
        }
        let mut key = |usage| -> Result<Option<Box<RawValue>>> {
            match cross_signing::get(conn, &user_id, usage)? {
                Some(row) => raw(row.json).map(Some),
                None => Ok(None),
            }
        };
        let (master_key, self_signing_key) = (key(Usage::Master)?, key(Usage::SelfSigning)?);
        let stream_id = device_list_changes::stream_id(conn, &user_id)?;
        Ok(Self { stream_id, devices, master_key, self_signing_key, user_id })
    }
}

fn raw(json: String) -> Result<Box<RawValue>> {
    RawValue::from_string(json).map_err(Error::stored)
}
