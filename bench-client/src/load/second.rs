//! A load second by second: what the live line shows, and the report draws.

use std::{collections::BTreeMap, sync::mpsc::Receiver};

use crate::record::{
    Spread,
    run::{Distribution, Interval},
};

/// A last second that is shorter than this and empty is left out.
const SHORTEST: f64 = 0.1;

/// What happened in one second of the measured span.
#[derive(Debug)]
pub(super) struct Second {
    pub(super) number: u64,
    pub(super) sent: u64,
    answered: u64,
    pub(super) errors: u64,
    service: Spread,
    corrected: Option<Spread>,
}

impl Second {
    pub(super) fn new(number: u64, is_open: bool) -> Self {
        Self {
            number,
            sent: 0,
            answered: 0,
            errors: 0,
            service: Spread::new(),
            corrected: is_open.then(Spread::new),
        }
    }

    /// Takes one reply, with its service time in nanoseconds.
    pub(super) fn answered(&mut self, nanos: u64) {
        self.answered += 1;
        self.service.record_nanos(nanos);
    }

    /// Takes the corrected latency of the same reply.
    pub(super) fn corrected(&mut self, nanos: u64) {
        if let Some(corrected) = &mut self.corrected {
            corrected.record_nanos(nanos);
        }
    }

    fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.answered += other.answered;
        self.errors += other.errors;
        self.service.add(&other.service);
        if let (Some(own), Some(other)) = (&mut self.corrected, &other.corrected) {
            own.add(other);
        }
    }
}

/// What the live line says about the last second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Glance {
    pub(super) answered: u64,
    /// The corrected latency's in an open loop.
    pub(super) p99_micros: f64,
    /// In all seconds so far.
    pub(super) errors: u64,
}

/// Puts the seconds of all threads together.
#[derive(Debug)]
pub(super) struct Timeline {
    seconds: Receiver<Second>,
    /// How many threads deliver.
    threads: usize,
    /// Seconds that not all threads have finished, with how many have.
    open: BTreeMap<u64, (usize, Second)>,
    done: BTreeMap<u64, Interval>,
    errors: u64,
}

impl Timeline {
    pub(super) fn new(seconds: Receiver<Second>, threads: usize) -> Self {
        Self {
            seconds,
            threads,
            open: BTreeMap::new(),
            done: BTreeMap::new(),
            errors: 0,
        }
    }

    /// Takes what the threads have delivered; what the last complete second
    /// was like, if one became complete.
    pub(super) fn collect(&mut self) -> Option<Glance> {
        let mut glance = None;
        while let Ok(second) = self.seconds.try_recv() {
            let number = second.number;
            let sum = self.open.entry(number);
            let (threads, _) = sum
                .and_modify(|(threads, sum)| {
                    sum.add(&second);
                    *threads += 1;
                })
                .or_insert_with(|| (1, second));
            let threads = *threads;
            if threads == self.threads
                && let Some((_, second)) = self.open.remove(&number)
            {
                glance = Some(self.finish(&second));
            }
        }
        glance
    }

    /// All seconds of a measured span of so many seconds, gaps filled.
    pub(super) fn into_intervals(mut self, span: f64) -> Vec<Interval> {
        self.collect();
        for (_, second) in std::mem::take(&mut self.open).into_values() {
            self.finish(&second);
        }
        let all = self.done.keys().next_back().map_or(0, |last| last + 1);
        let mut intervals: Vec<Interval> = (0..all)
            .map(|number| self.done.remove(&number).unwrap_or_else(|| empty(number)))
            .collect();
        // What came after the last reply was only the end.
        while intervals
            .pop_if(|last| last.start_seconds + SHORTEST >= span && is_empty(last))
            .is_some()
        {}
        if let Some(last) = intervals.last_mut() {
            let length = span - last.start_seconds;
            if length > 0.0 && length < 1.0 {
                last.seconds = length;
            }
        }
        intervals
    }

    fn finish(&mut self, second: &Second) -> Glance {
        let service_time = Distribution::of(&second.service);
        let corrected_latency = second.corrected.as_ref().and_then(Distribution::of);
        self.errors += second.errors;
        let shown = corrected_latency.as_ref().or(service_time.as_ref());
        let glance = Glance {
            answered: second.answered,
            p99_micros: shown.map_or(0.0, |shown| shown.p99_us),
            errors: self.errors,
        };
        let interval = Interval {
            sent: second.sent,
            answered: second.answered,
            errors: second.errors,
            service_time,
            corrected_latency,
            ..empty(second.number)
        };
        self.done.insert(second.number, interval);
        glance
    }
}

fn empty(number: u64) -> Interval {
    Interval {
        start_seconds: number as f64,
        seconds: 1.0,
        ..Interval::default()
    }
}

fn is_empty(interval: &Interval) -> bool {
    interval.sent + interval.answered + interval.errors == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    fn second(number: u64, answered: u64) -> Second {
        let mut second = Second::new(number, true);
        for _ in 0..answered {
            second.answered(1_000);
            second.corrected(5_000_000);
        }
        second.errors = 1;
        second
    }

    #[test]
    fn a_second_is_shown_when_all_threads_have_finished_it() {
        let (sender, receiver) = channel();
        let mut timeline = Timeline::new(receiver, 2);
        sender.send(second(0, 3)).unwrap();
        assert_eq!(timeline.collect(), None);
        sender.send(second(1, 1)).unwrap();
        sender.send(second(0, 4)).unwrap();
        let glance = timeline.collect().unwrap();
        assert_eq!((glance.answered, glance.errors), (7, 2));
        assert!((glance.p99_micros - 5_000.0).abs() < 10.0, "{glance:?}");
    }

    #[test]
    fn gaps_are_filled_and_the_last_second_may_be_short() {
        let (sender, receiver) = channel();
        let timeline = Timeline::new(receiver, 1);
        for number in [0, 2] {
            sender.send(second(number, 1)).unwrap();
        }
        sender.send(Second::new(3, true)).unwrap();
        let intervals = timeline.into_intervals(2.25);
        let answered: Vec<u64> = intervals.iter().map(|interval| interval.answered).collect();
        assert_eq!(answered, [1, 0, 1]);
        assert!((intervals[2].seconds - 0.25).abs() < 1e-9);
        assert!(intervals[0].corrected_latency.is_some());
        assert!(intervals[1].service_time.is_none());
    }
}
