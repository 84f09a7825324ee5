//! Reads a large document member by member, and gathers what is wrong with it,
//! each with its place.

use std::borrow::Cow;

use serde_json::Value;

use super::refusal::told_of;
use crate::http::catalogue::Code;
use crate::http::error::{Error, Errors, Source};
use crate::limits::MAX_TOLD_MISTAKES;

/// A value of a document, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    value: Option<&'a Value>,
    path: String,
}

/// What is wrong so far.
#[derive(Debug)]
pub(super) struct Mistakes {
    code: Code,
    errors: Vec<Error>,
}

impl Mistakes {
    pub(super) fn new(code: Code) -> Self {
        Self {
            code,
            errors: Vec::new(),
        }
    }

    /// Something is wrong with the value at a place.
    pub(super) fn at(&mut self, path: &str, problem: impl Into<Cow<'static, str>>) {
        if self.errors.len() >= MAX_TOLD_MISTAKES {
            return;
        }
        let detail = told_of(path, &problem.into());
        let place = Source::Pointer(path.to_owned().into());
        self.errors.push(Error::new(self.code, detail).at(place));
    }

    /// Fails if anything was found wrong.
    pub(super) fn check(self) -> Result<(), Errors> {
        Errors::of(self.errors)
    }
}

impl<'a> Node<'a> {
    /// The whole document.
    pub(super) fn root(value: &'a Value) -> Self {
        Self {
            value: Some(value),
            path: String::new(),
        }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// A member of an object; absent if it is null.
    pub(super) fn member(&self, name: &str) -> Self {
        let value = self.value.and_then(|value| value.get(name));
        Self {
            value: value.filter(|value| !value.is_null()),
            path: format!("{}/{name}", self.path),
        }
    }

    pub(super) fn is_absent(&self) -> bool {
        self.value.is_none()
    }

    pub(super) fn value(&self) -> Option<&'a Value> {
        self.value
    }

    /// Whether it is an object, as it must be if it is there.
    pub(super) fn object(&self, mistakes: &mut Mistakes) -> bool {
        match self.value {
            Some(Value::Object(_)) => true,
            Some(_) => {
                mistakes.at(&self.path, "must be an object");
                false
            }
            None => false,
        }
    }

    /// A text; `None`: it must be there.
    pub(super) fn text(&self, mistakes: &mut Mistakes, default: Option<&str>) -> String {
        match (self.value, default) {
            (Some(Value::String(text)), _) => return text.clone(),
            (None, Some(default)) => return default.to_owned(),
            (None, None) => mistakes.at(&self.path, "is missing: it must be a text"),
            (Some(_), _) => mistakes.at(&self.path, "must be a text"),
        }
        String::new()
    }

    /// An integer within bounds; `None`: it must be there.
    pub(super) fn integer(
        &self,
        mistakes: &mut Mistakes,
        (least, most): (u64, u64),
        default: Option<u64>,
    ) -> u64 {
        let number = match self.value {
            None => default,
            Some(value) => value.as_u64(),
        };
        if let Some(number) = number.filter(|number| (least..=most).contains(number)) {
            return number;
        }
        let missing = if self.is_absent() {
            "is missing: it "
        } else {
            ""
        };
        let problem = format!("{missing}must be an integer from {least} to {most}");
        mistakes.at(&self.path, problem);
        least
    }

    /// The elements of a list of at most so many; absent: none.
    pub(super) fn list(&self, mistakes: &mut Mistakes, most: usize) -> Vec<Self> {
        match self.value {
            None => Vec::new(),
            Some(Value::Array(values)) if values.len() <= most => {
                let node = |(index, value)| Self {
                    value: Some(value),
                    path: format!("{}/{index}", self.path),
                };
                values.iter().enumerate().map(node).collect()
            }
            Some(Value::Array(_)) => {
                mistakes.at(
                    &self.path,
                    format!("must not have more than {most} elements"),
                );
                Vec::new()
            }
            Some(_) => {
                mistakes.at(&self.path, "must be a list");
                Vec::new()
            }
        }
    }
}
