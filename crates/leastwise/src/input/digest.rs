//! What an input is known by in a proof: the SHA-256 of its bytes as they lie there.

use std::io::Read;

use sha2::{Digest, Sha256};

/// What is known of the bytes of a file.
pub struct Seen {
    /// In hexadecimal; `None` when nobody asks for it.
    pub sha256: Option<String>,
    /// How many there are.
    pub bytes: u64,
}

impl Seen {
    /// Of bytes in memory, with their digest or without.
    pub fn of(bytes: &[u8], digest: bool) -> Self {
        Seen { sha256: digest.then(|| hex(&Sha256::digest(bytes))), bytes: bytes.len() as u64 }
    }

    /// Of all that is left of a source, however much it is.
    pub fn of_rest(source: &mut dyn Read) -> std::io::Result<Self> {
        let mut source = Hashed::new(source, true);
        std::io::copy(&mut source, &mut std::io::sink())?;
        Ok(source.seen())
    }
}

/// Takes the digest of what passes through.
pub struct Hashed<'a> {
    source: &'a mut dyn Read,
    sha256: Option<Sha256>,
    bytes: u64,
}

impl<'a> Hashed<'a> {
    /// Nothing has passed yet. Without `digest` it only counts.
    pub fn new(source: &'a mut dyn Read, digest: bool) -> Self {
        Hashed { source, sha256: digest.then(Sha256::new), bytes: 0 }
    }

    /// What has passed.
    pub fn seen(self) -> Seen {
        Seen { sha256: self.sha256.map(|sha256| hex(&sha256.finalize())), bytes: self.bytes }
    }
}

impl Read for Hashed<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let bytes = self.source.read(out)?;
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(&out[..bytes]);
        }
        self.bytes += bytes as u64;
        Ok(bytes)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
