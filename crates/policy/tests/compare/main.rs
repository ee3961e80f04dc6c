//! Comparing policies: against brute force, against what AWS answered, and case by case.

mod brute_force;
mod cases;
mod labels;
mod managed;
mod support;
