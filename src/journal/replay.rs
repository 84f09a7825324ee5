//! Replays a stream: the newest snapshot, then every frame after it. Reads
//! only. Recovery, snapshots, verify, audit and resharding all come through
//! here.

use std::path::{Path, PathBuf};

use super::Sequence;
use super::contents::Contents;
use super::disk::{Disk, File};
use super::error::OpenError;
use super::frame::{BLOCK, Checked, NotAFrame};
use super::header::{FileHeader, Kind, NotAHeader};
use super::layout::Place;
use super::reader::{Item, Reader};
use super::record::{BadRecord, Record};
use super::report::{Cut, Progress, Report};
use super::state::{Illegal, State};
use super::tail::{self, Tail};
use super::writer::Position;

/// What was replayed.
pub(super) struct Replayed {
    /// The end: of the last frame, and the largest epoch of any file.
    pub(super) at: Position,
    pub(super) snapshot: u64,
    pub(super) snapshot_bytes: u64,
    /// The segments that hold frames, with the end of their last one.
    pub(super) segments: Vec<(u64, u64)>,
    /// The segments after those, without a whole frame, in their order.
    pub(super) empty: Vec<PathBuf>,
    /// Other files that do not count.
    pub(super) leftovers: Vec<PathBuf>,
    pub(super) report: Report,
}

/// Replays a stream into an empty state. With `sealed` the stream ends with
/// this segment and cannot have a torn tail.
pub(super) fn replay<S: State + ?Sized>(
    disk: &dyn Disk,
    place: &Place,
    sealed: Option<u64>,
    state: &mut S,
    progress: &mut dyn FnMut(Progress),
) -> Result<Replayed, OpenError> {
    let contents = Contents::list(disk, place, sealed)?;
    let mut paths = vec![place.snapshot(contents.snapshot)];
    paths.extend(contents.segments.iter().map(|&index| place.segment(index)));
    let mut of = 0;
    for path in &paths {
        of += open(disk, path)?
            .len()
            .map_err(|error| OpenError::io("look at", path, error))?;
    }
    let mut replay = Replay {
        disk,
        place,
        state,
        progress,
        seen: Progress { done: 0, of },
        closed: None,
        out: Replayed {
            at: Position {
                sequence: 0,
                chain: 0,
                epoch: 0,
            },
            snapshot: contents.snapshot,
            snapshot_bytes: 0,
            segments: Vec::new(),
            empty: Vec::new(),
            leftovers: contents.leftovers,
            report: Report::default(),
        },
    };
    replay.snapshot(contents.snapshot)?;
    for (done, &index) in contents.segments.iter().enumerate() {
        let later = &contents.segments[done + 1..];
        replay.segment(index, later, sealed.is_some())?;
        if replay.out.report.cut.is_some() {
            let later = later.iter().map(|&index| place.segment(index));
            replay.out.empty.extend(later);
            break;
        }
    }
    replay.out.report.closed = replay.closed.is_some();
    Ok(replay.out)
}

struct Replay<'a, S: ?Sized> {
    disk: &'a dyn Disk,
    place: &'a Place,
    state: &'a mut S,
    progress: &'a mut dyn FnMut(Progress),
    seen: Progress,
    /// The epoch that the last frame has closed.
    closed: Option<u64>,
    out: Replayed,
}

impl<S: State + ?Sized> Replay<'_, S> {
    fn snapshot(&mut self, index: u64) -> Result<(), OpenError> {
        let path = self.place.snapshot(index);
        let file = open(self.disk, &path)?;
        let mut reader = reader(&*file, &path)?;
        let (epoch, kind) = header(&mut reader, &path, self.place, index)?;
        let Kind::Snapshot {
            sequence,
            chain,
            records,
            frames,
        } = kind
        else {
            return Err(OpenError::damaged(&path, 0, "this is no snapshot"));
        };
        self.out.at = Position {
            sequence,
            chain,
            epoch,
        };
        self.state.expect(records);
        let mut inner = Position {
            sequence: 0,
            chain: 0,
            epoch,
        };
        let mut found = 0;
        let mut last = false;
        while !last {
            let at = reader.at();
            let frame = match next(&mut reader, &path)? {
                Item::Frame(frame) => frame,
                Item::Bad(why) => return Err(bad(&path, at, why)),
                Item::End => return Err(OpenError::damaged(&path, at, "the snapshot is cut off")),
            };
            follows(&frame, &mut inner).map_err(|what| OpenError::damaged(&path, at, what))?;
            last = frame.header.last;
            found += each_record(&frame, &path, at, |record| self.state.restore(record))?;
            self.tell(&mut reader);
        }
        let whole = reader.at() == reader.len() && found == records && inner.sequence == frames;
        if !whole {
            let what = format!(
                "the snapshot holds {found} records in {} frames and not {records} in {frames}, \
                 or is too long",
                inner.sequence
            );
            return Err(OpenError::damaged(&path, 0, what));
        }
        self.state
            .restored()
            .map_err(|illegal| OpenError::damaged(&path, 0, illegal.to_string()))?;
        self.out.report.snapshot_records = records;
        self.out.snapshot_bytes = reader.len();
        Ok(())
    }

    fn segment(&mut self, index: u64, later: &[u64], sealed: bool) -> Result<(), OpenError> {
        let path = self.place.segment(index);
        let file = open(self.disk, &path)?;
        let mut reader = reader(&*file, &path)?;
        let (epoch, kind) = header(&mut reader, &path, self.place, index)?;
        if !matches!(kind, Kind::Segment { .. }) {
            return Err(OpenError::damaged(&path, 0, "this is no segment"));
        }
        let before = self.out.report.frames;
        let why = loop {
            let at = reader.at();
            let frame = match next(&mut reader, &path)? {
                Item::Frame(frame) => frame,
                Item::Bad(why) => break Some(why),
                Item::End => break None,
            };
            self.frame(&frame, epoch, &path, at)?;
            self.tell(&mut reader);
        };
        self.out.at.epoch = self.out.at.epoch.max(epoch);
        let end = reader.at();
        if self.out.report.frames > before {
            self.out.segments.push((index, end));
        } else {
            self.out.empty.push(path.clone());
        }
        let rest = reader
            .rest(end)
            .map_err(|error| OpenError::io("read", &path, error))?;
        self.tell(&mut reader);
        let closed = self.closed.is_some() && self.out.report.frames > before;
        match tail::judge(end, why, rest, closed, sealed) {
            Tail::Clean => Ok(()),
            Tail::Newer(version) => Err(bad(&path, end, NotAFrame::Version(version))),
            Tail::Damaged(what) => Err(OpenError::damaged(&path, end, what)),
            Tail::Torn { bytes } => {
                self.nothing_in(later, &path, end)?;
                self.out.report.cut = Some(Cut {
                    path,
                    offset: end,
                    bytes,
                });
                Ok(())
            }
        }
    }

    fn frame(
        &mut self,
        frame: &Checked<'_>,
        epoch: u64,
        path: &Path,
        at: u64,
    ) -> Result<(), OpenError> {
        let wrong = |what: String| Err(OpenError::damaged(path, at, what));
        if frame.header.epoch != epoch || epoch < self.out.at.epoch {
            return wrong(format!(
                "a frame of boot {} in a segment of boot {epoch}, after boot {}",
                frame.header.epoch, self.out.at.epoch
            ));
        }
        if let Some(empty) = self.out.empty.first() {
            return wrong(format!("a frame after {}, which is empty", empty.display()));
        }
        if self.closed.is_some_and(|closed| epoch <= closed) {
            return wrong("a frame after the one that closed the journal".to_owned());
        }
        follows(frame, &mut self.out.at).or_else(wrong)?;
        self.closed = frame.header.last.then_some(epoch);
        self.out.report.frames += 1;
        self.out.report.records += each_record(frame, path, at, |record| self.state.apply(record))?;
        Ok(())
    }

    /// After a torn tail nothing may have been written.
    fn nothing_in(&self, later: &[u64], torn: &Path, at: u64) -> Result<(), OpenError> {
        for &index in later {
            let path = self.place.segment(index);
            let file = open(self.disk, &path)?;
            let mut reader = reader(&*file, &path)?;
            header(&mut reader, &path, self.place, index)?;
            let rest = reader
                .rest(BLOCK as u64)
                .map_err(|error| OpenError::io("read", &path, error))?;
            if rest.until.is_some() {
                let what = format!("no whole frame, although segment {index} goes on");
                return Err(OpenError::damaged(torn, at, what));
            }
        }
        Ok(())
    }

    fn tell(&mut self, reader: &mut Reader<'_>) {
        let read = reader.take_read();
        if read > 0 {
            self.seen.done += read;
            self.out.report.bytes += read;
            (self.progress)(self.seen);
        }
    }
}

/// Checks that a frame is the next of a chain, and moves on to it.
fn follows(frame: &Checked<'_>, at: &mut Position) -> Result<(), String> {
    let expected: Sequence = at.sequence + 1;
    if frame.header.sequence != expected || frame.header.previous != at.chain {
        return Err(format!(
            "frame {} follows where frame {expected} must, or not the one before it: frames are \
             missing or foreign",
            frame.header.sequence
        ));
    }
    at.sequence = expected;
    at.chain = frame.crc;
    Ok(())
}

fn each_record(
    frame: &Checked<'_>,
    path: &Path,
    at: u64,
    mut take: impl FnMut(Record<'_>) -> Result<(), Illegal>,
) -> Result<u64, OpenError> {
    let mut rest = frame.records;
    let mut count = 0;
    while !rest.is_empty() {
        let (record, after) = match Record::decode(rest) {
            Ok(decoded) => decoded,
            Err(unknown @ BadRecord::UnknownKind(_)) => {
                return Err(OpenError::Newer {
                    path: path.to_owned(),
                    offset: at,
                    what: unknown.to_string(),
                });
            }
            Err(cut) => return Err(OpenError::damaged(path, at, cut.to_string())),
        };
        take(record).map_err(|illegal| {
            let what = format!("record {count} of the frame does not follow: {illegal}");
            OpenError::damaged(path, at, what)
        })?;
        rest = after;
        count += 1;
    }
    if count != u64::from(frame.header.records) {
        let what = format!("{count} records in a frame of {}", frame.header.records);
        return Err(OpenError::damaged(path, at, what));
    }
    Ok(count)
}

fn open(disk: &dyn Disk, path: &Path) -> Result<Box<dyn File>, OpenError> {
    disk.open(path)
        .map_err(|error| OpenError::io("open", path, error))
}

fn reader<'f>(file: &'f dyn File, path: &Path) -> Result<Reader<'f>, OpenError> {
    Reader::new(file).map_err(|error| OpenError::io("look at", path, error))
}

fn next<'r>(reader: &'r mut Reader<'_>, path: &Path) -> Result<Item<'r>, OpenError> {
    reader
        .next()
        .map_err(|error| OpenError::io("read", path, error))
}

/// Reads a file's header and checks that the file belongs where it is.
fn header(
    reader: &mut Reader<'_>,
    path: &Path,
    place: &Place,
    index: u64,
) -> Result<(u64, Kind), OpenError> {
    let block = reader
        .header()
        .map_err(|error| OpenError::io("read", path, error))?;
    let header = FileHeader::decode(block).map_err(|why| match why {
        NotAHeader::Foreign => OpenError::damaged(path, 0, "this is no file of Ringside's journal"),
        NotAHeader::Checksum => OpenError::damaged(path, 0, "the header's checksum does not match"),
        NotAHeader::Version(version) => OpenError::Newer {
            path: path.to_owned(),
            offset: 0,
            what: format!("a file of format {version}"),
        },
    })?;
    if (header.generation, header.shard, header.index) != (place.generation, place.shard, index) {
        let what = format!(
            "this is file {} of shard {} in generation {}, in the place of another",
            header.index, header.shard, header.generation
        );
        return Err(OpenError::damaged(path, 0, what));
    }
    Ok((header.epoch, header.kind))
}

fn bad(path: &Path, at: u64, why: NotAFrame) -> OpenError {
    match why {
        NotAFrame::Version(version) => OpenError::Newer {
            path: path.to_owned(),
            offset: at,
            what: format!("a frame of format {version}"),
        },
        other => OpenError::damaged(path, at, tail::describe(Some(other))),
    }
}
