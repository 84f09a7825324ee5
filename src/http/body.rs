//! Bodies of requests: a JSON:API document, or for plain JSON also the same
//! members without the shell.

use std::borrow::Cow;

use serde::Deserialize;

use super::catalogue::Code;
use super::error::{Error, Errors, Source};
use super::field::{self, Field, Integer, Object, Related, Text};
use super::negotiate::Media;
use crate::inventory::Id;

#[derive(Deserialize)]
#[serde(bound(deserialize = "A: Deserialize<'de> + Default, R: Deserialize<'de> + Default"))]
struct Document<'a, A, R> {
    #[serde(borrow, default)]
    data: Field<Object<Resource<'a, A, R>>>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "A: Deserialize<'de> + Default, R: Deserialize<'de> + Default"))]
struct Resource<'a, A, R> {
    #[serde(borrow, default)]
    r#type: Field<Text<'a>>,
    #[serde(borrow, default)]
    id: Field<Text<'a>>,
    #[serde(default)]
    attributes: Field<Object<A>>,
    #[serde(default)]
    relationships: Field<Object<R>>,
}

/// What a request may say of its resource's id.
#[derive(Clone, Copy, Debug)]
pub(super) enum Identity {
    /// Nothing: the server gives it.
    New,
    /// This one, or nothing.
    Known(Id),
}

/// A body, taken apart. Members may still be missing or wrong: read them with
/// the reader.
#[derive(Debug)]
pub(super) struct Body<A, R> {
    pub(super) attributes: A,
    pub(super) relationships: R,
    pub(super) reader: Reader,
}

/// Reads members, and gathers what is wrong with them.
#[derive(Debug)]
pub(super) struct Reader {
    is_plain: bool,
    errors: Vec<Error>,
}

/// Reads a body about a resource of type `kind`.
pub(super) fn read<'a, A, R>(
    bytes: &'a [u8],
    media: Media,
    kind: &'static str,
    identity: Identity,
) -> Result<Body<A, R>, Errors>
where
    A: Deserialize<'a> + Default,
    R: Deserialize<'a> + Default,
{
    let document: Document<'a, A, R> = parse(bytes)?;
    let resource = match document.data {
        Field::Given(Object(resource)) => resource,
        Field::Absent if media == Media::Json => {
            return Ok(Body {
                attributes: parse(bytes)?,
                relationships: parse(bytes)?,
                reader: Reader::new(true),
            });
        }
        Field::Absent | Field::Wrong => {
            let detail = format!("data must be a resource object of type {kind}");
            return Err(shape(detail, "/data").into());
        }
    };
    check_identity(&resource.r#type, &resource.id, kind, identity)?;
    Ok(Body {
        attributes: object(resource.attributes, "/data/attributes")?,
        relationships: object(resource.relationships, "/data/relationships")?,
        reader: Reader::new(false),
    })
}

/// Reads a body that is one plain object.
pub(super) fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Errors> {
    if bytes.is_empty() {
        return Err(Error::new(Code::InvalidJson, "there is no body: send one JSON object").into());
    }
    // Once for all of it, not again for each text in it.
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Errors::from(Error::new(Code::InvalidJson, "the body is not UTF-8")))?;
    let whole: Field<Object<T>> = serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let problem = if error.is_data() {
            "is in the same object twice"
        } else {
            "is not JSON"
        };
        let detail = format!("what stands at line {line}, column {column} {problem}");
        Errors::from(Error::new(Code::InvalidJson, detail))
    })?;
    match whole {
        Field::Given(Object(value)) => Ok(value),
        Field::Absent | Field::Wrong => {
            Err(Error::new(Code::InvalidDocument, "the body must be one JSON object").into())
        }
    }
}

fn object<T: Default>(field: Field<Object<T>>, pointer: &'static str) -> Result<T, Errors> {
    match field {
        Field::Given(Object(value)) => Ok(value),
        Field::Absent => Ok(T::default()),
        Field::Wrong => Err(shape("must be an object", pointer).into()),
    }
}

fn shape(detail: impl Into<Cow<'static, str>>, pointer: &'static str) -> Error {
    Error::new(Code::InvalidDocument, detail).at(Source::Pointer(pointer.into()))
}

fn check_identity(
    kind: &Field<Text<'_>>,
    id: &Field<Text<'_>>,
    expected: &'static str,
    identity: Identity,
) -> Result<(), Errors> {
    match kind {
        Field::Given(Text(kind)) if kind == expected => {}
        Field::Given(_) => {
            let detail = format!("the type must be {expected} here");
            let error = Error::new(Code::WrongType, detail);
            return Err(error.at(Source::Pointer("/data/type".into())).into());
        }
        Field::Absent | Field::Wrong => {
            let detail = format!("the type is missing: it must be {expected}");
            return Err(shape(detail, "/data/type").into());
        }
    }
    let place = Source::Pointer("/data/id".into());
    match (id, identity) {
        (Field::Absent, _) => Ok(()),
        (Field::Given(Text(id)), Identity::Known(known)) if field::id(id) == Some(known) => Ok(()),
        (_, Identity::Known(_)) => {
            let detail = "the id must be the one of the path, or left out";
            Err(Error::new(Code::WrongType, detail).at(place).into())
        }
        (_, Identity::New) => {
            let advice = Code::ClientGeneratedId.advice();
            Err(Error::new(Code::ClientGeneratedId, advice).at(place).into())
        }
    }
}

impl Reader {
    fn new(is_plain: bool) -> Self {
        Self {
            is_plain,
            errors: Vec::new(),
        }
    }

    /// Fails if anything was found wrong.
    pub(super) fn check(&mut self) -> Result<(), Errors> {
        Errors::of(std::mem::take(&mut self.errors))
    }

    /// Where an attribute stands.
    pub(super) fn attribute(&self, name: &str) -> Source {
        let shell = if self.is_plain {
            ""
        } else {
            "/data/attributes"
        };
        Source::Pointer(format!("{shell}/{name}").into())
    }

    /// Where the id of a related resource stands.
    pub(super) fn relationship(&self, name: &str) -> Source {
        Source::Pointer(if self.is_plain {
            format!("/{name}").into()
        } else {
            format!("/data/relationships/{name}/data/id").into()
        })
    }

    /// Something is wrong with an attribute.
    pub(super) fn object_to(
        &mut self,
        name: &str,
        code: Code,
        detail: impl Into<Cow<'static, str>>,
    ) {
        let place = self.attribute(name);
        self.errors.push(Error::new(code, detail).at(place));
    }

    /// A text that must be there.
    pub(super) fn text<'a>(&mut self, name: &str, field: Field<Text<'a>>) -> Cow<'a, str> {
        if field.is_absent() {
            let detail = format!("{name} is missing: it must be a text");
            self.object_to(name, Code::InvalidAttribute, detail);
            return Cow::default();
        }
        self.optional_text(name, field)
    }

    /// A text that may be left out.
    pub(super) fn optional_text<'a>(&mut self, name: &str, field: Field<Text<'a>>) -> Cow<'a, str> {
        match field {
            Field::Given(Text(text)) => text,
            Field::Absent => Cow::default(),
            Field::Wrong => {
                let detail = format!("{name} must be a text");
                self.object_to(name, Code::InvalidAttribute, detail);
                Cow::default()
            }
        }
    }

    /// An integer within bounds that must be there.
    pub(super) fn integer(
        &mut self,
        name: &str,
        code: Code,
        field: Field<Integer>,
        (least, most): (u64, u64),
    ) -> u64 {
        if let Field::Given(Integer(value)) = field
            && let Ok(value) = u64::try_from(value)
            && (least..=most).contains(&value)
        {
            return value;
        }
        let detail = if most == u64::MAX {
            format!("{name} must be an integer, at least {least}")
        } else {
            format!("{name} must be an integer from {least} to {most}")
        };
        self.object_to(name, code, detail);
        least
    }

    /// The id of a related resource that must be there, of one of `kinds`.
    pub(super) fn related(&mut self, name: &str, field: &Field<Related<'_>>, kinds: &[&str]) -> Id {
        let text = match field {
            Field::Given(Related::Plain(id)) if self.is_plain => Ok(&**id),
            Field::Given(Related::Linked(linkage)) => match (&linkage.r#type, &linkage.id) {
                (Field::Given(Text(kind)), Field::Given(Text(id))) => {
                    if kinds.contains(&&**kind) {
                        Ok(&**id)
                    } else {
                        Err(format!("{name} must be of type {}", kinds[0]))
                    }
                }
                _ => Err(format!("{name} must have a type and an id, both texts")),
            },
            Field::Absent => Err(format!("{name} is missing: name one of type {}", kinds[0])),
            Field::Given(Related::Plain(_)) | Field::Wrong => Err(format!(
                "{name} must be an object whose data has the type {} and an id",
                kinds[0]
            )),
        };
        self.id_at(name, text, Self::relationship)
    }

    /// The id of a related resource that stands among the attributes.
    pub(super) fn plain_id(&mut self, name: &str, field: &Field<Related<'_>>) -> Id {
        let text = match field {
            Field::Given(Related::Plain(id)) => Ok(&**id),
            _ => Err(format!("{name} must be an id")),
        };
        self.id_at(name, text, Self::attribute)
    }

    fn id_at(
        &mut self,
        name: &str,
        text: Result<&str, String>,
        place: impl Fn(&Self, &str) -> Source,
    ) -> Id {
        let problem = match text.map(field::id) {
            Ok(Some(id)) => return id,
            Ok(None) => format!("the id of {name} must be a UUID, written with hyphens"),
            Err(problem) => problem,
        };
        let place = place(self, name);
        self.errors
            .push(Error::new(Code::InvalidRelationship, problem).at(place));
        Id::nil()
    }
}
