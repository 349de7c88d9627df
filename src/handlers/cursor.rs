//! Page cursors: where the page before ended, opaque to the client.

use crate::problem::Problem;

/// Which list a cursor is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    Jobs,
    Users,
    JobsOldestFirst,
}

/// The cursor after the row with this id.
pub(super) fn after(list: List, id: i64) -> String {
    format!("{id:016x}{:08x}", check(list, id))
}

/// The id in a cursor.
///
/// # Errors
/// 400 for a cursor that this list did not give.
pub(super) fn parse(list: List, cursor: &str) -> Result<i64, Problem> {
    let id =
        cursor.is_ascii().then(|| cursor.get(..16)).flatten().and_then(|digits| i64::from_str_radix(digits, 16).ok());
    // Compared whole, so that every id has one spelling.
    id.filter(|id| after(list, *id) == cursor).ok_or_else(|| {
        Problem::bad_request("Parameter validation failed for 'cursor': it is not one that this list gave")
    })
}

/// One page of rows that were asked for one more than `limit` of, and the cursor of the next page if there is one.
pub(super) fn page<T>(list: List, mut rows: Vec<T>, limit: i64, id: impl Fn(&T) -> i64) -> (Vec<T>, Option<String>) {
    let limit = usize::try_from(limit).unwrap_or_default();
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|last| after(list, id(last)));
    (rows, next)
}

/// Tells a cursor of ours from a made-up one. It protects nothing: a cursor says no more than an id, and opens no row that the request
/// may not see.
fn check(list: List, id: i64) -> u32 {
    let mixed = (id ^ ((list as i64) << 56)).cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_of_ours_gives_its_id_and_no_other_passes() {
        for id in [1, 42, i64::MAX] {
            assert_eq!(parse(List::Jobs, &after(List::Jobs, id)).unwrap(), id);
            assert!(parse(List::Users, &after(List::Jobs, id)).is_err(), "another list's");
        }
        for made_up in [
            "",
            "1",
            "zz",
            "0000000000000001",
            "000000000000000100000000",
            "ééééééééé",
            &after(List::Jobs, 42).to_uppercase(),
        ] {
            assert!(parse(List::Jobs, made_up).is_err(), "{made_up}");
        }
    }
}
