//! What the machine itself takes: threads that do nothing but read the clock,
//! and how long each was stopped. No latency measured here can be better.

use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use clap::Args;

use crate::cores::Pinned;

/// How long is looked.
#[derive(Debug, Args)]
pub(crate) struct Hiccups {
    /// How long to look at each core alone, and at all together, in seconds.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// The shortest stop that counts, in microseconds.
    #[arg(long, default_value_t = 200)]
    over: u64,
}

/// Looks at each core alone, then at all together, and says what it saw.
pub(crate) fn run(options: &Hiccups) -> Result<ExitCode> {
    let time = Duration::from_secs_f64(options.seconds.clamp(0.01, 600.0));
    let over = Duration::from_micros(options.over);
    let cores = ringside::host::usable_cpus();
    eprintln!(
        "looking for {:.0} s",
        time.as_secs_f64() * (cores.len() + 1) as f64
    );
    println!("core   busy with it        stops   together    longest");
    for &core in &cores {
        print(core, "alone", &look(core, time, over)?);
    }
    let lookers: Vec<_> = cores
        .iter()
        .map(|&core| (core, thread::spawn(move || look(core, time, over))))
        .collect();
    for (core, looker) in lookers {
        let stops = looker.join().map_err(|_| anyhow!("a thread has died"))??;
        print(core, "with all others", &stops);
    }
    Ok(ExitCode::SUCCESS)
}

fn print(core: usize, beside: &str, stops: &[Duration]) {
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "{core:>4}   {beside:<16} {:>8}  {:>6.1} ms  {:>6.1} ms",
        stops.len(),
        millis(stops.iter().sum()),
        millis(stops.iter().max().copied().unwrap_or_default()),
    );
}

fn look(core: usize, time: Duration, over: Duration) -> Result<Vec<Duration>> {
    let _back = Pinned::to(&[core])?;
    let mut stops = Vec::new();
    let start = Instant::now();
    let mut last = start;
    while last - start < time {
        let now = Instant::now();
        if now - last >= over {
            stops.push(now - last);
        }
        last = now;
    }
    Ok(stops)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_moment_is_a_stop_if_none_is_too_short() {
        let core = ringside::host::usable_cpus()[0];
        let time = Duration::from_millis(5);
        let stops = look(core, time, Duration::ZERO).expect("its own core");
        assert!(stops.len() > 1 && stops.iter().sum::<Duration>() >= time);
    }
}
