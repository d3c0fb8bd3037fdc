//! What goes with devices, and with an account, when they are deleted, in the same transaction.

use diesel::prelude::*;

use super::{Changed, announce};
use crate::{
    Result, Tx,
    accounts::devices::{Which, delete_of_devices},
    schema::{
        claimed_one_time_keys, cross_signing_keys, dehydrated_devices, device_keys, fallback_keys, key_backup_sessions,
        key_backup_versions, key_backups, one_time_keys, to_device_messages, to_device_transactions, user_signatures,
    },
};

/// Deletes what belongs to these devices of a user.
pub(crate) fn delete_of_devices(tx: &mut Tx<'_>, user_id: &str, devices: Which<'_>) -> Result<()> {
    macro_rules! delete_from {
        ($table:ident) => {
            delete_of_devices!(tx, $table, user_id, devices)
        };
    }
    delete_from!(one_time_keys);
    delete_from!(claimed_one_time_keys);
    delete_from!(fallback_keys);
    delete_from!(to_device_messages);
    delete_from!(to_device_transactions);
    delete_from!(dehydrated_devices);
    let known = known_to_others(tx, user_id, devices)?;
    if !known.is_empty() {
        delete_from!(device_keys);
        announce(tx, user_id, Changed { devices: &known, ..Changed::default() })?;
    }
    Ok(())
}

/// Those of these devices that have keys.
fn known_to_others(tx: &mut Tx<'_>, user_id: &str, devices: Which<'_>) -> Result<Vec<String>> {
    let of_user = device_keys::table.filter(device_keys::user_id.eq(user_id)).select(device_keys::device_id);
    Ok(match devices {
        Which::These(ids) => of_user.filter(device_keys::device_id.eq_any(ids)).load(tx.conn())?,
        Which::AllBut(keep) => of_user.filter(device_keys::device_id.ne(keep)).load(tx.conn())?,
    })
}

/// Deletes what belongs to a user who is gone for ever, and to none of the devices: cross-signing keys, signatures by and
/// for the user, and the key backup.
pub(crate) fn delete_of_user(tx: &mut Tx<'_>, user_id: &str) -> Result<()> {
    macro_rules! delete_from {
        ($table:ident.$column:ident) => {
            diesel::delete($table::table.filter($table::$column.eq(user_id))).execute(tx.conn())?
        };
    }
    delete_from!(user_signatures.signer);
    delete_from!(user_signatures.target);
    delete_from!(key_backup_sessions.user_id);
    delete_from!(key_backups.user_id);
    delete_from!(key_backup_versions.user_id);
    if delete_from!(cross_signing_keys.user_id) > 0 {
        announce(tx, user_id, Changed { signing_keys: true, ..Changed::default() })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::{
        accounts::users,
        e2ee::{CrossSigningKeyRow, Usage, UserSignatureRow, cross_signing, key_backup},
        testing::each,
    };

    #[tokio::test]
    async fn keys_and_backups_go_with_an_account_that_is_closed() {
        each(async |database| {
            let store = database.open();
            let key = |user: &str| CrossSigningKeyRow {
                user_id: user.into(),
                usage: Usage::Master as i16,
                public_key: "key".into(),
                json: "{}".into(),
            };
            let by = |signer: &str, target: &str| UserSignatureRow {
                signer: signer.into(),
                target: target.into(),
                target_key: "key".into(),
                signer_key: "key".into(),
                signature: "signature".into(),
                position: 0,
            };
            let write = store.write(move |tx| {
                cross_signing::set(tx, &key("@a:test"))?;
                cross_signing::set(tx, &key("@b:test"))?;
                cross_signing::sign(tx, &by("@a:test", "@b:test"))?;
                cross_signing::sign(tx, &by("@b:test", "@a:test"))?;
                cross_signing::sign(tx, &by("@b:test", "@c:test"))?;
                key_backup::create(tx, "@a:test", "algorithm", "{}")?;
                users::deactivate(tx, "@a:test", false)
            });
            write.await.unwrap();
            let read = store.read(|conn| {
                let keys = cross_signing::of_users(conn, &["@a:test".into(), "@b:test".into()])?;
                let signed = cross_signing::signed_since(conn, "@b:test", 0)?;
                let by_closed = cross_signing::signed_since(conn, "@a:test", 0)?;
                Ok((keys.len(), signed, by_closed, key_backup::last_made(conn, "@a:test")?))
            });
            assert_eq!(read.await.unwrap(), (1, vec!["@c:test".to_owned()], vec![], 0));
        })
        .await;
    }
}
