//! Checks of the room "right" against real policies and other tools' cases.

mod managed;
mod support;
