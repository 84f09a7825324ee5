//! Looks at a data directory that no server has open, and changes nothing.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::current::{self, Current};
use super::disk::{Disk, Held, Lock};
use super::error::OpenError;
use super::layout::{self, LOCK, Place};
use super::reader::{Item, Reader};
use super::record::Record;
use super::replay;
use super::report::{Progress, Report};
use super::state::{Illegal, State};

/// A data directory that is only looked at. No server can open it meanwhile.
pub struct Inspection {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    current: Current,
    /// None in a copy without the file.
    _held: Option<Held>,
}

/// Bytes of a file that are no whole frame, between or behind whole ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The file.
    pub path: PathBuf,
    /// Where the gap begins.
    pub offset: u64,
    /// How long it is.
    pub bytes: u64,
    /// Whole frames of the file that stand behind it, before the next gap.
    pub frames_behind: u64,
}

/// Takes anything: what remains to be checked are the frames.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoState;

impl State for NoState {
    fn restore(&mut self, _: Record<'_>) -> Result<(), Illegal> {
        Ok(())
    }

    fn apply(&mut self, _: Record<'_>) -> Result<(), Illegal> {
        Ok(())
    }

    fn snapshot(
        &self,
        _: &mut dyn FnMut(Record<'_>) -> Result<(), OpenError>,
    ) -> Result<(), OpenError> {
        Ok(())
    }
}

impl Inspection {
    /// Begins to look at a data directory.
    ///
    /// # Errors
    /// [`OpenError`]; [`OpenError::InUse`] while a server has it open.
    pub fn new(disk: Arc<dyn Disk>, path: &Path) -> Result<Self, OpenError> {
        let lock = path.join(LOCK);
        let held = match disk.lock(&lock, Lock::Shared) {
            Ok(Some(held)) => Some(held),
            Ok(None) => return Err(OpenError::InUse(path.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(OpenError::io("lock", &lock, error)),
        };
        let current =
            Current::read(&*disk, path)?.ok_or_else(|| OpenError::NoData(path.to_owned()))?;
        Ok(Self {
            disk,
            path: path.to_owned(),
            current,
            _held: held,
        })
    }

    /// For how many shards the data is written.
    pub fn shards(&self) -> u16 {
        self.current.shards
    }

    /// Whether `route` is the rule by which keys were given to shards.
    pub fn is_routed_by(&self, route: &dyn Fn(&[u8]) -> usize) -> bool {
        self.current.routing == current::routing(route)
    }

    /// Replays one shard's stream into an empty state, exactly as a start
    /// would, and says what was found. A torn tail is reported, not cut.
    ///
    /// # Errors
    /// [`OpenError`]: why a start would refuse.
    pub fn replay<S: State + ?Sized>(
        &self,
        shard: u16,
        state: &mut S,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Report, OpenError> {
        let place = self.place(shard);
        replay::replay(&*self.disk, &place, None, state, progress).map(|done| done.report)
    }

    /// Everything in one shard's files that is no whole frame, however much is
    /// wrong: to judge the extent of a damage.
    ///
    /// # Errors
    /// [`OpenError`] when a file cannot be read.
    pub fn gaps(&self, shard: u16) -> Result<Vec<Gap>, OpenError> {
        let directory = self.place(shard).directory;
        let mut names = self
            .disk
            .list(&directory)
            .map_err(|error| OpenError::io("list", &directory, error))?;
        names.sort_unstable();
        let mut all = Vec::new();
        for name in names.iter().filter(|name| layout::parse(name).is_some()) {
            let path = directory.join(name);
            let gaps = self
                .disk
                .open(&path)
                .and_then(|file| gaps(Reader::new(&*file)?, &path));
            all.extend(gaps.map_err(|error| OpenError::io("read", &path, error))?);
        }
        Ok(all)
    }

    fn place(&self, shard: u16) -> Place {
        Place::new(&self.path, self.current.generation, u32::from(shard))
    }
}

fn gaps(mut reader: Reader<'_>, path: &Path) -> io::Result<Vec<Gap>> {
    let mut gaps: Vec<Gap> = Vec::new();
    loop {
        let at = reader.at();
        match reader.next()? {
            Item::Frame(_) => {
                if let Some(gap) = gaps.last_mut() {
                    gap.frames_behind += 1;
                }
            }
            Item::End | Item::Bad(_) => {
                let rest = reader.rest(at)?;
                let until = rest.frame.or(rest.until);
                let Some(until) = until else {
                    return Ok(gaps);
                };
                gaps.push(Gap {
                    path: path.to_owned(),
                    offset: at,
                    bytes: until - at,
                    frames_behind: 0,
                });
                if rest.frame.is_none() {
                    return Ok(gaps);
                }
                reader.skip_to(until);
            }
        }
    }
}
