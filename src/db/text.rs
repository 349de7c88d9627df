//! What a text must not hold to be stored.

/// The same with U+FFFD in place of NUL, which PostgreSQL has in no text. It is for words that nobody has checked, such as those
/// of an error; SQLite gets the same, so that a database can move.
pub fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}
