//! How far receivers have been told, shard by shard; kept in a file.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::inventory::Id;
use crate::inventory::events::EndCursor;

/// The file's name in the data directory.
const FILE: &str = "webhook-cursor";

/// Behind which ends the shards are to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    path: Option<PathBuf>,
    shards: Vec<EndCursor>,
}

#[derive(Serialize, Deserialize)]
struct Written {
    shards: Vec<EndCursor>,
}

impl Cursor {
    /// The cursor of a data directory; without one, or at its first start, what
    /// has ended before `now` is not told any more.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn load(directory: Option<&Path>, shards: u16, now: EndCursor) -> io::Result<Self> {
        let path = directory.map(|directory| directory.join(FILE));
        let count = usize::from(shards);
        let written = match path.as_ref().map(fs::read) {
            None => None,
            Some(Err(error)) if error.kind() == io::ErrorKind::NotFound => None,
            Some(bytes) => Some(serde_json::from_slice::<Written>(&bytes?)?.shards),
        };
        let is_new = written.is_none();
        // A clock that was set back: rather tell some twice.
        let written: Option<Vec<EndCursor>> =
            written.map(|shards| shards.into_iter().map(|it| it.min(now)).collect());
        let shards = match written {
            None => vec![now; count],
            Some(shards) if shards.len() == count => shards,
            // Events have moved between shards: rather tell some twice.
            Some(shards) => vec![shards.into_iter().min().unwrap_or(now); count],
        };
        let cursor = Self { path, shards };
        if is_new {
            cursor.keep()?;
        }
        Ok(cursor)
    }

    /// Where to go on reading a shard.
    pub fn of(&self, shard: u16) -> EndCursor {
        let cursor = self.shards.get(usize::from(shard));
        cursor.copied().unwrap_or((0, Id::nil()))
    }

    /// Nothing of a shard was to be told up to here. Kept when something is.
    pub fn pass(&mut self, shard: u16, to: EndCursor) {
        if let Some(cursor) = self.shards.get_mut(usize::from(shard)) {
            *cursor = to.max(*cursor);
        }
    }

    /// Everything of a shard up to here has been told.
    ///
    /// # Errors
    /// When that cannot be kept: some will be told twice.
    pub fn advance(&mut self, shard: u16, to: EndCursor) -> io::Result<()> {
        if let Some(cursor) = self.shards.get_mut(usize::from(shard)) {
            *cursor = to;
        }
        self.keep()
    }

    /// Whole, or as it was: a new file takes the old one's place.
    fn keep(&self) -> io::Result<()> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        let written = Written {
            shards: self.shards.clone(),
        };
        let new = path.with_extension("new");
        let mut file = File::create(&new)?;
        file.write_all(&serde_json::to_vec(&written)?)?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        let directory = path.parent().unwrap_or(Path::new("."));
        File::open(directory)?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: u64, id: u128) -> EndCursor {
        (time, Id::from_u128(id))
    }

    #[test]
    fn it_is_there_after_a_restart() {
        let directory = tempfile::tempdir().unwrap();
        let load = |shards, now| Cursor::load(Some(directory.path()), shards, at(now, 0)).unwrap();
        let mut cursor = load(2, 100);
        assert_eq!((cursor.of(0), cursor.of(1)), (at(100, 0), at(100, 0)));
        cursor.advance(1, at(200, 7)).unwrap();
        assert_eq!(load(2, 900), cursor);
        let early = load(2, 150);
        assert_eq!((early.of(0), early.of(1)), (at(100, 0), at(150, 0)));
        let more = load(3, 900);
        assert_eq!(
            (0..3).map(|it| more.of(it)).collect::<Vec<_>>(),
            [at(100, 0); 3]
        );
        fs::write(directory.path().join(FILE), "{").unwrap();
        assert!(Cursor::load(Some(directory.path()), 2, at(0, 0)).is_err());
    }

    #[test]
    fn in_memory_it_begins_now() {
        let mut cursor = Cursor::load(None, 1, at(5, 0)).unwrap();
        cursor.advance(0, at(6, 1)).unwrap();
        cursor.pass(0, at(4, 0));
        assert_eq!((cursor.of(0), cursor.of(9)), (at(6, 1), at(0, 0)));
    }
}
