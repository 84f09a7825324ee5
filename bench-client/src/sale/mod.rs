//! The sale of events by HTTP: a crowd that comes by the clock ([`onsale`]), or
//! the plain speed of checkouts ([`checkouts`]); and whether each seat was sold
//! to one buyer.

mod answer;
mod args;
mod booking;
mod buyer;
mod crowd;
mod event;
mod fairness;
mod flow;
mod request;
mod settle;
mod step;
mod sum;

use std::{sync::atomic::AtomicU64, time::Duration};

pub(crate) use self::args::{CheckoutsArgs, OnsaleArgs};
use self::{
    buyer::Manners,
    crowd::{Crowd, Stand},
    event::{Doors, Event},
    flow::{Flow, Halls},
    request::Requests,
    settle::Sold,
};
use crate::{
    check::Register,
    failure::Failure,
    http::{Client, JSON, Site},
    load::{self, Place},
    plan::{
        curve::Curve,
        rate::Rate,
        schedule::{Schedule, SchedulePlan},
    },
    progress::Bar,
    record::run::{CrowdSetup, Run, SaleSetup, Setup, Verdict},
};

/// A rate at which nobody comes.
const NEVER: Curve = Curve::Flat { rate: 1e-9 };

/// Sells an event to a crowd once, as run number `repeat`, from 0.
///
/// # Errors
/// If the event cannot be made or found, else see [`load::run`].
pub(crate) fn onsale(args: &OnsaleArgs, repeat: u32) -> Result<Run, Failure> {
    let options = args.load();
    let site = args.site.site(*options.timeout)?;
    let mut client = Client::of(&site, JSON);
    let event = match &args.event {
        Some(id) => Event::find(&mut client, id)?,
        None => Event::make(&mut client, &args.hall, &doors(args), repeat + 1)?,
    };
    let seed = load::seed(&options, repeat);
    let crowd = Crowd {
        register: Register::new(event.capacity()),
        event,
        manners: manners(args),
        party: args.party,
        shares: [args.abandon, args.vanish, args.declined],
        seed,
        limit: nanos(*args.limit),
        queued: AtomicU64::new(0),
        inside: AtomicU64::new(0),
    };
    let requests = Requests::new(&site);
    let shared = load::shared(&crowd)?;
    let (mut run, stands) = load::run_workloads(
        &options,
        &site.address,
        repeat,
        &shared,
        |desk, mut place| {
            let arrivals = place.schedule.take();
            let arrivals = arrivals.unwrap_or_else(|| schedule(NEVER, seed, &place));
            let onlookers = args.onlookers.map_or(NEVER, |rate| Curve::Flat {
                rate: rate.per_second(),
            });
            let onlookers = schedule(onlookers, !seed, &place);
            let clients = place.clients;
            Stand::new(desk, requests.clone(), clients, onlookers, arrivals)
        },
    )?;
    let sold = [Sold {
        event: &crowd.event,
        register: &crowd.register,
        bookings: stands.iter().flat_map(|stand| &stand.bookings).collect(),
    }];
    let settled = settle::settle(&site, &sold, &mut run, options.quiet)?;
    sum::of_crowd(&crowd, &stands, settled, &mut run);
    let unfinished = stands
        .iter()
        .flat_map(|stand| &stand.buyers)
        .any(|buyer| buyer.ended.is_none());
    if unfinished && run.verdict == Verdict::Ok {
        let reason = "--limit was over before every buyer was done".to_owned();
        run.verdict = Verdict::Partial { reason };
    }
    Ok(run)
}

/// Checks out in a closed loop once, as run number `repeat`, from 0.
///
/// # Errors
/// If the events cannot be made, else see [`load::run`].
pub(crate) fn checkouts(args: &CheckoutsArgs, repeat: u32) -> Result<Run, Failure> {
    let options = args.load();
    let site = args.site.site(*options.timeout)?;
    let halls = Halls {
        events: make(args, &site)?,
        looks: args.looks,
        buyers: args.buyers().into(),
        conditional: args.conditional,
        timeout: *options.timeout,
        given: AtomicU64::new(0),
    };
    let requests = Requests::new(&site);
    let shared = load::shared(&halls)?;
    let (mut run, flows) =
        load::run_workloads(&options, &site.address, repeat, &shared, |desk, place| {
            Flow::new(desk, requests.clone(), &place)
        })?;
    let mut sold: Vec<Sold<'_>> = halls
        .events
        .iter()
        .map(|(event, register)| Sold {
            event,
            register,
            bookings: Vec::new(),
        })
        .collect();
    for (event, booking) in flows.iter().flat_map(|flow| &flow.bookings) {
        sold[*event].bookings.push(booking);
    }
    let settled = settle::settle(&site, &sold, &mut run, options.quiet)?;
    sum::of_flows(&sold, settled, &mut run);
    Ok(run)
}

fn make(args: &CheckoutsArgs, site: &Site) -> Result<Vec<(Event, Register)>, Failure> {
    let bar = Bar::of_items("events", args.events as usize, args.common.quiet);
    let mut client = Client::of(site, JSON);
    let doors = Doors {
        admit_per_second: 0.0,
        max_active: 0,
        order: args::Order::Fifo.name(),
        opens_in: None,
        session_seconds: 600,
    };
    (1..=args.events)
        .map(|number| {
            let event = Event::make(&mut client, &args.hall, &doors, number)?;
            bar.show(number as usize);
            let register = Register::new(event.capacity());
            Ok((event, register))
        })
        .collect()
}

fn doors(args: &OnsaleArgs) -> Doors {
    Doors {
        admit_per_second: args.admit_per_second,
        max_active: args.max_active,
        order: args.order.name(),
        opens_in: args.opens_in.map(|time| *time),
        session_seconds: args.session.as_secs() as u32,
    }
}

fn manners(args: &OnsaleArgs) -> Manners {
    Manners {
        choice: args.choice,
        tries: args.tries,
        think: nanos(*args.think),
        poll: nanos(*args.poll),
    }
}

/// Endless arrivals, independent of each other.
fn schedule(curve: Curve, seed: u64, place: &Place) -> Schedule {
    let plan = SchedulePlan {
        seed,
        curve,
        even: false,
        warm_up: Duration::ZERO,
        duration: None,
        ops: None,
    };
    plan.part(place.engine, place.engines)
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// What the record says about the sale that these options ask for.
pub(crate) fn onsale_setup(args: &OnsaleArgs) -> Setup {
    let share = |percent: u8| f64::from(percent) / 100.0;
    let hall = &args.hall;
    Setup {
        sale: Some(SaleSetup {
            events: 1,
            event_seats: args.event.is_none().then(|| hall.seats()),
            crowd: Some(CrowdSetup {
                buyers: args.buyers,
                party: args.party.to_string(),
                choice: args.choice.name().to_owned(),
                admit_per_second: args.admit_per_second,
                max_active: args.max_active,
                order: args.order.name().to_owned(),
                opens_in_seconds: args.opens_in.map_or(0.0, |time| time.as_secs_f64()),
                session_seconds: args.session.as_secs() as u32,
                abandon_share: share(args.abandon),
                vanish_share: share(args.vanish),
                declined_share: share(args.declined),
                think_seconds: args.think.as_secs_f64(),
                poll_seconds: args.poll.as_secs_f64(),
                onlookers_per_second: args.onlookers.map_or(0.0, Rate::per_second),
            }),
            watchers: 0,
            looks: 0,
        }),
        ..load::setup(&args.load(), &args.site.target.to_string(), "http")
    }
}

/// What the record says about the checkouts that these options ask for.
pub(crate) fn checkouts_setup(args: &CheckoutsArgs) -> Setup {
    Setup {
        sale: Some(SaleSetup {
            events: args.events,
            event_seats: Some(args.hall.seats()),
            crowd: None,
            watchers: args.watchers.into(),
            looks: args.looks.into(),
        }),
        ..load::setup(&args.load(), &args.site.target.to_string(), "http")
    }
}
