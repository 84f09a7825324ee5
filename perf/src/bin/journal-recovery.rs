//! How long a shard takes to recover, and how many bytes a sale costs: writes a
//! journal of so many sold seats to a real disk, and opens it again, first
//! without a snapshot and then with one.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clap::Parser;
use ringside::inventory::Seats;
use ringside::journal::{
    self, DataDir, FileDisk, Hooks, Journal, Notice, Options, Record, Report, SeatState,
};

#[derive(Parser)]
struct Args {
    /// A directory that does not exist, on the disk to measure; it is deleted
    /// at the end.
    directory: PathBuf,
    /// Seats, each reserved and then sold.
    #[arg(long, default_value_t = 10_000_000)]
    seats: u64,
    /// How often to open each.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

type Failed = Box<dyn std::error::Error>;

fn main() -> Result<(), Failed> {
    let args = Args::parse();
    if args.directory.exists() {
        return Err(format!("{} exists: name another", args.directory.display()).into());
    }
    let begun = clock();
    let (frames, bytes) = fill(&args)?;
    println!(
        "wrote {} sales in {frames} frames, {bytes} bytes ({:.1} a sale), in {:.1?}",
        args.seats,
        bytes as f64 / args.seats as f64,
        begun.elapsed()
    );
    for _ in 0..args.rounds {
        let (report, took, _) = recover(&args)?;
        tell("without a snapshot", &report, took);
    }
    let begun = clock();
    let (bytes, took_at_most) = snapshot(&args)?;
    println!(
        "snapshot of {bytes} bytes ({:.1} a seat) in less than {took_at_most:.1?}",
        bytes as f64 / args.seats as f64
    );
    println!("with the start before it: {:.1?}", begun.elapsed());
    for _ in 0..args.rounds {
        let (report, took, _) = recover(&args)?;
        tell("with a snapshot", &report, took);
    }
    std::fs::remove_dir_all(&args.directory)?;
    Ok(())
}

fn tell(how: &str, report: &Report, took: Duration) {
    println!(
        "{how}: {} + {} records, {} bytes read, in {took:.2?} ({:.0} ns a record)",
        report.snapshot_records,
        report.records,
        report.bytes,
        took.as_nanos() as f64 / (report.snapshot_records + report.records) as f64
    );
}

fn open(args: &Args) -> Result<DataDir, Failed> {
    let options = Options::new(Arc::new(|| Box::new(Seats::new(0, 1))));
    let disk = Arc::new(FileDisk);
    let data = journal::open(disk, &args.directory, 1, options, &|_| 0, &mut |_| {})?;
    Ok(data)
}

/// From opening the directory to a shard that could serve.
fn recover(args: &Args) -> Result<(Report, Duration, (DataDir, Journal)), Failed> {
    let begun = clock();
    let mut data = open(args)?;
    // Each process has another: the snapshot is not in the table's order.
    let mut seats = Seats::new(0, fastrand::u64(..));
    let stream = data.streams().pop().ok_or("no stream")?;
    let recovered = stream.recover(&mut seats, &mut |_| {})?;
    let took = begun.elapsed();
    if seats.by_state().sold != args.seats {
        return Err(format!("{:?} were recovered", seats.by_state()).into());
    }
    Ok((recovered.report, took, (data, recovered.journal)))
}

/// Writes the journal, in frames of up to 1 MiB, without a keeper's snapshots.
fn fill(args: &Args) -> Result<(u64, u64), Failed> {
    let mut data = open(args)?;
    let mut keeper = data.keep_by_hand(Hooks {
        wake: Arc::new(|_| {}),
        notice: Arc::new(|_| {}),
    })?;
    let stream = data.streams().pop().ok_or("no stream")?;
    let mut journal = stream.recover(&mut Seats::new(0, 1), &mut |_| {})?.journal;
    let (mut frames, mut bytes) = (0, 0);
    let mut next = 0;
    while next < args.seats || journal.durable() < journal.newest() {
        while next < args.seats && journal.pending_bytes() < 1 << 20 {
            let name = format!("E{}S{next:07}", next % 1000);
            for state in [SeatState::Reserved, SeatState::Sold] {
                let name = name.as_bytes();
                journal.append(Record::Seat { state, name });
            }
            next += 1;
        }
        match journal.start(0)? {
            Some(frame) => {
                frame.file.write_at(frame.bytes, frame.offset)?;
                frame.file.sync()?;
                frames += 1;
                bytes += frame.bytes.len() as u64;
                journal.finished();
            }
            None => keeper.prepare(),
        }
    }
    Ok((frames, bytes))
}

/// Starts the keeper and waits for the snapshot that is due.
fn snapshot(args: &Args) -> Result<(u64, Duration), Failed> {
    let (.., (mut data, journal)) = recover(args)?;
    let (told, hears): (Sender<Notice>, Receiver<Notice>) = channel();
    let told = Mutex::new(told);
    let begun = clock();
    let keeper = data.start_keeper(Hooks {
        wake: Arc::new(|_| {}),
        notice: Arc::new(move |notice| {
            if let Ok(told) = told.lock() {
                let _ = told.send(notice);
            }
        }),
    })?;
    let bytes = match hears.recv()? {
        Notice::Snapshot { bytes, .. } => bytes,
        other => return Err(format!("{other:?}").into()),
    };
    let took = begun.elapsed();
    drop((keeper, journal));
    Ok((bytes, took))
}

#[allow(clippy::disallowed_methods, reason = "a measurement")]
fn clock() -> Instant {
    Instant::now()
}
