//! Purchases of ticket options: make them, put load on them, and compare with
//! what the server says is left.

mod args;
mod request;
mod scenario;
mod settle;

use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) use self::args::PurchasesArgs;
use self::{
    request::{Requests, is_uuid},
    scenario::Purchases,
};
use crate::{
    check::Allocations,
    failure::Failure,
    http::{Client, Site, ticket_option},
    load,
    plan::purchase::PurchaseDraw,
    progress::Bar,
    record::run::{PurchaseSetup, Run, Setup},
};

/// Runs the load once, as run number `repeat`, from 0, on ticket options of
/// its own.
///
/// # Errors
/// If the options cannot be made, else see [`load::run`].
pub(crate) fn run(args: &PurchasesArgs, repeat: u32) -> Result<Run, Failure> {
    let site = args.site.site(*args.load.timeout)?;
    let options = make(args, &site)?;
    let draw = PurchaseDraw {
        options: args.keys.over(args.options),
        quantities: args.quantity,
        users: args.users,
    };
    let purchases = Purchases::new(
        Requests::new(&site, options, args.idempotency_keys),
        Allocations::new(args.options, args.allocation, args.quantity),
        draw,
        nonce(load::seed(&args.load, repeat)),
    );
    let run = load::run(&args.load, &site.address, repeat, &purchases)?;
    settle::settle(args, &site, &purchases, run)
}

/// What the record says about the load that these options ask for.
pub(crate) fn setup(args: &PurchasesArgs) -> Setup {
    Setup {
        keys: Some(args.keys.to_string()),
        purchases: Some(PurchaseSetup {
            options: args.options.into(),
            allocation: args.allocation,
            quantity: args.quantity.to_string(),
            idempotency_keys: args.idempotency_keys,
        }),
        ..load::setup(&args.load, &args.site.target.to_string(), "http")
    }
}

/// Makes the ticket options and says their ids.
fn make(args: &PurchasesArgs, site: &Site) -> Result<Vec<String>, Failure> {
    let bar = Bar::of_items("ticket options", args.options as usize, args.load.quiet);
    let mut client = Client::new(site);
    let make = |number: u32| {
        let document = ticket_option(&format!("Option {number}"), args.allocation);
        let reply = client.post("/ticket_options", &document)?;
        bar.show(number as usize);
        let document = reply.document();
        match document.row().id() {
            Some(id) if reply.status == 201 && is_uuid(id) => Ok(id.to_owned()),
            _ => Err(Failure::NotMade {
                what: "ticket option",
                said: reply.quote(),
            }),
        }
    };
    (0..args.options).map(make).collect()
}

/// What no other run's idempotency keys begin with.
fn nonce(seed: u64) -> u64 {
    let moment = SystemTime::now().duration_since(UNIX_EPOCH);
    let moment = moment.map_or(0, |since| since.as_nanos() as u64);
    fastrand::Rng::with_seed(seed ^ moment).u64(..)
}
