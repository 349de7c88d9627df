//! [`Table`]: aligned columns, shortened to the terminal's width.

use std::io::{self, Write};

use anstyle::{AnsiColor, Effects, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{Output, shown};

/// No column is shortened below this.
const NARROWEST: usize = 8;
/// What stands for the rest of a text.
const REST: char = '…';
const GAP: usize = 2;

/// What stands in one place of a table.
pub(in crate::cli) struct Cell {
    text: String,
    style: Style,
    to_the_right: bool,
}

impl Cell {
    /// A text, as it may be [`shown`].
    pub(in crate::cli) fn text(text: impl AsRef<str>) -> Cell {
        Cell { text: shown(text.as_ref()), style: Style::new(), to_the_right: false }
    }

    /// A number, or nothing.
    pub(in crate::cli) fn number(number: impl Into<Option<i64>>) -> Cell {
        let text = number.into().map_or_else(|| "-".to_owned(), |number| number.to_string());
        Cell { text, style: Style::new(), to_the_right: true }
    }

    /// The same in a colour.
    pub(in crate::cli) fn coloured(self, color: AnsiColor) -> Cell {
        Cell { style: color.on_default(), ..self }
    }

    fn write(&self, out: &mut Output, width: usize, is_last: bool) -> io::Result<()> {
        let text = shortened(&self.text, width);
        let padding = width.saturating_sub(text.width());
        let (before, after) = match (self.to_the_right, is_last) {
            (true, _) => (padding, 0),
            (false, true) => (0, 0),
            (false, false) => (0, padding),
        };
        let style = out.style(self.style);
        write!(out, "{:before$}{style}{text}{style:#}{:after$}", "", "")
    }
}

/// Rows under heads, printed page by page: a later page may widen the columns and does not narrow them.
pub(in crate::cli) struct Table<const N: usize> {
    heads: [&'static str; N],
    widths: [usize; N],
    is_begun: bool,
}

impl<const N: usize> Table<N> {
    pub(in crate::cli) fn new(heads: [&'static str; N]) -> Table<N> {
        Table { heads, widths: heads.map(str::len), is_begun: false }
    }

    /// Prints a page.
    pub(in crate::cli) fn rows(&mut self, out: &mut Output, rows: &[[Cell; N]]) -> io::Result<()> {
        for row in rows {
            for (width, cell) in self.widths.iter_mut().zip(row) {
                *width = cell.text.width().max(*width);
            }
        }
        let mut widths = self.widths;
        if let Some(terminal) = out.width {
            fit(&mut widths, terminal);
        }
        if !std::mem::replace(&mut self.is_begun, true) {
            let first = rows.first();
            let head = |place: usize| Cell {
                text: self.heads[place].to_owned(),
                style: Style::new().effects(Effects::BOLD),
                to_the_right: first.is_some_and(|row| row[place].to_the_right),
            };
            line(out, &std::array::from_fn::<Cell, N, _>(head), widths)?;
        }
        rows.iter().try_for_each(|row| line(out, row, widths))
    }
}

fn line<const N: usize>(out: &mut Output, cells: &[Cell; N], widths: [usize; N]) -> io::Result<()> {
    // What ends a line is not padded, so that no line ends with spaces.
    let end = cells.iter().rposition(|cell| !cell.text.is_empty()).map_or(0, |last| last + 1);
    for (place, (cell, width)) in cells.iter().zip(widths).take(end).enumerate() {
        if place > 0 {
            write!(out, "{:GAP$}", "")?;
        }
        cell.write(out, width, place + 1 == end)?;
    }
    writeln!(out)
}

/// Narrows the widest columns until all of them fit, or cannot be narrowed.
fn fit(widths: &mut [usize], terminal: usize) {
    let most = terminal.saturating_sub(GAP * widths.len().saturating_sub(1));
    while widths.iter().sum::<usize>() > most {
        match widths.iter_mut().max() {
            Some(widest) if *widest > NARROWEST => *widest -= 1,
            _ => return,
        }
    }
}

/// The beginning of a text that is too wide.
fn shortened(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut room = width.saturating_sub(1);
    let fits = |letter: &char| {
        let wide = letter.width().unwrap_or_default();
        let fits = wide <= room;
        room = room.saturating_sub(wide);
        fits
    };
    text.chars().take_while(fits).chain([REST]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_columns_give_way_first() {
        let mut widths = [5, 40, 12];
        fit(&mut widths, 44);
        assert_eq!(widths, [5, 23, 12]);
        fit(&mut widths, 10);
        assert_eq!(widths, [5, 8, 8], "not narrower than this");
    }

    #[test]
    fn a_text_is_shortened_by_what_it_takes_on_the_screen() {
        assert_eq!(shortened("short", 5), "short");
        assert_eq!(shortened("too long", 5), "too …");
        assert_eq!(shortened("契約契約", 6), "契約…");
    }

    #[test]
    fn nothing_in_a_cell_moves_the_cursor() {
        assert_eq!(Cell::text("a\u{1b}[2Jb\nc").text, "a [2Jb c");
    }
}
