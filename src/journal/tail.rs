//! Torn, or damaged? What may stand behind the last whole frame of a segment.

use super::frame::NotAFrame;
use super::reader::Rest;
use crate::limits::MAX_FRAME_BYTES;

/// What is behind the last whole frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    /// Zeros, or nothing.
    Clean,
    /// What a crash can leave of one frame that nobody was told of; so many
    /// bytes to the end of the last block that is not zero. Later segments must
    /// be empty.
    Torn { bytes: u64 },
    /// A whole frame of a format that is not known here.
    Newer(u16),
    /// Something that no crash leaves.
    Damaged(String),
}

/// Judges what is behind `end`. `why`: what is wrong with the frame there, if
/// anything begins there. `closed`: the last frame has closed the journal.
/// `sealed`: later frames were acknowledged.
///
/// Only the last write before a crash can be torn: frames are written one at a
/// time. So a tail is torn if it is no wider than a frame and nothing whole
/// stands behind it.
pub(super) fn judge(
    end: u64,
    why: Option<NotAFrame>,
    rest: Rest,
    closed: bool,
    sealed: bool,
) -> Tail {
    let Some(until) = rest.until else {
        return Tail::Clean;
    };
    if let Some(NotAFrame::Version(version)) = why {
        return Tail::Newer(version);
    }
    let found = describe(why);
    if let Some(frame) = rest.frame {
        return Tail::Damaged(format!(
            "{found}, and a whole frame at byte {frame} behind it"
        ));
    }
    if closed {
        return Tail::Damaged(format!("{found}, behind the frame that closed the journal"));
    }
    if sealed {
        return Tail::Damaged(format!("{found}, in a segment that was full"));
    }
    let bytes = until - end;
    if bytes > MAX_FRAME_BYTES as u64 {
        return Tail::Damaged(format!(
            "{found}, and {bytes} bytes that belong to no frame"
        ));
    }
    Tail::Torn { bytes }
}

/// What was found in the place of a frame.
pub(super) fn describe(why: Option<NotAFrame>) -> String {
    match why {
        None => "zeros in the place of a frame".to_owned(),
        Some(NotAFrame::NoHeader) => "no frame's header".to_owned(),
        Some(NotAFrame::CutOff) => "a frame that the file cuts off".to_owned(),
        Some(NotAFrame::Checksum) => "a frame with a wrong checksum".to_owned(),
        Some(NotAFrame::Version(version)) => format!("a frame of format {version}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: u64 = 8192;

    /// Every combination of what can be found, and what it means.
    #[test]
    fn the_table() {
        let kinds = [
            None,
            Some(NotAFrame::NoHeader),
            Some(NotAFrame::CutOff),
            Some(NotAFrame::Checksum),
            Some(NotAFrame::Version(9)),
        ];
        let widths = [
            None,
            Some(1),
            Some(MAX_FRAME_BYTES),
            Some(MAX_FRAME_BYTES + 1),
        ];
        let mut seen = 0;
        for why in kinds {
            for width in widths {
                for (frame, closed, sealed) in
                    (0..8).map(|bits| (bits & 1 > 0, bits & 2 > 0, bits & 4 > 0))
                {
                    let rest = Rest {
                        until: width.map(|width| END + width as u64),
                        frame: frame.then_some(END + 4096),
                    };
                    let tail = judge(END, why, rest, closed, sealed);
                    let case = format!("{why:?} {rest:?} closed {closed} sealed {sealed}");
                    match width {
                        None => assert_eq!(tail, Tail::Clean, "{case}"),
                        Some(_) if why == Some(NotAFrame::Version(9)) => {
                            assert_eq!(tail, Tail::Newer(9), "{case}");
                        }
                        Some(width) if !(frame || closed || sealed) && width <= MAX_FRAME_BYTES => {
                            let bytes = width as u64;
                            assert_eq!(tail, Tail::Torn { bytes }, "{case}");
                        }
                        Some(_) => assert!(matches!(tail, Tail::Damaged(_)), "{case}: {tail:?}"),
                    }
                    seen += 1;
                }
            }
        }
        assert_eq!(seen, 5 * 4 * 8);
    }
}
