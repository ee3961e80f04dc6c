//! Ed25519 signatures ([RFC 8032](https://www.rfc-editor.org/rfc/rfc8032)) over the canonical bytes of a proof, with
//! keys as OpenSSL writes them ([RFC 8410](https://www.rfc-editor.org/rfc/rfc8410)).

use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey};
use ed25519_dalek::{Signer, VerifyingKey};
use serde::{Deserialize, Serialize};

use super::canonical::{hex, sha256, unhex};
use super::{Proof, ProofError};

/// The only algorithm there is.
pub const ALGORITHM: &str = "ed25519";

/// What stands before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo.
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// A key that signs proofs. It is wiped when it is dropped, and it is neither printed nor copied nor written:
///
/// ```compile_fail
/// fn print<T: std::fmt::Debug>() {}
/// print::<leastwise_analysis::proof::SigningKey>();
/// ```
/// ```compile_fail
/// fn write<T: serde::Serialize>() {}
/// write::<leastwise_analysis::proof::SigningKey>();
/// ```
/// ```compile_fail
/// fn copy<T: Clone>() {}
/// copy::<leastwise_analysis::proof::SigningKey>();
/// ```
pub struct SigningKey(ed25519_dalek::SigningKey);

/// A key that checks signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// Who vouches for a proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// `ed25519`.
    pub algorithm: String,
    /// The first 16 hexadecimal digits of the SHA-256 of the key's SubjectPublicKeyInfo (DER).
    pub key_id: String,
    /// The key's 32 bytes, in hexadecimal.
    pub public_key: String,
    /// The signature's 64 bytes, in hexadecimal.
    pub value: String,
}

impl SigningKey {
    /// Reads PKCS #8 in PEM, with or without the public key in it.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn from_pem(text: &str) -> Result<SigningKey, ProofError> {
        if text.contains("BEGIN ENCRYPTED PRIVATE KEY") {
            return Err(ProofError::PrivateKey("it is encrypted (`openssl pkey -in key.pem` decrypts it)"));
        }
        let key = ed25519_dalek::SigningKey::from_pkcs8_pem(text.trim());
        key.map(SigningKey).map_err(|_| ProofError::PrivateKey("expected PKCS #8 in PEM of that algorithm"))
    }

    /// The key of a 32-byte seed.
    pub fn from_bytes(seed: &[u8; 32]) -> SigningKey {
        SigningKey(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The key that checks what this one signs.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }
}

impl PublicKey {
    /// Reads SubjectPublicKeyInfo in PEM, or the key's 32 bytes in hexadecimal.
    ///
    /// # Errors
    /// When it is anything else, or a key that cannot be trusted to tell signers apart.
    pub fn parse(text: &str) -> Result<PublicKey, ProofError> {
        let text = text.trim();
        if text.starts_with("-----") {
            let key = VerifyingKey::from_public_key_pem(text);
            let key = key.map_err(|_| {
                ProofError::PublicKey("expected SubjectPublicKeyInfo in PEM of that algorithm")
            })?;
            return PublicKey::sound(key);
        }
        let bytes = unhex(text).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        PublicKey::from_bytes(&bytes.ok_or(ProofError::PublicKey("expected PEM or 64 hexadecimal digits"))?)
    }

    /// The key of these bytes.
    ///
    /// # Errors
    /// When they are no point of the curve, or one that cannot be trusted to tell signers apart.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<PublicKey, ProofError> {
        let key =
            VerifyingKey::from_bytes(bytes).map_err(|_| ProofError::PublicKey("no point of the curve"))?;
        PublicKey::sound(key)
    }

    fn sound(key: VerifyingKey) -> Result<PublicKey, ProofError> {
        match key.is_weak() {
            true => Err(ProofError::PublicKey("a weak key, under which one signature fits many messages")),
            false => Ok(PublicKey(key)),
        }
    }

    /// The first 16 hexadecimal digits of the SHA-256 of its SubjectPublicKeyInfo (DER).
    pub fn key_id(&self) -> String {
        let der = [&SPKI[..], self.0.as_bytes()].concat();
        sha256(&der)[..16].to_owned()
    }

    /// Its bytes in hexadecimal.
    pub fn to_hex(&self) -> String {
        hex(self.0.as_bytes())
    }

    /// Whether the holder of the key signed these bytes.
    pub fn signed(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        self.0.verify_strict(message, &signature).is_ok()
    }
}

/// Signs a proof as it stands, in place of any signature that it has.
pub fn sign(proof: &mut Proof, key: &SigningKey) {
    let public_key = key.public_key();
    let value = key.0.sign(&proof.canonical_bytes()).to_bytes();
    proof.signature = Some(Signature {
        algorithm: ALGORITHM.to_owned(),
        key_id: public_key.key_id(),
        public_key: public_key.to_hex(),
        value: hex(&value),
    });
}

impl Signature {
    /// The key that made it, when it signs `proof` and everything it says of itself is so; else what is wrong.
    pub(super) fn check(&self, proof: &Proof) -> Result<PublicKey, &'static str> {
        if self.algorithm != ALGORITHM {
            return Err("its algorithm is not known");
        }
        let bytes = |text: &str| unhex(text).filter(|bytes| hex(bytes) == text);
        let key = bytes(&self.public_key).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let key = key.and_then(|bytes| PublicKey::from_bytes(&bytes).ok()).ok_or("its public key is none")?;
        if key.key_id() != self.key_id {
            return Err("its key id is not that of its public key");
        }
        let value = bytes(&self.value).and_then(|bytes| <[u8; 64]>::try_from(bytes).ok());
        let value = value.ok_or("its value is not 64 bytes in lower-case hexadecimal")?;
        if !key.signed(&proof.canonical_bytes(), &value) {
            return Err("it is not a signature of this proof");
        }
        Ok(key)
    }
}
