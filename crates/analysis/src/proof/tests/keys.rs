//! Signing, and telling signers apart.

use super::*;

/// Test 1 of RFC 8032, section 7.1, in the wrapping of RFC 8410; a published key, used for nothing.
const SECRET: &str = "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g";
const PUBLIC: &str = "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
const PUBLIC_HEX: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

fn pem(kind: &str, base64: &str) -> String {
    format!("-----BEGIN {kind} KEY-----\n{base64}\n-----END {kind} KEY-----\n")
}

fn key() -> SigningKey {
    SigningKey::from_pem(&pem("PRIVATE", SECRET)).unwrap()
}

#[test]
fn keys_are_read_as_openssl_writes_them() {
    let public = PublicKey::parse(&pem("PUBLIC", PUBLIC)).unwrap();
    assert_eq!(key().public_key(), public);
    assert_eq!(PublicKey::parse(PUBLIC_HEX).unwrap(), public);
    assert_eq!(public.to_hex(), PUBLIC_HEX);
    let windows = pem("PRIVATE", SECRET).replace('\n', "\r\n");
    assert_eq!(SigningKey::from_pem(&windows).unwrap().public_key(), public);
}

#[test]
fn a_signature_is_that_of_rfc_8032() {
    let public = PublicKey::parse(PUBLIC_HEX).unwrap();
    let value = canonical::unhex(concat!(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b",
        "d25bf5f0595bbe24655141438e7a100b"
    ));
    let value: [u8; 64] = value.unwrap().try_into().unwrap();
    assert!(public.signed(b"", &value));
    assert!(!public.signed(b"x", &value));
}

#[test]
fn what_is_no_key_is_refused_with_the_way_out() {
    let (secret, public) = (pem("PRIVATE", SECRET), pem("PUBLIC", PUBLIC));
    for text in
        ["", "hello", &public, &secret[..60], &secret.replace("K2Vw", "K2Vv"), &pem("EC PRIVATE", SECRET)]
    {
        let error = SigningKey::from_pem(text).err().expect("no key");
        assert!(error.to_string().contains("openssl genpkey"), "{error}");
    }
    let error = SigningKey::from_pem(&pem("ENCRYPTED PRIVATE", SECRET)).err().expect("no key");
    assert!(error.to_string().contains("encrypted"), "{error}");
    for text in ["", "hello", &secret, &PUBLIC_HEX[..62], &"0".repeat(64), &"€".repeat(32)] {
        let error = PublicKey::parse(text).expect_err("no key");
        assert!(error.to_string().contains("-pubout"), "{error}");
    }
}

#[test]
fn a_signed_proof_holds_for_its_signer_only() {
    let case = Case::new();
    let documents = case.documents();
    let mut proof = case.proof();
    let (mine, theirs) = (key().public_key(), SigningKey::from_bytes(&[9; 32]).public_key());
    let unsigned = case.verify_with(&proof.to_json(), &documents, Some(&mine));
    assert_eq!(failed(&unsigned), ["signature"]);
    assert!(detail(&unsigned, "signature").contains("not signed"));
    sign(&mut proof, &key());
    let text = proof.to_json();
    assert!(case.verify_with(&text, &documents, Some(&mine)).holds);
    assert!(case.verify_with(&text, &documents, None).holds);
    let other = case.verify_with(&text, &documents, Some(&theirs));
    assert_eq!(failed(&other), ["signature"]);
    assert!(detail(&other, "signature").contains(&theirs.key_id()));
}

#[test]
fn signing_again_replaces_the_signature_and_nothing_else() {
    let mut proof = Case::new().proof();
    let before = proof.canonical_bytes();
    sign(&mut proof, &SigningKey::from_bytes(&[9; 32]));
    let first = proof.signature.clone();
    sign(&mut proof, &key());
    assert_ne!(proof.signature, first);
    assert_eq!(proof.canonical_bytes(), before);
}
