//! What commands print: tables for people, JSON for programs. Colours appear on a terminal alone, and not with `NO_COLOR`.
//!
//! Whoever reads may stop reading (`| head`): that ends a command and is no failure; see [`Failure`](super::Failure).

mod table;

use std::io::{self, BufWriter, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::Style;
use chrono::{DateTime, SecondsFormat, Utc};
use clap::Args;
use serde::Serialize;

pub(super) use table::{Cell, Table};

use super::Failure;

/// For whom a command prints.
#[derive(Args, Clone, Copy)]
pub(super) struct Shape {
    /// Print JSON for programs, in the API's own shapes.
    #[arg(long)]
    pub(super) json: bool,
}

/// Standard output.
pub(super) struct Output {
    out: BufWriter<io::Stdout>,
    has_colours: bool,
    /// Columns of the terminal; `None` where there is none, and nothing is shortened.
    width: Option<usize>,
}

impl Output {
    pub(super) fn new() -> Output {
        let is_terminal = io::stdout().is_terminal();
        let size = terminal_size::terminal_size().filter(|_| is_terminal);
        let has_colours = AutoStream::choice(&io::stdout()) != ColorChoice::Never;
        // Not anstream's own writer, which would take out of the data of others what looks like a colour.
        let out = BufWriter::new(io::stdout());
        Output { out, has_colours, width: size.map(|(width, _)| usize::from(width.0)) }
    }

    /// This style, where there are colours.
    pub(super) fn style(&self, style: Style) -> Style {
        if self.has_colours { style } else { Style::new() }
    }

    /// One JSON document, on one line.
    pub(super) fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        serde_json::to_writer(&mut self.out, value).map_err(io::Error::from)?;
        Ok(writeln!(self.out)?)
    }

    /// Prints all of it now; the end of every command.
    pub(super) fn done(&mut self) -> Result<(), Failure> {
        Ok(self.out.flush()?)
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A text with a space for whatever a terminal would obey instead of showing it: it may be anybody's.
pub(super) fn shown(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// Says something to people that is not what a command was asked for.
pub(super) fn note(text: &str) {
    // Without standard error there is nobody to tell.
    let _ = writeln!(io::stderr(), "{}", shown(text));
}

/// RFC 3339 in UTC, to the second.
pub(super) fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
