//! The parts of which documents are made.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use serde::{Serialize, Serializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use super::query::Query;
use crate::inventory::{Id, Micros, Page};

/// A document with one resource.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct One<T> {
    pub(super) data: T,
}

/// A document with a page of resources.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Many<T> {
    pub(super) data: Vec<T>,
    pub(super) links: PageLinks,
}

/// Where the rest of a list is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PageLinks {
    /// The next page; absent behind the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
}

impl<T> Many<T> {
    /// A page of the list at `path`. A full page may have another behind it.
    pub(super) fn page(
        path: &str,
        query: &Query<'_>,
        page: Page,
        data: Vec<T>,
        id: impl Fn(&T) -> Id,
    ) -> Self {
        let last = data.last().filter(|_| data.len() >= page.limit);
        let next = last.map(|last| query.next(path, page, id(last)));
        Self {
            data,
            links: PageLinks { next },
        }
    }
}

/// The address of a resource: the address of its list, and its id.
#[derive(Clone, Copy, Debug)]
pub(super) struct Address(pub(super) &'static str, pub(super) Id);

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("/{}/{}", self.0, self.1))
    }
}

/// Where a resource is.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(super) struct SelfLink {
    #[serde(rename = "self")]
    pub(super) this: Address,
}

/// A resource identifier.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(super) struct Identifier {
    r#type: &'static str,
    id: Uuid,
}

/// A relationship to one resource; null: to none.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(super) struct ToOne {
    data: Option<Identifier>,
}

impl ToOne {
    pub(super) fn new(r#type: &'static str, id: Id) -> Self {
        Self::optional(r#type, Some(id))
    }

    pub(super) fn optional(r#type: &'static str, id: Option<Id>) -> Self {
        let data = id.map(|id| Identifier { r#type, id });
        Self { data }
    }
}

/// A relationship to several resources.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ToMany {
    data: Vec<Identifier>,
    links: Related,
}

#[derive(Debug, Serialize, ToSchema)]
struct Related {
    related: String,
}

impl ToMany {
    pub(super) fn new(
        r#type: &'static str,
        ids: impl Iterator<Item = Id>,
        related: String,
    ) -> Self {
        Self {
            data: ids.map(|id| Identifier { r#type, id }).collect(),
            links: Related { related },
        }
    }
}

/// A moment as RFC 3339 writes it, in UTC with microseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Time(pub(super) Micros);

impl fmt::Display for Time {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The last moment that can be written, in the year 9999.
        const LAST: Micros = 253_402_300_799_999_999;
        let time = UNIX_EPOCH + Duration::from_micros(self.0.min(LAST));
        humantime::format_rfc3339_micros(time).fmt(formatter)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn text_schema(format: SchemaFormat, example: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(format))
        .examples([example])
        .into()
}

impl PartialSchema for Address {
    fn schema() -> RefOr<Schema> {
        let example = "/purchases/0199f3a1-7c00-7000-8000-000000000001";
        text_schema(SchemaFormat::Custom("uri-reference".to_owned()), example)
    }
}

impl ToSchema for Address {}

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        text_schema(
            SchemaFormat::KnownFormat(KnownFormat::DateTime),
            "2026-11-21T18:00:00.123456Z",
        )
    }
}

impl ToSchema for Time {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_whatever_they_are() {
        for (micros, text) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (1_795_284_000_123_456, "2026-11-21T18:00:00.123456Z"),
            (Micros::MAX, "9999-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(Time(micros).to_string(), text);
        }
    }
}
