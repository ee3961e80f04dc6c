//! Text that quoting rules get wrong.

use proptest::prelude::*;

/// Text that quoting rules get wrong.
pub(crate) fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("${aws:username}".to_owned()),
        Just("$${x}".to_owned()),
        Just("%{if true}".to_owned()),
        Just("${".to_owned()),
        Just("%%{".to_owned()),
        Just("&{".to_owned()),
        Just("\"".to_owned()),
        Just("\\".to_owned()),
        Just("'".to_owned()),
        Just("\n  - x: y\n".to_owned()),
        Just("<<EOF".to_owned()),
        Just("# = {".to_owned()),
        Just("*".to_owned()),
        Just("on".to_owned()),
        Just("\u{202e}\u{85}\u{feff}\u{2028}".to_owned()),
        Just("日本 Größe 🎉".to_owned()),
        "[a-z0-9/_.-]{1,8}",
        "[ -~]{0,6}",
    ];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}
