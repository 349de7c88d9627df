//! `keiyaku migrate`.

use super::Failure;
use crate::config::Config;
use crate::db;

pub(super) fn run(config: &Config) -> Result<(), Failure> {
    db::migrate(&config.database_url).map_err(Failure::new)?;
    println!("{} is up to date", config.database_url);
    Ok(())
}
