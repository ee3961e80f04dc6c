//! Looks forward: policies in the formats that a repository holds.
