//! The account's own lists, which no server may read: audiences and weights. They are kept as secret storage keeps secrets,
//! so every device with the recovery key has them.

use matrix_sdk::encryption::secret_storage::SecretStore;
use matrix_sdk::ruma::events::secret::request::SecretName;
use peerbrain_vocabulary::{Audiences, Synapses, names};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::account::Account;
use crate::error::{Error, Result};
use crate::onboarding::secret_error;

impl Account {
    /// The author's audiences.
    ///
    /// # Errors
    /// This device has no key to the account's secrets yet, or the server cannot be reached.
    pub async fn audiences(&self) -> Result<Audiences> {
        self.read_secret(names::AUDIENCES).await
    }

    /// Changes the author's audiences, as they are now, and gives what they have become.
    ///
    /// * `change`: may leave them as they are.
    ///
    /// # Errors
    /// As [`Self::audiences`].
    pub async fn change_audiences(&self, mut change: impl FnMut(&mut Audiences) + Send) -> Result<Audiences> {
        self.change_secret(names::AUDIENCES, move |audiences: &mut Audiences| {
            audiences.v = 1;
            change(audiences);
        })
        .await
    }

    /// The reader's weights.
    ///
    /// # Errors
    /// As [`Self::audiences`].
    pub async fn synapses(&self) -> Result<Synapses> {
        self.read_secret(names::SYNAPSES).await
    }

    /// Changes the reader's weights, as they are now, and gives what they have become.
    ///
    /// # Errors
    /// As [`Self::audiences`].
    pub async fn change_synapses(&self, change: impl FnMut(&mut Synapses) + Send) -> Result<Synapses> {
        self.change_secret(names::SYNAPSES, change).await
    }

    /// Whether this device has read the audiences before, so that it knows them whatever becomes of the keys.
    pub(crate) fn has_seen_audiences(&self) -> bool {
        self.folder().file(&format!("{}.json", names::AUDIENCES)).exists()
    }

    async fn secret_store(&self) -> Result<SecretStore> {
        let key = self.secret_storage_key().ok_or(Error::NotLetIn)?;
        let storage = self.client().encryption().secret_storage();
        match storage.open_secret_store(&key).await.map_err(secret_error) {
            // Another device made a new recovery key.
            Err(Error::WrongRecoveryKey) => Err(Error::NotLetIn),
            opened => opened,
        }
    }

    /// As it is now, or was when the server could be reached last.
    async fn read_secret<T: Serialize + DeserializeOwned + Default>(&self, name: &str) -> Result<T> {
        let file = format!("{name}.json");
        let now = async { self.read_now::<T>(&self.secret_store().await?, name).await };
        match now.await {
            Ok((value, _)) => {
                self.folder().write_json(&file, &value)?;
                Ok(value)
            }
            Err(error) if error.is_outage() && self.folder().file(&file).exists() => self.folder().read_json(&file),
            Err(error) => Err(error),
        }
    }

    async fn change_secret<T>(&self, name: &str, mut change: impl FnMut(&mut T) + Send) -> Result<T>
    where
        T: Serialize + DeserializeOwned + Default + PartialEq + Send,
    {
        let store = self.secret_store().await?;
        // Commands of one account that change it are one after the other.
        let _turn = self.secrets_turn().await;
        let (before, is_stored) = self.read_now::<T>(&store, name).await?;
        let text = serde_json::to_string(&before)?;
        let mut after: T = serde_json::from_str(&text)?;
        change(&mut after);
        if after != before || (!is_stored && after != T::default()) {
            store.put_secret(SecretName::from(name), &serde_json::to_string(&after)?).await.map_err(secret_error)?;
            self.folder().write_json(&format!("{name}.json"), &after)?;
        }
        Ok(after)
    }

    /// What the server keeps, and whether it does so under the present key. If not, a new recovery key was made and
    /// something broke off before the lists were written under it: then what this device has seen last counts.
    async fn read_now<T: DeserializeOwned + Default>(&self, store: &SecretStore, name: &str) -> Result<(T, bool)> {
        match store.get_secret(SecretName::from(name)).await.map_err(secret_error)? {
            Some(text) => Ok((serde_json::from_str(&text)?, true)),
            None => Ok((self.folder().read_json(&format!("{name}.json"))?, false)),
        }
    }
}
