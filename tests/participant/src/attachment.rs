//! Encrypted attachments: AES-256 in counter mode, and the SHA-256 of what is stored.
//! Client-server API, "Sending encrypted attachments".

use aes::Aes256;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit, StreamCipher};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::wrong;
use crate::json::{base64, base64_url, bytes_of, bytes_of_url, text};
use crate::{Error, Result};

/// How to open an attachment: `EncryptedFile` of the specification.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EncryptedFile(pub Value);

/// Encrypts an attachment. Gives what is to be stored, and how to open it once it has the address.
///
/// * `key`, `counter`: 32 and 8 random bytes, never used twice.
///
/// # Errors
/// None that the sizes of the arrays do not exclude.
pub fn seal_attachment(
    content: &[u8],
    key: [u8; 32],
    counter: [u8; 8],
    address: &str,
) -> Result<(Vec<u8>, EncryptedFile)> {
    let mut iv = [0; 16];
    for (byte, random) in iv.iter_mut().zip(counter) {
        *byte = random;
    }
    let mut sealed = content.to_vec();
    Ctr128BE::<Aes256>::new(&key.into(), &iv.into()).try_apply_keystream(&mut sealed).map_err(wrong)?;
    let file = json!({
        "v": "v2",
        "url": address,
        "key": {"kty": "oct", "key_ops": ["encrypt", "decrypt"], "alg": "A256CTR", "k": base64_url(&key), "ext": true},
        "iv": base64(&iv),
        "hashes": {"sha256": base64(digest(&SHA256, &sealed).as_ref())},
    });
    Ok((sealed, EncryptedFile(file)))
}

/// Decrypts what is stored of an attachment.
///
/// # Errors
/// It is not what was hashed, or something is missing.
pub fn open_attachment(sealed: &[u8], file: &EncryptedFile) -> Result<Vec<u8>> {
    let EncryptedFile(file) = file;
    let hash = bytes_of(text(file.get("hashes").unwrap_or(&Value::Null), "sha256")?)?;
    if digest(&SHA256, sealed).as_ref() != hash {
        return Err(Error::wrong("the attachment has another hash"));
    }
    let key = file.get("key").unwrap_or(&Value::Null);
    if text(key, "alg")? != "A256CTR" {
        return Err(Error::wrong("the attachment has another algorithm"));
    }
    let (key, iv) = (bytes_of_url(text(key, "k")?)?, bytes_of(text(file, "iv")?)?);
    let mut content = sealed.to_vec();
    Ctr128BE::<Aes256>::new_from_slices(&key, &iv).map_err(wrong)?.try_apply_keystream(&mut content).map_err(wrong)?;
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_and_what_was_changed_does_not() {
        let content = b"some keys".repeat(100);
        let (mut sealed, file) = seal_attachment(&content, [7; 32], [9; 8], "mxc://a/b").unwrap();
        assert_ne!(sealed, content);
        assert_eq!(open_attachment(&sealed, &file).unwrap(), content);
        sealed[3] ^= 1;
        assert!(open_attachment(&sealed, &file).is_err());
    }
}
