//! The plots of the page: what they show.

use std::io;

use indicatif::HumanCount;

use super::{
    axis::{Axis, percent_of},
    plot::{self, Bar, Series, Tint},
};
use crate::{
    failure::Failure,
    record::{
        Spread,
        run::{BadHistogram, Clock, Distribution, Interval, Run, RunRecord},
    },
};

/// A plot with its heading and its key.
#[derive(Debug)]
pub(super) struct Figure {
    pub(super) title: String,
    pub(super) note: String,
    pub(super) keys: Vec<(String, Tint)>,
    pub(super) svg: String,
}

/// A line over time: its name, its colour, and where its figures come from.
type Kind<From, Figure> = (&'static str, Tint, fn(&From) -> Figure);

/// Points of a percentile line, and samples that must lie beyond a place for
/// the line to be solid there.
const POINTS: u32 = 200;
const SOLID_SAMPLES: f64 = 10.0;
/// Shorter intervals, as a share of the longest, get no point.
const SHORTEST_POINT: f64 = 0.1;

/// All plots of a record, each left out if there is nothing to show.
///
/// # Errors
/// If a stored histogram is damaged or a plot cannot be drawn.
pub(super) fn all(record: &RunRecord) -> Result<Vec<Figure>, Failure> {
    let clock = record.leading_clock();
    let mut figures = Vec::new();
    if clock == Clock::CorrectedLatency {
        let of_clock = |clock: Clock| Ok((clock.name().to_owned(), record.pooled(clock)?));
        let spreads = Clock::ALL.map(of_clock);
        let spreads = spreads
            .into_iter()
            .collect::<Result<Vec<_>, BadHistogram>>()?;
        let note = "Corrected latency counts from when a request was meant to be sent, service \
                    time from when it was sent; the gap between them is time that requests \
                    waited in the client for a server that was behind.";
        figures.extend(by_percentile("Latency by percentile", note, spreads)?);
    }
    let note = "Thin: fewer than 10 samples beyond.";
    let title = format!("{} by percentile and verb", capital(clock.name()));
    figures.extend(by_percentile(&title, note, by_verb(record, clock)?)?);
    if let Some((number, run)) = median_run(record) {
        let which = match record.runs.len() {
            1 => String::new(),
            runs => format!("Run {} of {runs}, the median by throughput.", number + 1),
        };
        figures.extend(latency_over_time(run, clock, &which)?);
        figures.extend(throughput_over_time(run, &which)?);
    }
    figures.extend(outcomes(record)?);
    Ok(figures)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

fn by_verb(record: &RunRecord, clock: Clock) -> Result<Vec<(String, Spread)>, BadHistogram> {
    let mut verbs: Vec<(String, Spread)> = Vec::new();
    for latency in record.runs.iter().flat_map(|run| &run.latency) {
        if latency.clock != clock {
            continue;
        }
        let spread = latency.distribution.spread()?;
        match verbs.iter_mut().find(|(verb, _)| *verb == latency.verb) {
            Some((_, all)) => all.add(&spread),
            None => verbs.push((latency.verb.clone(), spread)),
        }
    }
    Ok(verbs)
}

fn by_percentile(
    title: &str,
    note: &str,
    spreads: Vec<(String, Spread)>,
) -> io::Result<Option<Figure>> {
    let Some(most) = spreads
        .iter()
        .map(|(_, spread)| spread.count())
        .max()
        .filter(|&n| n > 0)
    else {
        return Ok(None);
    };
    let x = Axis::percentiles(most);
    let series = spreads
        .into_iter()
        .zip(Tint::SERIES)
        .map(|((name, spread), tint)| {
            let samples = (spread.count() as f64).max(1.0);
            let points = (0..=POINTS)
                .map(|point| x.from + (x.to - x.from) * f64::from(point) / f64::from(POINTS))
                // One sample beyond it at least: the longest ends the line.
                .filter(|&nines| nines <= samples.log10())
                .map(|nines| {
                    (
                        nines,
                        log_micros(spread.percentile_micros(percent_of(nines))),
                    )
                });
            Series {
                name,
                tint,
                points: points.collect(),
                thin_from: (samples / SOLID_SAMPLES).log10(),
            }
        });
    let series: Vec<Series> = series.collect();
    drawn(title, note, &x, &latency_axis(&series), series)
}

fn log_micros(micros: f64) -> f64 {
    micros.max(0.1).log10()
}

fn latency_axis(series: &[Series]) -> Axis {
    let logs = series
        .iter()
        .flat_map(|line| &line.points)
        .map(|point| point.1);
    let (least, most) = logs.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), log| {
        (least.min(log), most.max(log))
    });
    Axis::micros(10_f64.powf(least), 10_f64.powf(most))
}

fn drawn(
    title: &str,
    note: &str,
    x: &Axis,
    y: &Axis,
    series: Vec<Series>,
) -> io::Result<Option<Figure>> {
    let svg = plot::lines(x, y, &series)?;
    Ok(Some(Figure {
        title: title.to_owned(),
        note: note.to_owned(),
        keys: series
            .into_iter()
            .map(|line| (line.name, line.tint))
            .collect(),
        svg,
    }))
}

/// The run in the middle by throughput, and its place.
fn median_run(record: &RunRecord) -> Option<(usize, &Run)> {
    let mut runs: Vec<(usize, &Run)> = record.runs.iter().enumerate().collect();
    runs.sort_by(|(_, one), (_, two)| {
        one.throughput_per_second
            .total_cmp(&two.throughput_per_second)
    });
    let middle = runs.len().checked_sub(1)? / 2;
    runs.get(middle).copied()
}

fn end_of(run: &Run) -> f64 {
    let last = run.intervals.last();
    last.map_or(run.seconds, |interval| {
        interval.start_seconds + interval.seconds
    })
}

/// The intervals worth a point: a rest of a few milliseconds at the end of a
/// run would look like a drop.
fn shown(run: &Run) -> Vec<&Interval> {
    let longest = run
        .intervals
        .iter()
        .map(|one| one.seconds)
        .fold(0.0, f64::max);
    let worth = |one: &&Interval| one.seconds > SHORTEST_POINT * longest;
    run.intervals.iter().filter(worth).collect()
}

fn latency_over_time(run: &Run, clock: Clock, which: &str) -> io::Result<Option<Figure>> {
    let of = |interval: &Interval| match clock {
        Clock::CorrectedLatency => interval.corrected_latency.clone(),
        Clock::ServiceTime => interval.service_time.clone(),
    };
    let kinds: [Kind<Distribution, f64>; 3] = [
        ("max", Tint::Third, |one| one.max_us),
        ("p99", Tint::Second, |one| one.p99_us),
        ("p50", Tint::First, |one| one.p50_us),
    ];
    let series = kinds.map(|(name, tint, figure)| Series {
        name: name.to_owned(),
        tint,
        points: shown(run)
            .into_iter()
            .filter_map(|one| Some((one, of(one)?)))
            .map(|(one, latency)| (middle(one), log_micros(figure(&latency))))
            .collect(),
        thin_from: f64::INFINITY,
    });
    if series[0].points.is_empty() {
        return Ok(None);
    }
    let title = format!("{} over time", capital(clock.name()));
    let note = format!("Each second by itself. {which}");
    let y = latency_axis(&series);
    drawn(
        &title,
        &note,
        &Axis::seconds(end_of(run)),
        &y,
        series.into(),
    )
}

fn middle(interval: &Interval) -> f64 {
    interval.start_seconds + interval.seconds / 2.0
}

fn throughput_over_time(run: &Run, which: &str) -> io::Result<Option<Figure>> {
    let kinds: [Kind<Interval, u64>; 3] = [
        ("sent", Tint::Second, |one| one.sent),
        ("answered", Tint::First, |one| one.answered),
        ("errors", Tint::Bad, |one| one.errors),
    ];
    let series = kinds.map(|(name, tint, figure)| Series {
        name: name.to_owned(),
        tint,
        points: shown(run)
            .into_iter()
            .map(|one| (middle(one), figure(one) as f64 / one.seconds))
            .collect(),
        thin_from: f64::INFINITY,
    });
    let most = series
        .iter()
        .flat_map(|line| &line.points)
        .map(|point| point.1);
    let most = most.fold(0.0, f64::max);
    if series[0].points.is_empty() {
        return Ok(None);
    }
    let y = Axis::counts("requests per second", most);
    drawn(
        "Throughput over time",
        which,
        &Axis::seconds(end_of(run)),
        &y,
        series.into(),
    )
}

fn outcomes(record: &RunRecord) -> io::Result<Option<Figure>> {
    let mut counts: Vec<(String, Tint, u64)> = Vec::new();
    let service = |clock: Clock| clock == Clock::ServiceTime;
    for latency in record.runs.iter().flat_map(|run| &run.latency) {
        if !service(latency.clock) {
            continue;
        }
        let name = format!("{} {}", latency.verb, latency.outcome);
        match counts.iter_mut().find(|(other, ..)| *other == name) {
            Some((.., count)) => *count += latency.distribution.count,
            None => counts.push((name, Tint::First, latency.distribution.count)),
        }
    }
    let sum = |of: fn(&Run) -> u64| record.runs.iter().map(of).sum();
    let bad: [(&str, u64); 3] = [
        ("failed", sum(|run| run.counts.failed)),
        ("timed out", sum(|run| run.counts.timed_out)),
        ("dropped", sum(|run| run.counts.dropped)),
    ];
    let bad = bad.into_iter().filter(|(_, count)| *count > 0);
    counts.extend(bad.map(|(name, count)| (name.to_owned(), Tint::Bad, count)));
    let Some(most) = counts.iter().map(|(.., count)| *count).max() else {
        return Ok(None);
    };
    // Room for the number at the end of the longest bar.
    let x = Axis::counts("requests", most as f64 * 1.12);
    let bars = counts.into_iter().map(|(name, tint, count)| Bar {
        name,
        tint,
        length: count as f64,
        text: HumanCount(count).to_string(),
    });
    let svg = plot::bars(&x, &bars.collect::<Vec<_>>())?;
    Ok(Some(Figure {
        title: "Outcomes".to_owned(),
        note: "What became of the requests, by verb and reply.".to_owned(),
        keys: Vec::new(),
        svg,
    }))
}
