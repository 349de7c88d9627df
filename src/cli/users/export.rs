//! `keiyaku users export`.

use std::io::{self, Write};

use clap::Args;

use super::{EXTRAS, Format};
use crate::app::App;
use crate::cli::Failure;
use crate::cli::output::Output;
use crate::handlers::users::sign_up;
use crate::models::users::{self, Filter, User};

/// Users that are read at once.
const PAGE: i64 = 1_000;

/// Print every user as `keiyaku users import` takes them, by id.
///
/// Ids and times are left out: the database that takes them in gives its own.
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
        if self.format == Format::Csv {
            csv_line(&mut out, &["email", "age", "name", "bio", "is_active", EXTRAS])?;
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
                    Format::Csv => row(&mut out, &user)?,
                }
            }
        }
    }
}

fn row(out: &mut Output, user: &User) -> Result<(), Failure> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (age, is_active) = (user.age.to_string(), user.is_active.to_string());
    let (name, bio, extras) = (text(&user.name), text(&user.bio), text(&user.additional_data));
    csv_line(out, &[&user.email, &age, &name, &bio, &is_active, &extras])
}

fn csv_line(out: &mut Output, fields: &[&str]) -> Result<(), Failure> {
    let mut line = csv::Writer::from_writer(Vec::new());
    line.write_record(fields).map_err(io::Error::from)?;
    let line = line.into_inner().map_err(|error| Failure::new(error.to_string()))?;
    Ok(out.write_all(&line)?)
}
