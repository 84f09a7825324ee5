use std::io;
use std::os::fd::BorrowedFd;

use super::*;
use crate::journal::record::SeatState;

/// A file that nobody writes to: the writer only hands out what to write.
struct Nowhere;

impl File for Nowhere {
    fn len(&self) -> io::Result<u64> {
        Ok(0)
    }
    fn read_at(&self, _: &mut [u8], _: u64) -> io::Result<usize> {
        Ok(0)
    }
    fn write_at(&self, _: &[u8], _: u64) -> io::Result<()> {
        Ok(())
    }
    fn allocate(&self, _: u64) -> io::Result<()> {
        Ok(())
    }
    fn set_len(&self, _: u64) -> io::Result<()> {
        Ok(())
    }
    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}

fn segment(index: u64, blocks: u64) -> PreparedSegment {
    PreparedSegment {
        file: Box::new(Nowhere),
        index,
        bytes: blocks * BLOCK as u64,
    }
}

fn writer(blocks: u64) -> Writer {
    let at = Position {
        sequence: 10,
        chain: 99,
        epoch: 3,
    };
    Writer::new(at, segment(1, blocks))
}

fn reserved(name: &[u8]) -> Record<'_> {
    Record::Seat {
        state: SeatState::Reserved,
        name,
    }
}

#[test]
fn changes_gather_while_a_frame_is_under_way() {
    let mut writer = writer(8);
    assert_eq!((writer.newest(), writer.durable()), (10, 10));
    assert!(writer.start(1).is_none(), "nothing waits");

    writer.append(reserved(b"A1"));
    assert_eq!(writer.newest(), 11);
    assert_eq!(writer.pending_bytes(), 4);
    let frame = writer.start(1).unwrap();
    assert_eq!((frame.offset, frame.sequence), (BLOCK as u64, 11));
    let first = frame::check(frame.bytes).unwrap();
    assert_eq!((first.header.previous, first.header.epoch), (99, 3));
    assert_eq!((first.header.records, first.header.time_micros), (1, 1));
    let chain = first.crc;

    writer.append(reserved(b"A2"));
    writer.append(reserved(b"A3"));
    assert_eq!((writer.newest(), writer.durable()), (12, 10));
    assert!(writer.start(2).is_none(), "one at a time");
    writer.finished();
    assert_eq!((writer.durable(), writer.pending_bytes()), (11, 8));

    let frame = writer.start(2).unwrap();
    let second = frame::check(frame.bytes).unwrap();
    assert_eq!((second.header.previous, second.header.records), (chain, 2));
    assert_eq!(second.records, b"\x01\x02A2\x01\x02A3");
    writer.finished();
    assert_eq!((writer.durable(), writer.pending_bytes()), (12, 0));
    assert!(writer.start(3).is_none());
}

#[test]
fn full_frames_wait_in_order_and_padding_of_a_used_buffer_is_zeros() {
    let mut writer = writer(2);
    let name = [b'x'; 255];
    for _ in 0..40 {
        writer.append(reserved(&name));
    }
    assert_eq!(writer.newest(), 13, "15 to a frame");
    for (index, records) in [(2, 15), (3, 15), (4, 10)] {
        let frame = writer.start(0).unwrap();
        let checked = frame::check(frame.bytes).unwrap();
        assert_eq!(checked.header.records, records);
        writer.finished();
        assert!(writer.wants_segment());
        assert_eq!(writer.next_index(), index);
        writer.take_segment(segment(index, 2));
    }
    writer.append(reserved(b"A1"));
    let frame = writer.start(0).unwrap();
    assert!(
        frame.bytes[HEADER_BYTES + 4..]
            .iter()
            .all(|&byte| byte == 0)
    );
}

#[test]
fn a_full_segment_is_left_for_the_next_one() {
    let mut writer = writer(3);
    for expected in [1, 2] {
        writer.append(reserved(b"A1"));
        assert_eq!(writer.room(), (2 - expected) * BLOCK as u64);
        assert!(writer.start(0).is_some());
        writer.finished();
    }
    writer.append(reserved(b"A1"));
    assert!(writer.start(0).is_none() && writer.needs_segment());
    assert_eq!(writer.room(), 0);
    assert_eq!(writer.take_retired(), None);

    writer.take_segment(segment(2, 4));
    assert!(!writer.needs_segment());
    assert_eq!(writer.room(), 2 * BLOCK as u64);
    let frame = writer.start(0).unwrap();
    assert_eq!((frame.offset, frame.sequence), (BLOCK as u64, 13));
    let retired = Retired {
        index: 1,
        bytes: 3 * BLOCK as u64,
    };
    assert_eq!(writer.take_retired(), Some(retired));
    assert_eq!(writer.take_retired(), None);
}

#[test]
fn closing_adds_a_last_frame_even_without_changes() {
    let mut writer = writer(8);
    writer.append(reserved(b"A1"));
    writer.close();
    assert_eq!(writer.newest(), 12);
    let last: Vec<bool> = std::iter::from_fn(|| {
        let last = writer
            .start(0)
            .map(|frame| frame::check(frame.bytes).unwrap().header.last);
        writer.finished();
        last
    })
    .collect();
    assert_eq!(last, [false, true]);
    assert_eq!(writer.durable(), writer.newest());
}

#[test]
fn what_is_under_way_does_not_move() {
    let mut writer = writer(300);
    writer.append(reserved(b"A1"));
    let before = writer.start(0).unwrap().bytes.as_ptr();
    for _ in 0..100_000 {
        writer.append(reserved(b"A2"));
    }
    assert_eq!(writer.under_way().unwrap().bytes.as_ptr(), before);
    assert_eq!(before as usize % BLOCK, 0);
}
