//! Options of `onsale` and `checkouts`.

use clap::{Args, ValueEnum, value_parser};

use crate::{
    cpus::CpuList,
    http::SiteArgs,
    load::LoadArgs,
    plan::{arrivals::Arrivals, choice::Choice, purchase::Quantities, rate::Rate},
    report::OutputArgs,
};

const ONSALE_HELP: &str = "\
Makes an event, and lets buyers come by the clock, whatever the server does.
Each starts a checkout; waits in the line, looking at the place as often as the
server asks (Retry-After, else the expected wait, at most --poll); once inside
looks at the seat map, chooses, holds, and pays with the test provider's card.
Seats that are gone by then (409) are remembered and others tried, --tries
times; the last try is the server's own best. Who finds everything held looks
again, who finds everything sold leaves. Some give their seats back, some
vanish, some cards are declined at first: all as the flags say, drawn from the
seed.

Steps and outcomes: ENTER ADMITTED or QUEUED (CLOSED: a drained room); POLL
likewise; LOOK MAP, or SAME where it has not changed (304); HOLD HELD or TAKEN
(409); PAY BOOKED or DECLINED (402); LEAVE LEFT; OVER is a checkout that has
ended; BUSY is 429 or 503 and is sent again. Two latencies of each are told and
never merged: corrected, from when the step was due, and service time, from its
write. A step is due when the buyer comes, or has thought; if all --connections
are busy then, it waits, and that wait is in the corrected latency.

The check: every answer is judged. A seat that is booked twice, held after it
was sold, does not exist or costs something else ends the run with exit code 1,
however fast the server was. In the end every booking must be in the server's
own map, no more may be sold there, and sold + held + free must be the capacity;
bookings are read back. A line that is first come, first served must be one:
whoever is admitted before somebody who had a place before he asked for one
fails the run. Kendall's tau compares entry and admission: 1 is the same order;
of shuffled buyers 0, give or take a few standard deviations (z).

Examples:
  ringside-bench onsale                                  5,000 seats, 10,000 buyers
  ringside-bench onsale --admit-per-second 500 --opens-in 5s --order shuffle
  ringside-bench onsale --choice best --party 2          the server chooses
  ringside-bench onsale --onlookers 2k                   maps are looked at meanwhile
  ringside-bench onsale --server-pid $(pidof ringside)   with the server's CPU time";

const CHECKOUTS_HELP: &str = "\
The plain speed of a checkout: each connection starts one, holds two seats that
nobody else wants, pays with the test card, and begins again. A closed loop over
keep-alive connections. Every seat is sold once, in order, over all events; when
none is left the run ends. Every booking is checked as `onsale` does.

--watchers are more connections that do nothing but look at seat maps; with
--connections 0 they are all there is, and the CPU time per reply is that of one
look. --looks adds looks to each checkout.

Examples:
  ringside-bench checkouts                                   10 seconds, 64 connections
  ringside-bench checkouts --server-pid $(pidof ringside)    CPU time per booking
  ringside-bench checkouts --connections 0 --watchers 16     seat maps alone
  ringside-bench checkouts --connections 0 --watchers 16 --conditional   304s";

/// What both have.
#[derive(Args, Clone, Debug)]
pub(crate) struct CommonArgs {
    /// Connections for buyers.
    #[arg(long, short)]
    connections: Option<u16>,
    /// Threads that drive the connections.
    #[arg(long, short, default_value_t = 1, value_parser = value_parser!(u16).range(1..=256))]
    threads: u16,
    /// Cores for the threads, such as 1 or 2-5,7, one each in turn; off the server's cores if --server-pid tells them.
    #[arg(long, value_name = "CPUS")]
    pin: Option<CpuList>,
    /// The server's process, if it runs here: tells its CPU time, memory and cores.
    #[arg(long, value_name = "PID")]
    server_pid: Option<u32>,
    /// Seed of all that is drawn.
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Longest time to wait for a reply, such as 500ms or 30s.
    #[arg(long, default_value = "30s", value_name = "TIME")]
    timeout: humantime::Duration,
    /// No live line.
    #[arg(long, short)]
    pub(super) quiet: bool,
}

/// The hall.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Hall")]
pub(crate) struct HallArgs {
    /// Sections of an event.
    #[arg(long, default_value_t = 10, value_parser = value_parser!(u32).range(1..=1_000))]
    pub(super) sections: u32,
    /// Rows of a section.
    #[arg(long, default_value_t = 25, value_parser = value_parser!(u32).range(1..=1_000))]
    pub(super) rows: u32,
    /// Seats of a row.
    #[arg(long, default_value_t = 20, value_parser = value_parser!(u32).range(1..=1_000))]
    pub(super) row_seats: u32,
    /// What a seat costs, in cents.
    #[arg(long, default_value_t = 4_900)]
    pub(super) price: u64,
    /// Tickets that one checkout may hold.
    #[arg(long, default_value_t = 8, value_parser = value_parser!(u32).range(1..=100))]
    pub(super) max_tickets: u32,
}

impl HallArgs {
    /// Seats of an event.
    pub(super) fn seats(&self) -> u64 {
        u64::from(self.sections) * u64::from(self.rows) * u64::from(self.row_seats)
    }
}

/// Who of those that came before the opening is first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Order {
    /// First come, first served.
    Fifo,
    /// By lot.
    Shuffle,
}

impl Order {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Fifo => "fifo",
            Self::Shuffle => "shuffle",
        }
    }
}

/// Options of `onsale`.
#[derive(Args, Clone, Debug)]
#[command(after_help = ONSALE_HELP)]
pub(crate) struct OnsaleArgs {
    #[command(flatten)]
    pub(super) site: SiteArgs,
    /// Sell this event instead of making one; what others buy meanwhile is not counted.
    #[arg(long, value_name = "ID")]
    pub(super) event: Option<String>,
    /// How many come.
    #[arg(long, default_value_t = 10_000, value_parser = value_parser!(u64).range(1..=10_000_000))]
    pub(super) buyers: u64,
    /// In which time they come.
    #[arg(long, default_value = "10s", value_name = "TIME")]
    pub(super) over: humantime::Duration,
    /// How they come: constant, poisson, or spike:TIMES, spike:TIMES:AT, spike:TIMES:AT:DECAY; a spike of 20 at the opening unless given.
    #[arg(long)]
    pub(super) arrivals: Option<Arrivals>,
    /// How many seats each wants: a number, or LOW..HIGH.
    #[arg(long, default_value = "1..4")]
    pub(super) party: Quantities,
    /// How seats are chosen.
    #[arg(long, value_enum, default_value_t = Choice::Popular)]
    pub(super) choice: Choice,
    /// How often a buyer tries to hold seats after a 409.
    #[arg(long, default_value_t = 8, value_parser = value_parser!(u8).range(1..))]
    pub(super) tries: u8,
    /// Pause of a buyer before each step inside.
    #[arg(long, default_value = "0s", value_name = "TIME")]
    pub(super) think: humantime::Duration,
    /// Longest pause between two looks at one's place in the line.
    #[arg(long, default_value = "5s", value_name = "TIME")]
    pub(super) poll: humantime::Duration,
    /// Percent of those who hold seats that give them back.
    #[arg(long, default_value_t = 5, value_parser = value_parser!(u8).range(0..=100), value_name = "PERCENT")]
    pub(super) abandon: u8,
    /// Percent of those who hold seats that are never heard of again; their seats are free when the session ends.
    #[arg(long, default_value_t = 0, value_parser = value_parser!(u8).range(0..=100), value_name = "PERCENT")]
    pub(super) vanish: u8,
    /// Percent of those who pay whose first card is declined.
    #[arg(long, default_value_t = 5, value_parser = value_parser!(u8).range(0..=100), value_name = "PERCENT")]
    pub(super) declined: u8,
    /// Looks at the seat map per second by people who buy nothing.
    #[arg(long, value_name = "RATE")]
    pub(super) onlookers: Option<Rate>,
    /// Give up after so long.
    #[arg(long, default_value = "5m", value_name = "TIME")]
    pub(super) limit: humantime::Duration,
    #[command(flatten)]
    pub(super) common: CommonArgs,
    #[command(flatten)]
    pub(super) hall: HallArgs,
    /// Entrants per second, also a fraction; 0: no limit.
    #[arg(
        long,
        default_value_t = 0.0,
        value_name = "RATE",
        help_heading = "Waiting room"
    )]
    pub(super) admit_per_second: f64,
    /// People inside at once; 0: no limit.
    #[arg(long, default_value_t = 0, help_heading = "Waiting room")]
    pub(super) max_active: u32,
    /// Who of those that came before the opening is first.
    #[arg(long, value_enum, default_value_t = Order::Fifo, help_heading = "Waiting room")]
    pub(super) order: Order,
    /// When the doors open; open from the start unless given.
    #[arg(long, value_name = "TIME", help_heading = "Waiting room")]
    pub(super) opens_in: Option<humantime::Duration>,
    /// How long each may stay inside.
    #[arg(
        long,
        default_value = "10m",
        value_name = "TIME",
        help_heading = "Waiting room"
    )]
    pub(super) session: humantime::Duration,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Options of `checkouts`.
#[derive(Args, Clone, Debug)]
#[command(after_help = CHECKOUTS_HELP)]
pub(crate) struct CheckoutsArgs {
    #[command(flatten)]
    pub(super) site: SiteArgs,
    /// Events to make, one after the other on the shards.
    #[arg(long, default_value_t = 160, value_parser = value_parser!(u32).range(1..=10_000))]
    pub(super) events: u32,
    /// Looks at the seat map in each checkout.
    #[arg(long, default_value_t = 0, value_parser = value_parser!(u8).range(0..=16))]
    pub(super) looks: u8,
    /// Connections that look at seat maps all the time.
    #[arg(long, default_value_t = 0)]
    pub(super) watchers: u16,
    /// Watchers ask for the map only if it has changed.
    #[arg(long, requires = "watchers")]
    pub(super) conditional: bool,
    /// Measure for so long, such as 500ms, 10s or 2m.
    #[arg(long, default_value = "10s", value_name = "TIME")]
    pub(super) duration: humantime::Duration,
    /// Load before measuring begins, checked but not counted; 1s if --duration is 5s or more, else none.
    #[arg(long, value_name = "TIME")]
    pub(super) warm_up: Option<humantime::Duration>,
    #[command(flatten)]
    pub(super) common: CommonArgs,
    #[command(flatten)]
    pub(super) hall: HallArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

impl CommonArgs {
    fn load(&self, connections: u16) -> LoadArgs {
        LoadArgs {
            rate: None,
            arrivals: None,
            connections,
            pipeline: 1,
            backlog: 1,
            threads: self.threads,
            pin: self.pin.clone(),
            server_pid: self.server_pid,
            ops: None,
            duration: self.timeout,
            warm_up: None,
            seed: self.seed,
            timeout: self.timeout,
            quiet: self.quiet,
        }
    }
}

impl OnsaleArgs {
    /// As the options of any other open loop, buyers for requests.
    pub(crate) fn load(&self) -> LoadArgs {
        let over = self.over.as_secs_f64().max(f64::EPSILON);
        let opening = self.opens_in.map_or(*self.over / 20, |time| *time);
        let arrivals = match self.arrivals {
            Some(Arrivals::Spike { times, at, decay }) => Arrivals::Spike {
                times,
                at: at.or(Some(opening)),
                decay,
            },
            Some(other) => other,
            None if opening < *self.over => Arrivals::Spike {
                times: 20.0,
                at: Some(opening),
                decay: None,
            },
            None => Arrivals::Poisson,
        };
        // So many come in that time: the curve is in proportion to its base.
        let one = Rate::new(1.0).ok();
        let area = arrivals.curve(one, Some(*self.over));
        let area = area.map_or(over, |curve| curve.arrivals(over));
        LoadArgs {
            rate: Rate::new(self.buyers as f64 / area).ok(),
            arrivals: Some(arrivals),
            ops: None,
            duration: self.over,
            warm_up: Some(std::time::Duration::ZERO.into()),
            ..self
                .common
                .load(self.common.connections.unwrap_or(256).max(1))
        }
    }
}

impl CheckoutsArgs {
    /// Connections that check out.
    pub(super) fn buyers(&self) -> u16 {
        let least = u16::from(self.watchers == 0);
        self.common.connections.unwrap_or(64).max(least)
    }

    /// As the options of any other closed loop.
    pub(crate) fn load(&self) -> LoadArgs {
        LoadArgs {
            duration: self.duration,
            warm_up: self.warm_up,
            ..self
                .common
                .load(self.buyers().saturating_add(self.watchers))
        }
    }
}
