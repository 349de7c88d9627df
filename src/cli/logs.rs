//! Log lines: to standard output, readable on a terminal, JSON elsewhere, unless `LOG_FORMAT` says which.

mod json;

use std::io::IsTerminal;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{fmt, registry};

use crate::config::{Config, LogFormat};

pub(super) fn start(config: &Config) {
    let terminal = std::io::stdout().is_terminal();
    let default = if terminal { LogFormat::Pretty } else { LogFormat::Json };
    // A line that cannot be written is lost. Told to standard error, which may be gone as well, it would be a panic, and that
    // the end of whatever wanted to log.
    let lines = fmt::layer().log_internal_errors(false);
    let levels = config.log_level.clone();
    match config.log_format.unwrap_or(default) {
        LogFormat::Pretty => registry().with(lines.with_ansi(terminal)).with(levels).init(),
        LogFormat::Json => registry().with(lines.fmt_fields(json::Json).event_format(json::Json)).with(levels).init(),
    }
}
