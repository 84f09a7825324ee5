//! The stock beside its plain model: random operations, right and wrong, with
//! time that passes, replays, snapshots and other numbers of shards.
//!
//! `RINGSIDE_SIM_SEEDS=N` runs so many seeds, `RINGSIDE_SIM_SEED=S` that one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod seeds;
mod stock;

use std::collections::BTreeMap;

use ringside::inventory::{Answer, Bounds, Change, Stock};
use seeds::Seeds;
use stock::{
    Asker, Model, bytes, check_ledger, check_page, check_purchased, check_sums, digest, restore,
};

const SEEDS: u64 = 90;
const STEPS: usize = 250;

/// What a run has seen, by name: a run that sees nothing proves nothing.
type Seen = BTreeMap<String, u64>;

fn bounds(seed: u64) -> Bounds {
    let all = Bounds::default();
    match seed % 3 {
        0 => all,
        1 => Bounds {
            ledger_entries: 20,
            ..all
        },
        _ => Bounds {
            options: 3,
            purchases: 12,
            members: 3,
            tickets: 20,
            keys: 6,
            ledger_entries: seed as usize % 40,
            ..all
        },
    }
}

/// The answer without what it says, for counting.
fn name(answer: &Answer) -> String {
    match answer {
        Answer::Refused(refusal) => first_word(&format!("{refusal:?}")),
        Answer::Claim(claim) => first_word(&format!("{claim:?}").replace('(', " ")),
        other => first_word(&format!("{other:?}").replace('(', " ")),
    }
}

fn first_word(text: &str) -> String {
    text.split(' ').next().unwrap_or_default().to_owned()
}

fn live(seed: u64) -> Seen {
    let bounds = bounds(seed);
    let mut asker = Asker::new(seed);
    let mut model = Model::new(bounds);
    let mut stock = Stock::keyed(bounds, seed);
    let mut twin = Stock::keyed(bounds, !seed);
    let mut so_far = Seen::new();
    let mut changes = Vec::new();
    for step in 0..STEPS {
        asker.pass();
        let now = asker.now;
        if asker.rng.u32(..10) == 0 {
            let mut ended = Vec::new();
            let more = stock.expire(now, &mut |change| ended.push(change.clone()));
            assert!(!more);
            let expected: Vec<Change> = model
                .expire(now)
                .into_iter()
                .map(|ticket| Change::TicketExpired { at: now, ticket })
                .collect();
            *so_far.entry("swept".to_owned()).or_default() += ended.len() as u64;
            assert_eq!(ended, expected, "step {step}");
            assert!(stock.next_expiry().is_none_or(|next| next > now));
            changes.append(&mut ended);
        }
        let operation = asker.ask();
        let before = changes.len();
        let answer = stock.operate(now, operation.clone(), &mut |change| {
            changes.push(change.clone());
        });
        let mut expected = model.operate(now, &operation);
        if let (Answer::Balances(expected), Answer::Balances(found)) = (&mut expected, &answer) {
            let mut found = found.clone();
            found.retain(|balance| balance.quantity != 0);
            found.sort_by_key(|balance| balance.account);
            assert_eq!(found, *expected, "step {step}: {operation:?}");
        } else {
            assert_eq!(answer, expected, "step {step}: {operation:?}");
        }
        *so_far.entry(name(&answer)).or_default() += 1;
        if matches!(answer, Answer::Refused(_)) {
            assert_eq!(changes.len(), before, "{operation:?} was refused");
        }
        check_sums(&stock);
        if asker.rng.u32(..10) == 0 {
            let filter = asker.ledger_filter();
            let after = asker.rng.usize(..200);
            check_page(&mut stock, filter, after, 1 + after % 7);
            check_ledger(&mut stock, &model, bounds);
            if let Some(user) = filter.member {
                let most = 1 + asker.rng.usize(..9);
                check_purchased(&mut stock, &model, (user, filter.option), most);
                *so_far.entry("purchases summed".to_owned()).or_default() +=
                    u64::from(model.purchased(user, filter.option) > 0);
            }
        }
        if asker.rng.u32(..40) == 0 {
            for change in changes.drain(..) {
                twin.replay(&Change::decode(&bytes(&change)).unwrap())
                    .unwrap();
            }
            assert_eq!(digest(&twin), digest(&stock), "step {step}: a replay");
            check_ledger(&mut twin, &model, bounds);
            stock = another_life(&stock, &twin, bounds, asker.rng.u32(1..5));
            model.restart();
            *so_far.entry("lives".to_owned()).or_default() += 1;
        }
    }
    for change in &changes {
        twin.replay(change).unwrap();
        refuses_twice(&mut twin, change);
    }
    assert_eq!(digest(&twin), digest(&stock));
    so_far
}

/// The stock after a start: from the snapshot, perhaps by way of another number
/// of shards.
fn another_life(stock: &Stock, twin: &Stock, bounds: Bounds, shards: u32) -> Stock {
    let parts = restore(&[stock], bounds, shards).unwrap();
    let mut sum = parts[0].totals();
    for part in &parts[1..] {
        sum = sum.plus(part.totals());
    }
    assert_eq!(sum, stock.totals());
    let parts: Vec<&Stock> = parts.iter().rev().collect();
    let mut whole = restore(&parts, bounds, 1).unwrap();
    let whole = whole.remove(0);
    assert_eq!(digest(&whole), digest(twin), "by way of {shards} shards");
    whole
}

/// What was done is not done again, and the attempt leaves no trace.
fn refuses_twice(stock: &mut Stock, change: &Change) {
    // A reply that was not stored to its end may be stored anew.
    if matches!(change, Change::ReplyPart { .. }) {
        return;
    }
    let before = digest(stock);
    assert!(stock.replay(change).is_err(), "{change:?} twice");
    assert_eq!(digest(stock), before);
}

#[test]
fn any_operations_give_what_the_model_gives() {
    let seeds = Seeds::from_environment(SEEDS);
    let mut total = Seen::new();
    for seen in seeds.run("stock_model", live) {
        for (what, times) in seen {
            *total.entry(what).or_default() += times;
        }
    }
    println!("{} seeds: {total:?}", seeds.count());
    if seeds.count() >= SEEDS {
        for what in [
            "lives",
            "purchases summed",
            "swept",
            "Held",
            "Purchased",
            "NotHeld",
            "NotHolder",
            "IdTaken",
            "Full(Option)",
            "Full(Purchase)",
            "Full(Member)",
            "Full(Ticket)",
            "Full(Key)",
            "NotFound(Key)",
            "InFlight",
            "Mismatch",
            "Settled",
            "Purchase",
            "Ticket",
            "NotEnough",
            "Duplicate",
        ] {
            assert!(total.get(what).is_some_and(|&times| times > 10), "{what}");
        }
    }
}
