//! What can be wrong with a proof or a key before anything is checked.

/// Why a proof or a key could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// It is not JSON, or not of the shape.
    #[error("this is not a proof: {0}; give the file that `rightsize --proof` wrote")]
    Shape(String),
    /// Another version of the shape.
    #[error(
        "unknown schema `{found}`, this version reads `{known}`; check the proof with the leastwise that wrote it"
    )]
    Schema {
        /// What the proof says.
        found: String,
        /// What is understood here.
        known: &'static str,
    },
    /// It holds something that a proof does not have, or says it otherwise than a proof does.
    #[error("the proof differs from the schema at `{0}`; it was changed after it was made")]
    Unexpected(String),
    /// Not a private Ed25519 key.
    #[error(
        "this is not a private Ed25519 key: {0}; make one with `openssl genpkey -algorithm ed25519 -out key.pem`"
    )]
    PrivateKey(&'static str),
    /// Not a public Ed25519 key.
    #[error(
        "this is not a public Ed25519 key: {0}; make it with `openssl pkey -in key.pem -pubout -out key.pub.pem`"
    )]
    PublicKey(&'static str),
}
