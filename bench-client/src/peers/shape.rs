//! Connections x requests under way on each.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// A shape of load, written `64x16`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Connections.
    pub(crate) connections: u16,
    /// Requests under way on each.
    pub(crate) pipeline: u16,
}

/// Why a text is no shape.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("a shape is connections x pipeline, from 1x1 to 16384x4096, such as 64x16")]
pub(crate) struct BadShape;

impl FromStr for Shape {
    type Err = BadShape;

    fn from_str(text: &str) -> Result<Self, BadShape> {
        let (connections, pipeline) = text.split_once('x').ok_or(BadShape)?;
        let number = |text: &str, most: u16| match text.parse() {
            Ok(number) if (1..=most).contains(&number) => Ok(number),
            _ => Err(BadShape),
        };
        Ok(Self {
            connections: number(connections, 16_384)?,
            pipeline: number(pipeline, 4_096)?,
        })
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}x{}", self.connections, self.pipeline))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_two_numbers() {
        let shape: Shape = "64x16".parse().unwrap();
        assert_eq!((shape.connections, shape.pipeline), (64, 16));
        assert_eq!(shape.to_string(), "64x16");
        for wrong in ["", "64", "x", "0x1", "1x0", "1x5000", "64x16x1", "64 x 16"] {
            assert_eq!(wrong.parse::<Shape>(), Err(BadShape), "{wrong}");
        }
    }
}
