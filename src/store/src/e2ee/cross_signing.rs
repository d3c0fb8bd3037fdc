//! Cross-signing keys, and the signatures that users put on the master keys of others.

use diesel::{prelude::*, upsert::excluded};

use crate::{
    Conn, LogKind, Result, Tx,
    connection::{ROWS_PER_INSERT, both},
    schema::{cross_signing_keys, user_signatures},
};

/// What a cross-signing key is for (client-server § Cross-signing). The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i16)]
pub enum Usage {
    /// It stands for the user, and signs the other two.
    Master = 1,
    /// It signs the user's devices.
    SelfSigning = 2,
    /// It signs the master keys of other users.
    UserSigning = 3,
}

impl Usage {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Master, Self::SelfSigning, Self::UserSigning];

    /// The word in `usage`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Master => "master",
            Self::SelfSigning => "self_signing",
            Self::UserSigning => "user_signing",
        }
    }
}

/// A row of `cross_signing_keys`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = cross_signing_keys)]
pub struct CrossSigningKeyRow {
    /// Whose key.
    pub user_id: String,
    /// See [`Usage`].
    pub usage: i16,
    /// The public key as unpadded base64.
    pub public_key: String,
    /// The key as canonical JSON, with the owner's signatures.
    pub json: String,
}

/// A row of `user_signatures`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = user_signatures)]
pub struct UserSignatureRow {
    /// Who signed.
    pub signer: String,
    /// Whose master key.
    pub target: String,
    /// That master key.
    pub target_key: String,
    /// The signer's user-signing key.
    pub signer_key: String,
    /// The signature.
    pub signature: String,
    /// When.
    pub position: i64,
}

/// The keys of these users, in the order of users and usages.
pub fn of_users(conn: &mut Conn, users: &[String]) -> Result<Vec<CrossSigningKeyRow>> {
    let mut found = Vec::new();
    for users in users.chunks(ROWS_PER_INSERT) {
        let query = cross_signing_keys::table
            .filter(cross_signing_keys::user_id.eq_any(users))
            .order((cross_signing_keys::user_id, cross_signing_keys::usage));
        found.extend(query.select(CrossSigningKeyRow::as_select()).load(conn)?);
    }
    Ok(found)
}

/// The keys of one user, in the order of usages.
pub fn of_user(conn: &mut Conn, user_id: &str) -> Result<Vec<CrossSigningKeyRow>> {
    let query =
        cross_signing_keys::table.filter(cross_signing_keys::user_id.eq(user_id)).order(cross_signing_keys::usage);
    Ok(query.select(CrossSigningKeyRow::as_select()).load(conn)?)
}

/// One key.
pub fn get(conn: &mut Conn, user_id: &str, usage: Usage) -> Result<Option<CrossSigningKeyRow>> {
    let key = cross_signing_keys::table.find((user_id, usage as i16));
    Ok(key.select(CrossSigningKeyRow::as_select()).get_result(conn).optional()?)
}

/// Whether a user has a key of this id. Devices must not have such ids (client-server § Key and signature security).
pub fn is_key(conn: &mut Conn, user_id: &str, id: &str) -> Result<bool> {
    Ok(of_user(conn, user_id)?.iter().any(|row| row.public_key == id))
}

/// Sets a key; the one before is forgotten.
pub fn set(tx: &mut Tx<'_>, row: &CrossSigningKeyRow) -> Result<()> {
    both!(tx.conn(), c => diesel::insert_into(cross_signing_keys::table)
        .values(row)
        .on_conflict((cross_signing_keys::user_id, cross_signing_keys::usage))
        .do_update()
        .set((
            cross_signing_keys::public_key.eq(excluded(cross_signing_keys::public_key)),
            cross_signing_keys::json.eq(excluded(cross_signing_keys::json)),
        ))
        .execute(c))?;
    Ok(())
}

/// Deletes a key.
pub fn delete(tx: &mut Tx<'_>, user_id: &str, usage: Usage) -> Result<()> {
    diesel::delete(cross_signing_keys::table.find((user_id, usage as i16))).execute(tx.conn())?;
    Ok(())
}

/// The signatures of one user on the master keys of these.
pub fn signatures_by(conn: &mut Conn, signer: &str, targets: &[String]) -> Result<Vec<UserSignatureRow>> {
    let mut found = Vec::new();
    for targets in targets.chunks(ROWS_PER_INSERT) {
        let query = user_signatures::table
            .filter(user_signatures::signer.eq(signer))
            .filter(user_signatures::target.eq_any(targets));
        found.extend(query.select(UserSignatureRow::as_select()).load(conn)?);
    }
    Ok(found)
}

/// Whose master keys a user has signed after a position.
pub fn signed_since(conn: &mut Conn, signer: &str, since: i64) -> Result<Vec<String>> {
    let query =
        user_signatures::table.filter(user_signatures::signer.eq(signer)).filter(user_signatures::position.gt(since));
    Ok(query.select(user_signatures::target).load(conn)?)
}

/// Sets the signature of a user on the master key of another, and wakes the signer, who alone may see it. The position
/// is filled in here.
pub fn sign(tx: &mut Tx<'_>, row: &UserSignatureRow) -> Result<()> {
    let position = tx.log(LogKind::DeviceList, None, Some(&row.signer), None);
    let row = UserSignatureRow { position, ..row.clone() };
    both!(tx.conn(), c => diesel::insert_into(user_signatures::table)
        .values(&row)
        .on_conflict((user_signatures::signer, user_signatures::target))
        .do_update()
        .set((
            user_signatures::target_key.eq(excluded(user_signatures::target_key)),
            user_signatures::signer_key.eq(excluded(user_signatures::signer_key)),
            user_signatures::signature.eq(excluded(user_signatures::signature)),
            user_signatures::position.eq(excluded(user_signatures::position)),
        ))
        .execute(c))?;
    Ok(())
}
