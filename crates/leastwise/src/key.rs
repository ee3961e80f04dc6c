//! Ed25519 keys ([RFC 8032](https://www.rfc-editor.org/rfc/rfc8032)) as OpenSSL writes them: PKCS #8 and
//! SubjectPublicKeyInfo in PEM ([RFC 8410](https://www.rfc-editor.org/rfc/rfc8410)).

#![cfg_attr(not(test), expect(dead_code, reason = "signing comes with the proof"))]

use std::fmt;
use std::path::Path;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer};

use crate::error::{Error, Result};

/// A key that signs proofs.
pub struct SignKey(Ed25519KeyPair);

/// A key that checks signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(Vec<u8>);

/// What stands before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo.
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

impl SignKey {
    /// Reads a PEM file.
    pub fn read(path: &Path) -> Result<SignKey> {
        let text = read(path)?;
        let key = PrivatePkcs8KeyDer::from_pem_slice(&text)
            .ok()
            .and_then(|der| Ed25519KeyPair::from_pkcs8(der.secret_pkcs8_der()).ok());
        key.map(SignKey).ok_or_else(|| {
            Error::input(format!("`{}` is not a private Ed25519 key", path.display()))
                .hint("make one with `openssl genpkey -algorithm ed25519 -out key.pem`")
        })
    }

    /// Signs.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).as_ref().to_vec()
    }

    /// The key that checks what this one signs.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.public_key().as_ref().to_vec())
    }
}

impl fmt::Debug for SignKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignKey(not shown)")
    }
}

impl PublicKey {
    /// Reads a PEM file.
    pub fn read(path: &Path) -> Result<PublicKey> {
        let text = read(path)?;
        let key = SubjectPublicKeyInfoDer::from_pem_slice(&text).ok().and_then(|der| {
            der.as_ref().strip_prefix(&SPKI).filter(|key| key.len() == 32).map(<[u8]>::to_vec)
        });
        key.map(PublicKey).ok_or_else(|| {
            Error::input(format!("`{}` is not a public Ed25519 key", path.display()))
                .hint("make it with `openssl pkey -in key.pem -pubout -out key.pub.pem`")
        })
    }

    /// Whether the holder of the key signed the message.
    pub fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.0).verify(message, signature).is_ok()
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path)
        .map_err(|error| Error::input(format!("cannot read key `{}`", path.display())).because(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Test 1 of RFC 8032, section 7.1, in the wrapping of RFC 8410; a published key, used for nothing.
    const SECRET: (&str, &str) =
        ("PRIVATE", "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g");
    const PUBLIC: (&str, &str) = ("PUBLIC", "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");

    fn file(name: &str, (kind, base64): (&str, &str)) -> std::path::PathBuf {
        let text = format!("-----BEGIN {kind} KEY-----\n{base64}\n-----END {kind} KEY-----\n");
        let path = std::env::temp_dir().join(format!("leastwise-key-{}-{name}", std::process::id()));
        std::fs::write(&path, text).expect("a file");
        path
    }

    #[test]
    fn the_public_key_checks_what_the_private_one_signed_and_nothing_else() {
        let (secret, public) = (file("secret.pem", SECRET), file("public.pem", PUBLIC));
        let key = SignKey::read(&secret).expect("a key");
        let checks = PublicKey::read(&public).expect("a key");
        assert_eq!(key.public(), checks);
        let signature = key.sign(b"");
        assert_eq!(signature[..4], [0xe5, 0x56, 0x43, 0x00], "the signature of the RFC");
        assert!(checks.signed(b"", &signature));
        assert!(!checks.signed(b"x", &signature));
        assert!(!checks.signed(b"", &signature[..63]));
        assert!(SignKey::read(&public).is_err() && PublicKey::read(&secret).is_err());
        std::fs::remove_file(secret).expect("removed");
        std::fs::remove_file(public).expect("removed");
    }

    #[test]
    fn a_private_key_cannot_be_printed() {
        let secret = file("print.pem", SECRET);
        assert_eq!(format!("{:?}", SignKey::read(&secret).expect("a key")), "SignKey(not shown)");
        std::fs::remove_file(secret).expect("removed");
    }
}
