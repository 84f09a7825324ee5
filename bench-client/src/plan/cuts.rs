//! Where the prepared bytes are cut into writes.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// Largest chunk, in bytes.
const MAX_CHUNK: usize = 64 << 20;

/// What one write holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WriteMode {
    /// One line: `line`.
    Line,
    /// So many bytes, wherever lines end: `chunk:BYTES`.
    Chunk(usize),
}

/// Why a text is no write mode.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("a write mode is `line` or `chunk:BYTES` with 1 to {MAX_CHUNK} bytes, such as chunk:65536")]
pub(crate) struct BadWriteMode;

impl WriteMode {
    /// Where each write of `bytes` ends: ascending, the last at the end.
    pub(crate) fn cuts(self, bytes: &[u8]) -> Vec<usize> {
        let inner: Vec<usize> = match self {
            Self::Line => memchr::memchr_iter(b'\n', bytes)
                .map(|newline| newline + 1)
                .filter(|&cut| cut < bytes.len())
                .collect(),
            Self::Chunk(size) => (size..bytes.len()).step_by(size).collect(),
        };
        let last = (!bytes.is_empty()).then_some(bytes.len());
        inner.into_iter().chain(last).collect()
    }
}

impl FromStr for WriteMode {
    type Err = BadWriteMode;

    fn from_str(text: &str) -> Result<Self, BadWriteMode> {
        if text == "line" {
            return Ok(Self::Line);
        }
        text.strip_prefix("chunk:")
            .and_then(|size| size.parse().ok())
            .filter(|size| (1..=MAX_CHUNK).contains(size))
            .map(Self::Chunk)
            .ok_or(BadWriteMode)
    }
}

impl fmt::Display for WriteMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line => f.write_str("line"),
            Self::Chunk(size) => write!(f, "chunk:{size}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_chunks_end_where_they_should() {
        let bytes = b"one\ntwo\n\nend\n";
        assert_eq!(WriteMode::Line.cuts(bytes), [4, 8, 9, 13]);
        assert_eq!(WriteMode::Line.cuts(b"a\nb"), [2, 3]);
        assert_eq!(WriteMode::Chunk(5).cuts(bytes), [5, 10, 13]);
        assert_eq!(WriteMode::Chunk(13).cuts(bytes), [13]);
        assert_eq!(WriteMode::Chunk(99).cuts(bytes), [13]);
        assert!(WriteMode::Chunk(5).cuts(b"").is_empty());
    }

    #[test]
    fn refuses_what_is_no_write_mode() {
        for right in ["line", "chunk:1", "chunk:65536"] {
            assert_eq!(right.parse::<WriteMode>().unwrap().to_string(), right);
        }
        for wrong in [
            "",
            "lines",
            "chunk",
            "chunk:0",
            "chunk:-1",
            "chunk:67108865",
        ] {
            assert_eq!(wrong.parse::<WriteMode>(), Err(BadWriteMode), "{wrong}");
        }
    }
}
