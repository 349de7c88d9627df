//! Page cursors: where the page before ended, opaque to the client.

use crate::problem::Problem;

/// The cursor after the row with this id.
pub(super) fn after(id: i64) -> String {
    format!("{id:016x}{:08x}", check(id))
}

/// The id in a cursor.
///
/// # Errors
/// 400 for a cursor that this service did not make.
pub(super) fn parse(cursor: &str) -> Result<i64, Problem> {
    let id =
        cursor.is_ascii().then(|| cursor.get(..16)).flatten().and_then(|digits| i64::from_str_radix(digits, 16).ok());
    // Compared whole, so that every id has one spelling.
    id.filter(|id| after(*id) == cursor).ok_or_else(|| {
        Problem::bad_request("Parameter validation failed for 'cursor': it is not one that this service gave")
    })
}

/// One page of rows that were asked for one more than `limit` of, and the cursor of the next page if there is one.
pub(super) fn page<T>(mut rows: Vec<T>, limit: i64, id: impl Fn(&T) -> i64) -> (Vec<T>, Option<String>) {
    let limit = usize::try_from(limit).unwrap_or_default();
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|last| after(id(last)));
    (rows, next)
}

/// Tells a cursor of ours from a made-up one. It protects nothing: a cursor says no more than an id, and opens no row that the request
/// may not see.
fn check(id: i64) -> u32 {
    let mixed = id.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_of_ours_gives_its_id_and_no_other_passes() {
        for id in [1, 42, i64::MAX] {
            assert_eq!(parse(&after(id)).unwrap(), id);
        }
        for made_up in
            ["", "1", "zz", "0000000000000001", "000000000000000100000000", "ééééééééé", &after(42).to_uppercase()]
        {
            assert!(parse(made_up).is_err(), "{made_up}");
        }
    }
}
