//! `keiyaku token`.

use std::time::Duration;

use clap::Args;

use super::{Failure, process};
use crate::clock::Clock;
use crate::config::Config;

/// What the token says.
#[derive(Args)]
pub(super) struct Token {
    /// A scope it grants, such as users:read; give it several times, or several separated by spaces.
    #[arg(long, required = true)]
    scope: Vec<String>,
    /// Whom it names.
    #[arg(long, default_value = "operator")]
    sub: String,
    /// How long it is valid, such as 1h or 30days.
    #[arg(long, default_value = "1h", value_parser = humantime::parse_duration)]
    ttl: Duration,
}

impl Token {
    pub(super) fn run(&self, config: &Config) -> Result<(), Failure> {
        let missing =
            || Failure::configuration("JWT_SECRET is not set: set the secret that the server has, at least 32 bytes");
        let keys = process::keys(config)?.filter(|_| config.jwt_secret.is_some()).ok_or_else(missing)?;
        let scopes: Vec<String> =
            self.scope.iter().flat_map(|scope| scope.split_whitespace()).map(str::to_owned).collect();
        println!("{}", keys.sign(&self.sub, &scopes, self.ttl, Clock::system().utc()).map_err(Failure::new)?);
        Ok(())
    }
}
