//! The original test harness's scenario, against any address.
//!
//! A third of the seats is left free, a third reserved, a third reserved and
//! bought. Several clients ask for each seat at the same time, each client with
//! one message under way; one more client sends broken messages meanwhile. Then
//! every seat is asked for its state.

mod board;
mod claims;
mod contend;
mod findings;
mod summary;
mod verify;

use std::{io, time::Instant};

pub(crate) use summary::{Phase, Summary};

use self::{
    board::{Board, Sent},
    contend::{Contend, Role},
    verify::Verify,
};
use crate::{
    cli::HarnessArgs,
    cpus::CpuList,
    engine::{Engine, Workload},
    failure::Failure,
    fleet,
    progress::Bar,
    protocol::Verb,
    stall::Stall,
    target,
};

/// How many clients ask for each seat, per verb.
const CONTENDERS: usize = 2;

/// Plays the scenario.
///
/// # Errors
/// If the server cannot be reached or a connection is lost. A server that
/// answers wrongly is no error here: the summary says so.
pub(crate) fn run(args: &HarnessArgs) -> Result<Summary, Failure> {
    let clients = args.concurrency as usize;
    let board = Board::new(args.seats, args.seed);
    // The last connection is the breaker's.
    let sockets = target::connect(&args.address, clients + 1)?;
    let mut engines: Vec<Engine<Sent>> = fleet::deal(sockets, args.threads.into(), *args.timeout)?;
    let roles = deal_roles(clients, engines.len());
    let works = roles
        .into_iter()
        .map(|roles| Contend::new(&board, roles))
        .collect();

    let mut summary = Summary::default();
    let verbs = [Verb::Reserve, Verb::Buy];
    let (works, phase) = play("contention", &verbs, &board, &mut engines, works, args)?;
    for work in works {
        summary.tally.add(&work.tally);
        summary.broken += work.broken;
    }
    summary.phases.push(phase);
    if board.findings.is_clean() {
        for (seat, breach) in board.ledger.unpaid() {
            let what = format!("seat {}", board.hall.name(seat));
            board.findings.breach(&what, breach);
        }
    }
    if board.findings.is_clean() {
        let works = engines.iter().map(|_| Verify::new(&board)).collect();
        let verbs = [Verb::Query];
        let (works, phase) = play("last check", &verbs, &board, &mut engines, works, args)?;
        for work in works {
            summary.tally.add(&work.tally);
        }
        summary.phases.push(phase);
    }
    let reasons = board.findings.into_reasons();
    summary.wrong = reasons.wrong;
    if reasons.may_be_used_seats {
        let hint = "if the seats were taken before this run, start a fresh server";
        summary.wrong.push(hint.to_owned());
    }
    match reasons.lost {
        Some(lost) if summary.wrong.is_empty() => Err(Failure::Lost(lost)),
        lost => {
            summary.wrong.extend(lost);
            Ok(summary)
        }
    }
}

/// Allocators and buyers in turn, also within each engine, and the breaker
/// last; dealt to engines as their connections are.
fn deal_roles(clients: usize, engines: usize) -> Vec<Vec<Role>> {
    let mut hands = vec![Vec::new(); engines];
    for client in 0..clients {
        let (engine, place) = (client % engines, client / engines);
        let role = if (engine + place).is_multiple_of(2) {
            Role::Allocator
        } else {
            Role::Buyer
        };
        hands[engine].push(role);
    }
    hands[clients % engines].push(Role::Breaker);
    hands
}

/// Plays one phase of `works`, to be over when all of `verbs` is settled.
fn play<W>(
    name: &'static str,
    verbs: &[Verb],
    board: &Board,
    engines: &mut [Engine<Sent>],
    works: Vec<W>,
    args: &HarnessArgs,
) -> io::Result<(Vec<W>, Phase)>
where
    W: Workload<Tag = Sent> + Send,
{
    let (_, all) = board.progress(verbs);
    let bar = Bar::of_items(name, all, args.quiet);
    let started = Instant::now();
    // Twice the reply's limit: a missing reply is to be named as such.
    let mut stall = Stall::new(*args.timeout * 2, started);
    let cpus = CpuList::default();
    let works = fleet::run(engines, works, &cpus, board.findings.halt(), || {
        let (settled, _) = board.progress(verbs);
        bar.show(settled);
        if stall.is_stalled(settled, Instant::now()) {
            let limit = humantime::format_duration(*args.timeout * 2);
            board.findings.fatal(format!(
                "{name}: the server answers, but no seat got settled for {limit} \
                 ({settled} of {all} are)"
            ));
        }
    })?;
    let phase = Phase {
        name,
        seconds: started.elapsed().as_secs_f64(),
    };
    Ok((works, phase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_always_allocators_buyers_and_one_breaker() {
        for clients in 2..20 {
            for engines in 1..=clients + 1 {
                let hands = deal_roles(clients, engines);
                let count = |role| hands.iter().flatten().filter(|&&r| r == role).count();
                assert!(count(Role::Allocator) > 0, "{clients} on {engines}");
                assert!(count(Role::Buyer) > 0, "{clients} on {engines}");
                assert_eq!(count(Role::Breaker), 1);
                assert_eq!(hands.concat().len(), clients + 1);
                // The same deal as that of the connections.
                let sizes = hands.iter().map(Vec::len);
                let expected = (0..engines).map(|e| (clients + 1 + engines - 1 - e) / engines);
                assert!(sizes.eq(expected));
            }
        }
    }
}
