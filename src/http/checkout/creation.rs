//! The document that makes an event.

use serde_json::Value;
use utoipa::ToSchema;

use super::moment;
use super::reader::{Mistakes, Node};
use crate::http::catalogue::Code;
use crate::http::error::{Error, Errors};
use crate::inventory::events::{
    GeneralOption, MAX_PRICE, MAX_TICKETS, NewEvent, NewRoom, NewRow, NewRows, NewSeats,
    NewSection, Order, Rate,
};
use crate::inventory::{Id, Micros, id};

const MOST_SECTIONS: usize = 500;
const MOST_OPTIONS: usize = 100;
const MOST_SEATS: u64 = (1 << 30) - 1;
const LONGEST_SESSION: u64 = 24 * 60 * 60;

/// A new event.
#[derive(ToSchema)]
#[schema(as = NewEvent)]
#[allow(dead_code, reason = "described only: it is read by hand")]
pub(in crate::http) struct Described {
    /// Up to 512 bytes.
    #[schema(min_length = 1, example = "Night of the Bells")]
    name: String,
    /// Up to 4096 bytes.
    description: Option<String>,
    /// RFC 3339, with any offset.
    #[schema(example = "2027-05-01T20:00:00+02:00")]
    date: String,
    venue: Option<String>,
    /// ISO 4217.
    #[schema(default = "EUR")]
    currency: Option<String>,
    /// Best ones first. At least one of sections and general.
    sections: Option<Vec<DescribedSection>>,
    general: Option<Vec<DescribedOption>>,
    waiting_room: Option<DescribedRoom>,
    /// How long a buyer has.
    #[schema(default = 600, minimum = 1, maximum = 86400)]
    session_seconds: Option<u32>,
    /// Tickets that one checkout may hold.
    #[schema(default = 8, minimum = 1, maximum = 100)]
    max_tickets: Option<u32>,
}

/// Rows at one price; either rows or a template.
#[derive(ToSchema)]
#[allow(dead_code, reason = "described only")]
struct DescribedSection {
    name: String,
    /// In minor units.
    #[schema(example = 4500)]
    price: u64,
    /// Front row first.
    rows: Option<Vec<DescribedRow>>,
    template: Option<DescribedTemplate>,
}

/// A row: so many seats, called 1, 2 and so on; or a list of their labels.
#[derive(ToSchema)]
#[allow(dead_code, reason = "described only")]
struct DescribedRow {
    label: String,
    #[schema(value_type = Object, example = 20)]
    seats: u32,
}

/// Equal rows, called A, B and so on.
#[derive(ToSchema)]
#[allow(dead_code, reason = "described only")]
struct DescribedTemplate {
    rows: u32,
    seats: u32,
}

/// General admission: a quantity without seats.
#[derive(ToSchema)]
#[allow(dead_code, reason = "described only")]
struct DescribedOption {
    name: String,
    /// In minor units.
    price: u64,
    allocation: u32,
}

/// The waiting room.
#[derive(ToSchema)]
#[allow(dead_code, reason = "described only")]
struct DescribedRoom {
    /// With up to three decimals; 0: as many as come.
    #[schema(default = 0)]
    admit_per_second: Option<f64>,
    /// Checkouts inside at once; 0: no limit.
    #[schema(default = 0)]
    max_active: Option<u32>,
    /// RFC 3339; absent: at once.
    opens_at: Option<String>,
    /// `fifo` or `shuffle`: who of those that came before the opening is first.
    #[schema(default = "fifo")]
    order: Option<String>,
    /// A place that nobody looked at for so long is given up.
    #[schema(default = 120, minimum = 1, maximum = 86400)]
    absence_seconds: Option<u32>,
}

/// Reads the document; its ids are still to be [given](give_ids).
pub(super) fn read(bytes: &[u8]) -> Result<NewEvent, Errors> {
    let value = parse(bytes)?;
    let mut mistakes = Mistakes::new(Code::InvalidEvent);
    let event = event(&Node::root(&value), &mut mistakes);
    mistakes.check()?;
    Ok(event)
}

/// A body that is one object, to be read by hand.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, Errors> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let detail = format!("what stands at line {line}, column {column} is not JSON");
        Errors::from(Error::new(Code::InvalidJson, detail))
    })?;
    if !value.is_object() {
        let detail = "the body must be one JSON object";
        return Err(Error::new(Code::InvalidDocument, detail).into());
    }
    Ok(value)
}

/// How many ids an event and its options need.
pub(super) fn ids(event: &NewEvent) -> u64 {
    1 + event.general.len() as u64
}

/// Gives an event and its options their ids, from the first of so many.
pub(super) fn give_ids(event: &mut NewEvent, first: Id, shuffle_seed: u64) {
    event.id = first;
    event.room.shuffle_seed = shuffle_seed;
    for (option, steps) in event.general.iter_mut().zip(1..) {
        option.id = id::nth(first, steps);
    }
}

fn event(root: &Node<'_>, mistakes: &mut Mistakes) -> NewEvent {
    let date = root.member("date");
    let name = root.member("name").text(mistakes, None);
    let described = root.member("description").text(mistakes, Some(""));
    let moment = date.text(mistakes, None);
    if !moment.is_empty() && moment::parse(&moment).is_none() {
        mistakes.at(date.path(), MOMENT);
    }
    let venue = root.member("venue").text(mistakes, Some(""));
    let currency = root.member("currency").text(mistakes, Some("EUR"));
    let sections = root.member("sections").list(mistakes, MOST_SECTIONS);
    let sections = sections.iter().map(|it| section(it, mistakes)).collect();
    let general = root.member("general").list(mistakes, MOST_OPTIONS);
    let general = general.iter().map(|it| option(it, mistakes)).collect();
    let session = root.member("session_seconds");
    let tickets = root.member("max_tickets");
    NewEvent {
        id: Id::nil(),
        name,
        description: described,
        date: moment,
        venue,
        currency,
        sections,
        general,
        room: room(&root.member("waiting_room"), mistakes),
        session_seconds: session.integer(mistakes, (1, LONGEST_SESSION), Some(600)) as u32,
        max_tickets: tickets.integer(mistakes, (1, MAX_TICKETS.into()), Some(8)) as u32,
    }
}

const MOMENT: &str =
    "must be a moment as RFC 3339 writes it, for instance 2027-05-01T20:00:00+02:00";

fn price(node: &Node<'_>, mistakes: &mut Mistakes) -> u64 {
    let price = node.member("price");
    price.integer(mistakes, (0, MAX_PRICE), None)
}

fn section(node: &Node<'_>, mistakes: &mut Mistakes) -> NewSection {
    let mut section = NewSection {
        name: String::new(),
        price: 0,
        rows: NewRows::Listed(Vec::new()),
    };
    if !node.object(mistakes) {
        return section;
    }
    section.name = node.member("name").text(mistakes, None);
    section.price = price(node, mistakes);
    let (rows, template) = (node.member("rows"), node.member("template"));
    match (rows.is_absent(), template.is_absent()) {
        (false, true) => {
            let rows = rows.list(mistakes, MOST_SEATS as usize);
            let rows = rows.iter().map(|it| row(it, mistakes)).collect();
            section.rows = NewRows::Listed(rows);
        }
        (true, false) if template.object(mistakes) => {
            let mut number = |name| {
                let number = template.member(name);
                number.integer(mistakes, (1, MOST_SEATS), None) as u32
            };
            section.rows = NewRows::Template {
                rows: number("rows"),
                seats: number("seats"),
            };
        }
        (true, false) => {}
        _ => mistakes.at(rows.path(), "must be there, or a template instead"),
    }
    section
}

fn row(node: &Node<'_>, mistakes: &mut Mistakes) -> NewRow {
    let mut row = NewRow {
        label: String::new(),
        seats: NewSeats::Count(1),
    };
    if !node.object(mistakes) {
        return row;
    }
    row.label = node.member("label").text(mistakes, None);
    let seats = node.member("seats");
    row.seats = match seats.value() {
        Some(Value::Array(labels)) => {
            let label = |(index, label): (usize, &Value)| match label {
                Value::String(text) => text.clone(),
                Value::Number(number) if number.is_u64() => number.to_string(),
                _ => {
                    let place = format!("{}/{index}", seats.path());
                    mistakes.at(&place, "must be labels: texts or integers");
                    String::new()
                }
            };
            NewSeats::Labels(labels.iter().enumerate().map(label).collect())
        }
        Some(Value::Number(_)) => {
            NewSeats::Count(seats.integer(mistakes, (1, MOST_SEATS), None) as u32)
        }
        _ => {
            mistakes.at(
                seats.path(),
                "must be a number of seats, or a list of labels",
            );
            NewSeats::Count(1)
        }
    };
    row
}

fn option(node: &Node<'_>, mistakes: &mut Mistakes) -> GeneralOption {
    let mut option = GeneralOption {
        id: Id::nil(),
        name: String::new(),
        price: 0,
        allocation: 1,
    };
    if node.object(mistakes) {
        option.name = node.member("name").text(mistakes, None);
        option.price = price(node, mistakes);
        let allocation = node.member("allocation");
        option.allocation = allocation.integer(mistakes, (1, u32::MAX.into()), None) as u32;
    }
    option
}

fn room(node: &Node<'_>, mistakes: &mut Mistakes) -> NewRoom {
    node.object(mistakes);
    let absence = node.member("absence_seconds");
    NewRoom {
        rate: rate(&node.member("admit_per_second"), mistakes).unwrap_or_default(),
        max_active: max_active(&node.member("max_active"), mistakes).unwrap_or_default(),
        opens_at: opens_at(&node.member("opens_at"), mistakes),
        order: order(&node.member("order"), mistakes),
        shuffle_seed: 0,
        absence_seconds: absence.integer(mistakes, (1, LONGEST_SESSION), Some(120)) as u32,
    }
}

/// Entrants per second, if it is there.
pub(super) fn rate(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Rate> {
    let rate = node.value()?.as_f64().and_then(Rate::per_second);
    if rate.is_none() {
        let most = Rate::MAX_PER_SECOND;
        let problem = format!("must be 0 (no limit), or a number from 0.001 to {most}");
        mistakes.at(node.path(), problem);
    }
    rate
}

/// The most inside at once, if it is there.
pub(super) fn max_active(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<u32> {
    node.value()?;
    Some(node.integer(mistakes, (0, u32::MAX.into()), None) as u32)
}

fn opens_at(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Micros> {
    let text = node.value()?.as_str();
    let moment = text.and_then(moment::parse);
    if moment.is_none() {
        mistakes.at(node.path(), MOMENT);
    }
    moment
}

fn order(node: &Node<'_>, mistakes: &mut Mistakes) -> Order {
    match node.value().map(Value::as_str) {
        None | Some(Some("fifo")) => Order::Fifo,
        Some(Some("shuffle")) => Order::Shuffle,
        Some(_) => {
            mistakes.at(node.path(), "must be fifo or shuffle");
            Order::Fifo
        }
    }
}
