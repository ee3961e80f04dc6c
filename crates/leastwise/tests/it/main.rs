//! The binary, run as a user runs it.

#![expect(
    unreachable_pub,
    reason = "`pub` here says which items other modules use; nobody depends on a test"
)]

mod aws;
mod bad_input;
mod beside;
mod check;
mod check_against;
mod check_formats;
mod check_hostile;
mod ci;
mod cli;
mod compare;
mod denied;
mod docs;
mod envelopes;
mod feedback;
mod generate;
mod layers;
mod model;
mod names;
mod newcomer;
mod one_sided;
mod paths;
mod perhaps;
mod power;
mod rightsize;
mod saved;
mod silence;
mod simulate;
mod support;
mod unattended;
mod unlisted;
mod unrecorded;
mod usage;
mod verify;
mod weird;
mod whose;
mod words;
