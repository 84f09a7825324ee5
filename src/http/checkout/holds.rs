//! What a checkout holds: take more, give some back; all or nothing.

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, SeqAccess};
use utoipa::ToSchema;

use super::checkouts::answered;
use super::latency::Step;
use super::refusal::told_of;
use super::show::CheckoutDocument;
use crate::api::Door;
use crate::http::answer::Ask;
use crate::http::body;
use crate::http::catalogue::Code;
use crate::http::error::{Error, Errors, Problem, Source};
use crate::http::field::{self, Field, Integer, Text, Value};
use crate::http::query::Query;
use crate::http::reply::Reply;
use crate::inventory::Id;
use crate::inventory::events::{MAX_TICKETS, Unwanted, Wanted};

/// Which tickets; one of the three.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(in crate::http) struct Tickets<'a> {
    /// These seats, by their seat indexes.
    #[serde(default)]
    #[schema(value_type = Option<Vec<u32>>, max_items = 100)]
    seats: Field<Indexes>,
    /// The best seats: only to hold.
    #[serde(borrow, default)]
    #[schema(value_type = Option<Best>)]
    best: Field<Best<'a>>,
    /// General admission.
    #[serde(borrow, default)]
    #[schema(value_type = Option<General>)]
    general: Field<General<'a>>,
}

/// The best seats: together if possible.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(in crate::http) struct Best<'a> {
    /// How many.
    #[serde(default)]
    #[schema(value_type = u32, minimum = 1, maximum = 100)]
    count: Field<Integer>,
    /// In the section of this name; absent: anywhere.
    #[serde(borrow, default)]
    #[schema(value_type = Option<String>)]
    section: Field<Text<'a>>,
}

/// A quantity of a general admission option.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(in crate::http) struct General<'a> {
    /// The option's id.
    #[serde(borrow, default)]
    #[schema(value_type = Uuid)]
    option: Field<Text<'a>>,
    /// How many.
    #[serde(default)]
    #[schema(value_type = u32, minimum = 1, maximum = 100)]
    quantity: Field<Integer>,
}

/// Seat indexes, or the place of what is none.
#[derive(Debug)]
struct Indexes(Result<Vec<u32>, usize>);

impl<'de> Value<'de> for Indexes {
    fn list<A: SeqAccess<'de>>(mut seq: A) -> Result<Option<Self>, A::Error> {
        let mut seats = Vec::with_capacity(8);
        let mut wrong = None;
        let mut at = 0;
        while let Some(index) = seq.next_element::<Field<Integer>>()? {
            match index {
                Field::Given(Integer(index)) if u32::try_from(index).is_ok() => {
                    // More cannot be held; one more says that.
                    if seats.len() <= MAX_TICKETS as usize {
                        seats.push(index as u32);
                    }
                }
                _ => wrong = wrong.or(Some(at)),
            }
            at += 1;
        }
        Ok(Some(Self(wrong.map_or(Ok(seats), Err))))
    }
}

impl<'de: 'a, 'a> Value<'de> for Best<'a> {
    fn object<A: MapAccess<'de>>(map: A) -> Result<Option<Self>, A::Error> {
        Self::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }
}

impl<'de: 'a, 'a> Value<'de> for General<'a> {
    fn object<A: MapAccess<'de>>(map: A) -> Result<Option<Self>, A::Error> {
        Self::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }
}

/// Holds tickets for a checkout, all or nothing.
#[utoipa::path(
    post, path = "/checkouts/{token}/holds", tag = "Checkout",
    request_body(content((Tickets = "application/json"))),
    params(("token" = String, Path)),
    responses(
        (status = 200, body = CheckoutDocument, content_type = "application/json"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`seats_taken` with `seats`, `not_enough` with `available`, `too_many` with `max_tickets`."),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn hold<D: Door>(ask: &Ask<'_, D>, token: &str) -> Result<Reply, Errors> {
    Query::parse(ask.query, &[])?;
    let pass = ask.site.settings.secret.admit(token)?;
    ask.progress.on_step(pass.event, Step::Hold);
    let wanted = wanted(body::parse(&ask.body)?)?;
    let view = ask.site.api.hold_seats(pass.event, pass.checkout, wanted);
    answered(&pass, view.await)
}

/// Gives back what a checkout holds, all or nothing; with an empty object,
/// everything.
#[utoipa::path(
    delete, path = "/checkouts/{token}/holds", tag = "Checkout",
    request_body(content((Tickets = "application/json"))),
    params(("token" = String, Path)),
    responses(
        (status = 200, body = CheckoutDocument, content_type = "application/json"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn release<D: Door>(
    ask: &Ask<'_, D>,
    token: &str,
) -> Result<Reply, Errors> {
    Query::parse(ask.query, &[])?;
    let pass = ask.site.settings.secret.admit(token)?;
    let unwanted = if ask.body.is_empty() {
        Unwanted::All
    } else {
        unwanted(body::parse(&ask.body)?)?
    };
    let view = ask
        .site
        .api
        .release_seats(pass.event, pass.checkout, unwanted);
    answered(&pass, view.await)
}

fn wanted(tickets: Tickets<'_>) -> Result<Wanted, Errors> {
    match (tickets.seats, tickets.best, tickets.general) {
        (Field::Given(seats), Field::Absent, Field::Absent) => Ok(Wanted::Seats(indexes(seats)?)),
        (Field::Absent, Field::Given(best), Field::Absent) => Ok(Wanted::Best {
            count: quantity("/best/count", best.count)?,
            section: match best.section {
                Field::Absent => None,
                Field::Given(Text(section)) => Some(section.into_owned()),
                Field::Wrong => return Err(wrong("/best/section", "must be a text")),
            },
        }),
        (Field::Absent, Field::Absent, Field::Given(general)) => {
            let (option, quantity) = general_of(&general)?;
            Ok(Wanted::General { option, quantity })
        }
        (seats, best, general) => Err(unclear(
            [seats.is_wrong(), best.is_wrong(), general.is_wrong()],
            "name one of seats (a list of seat indexes), best {count, section} and general \
             {option, quantity}",
        )),
    }
}

fn unwanted(tickets: Tickets<'_>) -> Result<Unwanted, Errors> {
    match (tickets.seats, tickets.best, tickets.general) {
        (Field::Absent, Field::Absent, Field::Absent) => Ok(Unwanted::All),
        (Field::Given(seats), Field::Absent, Field::Absent) => Ok(Unwanted::Seats(indexes(seats)?)),
        (Field::Absent, Field::Absent, Field::Given(general)) => {
            let (option, quantity) = general_of(&general)?;
            Ok(Unwanted::General { option, quantity })
        }
        (seats, best, general) => Err(unclear(
            [seats.is_wrong(), best.is_wrong(), general.is_wrong()],
            "name one of seats (a list of seat indexes) and general {option, quantity}, or \
             nothing, which gives everything back",
        )),
    }
}

fn unclear(wrong: [bool; 3], advice: &'static str) -> Errors {
    let names = ["/seats", "/best", "/general"];
    let place = names.into_iter().zip(wrong).find(|(_, wrong)| *wrong);
    let error = Error::new(Code::InvalidDocument, advice);
    match place {
        Some((place, _)) => error.at(Source::Pointer(place.into())).into(),
        None => error.into(),
    }
}

fn wrong(place: &str, problem: &str) -> Errors {
    let error = Error::new(Code::InvalidAttribute, told_of(place, problem));
    error.at(Source::Pointer(place.to_owned().into())).into()
}

fn indexes(Indexes(seats): Indexes) -> Result<Vec<u32>, Errors> {
    seats.map_err(|at| {
        wrong(
            &format!("/seats/{at}"),
            "must be a seat index: an integer from 0",
        )
    })
}

fn quantity(place: &str, field: Field<Integer>) -> Result<u32, Errors> {
    match field {
        Field::Given(Integer(quantity)) if (1..=i128::from(u32::MAX)).contains(&quantity) => {
            Ok(quantity as u32)
        }
        _ => Err(wrong(place, "must be an integer, at least 1")),
    }
}

fn general_of(general: &General<'_>) -> Result<(Id, u32), Errors> {
    let Field::Given(Text(option)) = &general.option else {
        return Err(wrong("/general/option", "must be the id of an option"));
    };
    let quantity = quantity("/general/quantity", general.quantity)?;
    let option = field::id(option).ok_or_else(|| super::refusal::plain(Code::NoSuchOption))?;
    Ok((option, quantity))
}
