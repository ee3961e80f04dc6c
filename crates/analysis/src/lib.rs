//! Looks back: audit logs to usage, right-sizing and its proof.
