//! [`Source`]: the lines of a file, whichever of the two formats it has, as the bodies that POST /users would get.

mod rows;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use serde_json::value::to_raw_value;

use super::super::{Column, EXTRAS, Format};
use crate::cli::Failure;
use crate::json::Object;
use rows::Rows;

/// Read at once.
const BUFFER: usize = 256 * 1024;

/// A file or standard input.
pub(super) struct Source {
    reader: Box<dyn BufRead + Send>,
    format: Format,
    bytes: Option<u64>,
}

/// One line, or a few where a CSV field has line breaks.
pub(super) struct Line<'a> {
    /// From 1.
    pub(super) number: u64,
    /// Bytes up to its end.
    pub(super) end: u64,
    /// The body, or what keeps it from being one.
    pub(super) text: Result<&'a [u8], String>,
}

impl Source {
    /// Opens a file; `-` is standard input.
    pub(super) fn open(file: &Path, format: Option<Format>) -> Result<Source, Failure> {
        if file.as_os_str() == "-" {
            let reader = Box::new(BufReader::with_capacity(BUFFER, io::stdin()));
            return Ok(Source { reader, format: format.unwrap_or(Format::Jsonl), bytes: None });
        }
        let is_csv = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
        let format = format.unwrap_or(if is_csv { Format::Csv } else { Format::Jsonl });
        let opened = || {
            let mut file = File::open(file)?;
            // A folder can be opened, and not read; a pipe has no end that could be looked for.
            let bytes = if file.metadata()?.is_file() { Some(file.seek(SeekFrom::End(0))?) } else { None };
            if bytes.is_some() {
                file.rewind()?;
            }
            Ok((file, bytes))
        };
        let (opened, bytes) =
            opened().map_err(|error: io::Error| Failure::new(format!("cannot read {}: {error}", file.display())))?;
        Ok(Source { reader: Box::new(BufReader::with_capacity(BUFFER, opened)), format, bytes })
    }

    /// How long it is, if that is known.
    pub(super) fn bytes(&self) -> Option<u64> {
        self.bytes
    }

    /// Hands on line after line, until one is not taken. No line of more than `limit` bytes is kept whole.
    pub(super) fn each(self, columns: &[Column], limit: u64, take: impl FnMut(Line<'_>) -> bool) -> io::Result<()> {
        match self.format {
            Format::Jsonl => json_lines(self.reader, limit, take),
            Format::Csv => csv_rows(self.reader, columns, limit, take),
        }
    }
}

fn json_lines(mut reader: impl BufRead, limit: u64, mut take: impl FnMut(Line<'_>) -> bool) -> io::Result<()> {
    let (mut line, mut number, mut end) = (Vec::new(), 0, 0);
    loop {
        line.clear();
        // Room for one byte more than the limit, which the contract then refuses, and the line break.
        let read = reader.by_ref().take(limit + 3).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(());
        }
        (number, end) = (number + 1, end + read as u64);
        if line.last() != Some(&b'\n') {
            end += reader.skip_until(b'\n')? as u64;
        }
        let text = line.strip_prefix(b"\xEF\xBB\xBF").filter(|_| number == 1).unwrap_or(&line).trim_ascii();
        if !text.is_empty() && !take(Line { number, end, text: Ok(text) }) {
            return Ok(());
        }
    }
}

fn csv_rows(
    reader: impl BufRead,
    columns: &[Column],
    limit: u64,
    mut take: impl FnMut(Line<'_>) -> bool,
) -> io::Result<()> {
    let mut rows = Rows::new(reader, limit);
    let Some((_, names)) = rows.next()? else { return Ok(()) };
    let names = names.map_err(|said| io::Error::new(io::ErrorKind::InvalidData, format!("the first line {said}")))?;
    while let Some((number, row)) = rows.next()? {
        let body = row.and_then(|row| match (row.len(), names.len()) {
            (fields, expected) if fields != expected => {
                Err(format!("has {fields} fields, and the first line has {expected}"))
            }
            _ => body(columns, &names, &row),
        });
        if !take(Line { number, end: rows.end, text: body.as_deref().map_err(Clone::clone) }) {
            return Ok(());
        }
    }
    Ok(())
}

/// The row as a JSON object. An empty field is a member that is left out; numbers keep their text.
fn body(columns: &[Column], names: &[String], row: &[String]) -> Result<Vec<u8>, String> {
    let mut members = Object::default();
    for (name, text) in names.iter().zip(row).filter(|(_, text)| !text.is_empty()) {
        let mut new = Object::default();
        match name.as_str() {
            EXTRAS => new = serde_json::from_str(text).map_err(|_| format!("/{EXTRAS} must be a JSON object"))?,
            // Whether that is what it must be, the contract says.
            _ if columns.iter().any(|column| column.name == *name && !column.is_text) => {
                new.push(name, serde_json::from_str(text).or_else(|_| to_raw_value(text)).map_err(said)?)
            }
            _ => new.push(name, to_raw_value(text).map_err(said)?),
        }
        for (member, value) in new.iter() {
            if members.get(member).is_some() {
                return Err(format!("a member occurs twice, in column {name}"));
            }
            members.push(member, value.to_owned());
        }
    }
    serde_json::to_vec(&members).map_err(said)
}

fn said(error: serde_json::Error) -> String {
    error.to_string()
}
