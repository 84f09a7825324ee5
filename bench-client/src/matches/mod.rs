//! A match run: both original programs, the event source and the event
//! listener, against one server.
//!
//! All bytes and the right answer are there before the clock starts. Then two
//! threads do as little as they can, one writes and one reads; the main thread
//! sleeps and looks ten times a second whether the run gets anywhere.

mod door;
mod hearer;
mod outcome;
mod prepared;
mod sender;
mod shared;

use std::{
    io::Write,
    sync::{atomic::Ordering::Relaxed, mpsc},
    thread,
    time::{Duration, Instant},
};

pub(crate) use outcome::{Outcome, Verdict};

use self::{door::Door, hearer::Heard, prepared::Prepared, sender::Sent, shared::Shared};
use crate::{cli::MatchArgs, cpu, failure::Failure, fleet, progress::Bar, stall::Stall};

/// Runs shorter than this show no progress.
const SHORT: Duration = Duration::from_secs(2);

/// Plays one run. Where the server is to dial in, the first line on `out` says
/// where.
///
/// # Errors
/// If there is no server, or no port to be dialled on. Whatever happens once
/// both sides may talk is told in the outcome.
pub(crate) fn run(args: &MatchArgs, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let mut addresses = [args.source.clone(), args.listener.clone()];
    let (prepared, doors) = if args.serve {
        let (source, source_address) = Door::listen(&args.source)?;
        let (listener, listener_address) = Door::listen(&args.listener)?;
        writeln!(
            out,
            "listening: source {source_address} listener {listener_address}"
        )?;
        out.flush()?;
        addresses = [source_address, listener_address];
        (Prepared::new(args), [source, listener])
    } else {
        let prepared = Prepared::new(args);
        let listener = Door::connect(&args.listener)?;
        (prepared, [Door::connect(&args.source)?, listener])
    };
    let cpu_before = cpu::used();
    let (sent, heard, stall) = play(args, &prepared, doors);
    let cpu = cpu::used().saturating_sub(cpu_before);
    Ok(Outcome {
        addresses,
        cpu,
        ..Outcome::new(&prepared, args.events, sent, heard, stall)
    })
}

/// Plays both parts, and says after how long without progress it gave up, if it
/// did.
fn play(
    args: &MatchArgs,
    prepared: &Prepared,
    [source, listener]: [Door; 2],
) -> (Sent, Heard, Option<Duration>) {
    let shared = &Shared::new();
    let (all_sent, await_sent) = mpsc::channel();
    thread::scope(|scope| {
        let (running, ended) = mpsc::channel::<()>();
        let still_running = running.clone();
        let sender = scope.spawn(move || {
            // Dropped at the end, even by a panic, as is `all_sent`.
            let _running = running;
            sender::send(
                source,
                args.send_buffer,
                &prepared.bytes,
                &prepared.cuts,
                &all_sent,
                shared,
            )
        });
        let hearer = scope.spawn(move || {
            let _running = still_running;
            hearer::hear(listener, &prepared.answer, &await_sent, shared)
        });
        let mut stalled = None;
        let mut watch = Watch::new(args);
        fleet::watch(&ended, || {
            if watch.is_stalled(shared, prepared) {
                stalled = Some(*args.timeout);
                shared.stop();
            }
            shared.enforce();
        });
        (fleet::join(sender), fleet::join(hearer), stalled)
    })
}

/// Looks after a run from outside.
struct Watch {
    stall: Stall,
    started: Instant,
    quiet: bool,
    bar: Option<Bar>,
}

impl Watch {
    fn new(args: &MatchArgs) -> Self {
        let started = Instant::now();
        Self {
            stall: Stall::new(*args.timeout, started),
            started,
            quiet: args.quiet,
            bar: None,
        }
    }

    /// Shows the progress, if the run is long, and says whether there is none.
    fn is_stalled(&mut self, shared: &Shared, prepared: &Prepared) -> bool {
        let now = Instant::now();
        if now.duration_since(self.started) >= SHORT {
            let bar = self.bar.get_or_insert_with(|| Bar::of_match(self.quiet));
            let percent = |part: usize, all: usize| part * 100 / all.max(1);
            bar.show_match(
                percent(shared.written.load(Relaxed), prepared.bytes.len()),
                percent(shared.received.load(Relaxed), prepared.answer.len()),
            );
        }
        self.stall.is_stalled(shared.progress(), now)
    }
}
