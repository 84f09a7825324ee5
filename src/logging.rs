//! Where log lines go and what they look like.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat, LogLevel};

/// Logs to standard error as configured, from now on.
///
/// Only Ringside's own lines: what the runtime warns about, an operator cannot
/// act on, and what matters is checked at start (see [`crate::host`]).
pub fn start(config: &Config) {
    let level = match config.log_level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    };
    let filter = EnvFilter::new(format!("off,ringside={level}"));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // Whoever read the log may be gone. That must not end the server, and
        // complaining to the same closed pipe would.
        .log_internal_errors(false)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr);
    // A second start in one process keeps the first.
    let _ = match config.log_format {
        LogFormat::Text => subscriber.with_target(false).try_init(),
        LogFormat::Json => subscriber.json().flatten_event(true).try_init(),
    };
}
