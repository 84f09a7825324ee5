//! `verify`, `audit` and `backup`: what is done with a data directory without a
//! server.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{exit, fail, say};
use crate::boot::copy_token_secret;
use crate::clock;
use crate::journal::{self, FileDisk, Inspection, NoState, OpenError, Progress, Report};
use crate::shard::{self, Audit};

/// `ringside verify`: checks every file as a start would, and lists all damage.
pub(super) fn verify(data_dir: &str) -> ExitCode {
    let data = match open(data_dir) {
        Ok(data) => data,
        Err(code) => return code,
    };
    let mut whole = true;
    for number in 0..data.shards() {
        let mut line = ProgressLine::new("verify", number, data.shards());
        let found = data.replay(number, &mut NoState, &mut |seen| line.show(seen));
        line.clear();
        match found {
            Ok(report) => say(&format!("shard {number}: {}\n", describe(&report))),
            Err(error) => {
                whole = false;
                say(&format!("shard {number}: {error}\n{}", gaps(&data, number)));
            }
        }
    }
    if whole {
        say("Everything is whole.\n");
        ExitCode::SUCCESS
    } else {
        ExitCode::from(exit::FAILED)
    }
}

/// `ringside audit`: replays the ledger and proves it.
pub(super) fn audit(data_dir: &str) -> ExitCode {
    let data = match open(data_dir) {
        Ok(data) => data,
        Err(code) => return code,
    };
    let mut sum = Audit::default();
    let mut legal = true;
    for number in 0..data.shards() {
        let mut line = ProgressLine::new("audit", number, data.shards());
        let found = shard::audit(&data, number, &mut |seen| line.show(seen));
        line.clear();
        match found {
            Ok((audit, sales, _)) => {
                say(&format!("shard {number}: {audit}\n"));
                for sale in sales {
                    say(&format!("  {sale}\n"));
                }
                sum = sum.plus(audit);
            }
            Err(error) => {
                legal = false;
                say(&format!("shard {number}: {error}\n"));
            }
        }
    }
    if !legal {
        return ExitCode::from(exit::FAILED);
    }
    say(&format!(
        "in all: {sum}\nNo seat and no ticket is sold twice, no ticket option and no event \
         oversold, every change follows from the state before it, and the ledger balances with it.\n"
    ));
    ExitCode::SUCCESS
}

/// `ringside backup`: copies, and checks the copy.
pub(super) fn backup(data_dir: &str, copy: &Path) -> ExitCode {
    if let Err(code) = named(data_dir) {
        return code;
    }
    if let Err(error) = journal::backup(&FileDisk, Path::new(data_dir), copy) {
        return fail(&error, exit::DATA);
    }
    if let Err(error) = copy_token_secret(Path::new(data_dir), copy) {
        return fail(&error, exit::DATA);
    }
    verify(&copy.to_string_lossy())
}

fn named(data_dir: &str) -> Result<(), ExitCode> {
    if data_dir.is_empty() {
        eprintln!("ringside: say which directory: --data-dir DIR");
        return Err(ExitCode::from(exit::USAGE));
    }
    Ok(())
}

fn open(data_dir: &str) -> Result<Inspection, ExitCode> {
    named(data_dir)?;
    let opened = Inspection::new(Arc::new(FileDisk), Path::new(data_dir));
    opened.map_err(|error| {
        let code = match error {
            OpenError::Damaged { .. } => exit::FAILED,
            _ => exit::DATA,
        };
        fail(&error, code)
    })
}

fn describe(report: &Report) -> String {
    let Report {
        snapshot_records,
        frames,
        records,
        bytes,
        closed,
        cut,
    } = report;
    let mut text = format!(
        "{snapshot_records} records in the snapshot, {records} in {frames} frames since; {bytes} \
         bytes read; "
    );
    // Writing to a string cannot fail.
    let _ = match cut {
        None if *closed => write!(text, "closed in order"),
        None => write!(text, "not closed, and nothing torn"),
        Some(cut) => write!(
            text,
            "{} ends with {} bytes at byte {} that are no whole frame: what a crash leaves of an \
             unacknowledged one, or damage to the last frame (a start will cut them)",
            cut.path.display(),
            cut.bytes,
            cut.offset
        ),
    };
    text
}

fn gaps(data: &Inspection, number: u16) -> String {
    let gaps = match data.gaps(number) {
        Ok(gaps) => gaps,
        Err(error) => return format!("  {error}\n"),
    };
    gaps.iter()
        .map(|gap| {
            format!(
                "  {}: {} bytes at byte {} are no whole frame; {} whole frames behind them\n",
                gap.path.display(),
                gap.bytes,
                gap.offset,
                gap.frames_behind
            )
        })
        .collect()
}

/// A line on standard error that is written over, when the work takes longer.
struct ProgressLine {
    what: &'static str,
    shard: u16,
    shards: u16,
    last: Instant,
    shown: bool,
}

impl ProgressLine {
    const EVERY: Duration = Duration::from_secs(1);

    fn new(what: &'static str, shard: u16, shards: u16) -> Self {
        Self {
            what,
            shard,
            shards,
            last: clock::now(),
            shown: false,
        }
    }

    fn show(&mut self, seen: Progress) {
        let now = clock::now();
        if now - self.last < Self::EVERY {
            return;
        }
        self.last = now;
        self.shown = true;
        let percent = 100 * seen.done / seen.of.max(1);
        eprint!(
            "\r{} shard {} of {}: {percent} % of {} MiB",
            self.what,
            self.shard + 1,
            self.shards,
            seen.of >> 20
        );
    }

    fn clear(&self) {
        if self.shown {
            // Back to the line's start, and clear it.
            eprint!("\r\x1b[K");
            let _ = io::stderr().flush();
        }
    }
}
