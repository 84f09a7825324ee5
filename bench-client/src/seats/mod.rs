//! Load on the seats: what is reserved, bought and asked for, and how a
//! correct server answers it.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::{
    check::{Known, Ledger},
    cli::SeatsArgs,
    failure::Failure,
    load::{self, Judged, Kind, Knobs, Scenario, Subject},
    plan::{keys::Sampler, lines::RequestLines, mix::Mix, prefix::Prefix, stream::SeatDraw},
    protocol::{Reply, Verb},
    record::run::{Run, Setup},
};

/// The seats of one run, and what is known of them.
#[derive(Debug)]
struct Seats {
    lines: RequestLines,
    ledger: Ledger,
    mix: Mix,
    keys: Sampler,
}

/// Runs the load once, as run number `repeat`, from 0, on seats of its own.
///
/// # Errors
/// See [`load::run`].
pub(crate) fn run(args: &SeatsArgs, repeat: u32) -> Result<Run, Failure> {
    let prefix = prefix(args, load::seed(&args.load, repeat), repeat);
    let seats = Seats {
        lines: RequestLines::new(args.protocol, &prefix, args.seats),
        ledger: Ledger::new(args.seats),
        mix: args.mix,
        keys: args.keys.over(args.seats),
    };
    let run = load::run(&args.load, &args.address, repeat, &seats)?;
    Ok(Run {
        prefix: Some(prefix),
        ..run
    })
}

/// What the record says about the load that these options ask for.
pub(crate) fn setup(args: &SeatsArgs) -> Setup {
    let prefix = args.prefix.as_ref();
    Setup {
        keys: Some(args.keys.to_string()),
        mix: Some(args.mix.to_string()),
        seats: Some(args.seats.into()),
        prefix: prefix.map(|prefix| prefix.as_str().to_owned()),
        ..load::setup(&args.load, &args.address, args.protocol.name())
    }
}

/// What the seats of run number `repeat` begin with: never what those of
/// another run do.
fn prefix(args: &SeatsArgs, seed: u64, repeat: u32) -> String {
    match &args.prefix {
        Some(prefix) if repeat == 0 => prefix.as_str().to_owned(),
        Some(prefix) => format!("{}R{repeat}N", prefix.as_str()),
        None => {
            let moment = SystemTime::now().duration_since(UNIX_EPOCH);
            let moment = moment.map_or(0, |since| since.as_nanos() as u64);
            Prefix::fresh(seed, moment).as_str().to_owned()
        }
    }
}

/// The place of a verb with a reply in [`Seats::KINDS`].
const fn kind(verb: Verb, reply: Reply) -> usize {
    verb.index() * Reply::ALL.len() + reply.index()
}

const KINDS: [Kind; Verb::ALL.len() * Reply::ALL.len()] = {
    let mut kinds = [("", ""); Verb::ALL.len() * Reply::ALL.len()];
    let mut at = 0;
    while at < kinds.len() {
        let (verb, reply) = (at / Reply::ALL.len(), at % Reply::ALL.len());
        kinds[at] = (Verb::ALL[verb].name(), Reply::ALL[reply].name());
        at += 1;
    }
    kinds
};

impl Subject for Seats {
    const KINDS: &'static [Kind] = &KINDS;
    const KNOBS: Knobs = Knobs {
        longer: "longer (--duration), over more --seats",
        ..Knobs::OF_A_RATE
    };

    fn unpaid(&self) -> Option<String> {
        let (seat, breach) = self.ledger.unpaid().next()?;
        let name = self.lines.name(seat);
        let hint = if breach.may_be_used_seats() {
            "; if the seats were taken before, choose another --prefix or start a fresh server"
        } else {
            ""
        };
        Some(format!("seat {name}: {breach}{hint}"))
    }

    fn seats_taken(&self) -> Option<u64> {
        Some(self.ledger.reserved())
    }
}

impl Scenario for Seats {
    type Draw = SeatDraw;
    type Before = Known;

    fn draw(&self) -> SeatDraw {
        SeatDraw {
            mix: self.mix,
            keys: self.keys,
        }
    }

    fn frame(&self, unread: &[u8]) -> Option<usize> {
        self.lines.dialect().frame(unread)
    }

    fn write(&self, (verb, seat): (Verb, u32), _at: u64, out: &mut Vec<u8>) -> Known {
        let before = self.ledger.known(seat);
        self.lines.write(verb, seat, out);
        before
    }

    fn judge(
        &self,
        asked: &Judged<Self>,
        reply: &[u8],
        _now: u64,
    ) -> Option<(usize, load::Verdict)> {
        let (verb, seat) = asked.request;
        let line = reply.strip_suffix(b"\n").unwrap_or(reply);
        let reply = self.lines.parse(verb, seat, line)?;
        let entered = self.ledger.enter(seat, verb, asked.before, reply);
        Some((
            kind(verb, reply),
            entered.map_err(|breach| breach.to_string()),
        ))
    }

    fn lose(&self, (verb, seat): (Verb, u32)) {
        self.ledger.lose(seat, verb);
    }

    fn name(&self, (verb, seat): (Verb, u32)) -> String {
        format!("{verb}: {}", self.lines.name(seat))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_in_the_order_of_their_place() {
        for verb in Verb::ALL {
            for reply in Reply::ALL {
                assert_eq!(KINDS[kind(verb, reply)], (verb.name(), reply.name()));
            }
        }
    }

    #[test]
    fn cures_name_flags_that_there_are() {
        assert!(Seats::KNOBS.are_of("seats"));
    }
}
