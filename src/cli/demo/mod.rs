//! `ringside demo`: events to play with.

mod examples;

use std::net::SocketAddr;

use pollster::block_on;

use crate::api::Failure;
use crate::boot::Server;
use crate::clock;
use crate::engine::Handle;
use crate::inventory::events::{Buyer, EventView, NewEvent, Reference, Wanted};
use crate::inventory::{Id, Micros, Page};

/// When the doors of one of the examples open.
const OPENS_IN_SECONDS: u64 = 180;

/// What `ringside demo --help` says at the end.
pub(super) const HELP: &str = "\
Then, in a browser:
  1. Open the address that it prints, and beside it a private window.
  2. Choose the Philharmonic in both. Take two seats in one: they go in the other.
  3. Pay with the test card. No money moves.
  4. The Winter’s Tale opens three minutes after the start: queue before, and the
     lots are drawn at the opening. Lumen lets in one buyer per second.
  5. /admin shows what is sold, and can pause a waiting room.

Examples:
  ringside demo                       in memory, on port 3000
  ringside demo --http-port 8080      on another port
  ringside demo --data-dir box        kept: the next start has the same events";

/// Makes the example events, unless there are events already, and says where
/// to see them.
pub(super) fn open(server: &Server) -> Result<String, Failure> {
    let handle = server.engine();
    let url = server.http_addresses().first().map(|it| url(*it));
    let url = url.unwrap_or_default();
    let known = block_on(handle.events(Page {
        after: None,
        limit: 1,
    }))?;
    if known.is_empty() {
        let now = clock::unix_micros();
        for example in [
            examples::club,
            examples::hall,
            examples::arena,
            examples::theatre,
        ] {
            let made = create(&handle, now, example)?;
            if made.listing.plan.sections().len() > 1 && made.rate.as_per_second() == 0.0 {
                sell_some(&handle, &made)?;
            }
        }
    }
    Ok(format!(
        "\n  The box office is open:  {url}/\n  The operator's view:     {url}/admin\n\n  \
         Open it twice, once in a private window, and take seats in one of them.\n  \
         Ctrl+C closes it. More to try: ringside demo --help\n\n"
    ))
}

fn create(
    handle: &Handle,
    now: Micros,
    example: fn(Id, Micros) -> NewEvent,
) -> Result<EventView, Failure> {
    let first = handle.new_event_ids(examples::IDS);
    block_on(handle.create_event(example(first, now)))
}

/// Sells and holds a good third of the seats in small groups, always the same
/// ones.
fn sell_some(handle: &Handle, event: &EventView) -> Result<(), Failure> {
    let (event, seats) = (event.listing.id, event.listing.plan.seats() as u32);
    let mut state = 7_u32;
    let mut draw = |below: u32| {
        state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345) & 0x7fff_ffff;
        (state >> 12) % below
    };
    let mut seat = 0;
    while seat < seats {
        let group: Vec<u32> = (seat..seats).take(1 + draw(4) as usize).collect();
        seat += group.len() as u32;
        if draw(100) >= 38 {
            continue;
        }
        let checkout = block_on(handle.start_checkout(event, None))?.id;
        block_on(handle.hold_seats(event, checkout, Wanted::Seats(group)))?;
        if draw(100) < 85 {
            let reference =
                Reference::from_number(u64::from(seat) << 20 | u64::from(draw(1 << 16)));
            let buyer = Buyer {
                name: "A visitor".to_owned(),
                email: String::new(),
            };
            let receipt = String::new();
            block_on(handle.complete_checkout(event, checkout, reference, buyer, receipt))?;
        }
    }
    Ok(())
}

/// Where a browser on this machine finds an address that is listened on.
fn url(address: SocketAddr) -> String {
    if address.ip().is_loopback() || address.ip().is_unspecified() {
        format!("http://localhost:{}", address.port())
    } else {
        format!("http://{address}")
    }
}
