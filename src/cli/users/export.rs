//! `keiyaku users export`.

use std::io::{self, Write};

use clap::Args;
use serde_json::Value;

use super::{Column, EXTRAS, Format, columns};
use crate::app::App;
use crate::cli::Failure;
use crate::cli::output::Output;
use crate::handlers::users::sign_up;
use crate::models::users::{self, Filter, User};

/// Users that are read at once.
const PAGE: i64 = 1_000;

/// Print every user as `keiyaku users import` takes them, by id.
///
/// Ids and times are left out: the database that takes them in gives its own. CSV has one way to write an empty text and none.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  keiyaku users export > users.jsonl
  keiyaku users export --format csv | head

Variables: DATABASE_URL.")]
pub(super) struct Export {
    /// How they are written.
    #[arg(long, value_enum, default_value = "jsonl")]
    format: Format,
}

impl Export {
    pub(super) async fn run(self, app: &App) -> Result<(), Failure> {
        let mut out = Output::new();
        let columns = columns(app)?;
        if self.format == Format::Csv {
            let names = columns.iter().map(|column| column.name.as_str());
            csv_line(&mut out, names.chain([EXTRAS]))?;
        }
        let mut filter = Filter::default();
        loop {
            let wanted = filter.clone();
            let page = app.db.read(move |conn| users::list(conn, &wanted, PAGE)).await?;
            let Some(last) = page.last() else { return out.done() };
            filter.after = Some(last.id);
            for user in page {
                match self.format {
                    Format::Jsonl => out.json(&sign_up(user)?)?,
                    Format::Csv => row(&mut out, &columns, user)?,
                }
            }
        }
    }
}

fn row(out: &mut Output, columns: &[Column], mut user: User) -> Result<(), Failure> {
    let extras = user.additional_data.take().unwrap_or_default();
    let declared = serde_json::to_value(sign_up(user)?).map_err(Failure::new)?;
    let text = |column: &Column| match &declared[column.name.as_str()] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    csv_line(out, columns.iter().map(text).chain([extras]))
}

fn csv_line<T: AsRef<[u8]>>(out: &mut Output, fields: impl IntoIterator<Item = T>) -> Result<(), Failure> {
    let mut line = csv::Writer::from_writer(Vec::new());
    line.write_record(fields).map_err(io::Error::from)?;
    let line = line.into_inner().map_err(|error| Failure::new(error.to_string()))?;
    Ok(out.write_all(&line)?)
}
