//! Ed25519: whether keys are keys and signatures fit.

use std::iter::once;

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use curve25519_dalek::{
    EdwardsPoint, Scalar,
    constants::ED25519_BASEPOINT_POINT,
    edwards::CompressedEdwardsY,
    traits::{IsIdentity, VartimeMultiscalarMul},
};
use ed25519_dalek::{Signature, Verifier, VerifyingKey};
use ring::digest::{Context, SHA512};

/// Unpadded base64 as the specification has it; padding and bits that mean nothing do no harm.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Bytes from unpadded base64, where they are so many.
fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    // The bound spares us from decoding what is far too long.
    if text.len() > N * 2 {
        return None;
    }
    BASE64.decode(text).ok()?.try_into().ok()
}

/// Whether a text is a Curve25519 key: any 32 bytes are.
pub(crate) fn is_curve_key(text: &str) -> bool {
    bytes::<32>(text).is_some()
}

/// A public Ed25519 key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads a key; none where it is no point of the curve.
    pub fn parse(text: &str) -> Option<Self> {
        VerifyingKey::from_bytes(&bytes(text)?).ok().map(Self)
    }

    /// Whether a signature is of this key over this text.
    pub fn verifies(&self, message: &str, signature: &str) -> bool {
        let signature = bytes(signature).map(|bytes| Signature::from_bytes(&bytes));
        signature.is_some_and(|signature| self.0.verify(message.as_bytes(), &signature).is_ok())
    }

    /// Whether all of these signatures are of this key, each over its text: (text, signature).
    ///
    /// One equation for all costs about a third of one for each. With z random, R and s the halves of the signatures
    /// and h the hash of R, the key A and the text: 8 (Σ z R + (Σ z h) A − (Σ z s) B) is zero if each of them fits, and
    /// otherwise only with a chance of 2^-128. The z come from a hash of everything, so nobody can choose to fit them.
    ///
    /// The 8 is the cofactor: as RFC 8032 allows (§ 5.1.7), a signature also passes whose R has a part of small order, which
    /// [`verifies`](Self::verifies) and most clients refuse. Only the owner of the key can make such a one.
    pub fn verifies_all(&self, signed: &[(&str, &str)]) -> bool {
        // Of few, one equation for all costs more.
        if let [] | [_] = signed {
            return signed.iter().all(|(message, signature)| self.verifies(message, signature));
        }
        let Some(parts) = signed.iter().map(|(message, signature)| self.parts(message, signature)).collect() else {
            return false;
        };
        let parts: Vec<Parts> = parts;
        let mut all = Context::new(&SHA512);
        for part in &parts {
            all.update(&part.hash);
            all.update(part.s.as_bytes());
        }
        let (mut of_key, mut of_base) = (Scalar::ZERO, Scalar::ZERO);
        let mut factors = Vec::with_capacity(parts.len());
        for (part, z) in parts.iter().zip(factors_from(&all)) {
            of_key += z * Scalar::from_bytes_mod_order_wide(&part.hash);
            of_base -= z * part.s;
            factors.push(z);
        }
        let factors = factors.into_iter().chain([of_key, of_base]);
        let points = parts.iter().map(|part| part.r.decompress());
        let points = points.chain(once(Some(self.0.to_edwards()))).chain(once(Some(ED25519_BASEPOINT_POINT)));
        let sum = EdwardsPoint::optional_multiscalar_mul(factors, points);
        sum.is_some_and(|sum| sum.mul_by_cofactor().is_identity())
    }

    fn parts(&self, message: &str, signature: &str) -> Option<Parts> {
        let signature = Signature::from_bytes(&bytes(signature)?);
        let mut hash = Context::new(&SHA512);
        hash.update(signature.r_bytes());
        hash.update(self.0.as_bytes());
        hash.update(message.as_bytes());
        Some(Parts {
            r: CompressedEdwardsY(*signature.r_bytes()),
            s: Option::from(Scalar::from_canonical_bytes(*signature.s_bytes()))?,
            hash: hash.finish().as_ref().try_into().ok()?,
        })
    }
}

/// A signature taken apart.
struct Parts {
    r: CompressedEdwardsY,
    s: Scalar,
    hash: [u8; 64],
}

/// Factors of 128 bits that follow from all signatures, four from each hash; they do not end.
fn factors_from(all: &Context) -> impl Iterator<Item = Scalar> {
    (0_u64..).flat_map(|number| {
        let mut hash = all.clone();
        hash.update(&number.to_be_bytes());
        let hash = hash.finish();
        let (quarters, _) = hash.as_ref().as_chunks::<16>();
        quarters.iter().map(|quarter| Scalar::from(u128::from_le_bytes(*quarter))).collect::<Vec<_>>()
    })
}

#[cfg(test)]
mod tests {
    use curve25519_dalek::constants::EIGHT_TORSION;
    use ed25519_dalek::{Signer, SigningKey};

    use super::*;

    fn key(seed: u8) -> (SigningKey, PublicKey) {
        let key = SigningKey::from_bytes(&[seed; 32]);
        (key.clone(), PublicKey::parse(&BASE64.encode(key.verifying_key().as_bytes())).unwrap())
    }

    fn sign(key: &SigningKey, message: &str) -> String {
        BASE64.encode(key.sign(message.as_bytes()).to_bytes())
    }

    #[test]
    fn one_and_many_agree() {
        let (secret, public) = key(7);
        let other = key(8).0;
        for count in [0, 1, 2, 3, 51, 300] {
            let messages: Vec<String> = (0..count).map(|n| format!("message {n}")).collect();
            let good: Vec<String> = messages.iter().map(|message| sign(&secret, message)).collect();
            let all = |signatures: &[String]| {
                let signed: Vec<_> =
                    messages.iter().map(String::as_str).zip(signatures.iter().map(String::as_str)).collect();
                assert_eq!(
                    public.verifies_all(&signed),
                    signed.iter().all(|(message, signature)| public.verifies(message, signature))
                );
                public.verifies_all(&signed)
            };
            assert!(all(&good));
            for broken in 0..count.min(4) {
                let mut signatures = good.clone();
                signatures[broken] = sign(&other, &messages[broken]);
                assert!(!all(&signatures));
                signatures[broken] = sign(&secret, "another message");
                assert!(!all(&signatures));
                for wrong in ["", "AAAA", "no base64: ü", &"A".repeat(86), &"_".repeat(86), &"/".repeat(86)] {
                    signatures[broken] = wrong.to_owned();
                    assert!(!all(&signatures), "{wrong}");
                }
            }
            if count > 1 {
                let mut swapped = good.clone();
                swapped.swap(0, 1);
                assert!(!all(&swapped));
            }
        }
    }

    /// What is said of small orders: the owner of a key can sign so that only the check of many is content.
    #[test]
    fn a_part_of_small_order_passes_among_many_and_not_alone() {
        let (secret, public) = key(7);
        let odd = |message: &str| {
            let nonce = Scalar::from(5_u8);
            let r = (ED25519_BASEPOINT_POINT * nonce + EIGHT_TORSION[1]).compress();
            let mut hash = Context::new(&SHA512);
            for part in [r.as_bytes(), secret.verifying_key().as_bytes(), message.as_bytes()] {
                hash.update(part);
            }
            let hash: [u8; 64] = hash.finish().as_ref().try_into().unwrap();
            let s = nonce + Scalar::from_bytes_mod_order_wide(&hash) * secret.to_scalar();
            BASE64.encode([r.to_bytes(), s.to_bytes()].concat())
        };
        let (odd, good) = (odd("a"), sign(&secret, "b"));
        assert!(!public.verifies("a", &odd) && public.verifies_all(&[("a", &odd), ("b", &good)]));
        assert!(!public.verifies_all(&[("b", &odd), ("b", &good)]), "it is of this text all the same");
    }

    #[test]
    fn only_points_are_keys() {
        for wrong in ["", "AAAA", "no base64: ü", &"A".repeat(2_000)] {
            assert!(PublicKey::parse(wrong).is_none() && !is_curve_key(wrong), "{wrong}");
        }
        // y = 2 belongs to no point.
        assert!(PublicKey::parse("AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").is_none());
        assert!(is_curve_key("AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
    }
}
