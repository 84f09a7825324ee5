//! The server program: parses the command line and does what it says.

use std::process::ExitCode;

use clap::Parser;
use ringside::cli::{self, Cli};

fn main() -> ExitCode {
    cli::run(Cli::parse())
}
