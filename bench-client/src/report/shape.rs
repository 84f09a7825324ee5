//! What was run, in words.

use indicatif::HumanCount;

use super::counted;
use crate::record::run::{LoopKind, PurchaseSetup, RunRecord, SaleSetup, Setup};

/// The first line: open or closed loop, and its shape.
pub(crate) fn headline(setup: &Setup) -> String {
    let connections = counted(setup.connections as usize, "connection");
    let threads = counted(setup.threads as usize, "thread");
    let pipeline = setup.pipeline;
    match &setup.load {
        LoopKind::Closed => {
            format!("closed loop, {connections} x {pipeline} pipeline, {threads}")
        }
        LoopKind::Open { rate, arrivals } => {
            let rate = HumanCount(rate.round() as u64);
            let noun = match setup.sale {
                Some(_) => "buyers",
                None => "requests",
            };
            format!(
                "open loop, {rate} {noun}/s {arrivals}, \
                 {connections} x at most {pipeline} under way, {threads}"
            )
        }
    }
}

/// What was asked for besides: of whom, and how.
pub(crate) fn details(record: &RunRecord) -> [String; 2] {
    let setup = &record.setup;
    let end = match (setup.ops, setup.duration_seconds) {
        (Some(ops), _) => counted_large(ops, "request"),
        (None, Some(seconds)) => format!("{seconds} s"),
        (None, None) => "until stopped".to_owned(),
    };
    let warm_up = if setup.warm_up_seconds > 0.0 {
        format!(" after {} s of warm-up", setup.warm_up_seconds)
    } else {
        String::new()
    };
    let keys = setup.keys.as_deref().unwrap_or_default();
    let (what, mix) = match (&setup.purchases, &setup.sale) {
        (_, Some(sale)) => (of_sale(sale), String::new()),
        (Some(purchases), None) => {
            let what = format!("{}, keys {keys}", of_purchases(purchases));
            (what, String::new())
        }
        (None, None) => (
            format!("{}, keys {keys}", of_seats(record)),
            setup
                .mix
                .as_ref()
                .map_or_else(String::new, |mix| format!("mix {mix}, ")),
        ),
    };
    let whom = format!("{} at {}; {what}", setup.protocol, setup.address);
    let how = format!("{mix}seed {}; {end}{warm_up}", setup.seed);
    [whom, how]
}

fn counted_large(count: u64, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", HumanCount(count))
}

fn of_seats(record: &RunRecord) -> String {
    let setup = &record.setup;
    let prefixes = record.runs.iter().filter_map(|run| run.prefix.as_deref());
    let prefix = match prefixes.collect::<Vec<_>>()[..] {
        [] => setup.prefix.clone().unwrap_or_default(),
        [one] => one.to_owned(),
        [first, .., last] => format!("{first} to {last}"),
    };
    let seats = HumanCount(setup.seats.unwrap_or_default());
    format!("{seats} seats of prefix {prefix}")
}

fn of_sale(sale: &SaleSetup) -> String {
    let events = counted_large(sale.events.into(), "event");
    let hall = sale.event_seats.map_or_else(
        || format!("{events} that was there"),
        |seats| format!("{events} of {} seats", HumanCount(seats)),
    );
    let Some(crowd) = &sale.crowd else {
        return format!(
            "{hall}, checkouts of 2 seats with {}, {} of seat maps",
            counted_large(sale.looks.into(), "look"),
            counted_large(sale.watchers.into(), "watcher"),
        );
    };
    let limit = |limit: f64, what: &str| match limit {
        limit if limit > 0.0 => format!(", {limit} {what}"),
        _ => String::new(),
    };
    format!(
        "{hall}; about {} for {} seats each, {} choice; waiting room {}{}{}, opens after {} s; \
         {} s inside; {:.0} % abandon, {:.0} % vanish, {:.0} % declined first{}",
        counted_large(crowd.buyers, "buyer"),
        crowd.party,
        crowd.choice,
        crowd.order,
        limit(crowd.admit_per_second, "entrants/s"),
        limit(crowd.max_active.into(), "inside at once"),
        crowd.opens_in_seconds,
        crowd.session_seconds,
        100.0 * crowd.abandon_share,
        100.0 * crowd.vanish_share,
        100.0 * crowd.declined_share,
        limit(crowd.onlookers_per_second, "onlookers/s"),
    )
}

fn of_purchases(purchases: &PurchaseSetup) -> String {
    let keys = if purchases.idempotency_keys {
        " with idempotency keys"
    } else {
        ""
    };
    format!(
        "{} of {} each, quantity {}{keys}",
        counted_large(purchases.options, "ticket option"),
        HumanCount(purchases.allocation),
        purchases.quantity,
    )
}
