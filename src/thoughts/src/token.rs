//! Where a page of the feed begins: a position, and whose page it is.

use ring::digest::{SHA256, digest};
use ruma::UserId;

use crate::{Error, Result};

/// The token of a position for one user.
pub fn write(user_id: &UserId, position: i64) -> String {
    format!("f{position}_{}", mark(user_id))
}

/// The position of a token.
///
/// # Errors
/// It is none, or another user's.
pub fn read(user_id: &UserId, token: &str) -> Result<i64> {
    let unknown = || Error::InvalidParam("this is no token of your feed".to_owned());
    let (position, whose) = token.strip_prefix('f').and_then(|rest| rest.split_once('_')).ok_or_else(unknown)?;
    let position: i64 = position.parse().map_err(|_| unknown())?;
    if position < 0 || whose != mark(user_id) { Err(unknown()) } else { Ok(position) }
}

/// Tells users apart; it is no secret, for a position tells nobody anything.
fn mark(user_id: &UserId) -> String {
    digest(&SHA256, user_id.as_bytes()).as_ref().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use ruma::user_id;

    use super::*;

    #[test]
    fn a_token_is_good_for_one_user() {
        let token = write(user_id!("@a:a"), 12);
        assert_eq!(read(user_id!("@a:a"), &token).unwrap(), 12);
        assert!(read(user_id!("@b:a"), &token).is_err());
        for wrong in ["", "f", "f1", "12", "f-3_00", "f1_zz", "s12_3"] {
            assert!(read(user_id!("@a:a"), wrong).is_err(), "{wrong}");
        }
    }
}
