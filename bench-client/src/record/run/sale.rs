//! What a sale was to be, and what came of it.

use serde::{Deserialize, Serialize};

/// What is on sale, and who comes.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SaleSetup {
    /// Events.
    pub(crate) events: u32,
    /// Seats of each; `null` of an event that was there before.
    pub(crate) event_seats: Option<u64>,
    /// Who comes, and what of; `null` of a closed loop.
    pub(crate) crowd: Option<CrowdSetup>,
    /// Connections that look at seat maps all the time; closed loop.
    pub(crate) watchers: u32,
    /// Looks at the seat map in each checkout; closed loop.
    pub(crate) looks: u32,
}

/// The waiting room and the people.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CrowdSetup {
    /// How many come.
    pub(crate) buyers: u64,
    /// How many seats each wants: a number, or `LOW..HIGH`.
    pub(crate) party: String,
    /// How they choose: `popular`, `uniform` or `best`.
    pub(crate) choice: String,
    /// Entrants per second; 0: no limit.
    pub(crate) admit_per_second: f64,
    /// People inside at once; 0: no limit.
    pub(crate) max_active: u32,
    /// `fifo` or `shuffle`.
    pub(crate) order: String,
    /// When the doors open, in seconds after the first may come.
    pub(crate) opens_in_seconds: f64,
    /// How long each may stay inside.
    pub(crate) session_seconds: u32,
    /// Share of those who hold seats that give them back, 0 to 1.
    pub(crate) abandon_share: f64,
    /// Share of those who hold seats that are never heard of again.
    pub(crate) vanish_share: f64,
    /// Share of those who pay whose first card is declined.
    pub(crate) declined_share: f64,
    /// Pause before each step inside.
    pub(crate) think_seconds: f64,
    /// Longest pause between two looks at one's place in the line.
    pub(crate) poll_seconds: f64,
    /// Looks at the seat map per second by people who buy nothing.
    pub(crate) onlookers_per_second: f64,
}

/// What came of a sale. Of a correct server, and without lost requests,
/// `sold_acknowledged = sold`, and `sold + held + free = capacity`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Sale {
    /// Seats of all events.
    pub(crate) capacity: u64,
    /// Seats of acknowledged bookings, those of the warm-up included.
    pub(crate) sold_acknowledged: u64,
    /// Seats that requests without a reply may have booked.
    pub(crate) sold_unknown: u64,
    /// Sold seats by the server's own maps, in the end.
    pub(crate) sold: u64,
    /// Held seats by the same.
    pub(crate) held: u64,
    /// Free seats by the same.
    pub(crate) free: u64,
    /// Acknowledged bookings of the measured span.
    pub(crate) bookings: u64,
    /// Bookings per second, from the first that could be made to the last.
    pub(crate) bookings_per_second: f64,
    /// Seats booked per second, likewise.
    pub(crate) tickets_per_second: f64,
    /// Most seats booked in one second.
    pub(crate) busiest_second_tickets: u64,
    /// The server's processor time for each booking, everything else that was
    /// asked included.
    pub(crate) cpu_us_per_booking: Option<f64>,
    /// From the opening to the last booking, if everything was sold.
    pub(crate) sold_out_seconds: Option<f64>,
    /// How it ended for the buyers.
    pub(crate) fates: Vec<Fate>,
    /// From when buyers came, or the opening, to when they knew they were in.
    pub(crate) to_admission: Option<Waits>,
    /// From when they came, or the opening, to the booking.
    pub(crate) to_booking: Option<Waits>,
    /// Order of entry against order of admission; `null` if nobody queued.
    pub(crate) fairness: Option<Fairness>,
}

/// How many buyers ended in one way.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Fate {
    /// Such as `booked` or `sold_out`.
    pub(crate) fate: String,
    /// How many.
    pub(crate) buyers: u64,
}

/// How long people waited, in seconds.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[allow(clippy::struct_field_names, reason = "the JSON says the unit")]
pub(crate) struct Waits {
    /// Median.
    pub(crate) p50_seconds: f64,
    /// 90 % waited at most so long.
    pub(crate) p90_seconds: f64,
    /// 99 % waited at most so long.
    pub(crate) p99_seconds: f64,
    /// The longest.
    pub(crate) max_seconds: f64,
}

impl Waits {
    /// Of waits in nanoseconds; `None` of none.
    pub(crate) fn of(mut nanos: Vec<u64>) -> Option<Self> {
        nanos.sort_unstable();
        let last = nanos.len().checked_sub(1)?;
        let at = |share: f64| nanos[(last as f64 * share).round() as usize] as f64 / 1e9;
        Some(Self {
            p50_seconds: at(0.5),
            p90_seconds: at(0.9),
            p99_seconds: at(0.99),
            max_seconds: at(1.0),
        })
    }
}

/// Whether the line was one. Entry is when a buyer's request was answered,
/// admission what the server says it was. "Early" are those who came before
/// the opening.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Fairness {
    /// Buyers who were admitted out of a line that is first come, first served:
    /// all, or with a shuffle those who came after the opening.
    pub(crate) in_line: u64,
    /// Kendall's tau-b of entry and admission among them: 1 is the same order;
    /// `null` of fewer than two.
    pub(crate) tau: Option<f64>,
    /// Those of them who were overtaken by somebody who came after they had
    /// their place. Of a correct server 0.
    pub(crate) overtaken: u64,
    /// Buyers who were shuffled.
    pub(crate) shuffled: u64,
    /// Kendall's tau-b among them: 0 is no advantage for those who came first.
    pub(crate) shuffled_tau: Option<f64>,
    /// The same in standard deviations of a fair shuffle.
    pub(crate) shuffled_z: Option<f64>,
    /// Shuffled buyers who were overtaken by somebody who came after the
    /// opening. Of a correct server 0.
    pub(crate) shuffled_overtaken: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_read_off_in_order() {
        assert_eq!(Waits::of(Vec::new()), None);
        let waits = Waits::of((0..=100).rev().map(|n| n * 1_000_000_000).collect());
        let expected = Waits {
            p50_seconds: 50.0,
            p90_seconds: 90.0,
            p99_seconds: 99.0,
            max_seconds: 100.0,
        };
        assert_eq!(waits, Some(expected));
    }
}
