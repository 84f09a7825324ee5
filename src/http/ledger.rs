//! The ledger.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::Ask;
use super::error::{ErrorDocument, Errors};
use super::failure;
use super::query::Query;
use super::reply::Reply;
use super::show::{Many, Time, ToOne};
use crate::api::Door;
use crate::inventory::{Account, Balance, Book, LedgerEntry, LedgerFilter, Reason, Subject};

const FILTERS: [&str; 4] = [
    "filter[ticket_option]",
    "filter[ticket]",
    "filter[event]",
    "filter[member]",
];

/// A movement between two accounts.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EntryResource {
    #[schema(value_type = String, example = "ledger_entries")]
    r#type: &'static str,
    id: Uuid,
    attributes: EntryAttributes,
    relationships: EntryRelationships,
}

/// What moved.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EntryAttributes {
    /// When.
    created_at: Time,
    /// `created`, `held`, `freed`, `expired` or `purchased`.
    #[schema(value_type = String, example = "purchased")]
    reason: Reason,
    /// How many.
    quantity: u64,
    /// Where it came from.
    debit: AccountObject,
    /// Where it went.
    credit: AccountObject,
    #[serde(flatten)]
    part: Part,
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AccountObject {
    /// `issued`, `available`, `held` or `sold`.
    #[schema(value_type = String, example = "available")]
    book: Book,
    /// Whose, of what is held or sold; of an event, the checkout.
    member: Option<Uuid>,
}

/// What of an event it is; nothing of all else.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(super) struct Part {
    /// The section: its place in the event's plan, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    section: Option<u16>,
    /// The general admission option.
    #[serde(skip_serializing_if = "Option::is_none")]
    option: Option<Uuid>,
}

impl From<Subject> for Part {
    fn from(of: Subject) -> Self {
        match of {
            Subject::Section { section, .. } => Self {
                section: Some(section),
                option: None,
            },
            Subject::General { option, .. } => Self {
                section: None,
                option: Some(option),
            },
            _ => Self::default(),
        }
    }
}

impl From<Account> for AccountObject {
    fn from(account: Account) -> Self {
        Self {
            book: account.book,
            member: account.member,
        }
    }
}

/// What moved, and why.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EntryRelationships {
    subject: ToOne,
    purchase: ToOne,
}

fn subject(of: Subject) -> ToOne {
    match of {
        Subject::Option(id) => ToOne::new("ticket_options", id),
        Subject::Ticket(id) => ToOne::new("tickets", id),
        Subject::AllOptions => ToOne::optional("ticket_options", None),
        Subject::AllTickets => ToOne::optional("tickets", None),
        Subject::Section { event, .. } | Subject::General { event, .. } => {
            ToOne::new("events", event)
        }
        Subject::AllEvents => ToOne::optional("events", None),
    }
}

/// What those are to whom an account belongs.
fn whose_kind(of: Subject) -> &'static str {
    match of {
        Subject::Section { .. } | Subject::General { .. } | Subject::AllEvents => "checkouts",
        _ => "members",
    }
}

/// What an account is about, as part of the account's name.
fn subject_name(of: Subject) -> String {
    match of {
        Subject::Option(id) | Subject::Ticket(id) => id.to_string(),
        Subject::AllOptions => "ticket_options".to_owned(),
        Subject::AllTickets => "tickets".to_owned(),
        Subject::Section { event, section } => format!("{event}:{section}"),
        Subject::General { event, option } => format!("{event}:{option}"),
        Subject::AllEvents => "events".to_owned(),
    }
}

impl From<LedgerEntry> for EntryResource {
    fn from(entry: LedgerEntry) -> Self {
        Self {
            r#type: "ledger_entries",
            id: entry.id,
            attributes: EntryAttributes {
                created_at: Time(entry.at),
                reason: entry.reason,
                quantity: entry.quantity,
                debit: entry.debit.into(),
                credit: entry.credit.into(),
                part: entry.credit.of.into(),
            },
            relationships: EntryRelationships {
                subject: subject(entry.credit.of),
                purchase: ToOne::optional("purchases", entry.purchase),
            },
        }
    }
}

/// What stands on accounts.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BalancesDocument {
    data: Vec<BalanceResource>,
    meta: BalancesMeta,
}

/// What proves the balances.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BalancesMeta {
    /// Of all of them: zero.
    #[schema(value_type = i64)]
    sum: i128,
}

/// What stands on an account.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BalanceResource {
    #[schema(value_type = String, example = "balances")]
    r#type: &'static str,
    /// Names the account.
    id: String,
    attributes: BalanceAttributes,
    relationships: BalanceRelationships,
}

/// What stands on an account.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BalanceAttributes {
    /// `issued`, `available`, `held` or `sold`.
    #[schema(value_type = String, example = "sold")]
    book: Book,
    /// What came minus what went; of `issued`, minus all there ever was.
    #[schema(value_type = i64)]
    quantity: i128,
    #[serde(flatten)]
    part: Part,
}

/// What the account is about.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BalanceRelationships {
    subject: ToOne,
    member: ToOne,
}

impl From<Balance> for BalanceResource {
    fn from(balance: Balance) -> Self {
        let Account { book, of, member } = balance.account;
        let name = match book {
            Book::Issued => "issued",
            Book::Available => "available",
            Book::Held => "held",
            Book::Sold => "sold",
        };
        let whose = member
            .map(|member| format!(":{member}"))
            .unwrap_or_default();
        Self {
            r#type: "balances",
            id: format!("{name}:{}{whose}", subject_name(of)),
            attributes: BalanceAttributes {
                book,
                quantity: balance.quantity,
                part: of.into(),
            },
            relationships: BalanceRelationships {
                subject: subject(of),
                member: ToOne::optional(whose_kind(of), member),
            },
        }
    }
}

fn filter(query: &Query<'_>) -> Result<LedgerFilter, Errors> {
    let [option, ticket, event, member] = FILTERS;
    Ok(LedgerFilter {
        option: query.id(option)?,
        ticket: query.id(ticket)?,
        event: query.id(event)?,
        member: query.id(member)?,
    })
}

/// Lists movements of inventory, oldest first.
#[utoipa::path(
    get, path = "/ledger", tag = "Ledger",
    params(super::openapi::LedgerFilters, super::openapi::PageParameters),
    security((), ("token" = [])),
    responses(
        (status = 200, body = Many<EntryResource>, content_type = "application/vnd.api+json"),
        (status = "4XX", body = ErrorDocument, content_type = "application/vnd.api+json"),
    ),
)]
pub(super) async fn list<D: Door>(ask: &Ask<'_, D>) -> Result<Reply, Errors> {
    let [option, ticket, event, member] = FILTERS;
    let known = [option, ticket, event, member, "page[size]", "page[after]"];
    let query = Query::parse(ask.query, &known)?;
    let page = query.page()?;
    let entries = ask.site.api.ledger(filter(&query)?, page).await;
    let entries = entries.map_err(|failure| failure::told(&failure))?;
    let data: Vec<EntryResource> = entries.into_iter().map(Into::into).collect();
    Ok(ask.found(&Many::page("/ledger", &query, page, data, |one| one.id)))
}

/// Says what stands on accounts; together zero.
#[utoipa::path(
    get, path = "/ledger/balances", tag = "Ledger",
    params(super::openapi::LedgerFilters),
    security((), ("token" = [])),
    responses(
        (status = 200, body = BalancesDocument, content_type = "application/vnd.api+json"),
        (status = "4XX", body = ErrorDocument, content_type = "application/vnd.api+json"),
    ),
)]
pub(super) async fn balances<D: Door>(ask: &Ask<'_, D>) -> Result<Reply, Errors> {
    let query = Query::parse(ask.query, &FILTERS)?;
    let balances = ask.site.api.balances(filter(&query)?).await;
    let balances = balances.map_err(|failure| failure::told(&failure))?;
    let sum = balances.iter().map(|balance| balance.quantity).sum();
    let data = balances.into_iter().map(Into::into).collect();
    let meta = BalancesMeta { sum };
    Ok(ask.found(&BalancesDocument { data, meta }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn account(book: Book, of: Subject, member: u128) -> Account {
        let member = (member > 0).then(|| Uuid::from_u128(member));
        Account { book, of, member }
    }

    #[test]
    fn entries_of_events_name_their_part_and_checkout() {
        let event = Uuid::from_u128(7);
        for (of, part, name) in [
            (Subject::Section { event, section: 2 }, json!(2), "section"),
            (
                Subject::General {
                    event,
                    option: Uuid::from_u128(8),
                },
                json!(Uuid::from_u128(8)),
                "option",
            ),
        ] {
            let shown = serde_json::to_value(EntryResource::from(LedgerEntry {
                id: Uuid::from_u128(1),
                at: 0,
                reason: Reason::Held,
                debit: account(Book::Available, of, 0),
                credit: account(Book::Held, of, 9),
                quantity: 3,
                purchase: None,
            }))
            .unwrap();
            assert_eq!(shown["attributes"][name], part);
            assert_eq!(
                shown["attributes"]["credit"],
                json!({"book": "held", "member": Uuid::from_u128(9)})
            );
            let subject = &shown["relationships"]["subject"]["data"];
            assert_eq!(*subject, json!({"type": "events", "id": event}));

            let shown = serde_json::to_value(BalanceResource::from(Balance {
                account: account(Book::Sold, of, 9),
                quantity: 3,
            }))
            .unwrap();
            let part = part.as_str().map_or("2".to_owned(), str::to_owned);
            assert_eq!(
                shown["id"],
                format!("sold:{event}:{part}:{}", Uuid::from_u128(9))
            );
            let member = &shown["relationships"]["member"]["data"];
            assert_eq!(member["type"], "checkouts");
        }
    }
}
