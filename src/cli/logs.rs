//! Log lines: to standard output, readable on a terminal, JSON elsewhere, unless `LOG_FORMAT` says which. The same spans and
//! lines make the traces, where they are wanted.

mod json;

use std::io::IsTerminal;

use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt, registry};

use super::Failure;
use crate::config::{Config, LogFormat};
use crate::traces::Exporter;

/// Begins with both; what it returns has to be kept until the end of the process.
pub(super) fn start(config: &Config) -> Result<Option<Exporter>, Failure> {
    let terminal = std::io::stdout().is_terminal();
    let default = if terminal { LogFormat::Pretty } else { LogFormat::Json };
    // A line that cannot be written is lost. Told to standard error, which may be gone as well, it would be a panic, and that
    // the end of whatever wanted to log.
    let lines = fmt::layer().log_internal_errors(false);
    let lines = match config.log_format.unwrap_or(default) {
        LogFormat::Pretty => lines.with_ansi(terminal).boxed(),
        LogFormat::Json => lines.fmt_fields(json::Json).event_format(json::Json).boxed(),
    };
    let levels = config.log_level.clone();
    if config.otel_exporter_otlp_endpoint.is_none() {
        registry().with(lines).with(levels).init();
        return Ok(None);
    }
    let exporter = Exporter::start(config.shutdown_timeout)
        .map_err(|error| Failure::usage(format!("traces cannot be sent: {error}")))?;
    // What the log leaves out may be a part of a trace, so each has a filter of its own, which costs more than one for all.
    registry().with(lines.with_filter(discreet(levels))).with(exporter.layer()).init();
    Ok(Some(exporter))
}

/// The same without what the exporter's client says at debug and trace: what it sends, the collector's password included.
fn discreet(levels: Targets) -> Targets {
    ["ureq", "ureq_proto"].into_iter().fold(levels, |levels, target| match levels.would_enable(target, &Level::DEBUG) {
        true => levels.with_target(target, LevelFilter::INFO),
        false => levels,
    })
}
