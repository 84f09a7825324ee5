//! The tables: rates and ratios, and the journal against the disk.

use std::fmt::Write;

use crate::compare::Samples;
use crate::keys::Locality;
use crate::load::{Case, Reading, Shape};
use crate::stats;

/// What bootstrap intervals are drawn from; they are the same each time.
const SEED: u64 = 20;

fn readings<'a>(samples: &'a Samples, server: &str, shape: Shape) -> Vec<&'a Reading> {
    let locality = Locality::Hashed;
    samples.of(server, 1, Case { shape, locality }).collect()
}

fn median(readings: &[&Reading], figure: impl Fn(&Reading) -> f64) -> f64 {
    let figures: Vec<f64> = readings.iter().map(|reading| figure(reading)).collect();
    stats::median(&figures)
}

/// The median of the rounds' ratios of rates, and the interval that holds it;
/// nothing where there is nothing to divide by.
fn ratio(new: &[&Reading], base: &[&Reading]) -> String {
    let pairs = new.iter().zip(base);
    let ratios: Vec<f64> = pairs.map(|(new, base)| new.rate() / base.rate()).collect();
    if ratios.is_empty() {
        return "-".to_owned();
    }
    let (low, high) = stats::interval(&ratios, SEED);
    format!("{:.2} ({low:.2} .. {high:.2})", stats::median(&ratios))
}

/// Rates of all servers, shape by shape, each beside `redis` and `memory`.
pub(super) fn rates(
    samples: &Samples,
    shapes: &[Shape],
    servers: &[String],
    redis: &str,
    memory: &str,
) -> String {
    let mut text = format!(
        "{:<9} {:<23} {:>11}  {:<21} {:<21} {:>9} {:>6}\n",
        "shape", "server", "commands/s", "to redis always", "to memory", "CPU each", "load"
    );
    for &shape in shapes {
        let of = |server| readings(samples, server, shape);
        let (redis, memory) = (of(redis), of(memory));
        for server in servers {
            let readings = of(server);
            let _ = writeln!(
                text,
                "{:<9} {server:<23} {:>11.0}  {:<21} {:<21} {:>6.3} µs {:>4.0} %",
                shape.to_string(),
                median(&readings, Reading::rate),
                ratio(&readings, &redis),
                ratio(&readings, &memory),
                median(&readings, Reading::micros),
                median(&readings, Reading::busy) * 100.0,
            );
        }
    }
    text
}

/// What a server's journal has written, beside the `disk`'s own rate.
pub(super) fn journal(samples: &Samples, shapes: &[Shape], server: &str, disk: f64) -> String {
    let mut text = format!(
        "{:<9} {:>9} {:>11} {:>9} {:>15} {:>14}\n",
        "shape", "frames/s", "to the disk", "MB/s", "commands/frame", "bytes/command"
    );
    for &shape in shapes {
        let readings = readings(samples, server, shape);
        let journal = |figure: fn(u64, u64, &Reading) -> f64| {
            let figures: Vec<f64> = readings
                .iter()
                .filter_map(|reading| {
                    let journal = reading.journal?;
                    Some(figure(journal.frames, journal.bytes, reading))
                })
                .collect();
            stats::median(&figures)
        };
        let frames = journal(|frames, _, reading| frames as f64 / reading.wall.as_secs_f64());
        let _ = writeln!(
            text,
            "{:<9} {frames:>9.0} {:>11.2} {:>9.1} {:>15.1} {:>14.1}",
            shape.to_string(),
            frames / disk,
            journal(|_, bytes, reading| bytes as f64 / reading.wall.as_secs_f64() / 1e6),
            journal(|frames, _, reading| reading.commands as f64 / frames as f64),
            journal(|_, bytes, reading| bytes as f64 / reading.commands as f64),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::compare::Sample;
    use crate::metrics::Journal;

    fn samples(rows: &[(&str, u64)]) -> (Samples, Vec<Shape>) {
        let shape: Shape = "64x16".parse().expect("a shape");
        let row = |&(server, commands): &(&str, u64)| Sample {
            round: 0,
            server: server.to_owned(),
            shards: 1,
            case: Case {
                shape,
                locality: Locality::Hashed,
            },
            reading: Reading {
                commands,
                wall: Duration::from_secs(2),
                server: Duration::from_secs(1),
                load: Duration::from_secs(1),
                journal: Some(Journal {
                    frames: 1_000,
                    bytes: 8_192_000,
                    pending: 0,
                }),
            },
        };
        (Samples(rows.iter().map(row).collect()), vec![shape])
    }

    fn words(line: &str) -> Vec<&str> {
        line.split_whitespace().collect()
    }

    #[test]
    fn a_row_has_rate_ratios_and_processor_time() {
        let (samples, shapes) = samples(&[("r", 100_000), ("s", 200_000), ("m", 400_000)]);
        let servers = ["r", "s", "m"].map(str::to_owned);
        let table = rates(&samples, &shapes, &servers, "r", "m");
        let rows: Vec<_> = table.lines().skip(1).map(words).collect();
        let expected = "64x16 s 100000 2.00 (2.00 .. 2.00) 0.50 (0.50 .. 0.50) 5.000 µs 50 %";
        assert_eq!(rows[1], words(expected));
        assert_eq!(rows.len(), 3);
    }

    #[test]
    fn without_redis_there_is_no_ratio_to_it() {
        let (samples, shapes) = samples(&[("m", 400_000)]);
        let table = rates(&samples, &shapes, &["m".to_owned()], "r", "m");
        let row = words(table.lines().nth(1).expect("a row"));
        assert_eq!(row[..5], ["64x16", "m", "200000", "-", "1.00"]);
    }

    #[test]
    fn the_journal_stands_beside_the_disk() {
        let (samples, shapes) = samples(&[("s", 200_000)]);
        let table = journal(&samples, &shapes, "s", 1_000.0);
        let row = words(table.lines().nth(1).expect("a row"));
        assert_eq!(row, ["64x16", "500", "0.50", "4.1", "200.0", "41.0"]);
    }
}
