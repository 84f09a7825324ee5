//! What a match run came to.

use std::time::Duration;

use super::{
    hearer::{End, Heard},
    prepared::Prepared,
    sender::Sent,
};
use crate::record::Spread;

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// All matches came, in order, and nothing else.
    Ok,
    /// The server was wrong; the first thing that was.
    Error(String),
    /// A connection was lost.
    Lost(String),
    /// Nothing moved any more.
    Stalled(String),
}

/// What a run came to. All times are from just before the first byte was
/// written.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub verdict: Verdict,
    /// Where the source and the listener were, really.
    pub addresses: [String; 2],
    /// Events sent, without noise.
    pub events: usize,
    /// Malformed lines in what was sent.
    pub malformed: u32,
    /// Sequence numbers in what was sent that were there before.
    pub duplicates: u32,
    /// Sequence numbers left out.
    pub holes: usize,
    /// Bytes to send.
    pub bytes: usize,
    /// Matches to come.
    pub expected: usize,
    /// Matches that came before the first difference.
    pub received: usize,
    /// When the last byte was written; none if it was not.
    pub last_written: Option<Duration>,
    /// When the last match came; none if one was missing.
    pub last_match: Option<Duration>,
    /// When the verdict was written; none without one.
    pub judged: Option<Duration>,
    /// From the write that completed what a match needed to the match itself.
    pub delivery: Spread,
    /// Processor time of this process during the run.
    pub cpu: Duration,
}

impl Outcome {
    pub(super) fn new(
        prepared: &Prepared,
        events: u32,
        sent: Sent,
        heard: Heard,
        stall: Option<Duration>,
    ) -> Self {
        let since = |at: u64| Duration::from_nanos(at.saturating_sub(sent.first.unwrap_or(at)));
        let (delivery, last) = deliveries(prepared, &sent, &heard);
        let received = delivery.count() as usize;
        let expected = prepared.needed.len();
        let so_far = so_far(prepared, &sent, &heard, received);
        let is_written = sent.writes.len() == prepared.cuts.len();
        Self {
            addresses: Default::default(),
            events: prepared.likes.len(),
            malformed: prepared.malformed,
            duplicates: prepared.duplicates,
            holes: events as usize - prepared.likes.len(),
            bytes: prepared.bytes.len(),
            expected,
            received,
            last_written: sent
                .writes
                .last()
                .filter(|_| is_written)
                .copied()
                .map(since),
            last_match: last.filter(|_| received == expected).map(since),
            judged: heard.verdict_at.map(since),
            delivery,
            cpu: Duration::ZERO,
            verdict: judge(prepared, sent, heard, stall, &so_far),
        }
    }

    /// Events per second from the first byte to `MATCH END - OK`.
    pub(crate) fn events_per_second(&self) -> Option<f64> {
        let judged = self.judged.filter(|_| self.verdict == Verdict::Ok)?;
        Some(self.events as f64 / judged.as_secs_f64())
    }
}

/// What is wrong outweighs what is lost: it may be the reason for it.
fn judge(
    prepared: &Prepared,
    sent: Sent,
    heard: Heard,
    stall: Option<Duration>,
    so_far: &str,
) -> Verdict {
    match (heard.end, stall) {
        (End::Right, _) => Verdict::Ok,
        (End::Wrong(difference), _) => {
            let event = difference.got().and_then(|seq| prepared.event(seq));
            let event = event.map_or_else(String::new, |event| format!(" ({event})"));
            Verdict::Error(format!("{difference}{event}"))
        }
        (End::Absent | End::Broken(_), Some(limit)) => {
            let limit = humantime::format_duration(limit);
            Verdict::Stalled(format!("no progress for {limit}: {so_far}"))
        }
        (end, None) => {
            // A source that was lost takes the listener along.
            let reason = sent.fault.unwrap_or_else(|| match end {
                End::Broken(reason) => reason,
                _ => "the run was stopped".to_owned(),
            });
            Verdict::Lost(format!("{reason}: {so_far}"))
        }
    }
}

/// How far both sides came, for messages.
fn so_far(prepared: &Prepared, sent: &Sent, heard: &Heard, received: usize) -> String {
    let written = prepared.cuts[..sent.writes.len()].last().unwrap_or(&0);
    let percent = written * 100 / prepared.bytes.len();
    let source = match sent.first {
        None => "the source was never connected".to_owned(),
        Some(_) => format!("{percent} % of the events written"),
    };
    let matches = prepared.answer.matches();
    let listener = match (&heard.end, matches.get(received)) {
        (End::Absent, _) => "the listener was never connected".to_owned(),
        (_, None) => "all matches received".to_owned(),
        (_, Some(next)) => {
            let all = matches.len();
            format!("{received} of {all} matches received, the next one is {next}")
        }
    };
    format!("{source}, {listener}")
}

/// The delivery latencies of the matches that came, and when the last one did.
fn deliveries(prepared: &Prepared, sent: &Sent, heard: &Heard) -> (Spread, Option<u64>) {
    let mut delivery = Spread::new();
    let mut last = None;
    let mut arrivals = heard.arrivals.iter();
    let mut arrival = arrivals.next();
    for (&end, &needed) in prepared.answer.ends().iter().zip(&prepared.needed) {
        while arrival.is_some_and(|it| it.bytes < end) {
            arrival = arrivals.next();
        }
        let Some(arrived) = arrival else { break };
        // A match may be there before the write that caused it has returned.
        let caused = sent.writes.get(needed).copied().unwrap_or(arrived.at);
        delivery.record(Duration::from_nanos(arrived.at.saturating_sub(caused)));
        last = Some(arrived.at);
    }
    (delivery, last)
}

#[cfg(test)]
mod tests {
    use super::{super::hearer::Arrival, *};
    use crate::{
        check::{Answer, Difference},
        plan::likes,
    };

    /// Three matches, of numbers 2, 5 and 9, in four writes.
    fn prepared() -> Prepared {
        Prepared {
            likes: likes::draw(9, 5, 0, 1),
            bytes: vec![b'x'; 40],
            cuts: vec![10, 20, 30, 40],
            answer: Answer::new(vec![2, 5, 9]),
            needed: vec![0, 2, 2],
            malformed: 0,
            duplicates: 0,
        }
    }

    fn sent(writes: &[u64]) -> Sent {
        Sent {
            first: Some(1_000_000),
            writes: writes.to_vec(),
            fault: None,
        }
    }

    fn heard(arrivals: &[(usize, u64)], end: End) -> Heard {
        let arrivals = arrivals.iter().map(|&(bytes, at)| Arrival { bytes, at });
        Heard {
            arrivals: arrivals.collect(),
            verdict_at: Some(90_000_000),
            end,
        }
    }

    #[test]
    fn a_match_is_delivered_by_the_read_of_its_last_byte() {
        let sent = sent(&[2_000_000, 10_000_000, 20_000_000, 80_000_000]);
        // The second read brings half a line, the third its end and one more.
        let heard = heard(
            &[(2, 3_000_000), (3, 30_000_000), (6, 40_000_000)],
            End::Right,
        );
        let outcome = Outcome::new(&prepared(), 9, sent, heard, None);
        let nanos = |time: Option<Duration>| time.map(|time| time.as_nanos());
        assert_eq!(outcome.verdict, Verdict::Ok);
        assert_eq!((outcome.received, outcome.expected), (3, 3));
        assert_eq!(nanos(outcome.last_written), Some(79_000_000));
        assert_eq!(nanos(outcome.last_match), Some(39_000_000));
        assert_eq!(nanos(outcome.judged), Some(89_000_000));
        for (percent, micros) in [(30.0, 1_000.0), (60.0, 20_000.0), (100.0, 20_000.0)] {
            let told = outcome.delivery.percentile_micros(percent);
            assert!((told / micros - 1.0).abs() < 0.01, "{percent}: {told}");
        }
    }

    #[test]
    fn what_did_not_happen_has_no_time() {
        let wrong = End::Wrong(Difference::Missing { got: 9, wanted: 5 });
        let heard = heard(&[(2, 3_000_000)], wrong);
        let outcome = Outcome::new(&prepared(), 10, sent(&[2_000_000, 10_000_000]), heard, None);
        assert_eq!(outcome.last_written, None);
        assert_eq!(outcome.last_match, None);
        assert_eq!((outcome.received, outcome.holes), (1, 1));
        assert_eq!(outcome.events_per_second(), None);
        let Verdict::Error(told) = outcome.verdict else {
            panic!("{:?}", outcome.verdict);
        };
        assert!(
            told.starts_with("expected 5, got 9: 5 is missing (9|LIKE_"),
            "{told}"
        );
    }

    #[test]
    fn the_sources_own_trouble_is_told_before_what_follows_from_it() {
        let broken = || heard(&[], End::Broken("ended".to_owned()));
        let mut reset = sent(&[2_000_000]);
        reset.fault = Some("reset".to_owned());
        let lost = |sent| match Outcome::new(&prepared(), 9, sent, broken(), None).verdict {
            Verdict::Lost(told) => told,
            other => panic!("{other:?}"),
        };
        let state = "0 of 3 matches received, the next one is 2";
        let told = format!("reset: 25 % of the events written, {state}");
        assert_eq!(lost(reset), told);
        let told = format!("ended: 0 % of the events written, {state}");
        assert_eq!(lost(sent(&[])), told);
    }

    #[test]
    fn a_stall_is_told_with_who_was_there() {
        let stalled = |sent, end| {
            let limit = Some(Duration::from_secs(3));
            let heard = heard(&[], end);
            match Outcome::new(&prepared(), 9, sent, heard, limit).verdict {
                Verdict::Stalled(told) => told,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(
            stalled(Sent::default(), End::Absent),
            "no progress for 3s: the source was never connected, the listener was never connected"
        );
        assert_eq!(
            stalled(sent(&[2_000_000]), End::Broken("ended".to_owned())),
            "no progress for 3s: 25 % of the events written, 0 of 3 matches received, \
             the next one is 2"
        );
    }
}
