//! What HCL and YAML write alike between double quotes.

/// How the character is written if a backslash and a letter stand for it in both languages.
pub(super) fn backslashed(c: char) -> Option<&'static str> {
    match c {
        '"' => Some("\\\""),
        '\\' => Some("\\\\"),
        '\n' => Some("\\n"),
        '\r' => Some("\\r"),
        '\t' => Some("\\t"),
        _ => None,
    }
}
