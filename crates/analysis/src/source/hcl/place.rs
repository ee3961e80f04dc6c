//! Places that also say in which file: while a module is worked out, values of several files mix.
//!
//! The number of the file lies in the upper half of the column; lines longer than 65,535 characters have their values
//! at the last column. [`settle`] takes it out again.

use crate::source::{Node, Place, Value};

const BITS: u32 = 16;
const MOST: u32 = (1 << BITS) - 1;

/// In the line: what stands here is there on one side of a conditional alone.
const CHOSEN: u32 = 1 << 31;

/// The place in this file.
pub(super) fn in_file(file: u16, place: Place) -> Place {
    Place { line: place.line, column: u32::from(file) << BITS | place.column.min(MOST) }
}

/// The file of a place.
pub(in crate::source) fn file(place: Place) -> usize {
    (place.column >> BITS) as usize
}

/// The column without the file.
pub(super) fn column(place: Place) -> u32 {
    place.column & MOST
}

/// The place without the file.
pub(in crate::source) fn plain(place: Place) -> Place {
    Place { line: place.line & !CHOSEN, column: column(place) }
}

/// The place of what is there on one side of a conditional alone.
pub(super) fn chosen(place: Place) -> Place {
    Place { line: place.line | CHOSEN, ..place }
}

/// The place of it, whether or not it is always there.
pub(in crate::source) fn anyway(place: Place) -> Place {
    Place { line: place.line & !CHOSEN, ..place }
}

/// So many characters further to the right.
pub(super) fn right(place: Place, characters: u32) -> Place {
    let column = column(place).saturating_add(characters).min(MOST);
    Place { line: place.line, column: place.column & !MOST | column }
}

/// So many lines further down, at this column.
pub(super) fn down(place: Place, lines: u32, column: u32) -> Place {
    Place { line: place.line.saturating_add(lines), column: place.column & !MOST | column.min(MOST) }
}

/// Puts all places of a value into a file.
pub(in crate::source) fn put_in_file(node: &mut Node, number: u16) {
    node.at = in_file(number, node.at);
    match &mut node.value {
        Value::List(items) => items.iter_mut().for_each(|item| put_in_file(item, number)),
        Value::Map(entries) => {
            for entry in entries {
                entry.at = in_file(number, entry.at);
                put_in_file(&mut entry.value, number);
            }
        }
        _ => {}
    }
}

/// Takes the files out of all places. What stands in another file than the whole gets the place of what holds it: of
/// the key, or of the list.
pub(in crate::source) fn settle(node: &mut Node) {
    let file = file(node.at);
    let at = node.at;
    settle_in(node, file, at);
}

fn settle_in(node: &mut Node, wanted: usize, holder: Place) {
    let here = if file(node.at) == wanted { node.at } else { holder };
    node.at = plain(here);
    match &mut node.value {
        Value::List(items) => items.iter_mut().for_each(|item| settle_in(item, wanted, here)),
        Value::Map(entries) => {
            for entry in entries {
                let key = if file(entry.at) == wanted { entry.at } else { here };
                entry.at = plain(key);
                settle_in(&mut entry.value, wanted, key);
            }
        }
        _ => {}
    }
}
