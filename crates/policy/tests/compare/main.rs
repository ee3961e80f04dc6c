//! Comparing policies: against brute force, against what AWS answered, against z3, and case by case.

mod against_z3;
mod brute_force;
mod cases;
#[path = "../common/mod.rs"]
mod common;
mod labels;
mod managed;
mod questions;
mod smt;
mod support;
