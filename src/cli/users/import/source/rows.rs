//! [`Rows`]: the rows of a CSV file, however long one is. A quote that is never closed makes one row of all that follows.

use std::io::{self, BufRead};

use csv_core::ReadRecordResult;

/// A row's fields, or what is wrong with it.
type Row = Result<Vec<String>, String>;

/// Reads row after row, and keeps no more than `limit` bytes of each.
pub(super) struct Rows<R> {
    reader: R,
    core: csv_core::Reader,
    limit: usize,
    fields: Vec<u8>,
    ends: Vec<usize>,
    /// Bytes up to the end of the row that was read last.
    pub(super) end: u64,
}

impl<R: BufRead> Rows<R> {
    pub(super) fn new(reader: R, limit: u64) -> Rows<R> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Rows {
            reader,
            core: csv_core::Reader::new(),
            limit,
            fields: vec![0; 1024.min(limit)],
            ends: vec![0; 16],
            end: 0,
        }
    }

    /// The next row and the number of its first line.
    pub(super) fn next(&mut self) -> io::Result<Option<(u64, Row)>> {
        let (number, mut bytes, mut ends, mut is_too_long) = (self.core.line(), 0, 0, false);
        loop {
            let input = self.reader.fill_buf()?;
            let (result, read, written, ended) =
                self.core.read_record(input, &mut self.fields[bytes..], &mut self.ends[ends..]);
            self.reader.consume(read);
            self.end += read as u64;
            (bytes, ends) = (bytes + written, ends + ended);
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.fields.len() < self.limit => {
                    self.fields.resize(self.fields.len().saturating_mul(2).min(self.limit), 0);
                }
                // A field takes a byte in the file at least, its separator.
                ReadRecordResult::OutputEndsFull if self.ends.len() < self.limit => {
                    self.ends.resize(self.ends.len().saturating_mul(2).min(self.limit), 0);
                }
                // The rest of it is read over what there was.
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    (bytes, ends, is_too_long) = (0, 0, true);
                }
                ReadRecordResult::Record if is_too_long => {
                    let said = format!("has more than {} bytes; is a quote missing that ends a field?", self.limit);
                    return Ok(Some((number, Err(said))));
                }
                ReadRecordResult::Record => return Ok(Some((number, self.row(&self.ends[..ends])))),
                ReadRecordResult::End => return Ok(None),
            }
        }
    }

    fn row(&self, ends: &[usize]) -> Row {
        let begins = [0].into_iter().chain(ends.iter().copied());
        let texts = begins.zip(ends).map(|(begin, end)| String::from_utf8(self.fields[begin..*end].to_vec()));
        texts.collect::<Result<_, _>>().map_err(|_| "is not valid UTF-8".to_owned())
    }
}
