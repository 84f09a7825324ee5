//! `CURRENT`: the one file that says which generation counts.
//!
//! Text, so that an operator can read it; the last line is the CRC32C of those
//! before. It is replaced as a whole or not at all.

use std::io;
use std::path::Path;

use super::disk::Disk;
use super::error::OpenError;
use super::header::FORMAT_VERSION;
use super::layout::{CURRENT, NEXT_CURRENT};

/// Longer than any.
const MAX_BYTES: usize = 1024;

/// What `CURRENT` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Current {
    pub(super) generation: u64,
    /// How many streams the generation has.
    pub(super) shards: u16,
    /// By which rule keys were given to streams; see [`routing`].
    pub(super) routing: u32,
}

/// A fingerprint of the rule by which keys are given to streams. Two rules
/// that differ for many keys differ here.
pub(super) fn routing(route: &dyn Fn(&[u8]) -> usize) -> u32 {
    (0..64u32).fold(0, |crc, key| {
        let stream = route(format!("key {key}").as_bytes()) as u64;
        crc32c::crc32c_append(crc, &stream.to_le_bytes())
    })
}

/// Why a text is no `CURRENT`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum NotCurrent {
    Damaged,
    Newer(String),
}

impl Current {
    fn encode(self) -> String {
        let text = format!(
            "Ringside data directory. Do not edit.\nformat {FORMAT_VERSION}\ngeneration {}\nshards {}\nrouting {:08x}\n",
            self.generation, self.shards, self.routing
        );
        let crc = crc32c::crc32c(text.as_bytes());
        format!("{text}crc32c {crc:08x}\n")
    }

    fn decode(text: &str) -> Result<Self, NotCurrent> {
        let (body, crc) = text.rsplit_once("crc32c ").ok_or(NotCurrent::Damaged)?;
        if crc != format!("{:08x}\n", crc32c::crc32c(body.as_bytes())) {
            return Err(NotCurrent::Damaged);
        }
        let value = |key: &str| {
            body.lines()
                .find_map(|line| line.strip_prefix(key)?.strip_prefix(' '))
        };
        let format = value("format").ok_or(NotCurrent::Damaged)?;
        if format != FORMAT_VERSION.to_string() {
            return Err(NotCurrent::Newer(format.to_owned()));
        }
        let number = |key| value(key)?.parse::<u64>().ok();
        let parse = || {
            Some(Self {
                generation: number("generation")?,
                shards: number("shards")?.try_into().ok()?,
                routing: u32::from_str_radix(value("routing")?, 16).ok()?,
            })
        };
        parse()
            .filter(|current| current.encode() == text && current.shards > 0)
            .ok_or(NotCurrent::Damaged)
    }

    /// Reads it from a data directory; `None` if there is none.
    pub(super) fn read(disk: &dyn Disk, data: &Path) -> Result<Option<Self>, OpenError> {
        let path = data.join(CURRENT);
        let failed = |error| OpenError::io("read", &path, error);
        let file = match disk.open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let mut bytes = vec![0; MAX_BYTES];
        let len = file.read_at(&mut bytes, 0).map_err(failed)?;
        let damaged = || {
            OpenError::damaged(
                &path,
                0,
                "its checksum does not match, or it is no such file",
            )
        };
        let text = std::str::from_utf8(&bytes[..len]).map_err(|_| damaged())?;
        match Self::decode(text) {
            Ok(current) => Ok(Some(current)),
            Err(NotCurrent::Damaged) => Err(damaged()),
            Err(NotCurrent::Newer(format)) => Err(OpenError::Newer {
                path: path.clone(),
                offset: 0,
                what: format!("a data directory of format {format}"),
            }),
        }
    }

    /// Puts it in place of the one before, at once and on stable storage.
    pub(super) fn write(self, disk: &dyn Disk, data: &Path) -> Result<(), OpenError> {
        let (next, path) = (data.join(NEXT_CURRENT), data.join(CURRENT));
        disk.put(&next, self.encode().as_bytes())
            .map_err(|error| OpenError::io("write", &next, error))?;
        disk.rename(&next, &path)
            .map_err(|error| OpenError::io("replace", &path, error))?;
        disk.sync_directory(data)
            .map_err(|error| OpenError::io("sync", data, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURRENT: Current = Current {
        generation: 3,
        shards: 4,
        routing: 0xbeef,
    };

    #[test]
    fn the_text_is_pinned() {
        let text = "Ringside data directory. Do not edit.\nformat 1\ngeneration 3\nshards 4\n\
                    routing 0000beef\n";
        let crc = format!("crc32c {:08x}\n", crc32c::crc32c(text.as_bytes()));
        assert_eq!(CURRENT.encode(), format!("{text}{crc}"));
        assert_eq!(Current::decode(&CURRENT.encode()), Ok(CURRENT));
    }

    #[test]
    fn rules_of_routing_are_told_apart() {
        let two = routing(&|key| key.len() % 2);
        assert_eq!(two, routing(&|key| key.len() % 2));
        assert_ne!(two, routing(&|key| (key.len() + 1) % 2));
        assert_ne!(two, routing(&|key| usize::from(key[key.len() - 1]) % 2));
    }

    #[test]
    fn every_change_is_noticed() {
        let text = CURRENT.encode();
        for at in 0..text.len() {
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                if let Ok(changed) = std::str::from_utf8(&bytes) {
                    assert_eq!(Current::decode(changed), Err(NotCurrent::Damaged));
                }
            }
            assert_eq!(Current::decode(&text[..at]), Err(NotCurrent::Damaged));
        }
        for longer in [format!("{text}\n"), format!("{text}x")] {
            assert_eq!(Current::decode(&longer), Err(NotCurrent::Damaged));
        }
    }

    #[test]
    fn a_newer_format_is_told_from_damage() {
        let text = "format 2\nsomething else\n";
        let crc = crc32c::crc32c(text.as_bytes());
        let text = format!("{text}crc32c {crc:08x}\n");
        let newer = NotCurrent::Newer("2".to_owned());
        assert_eq!(Current::decode(&text), Err(newer));
    }
}
