//! `keiyaku token`.

use std::io::Write;
use std::time::Duration;

use clap::Args;

use super::output::Output;
use super::{Failure, process};
use crate::clock::Clock;
use crate::config::Config;
use crate::contract::Contract;
use crate::handlers::users::own_id;

/// Print a token that opens protected operations, signed with `JWT_SECRET`.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  keiyaku token --scope jobs:read --scope jobs:write --ttl 8h
  keiyaku token --scope users:self --sub user:7

Variables: JWT_SECRET, JWT_ISSUER, JWT_AUDIENCE, VALIDATION_MODE.")]
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
        let missing = || Failure::usage("JWT_SECRET is not set: set the secret that the server has, at least 32 bytes");
        let scopes = self.scopes(config)?;
        if self.ttl.is_zero() {
            return Err(Failure::usage("--ttl \"0s\": must be longer than nothing, such as 1h"));
        }
        if own_id(&self.sub).is_none() && scopes.iter().all(|scope| scope == "users:self") {
            return Err(Failure::usage(format!(
                "--sub {:?}: users:self opens nothing but the record of a user:<id>",
                self.sub
            )));
        }
        let keys = process::keys(config)?.filter(|_| config.jwt_secret.is_some()).ok_or_else(missing)?;
        let token = keys.sign(&self.sub, &scopes, self.ttl, Clock::system().utc()).map_err(Failure::new)?;
        let mut out = Output::new();
        writeln!(out, "{token}")?;
        out.done()
    }

    /// Those that were asked for. One that opens nothing is a slip of the pen, which would be found out by a 403 at best.
    fn scopes(&self, config: &Config) -> Result<Vec<String>, Failure> {
        let contract = Contract::load(config.validation_mode, None, 0).map_err(Failure::new)?;
        let known = contract.scopes();
        let mut wanted = Vec::new();
        for given in &self.scope {
            let before = wanted.len();
            wanted.extend(given.split_whitespace().map(str::to_owned));
            let named = &wanted[before..];
            if named.is_empty() || named.iter().any(|scope| !known.contains(&scope.as_str())) {
                let known = known.join(", ");
                return Err(Failure::usage(format!("--scope {given:?}: must be one or more of {known}")));
            }
        }
        Ok(wanted)
    }
}
