//! After the load: does the server's own account say what was acknowledged?

use serde_json::Value;

use super::{
    booking::{Booking, twin},
    event::Event,
};
use crate::{
    check::Register,
    failure::Failure,
    http::{Client, JSON, Site},
    progress::Bar,
    record::run::{Run, Sale, Verdict},
};

/// At most so many bookings of all events together are read back.
const SAMPLES: usize = 256;

/// What was sold of one event.
#[derive(Debug)]
pub(super) struct Sold<'a> {
    pub(super) event: &'a Event,
    pub(super) register: &'a Register,
    pub(super) bookings: Vec<&'a Booking>,
}

/// Asks the server for its seat maps and some bookings; puts what does not fit
/// into the run, and says the sums.
///
/// # Errors
/// If the server does not answer any more although the run was right.
pub(super) fn settle(
    site: &Site,
    sold: &[Sold<'_>],
    run: &mut Run,
    quiet: bool,
) -> Result<Sale, Failure> {
    let mut sale = Sale::default();
    for Sold { register, .. } in sold {
        sale.capacity += register.capacity();
        sale.sold_acknowledged += register.sold();
        sale.sold_unknown += register.unknown();
    }
    let is_wrong = matches!(run.verdict, Verdict::Wrong { .. });
    match compare(site, sold, &mut sale, quiet) {
        Ok(Some(reason)) if !is_wrong => run.verdict = Verdict::Wrong { reason },
        Ok(_) => {}
        // It was told already what is the matter.
        Err(_) if is_wrong || matches!(run.verdict, Verdict::Lost { .. }) => {}
        Err(error) => return Err(error),
    }
    Ok(sale)
}

/// The first thing that does not fit.
fn compare(
    site: &Site,
    sold: &[Sold<'_>],
    sale: &mut Sale,
    quiet: bool,
) -> Result<Option<String>, Failure> {
    let mut client = Client::of(site, JSON);
    let bar = Bar::of_items("last check", sold.len(), quiet);
    let mut wrong = None;
    for (
        number,
        Sold {
            event, register, ..
        },
    ) in sold.iter().enumerate()
    {
        let outcome = event.ask(&mut client)?.and_then(|asked| {
            let counts = register.settle(&asked.states, event.is_own)?;
            sale.sold += counts.sold;
            sale.held += counts.held;
            sale.free += counts.free;
            // Others may buy between the two questions.
            let difference = asked.difference(counts).filter(|_| event.is_own);
            difference.map_or(Ok(()), Err)
        });
        if let Err(why) = outcome {
            wrong.get_or_insert(format!("event {}: {why}", event.id));
        }
        bar.show(number + 1);
    }
    let all = || sold.iter().flat_map(|sold| sold.bookings.iter().copied());
    if let Some(reference) = twin(all()) {
        wrong.get_or_insert(format!("two bookings have the reference {reference}"));
    }
    let step = all().count().div_ceil(SAMPLES).max(1);
    for booking in all().step_by(step) {
        if let Some(why) = read_back(&mut client, booking)? {
            wrong.get_or_insert(why);
        }
    }
    Ok(wrong)
}

/// Why an acknowledged booking is not what the server has, if so.
fn read_back(client: &mut Client<'_>, booking: &Booking) -> Result<Option<String>, Failure> {
    let Booking {
        token, reference, ..
    } = booking;
    let reply = client.get(&format!("/bookings/{reference}?token={token}"))?;
    let document: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let seats = document["seats"].as_array().into_iter().flatten();
    let mut seats: Vec<u64> = seats.filter_map(|seat| seat["seat"].as_u64()).collect();
    seats.sort_unstable();
    let is_right = reply.status == 200
        && document["reference"] == **reference
        && document["total"] == booking.total
        && seats
            .iter()
            .copied()
            .eq(booking.seats.iter().map(|&seat| u64::from(seat)));
    Ok((!is_right).then(|| {
        let said = reply.quote();
        format!(
            "booking {reference} of seats {:?} was read back as {said}",
            booking.seats
        )
    }))
}
