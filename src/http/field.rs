//! Members of JSON objects that may be missing or of a wrong type, without
//! the whole document being so: each can then be told with its place.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::inventory::Id;

/// What was found where a `T` may stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Field<T> {
    /// Nothing, or null.
    #[default]
    Absent,
    /// Something else.
    Wrong,
    /// A `T`.
    Given(T),
}

impl<T> Field<T> {
    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    pub(super) fn is_wrong(&self) -> bool {
        matches!(self, Self::Wrong)
    }
}

/// What a [`Field`] can hold: says which JSON values it takes.
pub(super) trait Value<'de>: Sized {
    fn text(_: Cow<'de, str>) -> Option<Self> {
        None
    }

    fn integer(_: i128) -> Option<Self> {
        None
    }

    fn list<A: SeqAccess<'de>>(seq: A) -> Result<Option<Self>, A::Error> {
        IgnoredAny.visit_seq(seq)?;
        Ok(None)
    }

    fn object<A: MapAccess<'de>>(map: A) -> Result<Option<Self>, A::Error> {
        IgnoredAny.visit_map(map)?;
        Ok(None)
    }
}

impl<'de, T: Value<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any(PhantomData))
    }
}

struct Any<T>(PhantomData<T>);

impl<T> Any<T> {
    fn found(value: Option<T>) -> Field<T> {
        value.map_or(Field::Wrong, Field::Given)
    }
}

impl<'de, T: Value<'de>> Visitor<'de> for Any<T> {
    type Value = Field<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Field<T>, E> {
        Ok(Field::Absent)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Field<T>, E> {
        Ok(Field::Wrong)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Field<T>, E> {
        Ok(Field::Wrong)
    }

    fn visit_i64<E>(self, value: i64) -> Result<Field<T>, E> {
        Ok(Self::found(T::integer(value.into())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Field<T>, E> {
        Ok(Self::found(T::integer(value.into())))
    }

    fn visit_str<E>(self, text: &str) -> Result<Field<T>, E> {
        Ok(Self::found(T::text(Cow::Owned(text.to_owned()))))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Field<T>, E> {
        Ok(Self::found(T::text(Cow::Borrowed(text))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Field<T>, A::Error> {
        T::list(seq).map(Self::found)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Field<T>, A::Error> {
        T::object(map).map(Self::found)
    }
}

/// A text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> Value<'de> for Text<'a> {
    fn text(text: Cow<'de, str>) -> Option<Self> {
        Some(Self(text))
    }
}

/// A text, or an integer instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name<'a>(pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> Value<'de> for Name<'a> {
    fn text(text: Cow<'de, str>) -> Option<Self> {
        Some(Self(text))
    }

    fn integer(value: i128) -> Option<Self> {
        Some(Self(Cow::Owned(value.to_string())))
    }
}

/// A number without a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Integer(pub(super) i128);

impl Value<'_> for Integer {
    fn integer(value: i128) -> Option<Self> {
        Some(Self(value))
    }
}

/// `{"from": 1, "to": 20}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
pub(super) struct Range {
    #[serde(default)]
    pub(super) from: Field<Integer>,
    #[serde(default)]
    pub(super) to: Field<Integer>,
}

impl Copy for Field<Integer> {}

impl<'de> Value<'de> for Range {
    fn object<A: MapAccess<'de>>(map: A) -> Result<Option<Self>, A::Error> {
        Self::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }
}

/// An object that is read as a `T`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Value<'de> for Object<T> {
    fn object<A: MapAccess<'de>>(map: A) -> Result<Option<Self>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|value| Some(Self(value)))
    }
}

/// A related resource: `{"data": {"type": …, "id": …}}`, or for simple clients
/// just its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Related<'a> {
    Plain(Cow<'a, str>),
    Linked(Linkage<'a>),
}

/// A resource identifier object.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
pub(super) struct Linkage<'a> {
    #[serde(borrow, default)]
    pub(super) r#type: Field<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) id: Field<Text<'a>>,
}

#[derive(serde::Deserialize)]
struct Relationship<'a> {
    #[serde(borrow, default)]
    data: Field<Object<Linkage<'a>>>,
}

impl<'de: 'a, 'a> Value<'de> for Related<'a> {
    fn text(text: Cow<'de, str>) -> Option<Self> {
        Some(Self::Plain(text))
    }

    fn object<A: MapAccess<'de>>(map: A) -> Result<Option<Self>, A::Error> {
        let relationship = Relationship::deserialize(MapAccessDeserializer::new(map))?;
        Ok(match relationship.data {
            Field::Given(Object(linkage)) => Some(Self::Linked(linkage)),
            Field::Absent | Field::Wrong => None,
        })
    }
}

/// An id as it is shown.
pub(super) fn id(text: &str) -> Option<Id> {
    // The other forms that UUIDs can be written in would be other addresses.
    (text.len() == 36)
        .then(|| Id::try_parse(text).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Both<'a> {
        #[serde(borrow, default)]
        name: Field<Text<'a>>,
        #[serde(default)]
        count: Field<Integer>,
    }

    #[test]
    fn a_wrong_member_does_not_spoil_the_others() {
        for (json, name, count) in [
            (
                r#"{"name":"a","count":1}"#,
                Field::Given("a"),
                Field::Given(1),
            ),
            (
                r#"{"name":"\u0061","count":-1}"#,
                Field::Given("a"),
                Field::Given(-1),
            ),
            (
                r#"{"name":[1,[2]],"count":{"x":{}},"y":[{}]}"#,
                Field::Wrong,
                Field::Wrong,
            ),
            (r#"{"name":true,"count":1.0}"#, Field::Wrong, Field::Wrong),
            (r#"{"name":3,"count":"3"}"#, Field::Wrong, Field::Wrong),
            (r#"{"name":null}"#, Field::Absent, Field::Absent),
            (
                r#"{"count":18446744073709551616}"#,
                Field::Absent,
                Field::Wrong,
            ),
        ] {
            let both: Both<'_> = serde_json::from_str(json).unwrap();
            let name = match name {
                Field::Given(name) => Field::Given(Text(name.into())),
                Field::Wrong => Field::Wrong,
                Field::Absent => Field::Absent,
            };
            let count = match count {
                Field::Given(count) => Field::Given(Integer(count)),
                Field::Wrong => Field::Wrong,
                Field::Absent => Field::Absent,
            };
            assert_eq!(both, Both { name, count }, "{json}");
        }
    }

    #[test]
    fn ids_have_one_form() {
        let one = "01234567-89ab-7fff-bfff-ffffdeadbeef";
        assert_eq!(id(one).unwrap().to_string(), one);
        for text in [
            "",
            "1",
            "0123456789ab7fffbfffffffdeadbeef",
            "{01234567-89ab-7fff-bfff-ffffdeadbeef}",
        ] {
            assert_eq!(id(text), None, "{text}");
        }
    }
}
