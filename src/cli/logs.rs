//! Log lines: to standard output, readable on a terminal, JSON elsewhere, unless `LOG_FORMAT` says which.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};

pub(super) fn start(config: &Config) {
    let terminal = std::io::stdout().is_terminal();
    let default = if terminal { LogFormat::Pretty } else { LogFormat::Json };
    // A line that cannot be written is lost. Told to standard error, which may be gone as well, it would be a panic, and that
    // the end of whatever wanted to log.
    let logs = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(&config.log_level)).log_internal_errors(false);
    match config.log_format.unwrap_or(default) {
        LogFormat::Pretty => logs.with_ansi(terminal).init(),
        LogFormat::Json => logs.json().flatten_event(true).with_current_span(true).with_span_list(false).init(),
    }
}
