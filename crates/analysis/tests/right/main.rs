//! Checks of the room "right" against real policies and other tools' cases.

mod codes;
mod managed;
mod organizations;
mod parliament;
mod support;
