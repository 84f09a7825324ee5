use proptest::prelude::*;

use super::*;

/// One line of a stream, as a test sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    Begin,
    Event(u64, Opinion, u64, u64),
    Malformed,
}

/// Decodes `chunks` as they arrive, keeping what is incomplete: the lines, and
/// whether the end was seen. `bulk`: with the fast decoder first, for so many
/// events at a time.
fn decode_all(chunks: &[&[u8]], bulk: usize) -> (Vec<Line>, bool) {
    let mut decoder = Decoder::default();
    let (mut kept, mut lines) = (Vec::new(), Vec::new());
    let mut events = vec![LikeEvent::BLANK; bulk];
    let line = |event: &LikeEvent| {
        Line::Event(event.sequence(), event.opinion(), event.from(), event.to())
    };
    for chunk in chunks {
        kept.extend_from_slice(chunk);
        loop {
            if bulk > 0 {
                let (count, consumed) = decoder.decode_events(&kept, &mut events);
                lines.extend(events[..count].iter().map(line));
                kept.drain(..consumed);
            }
            let consumed = match decoder.decode(&kept) {
                Decoded::Begin { consumed } => {
                    lines.push(Line::Begin);
                    consumed
                }
                Decoded::Event { event, consumed } => {
                    lines.push(line(&event));
                    consumed
                }
                Decoded::Malformed { consumed } => {
                    lines.push(Line::Malformed);
                    consumed
                }
                Decoded::Skipped { consumed } => consumed,
                Decoded::End { .. } => return (lines, true),
                Decoded::Incomplete => break,
            };
            kept.drain(..consumed);
        }
        assert!(kept.len() <= MAX_LINE_BYTES, "what is kept is bounded");
    }
    (lines, false)
}

/// The specification of one line, written independently of the decoders.
fn meaning(line: &[u8]) -> Line {
    fn event(line: &[u8]) -> Option<Line> {
        let text = std::str::from_utf8(line).ok()?;
        let [sequence, kind, from, to] = text.split('|').collect::<Vec<_>>().try_into().ok()?;
        let number = |text: &str| {
            let valid = text.len() <= 20 && text.chars().all(|c| c.is_ascii_digit());
            text.parse::<u64>().ok().filter(|_| valid)
        };
        let opinion = match kind {
            "LIKE_LIKED" => Opinion::Liked,
            "LIKE_NOT_LIKED" => Opinion::NotLiked,
            "LIKE_UNSPECIFIED" => Opinion::Unspecified,
            _ => return None,
        };
        let sequence = number(sequence).filter(|&sequence| sequence <= MAX_SEQUENCE)?;
        Some(Line::Event(sequence, opinion, number(from)?, number(to)?))
    }
    match line {
        b"EVENT BEGIN" => Line::Begin,
        _ => event(line).unwrap_or(Line::Malformed),
    }
}

fn both(stream: &[u8]) -> (Vec<Line>, bool) {
    let plain = decode_all(&[stream], 0);
    assert_eq!(decode_all(&[stream], 7), plain);
    assert_eq!(decode_all(&[stream], 500), plain);
    plain
}

#[test]
fn a_stream_is_understood() {
    let stream = b"EVENT BEGIN\n158|LIKE_NOT_LIKED|5642|8766\n636|LIKE_UNSPECIFIED|6073|6052\n\
        1027|LIKE_LIKED|3106|357\nEVENT END\n";
    let lines = vec![
        Line::Begin,
        Line::Event(158, Opinion::NotLiked, 5642, 8766),
        Line::Event(636, Opinion::Unspecified, 6073, 6052),
        Line::Event(1027, Opinion::Liked, 3106, 357),
    ];
    assert_eq!(both(stream), (lines, true));
}

#[test]
fn whatever_is_not_an_event_is_malformed_once() {
    for broken in [
        "",
        "|",
        "1",
        "1|LIKE_LIKED",
        "1|LIKE_LIKED|2",
        "1|LIKE_LIKED|2|",
        "1|LIKE_LIKED||3",
        "|LIKE_LIKED|2|3",
        "1|LIKE_LIKED|2|3|",
        "1|LIKE_LIKED|2|3|4",
        "1||2|3",
        "1|LIKE_LIKED|2|3\r",
        "1|LIKE_LIKED|2|3 ",
        " 1|LIKE_LIKED|2|3",
        "+1|LIKE_LIKED|2|3",
        "-1|LIKE_LIKED|2|3",
        "1|LIKED|2|3",
        "1|like_liked|2|3",
        "1|LIKE_LIKEDX|2|3",
        "1|LIKE_LIKED |2|3",
        "1|LIKE_NOTXLIKED|2|3",
        "1|LIKE_UNSPECIFIE|2|3",
        "1|LIKE_UNXXECIFIED|2|3",
        "1;LIKE_LIKED|2|3",
        "1|LIKE_LIKED;2|3",
        "1|LIKE_LIKED|2;3",
        "1|LIKE_LIKED|2|18446744073709551616",
        "1152921504606846976|LIKE_LIKED|2|3",
        "EVENT",
        "EVENT BEGIN ",
        "event begin",
    ] {
        // With lines around it, so that the fast decoder meets it too.
        let line = "7|LIKE_LIKED|8|9\n".repeat(3);
        let (lines, _) = both(format!("{line}{broken}\n{line}").as_bytes());
        let malformed: Vec<usize> = (0..lines.len())
            .filter(|&i| lines[i] == Line::Malformed)
            .collect();
        assert_eq!((malformed, lines.len()), (vec![3], 7), "{broken:?}");
    }
}

#[test]
fn numbers_may_be_as_large_as_they_may_be() {
    let line = format!("{MAX_SEQUENCE}|LIKE_LIKED|{}|0\n", u64::MAX);
    let event = Line::Event(MAX_SEQUENCE, Opinion::Liked, u64::MAX, 0);
    let (lines, _) = both(line.repeat(5).as_bytes());
    assert_eq!(lines, vec![event; 5]);
    let zeros = "0".repeat(19);
    let line = format!("{zeros}1|LIKE_UNSPECIFIED|{zeros}2|{zeros}3");
    assert_eq!(line.len(), MAX_LINE_BYTES);
    let (lines, _) = both(format!("{line}\n").as_bytes());
    assert_eq!(lines, [Line::Event(1, Opinion::Unspecified, 2, 3)]);
}

#[test]
fn the_end_needs_no_line_end_and_hides_what_follows() {
    for end in ["EVENT END", "EVENT END\n", "EVENT ENDED", "EVENT END\n7|"] {
        let (lines, ended) = both(format!("1|LIKE_LIKED|2|3\n{end}").as_bytes());
        assert_eq!((lines.len(), ended), (1, true), "{end:?}");
    }
    assert!(!both(b"EVENT EN").1);
    assert!(!both(b" EVENT END\n").1);
}

#[test]
fn a_last_line_may_lack_its_line_end() {
    let mut decoder = Decoder::default();
    let input = b"1|LIKE_LIKED|2|3";
    assert_eq!(decoder.decode(input), Decoded::Incomplete);
    let event = LikeEvent::new(1, Opinion::Liked, 2, 3);
    let consumed = input.len();
    assert_eq!(
        decoder.decode_last(input),
        Some(Decoded::Event { event, consumed })
    );
    assert_eq!(decoder.decode_last(b""), None);
    let consumed = 3;
    assert_eq!(
        decoder.decode_last(b"1|L"),
        Some(Decoded::Malformed { consumed })
    );
}

/// The fast decoder could leave everything to the plain one, and no other test
/// would notice.
#[test]
fn the_fast_decoder_takes_all_events_and_stops_at_what_is_none() {
    for width in [1, 7, 8, 9, 15, 16] {
        let number = "7".repeat(width);
        let line = format!("{number}|LIKE_NOT_LIKED|{number}|{number}\n");
        let (events, tail) = (line.repeat(200), "x".repeat(64));
        let stream = format!("{events}malformed\n{tail}");
        let (mut taken, mut count) = (0, 0);
        let mut buffer = [LikeEvent::BLANK; 64];
        let decoder = Decoder::default();
        loop {
            let (more, consumed) = decoder.decode_events(&stream.as_bytes()[taken..], &mut buffer);
            if more == 0 {
                break;
            }
            (taken, count) = (taken + consumed, count + more);
        }
        assert_eq!((taken, count), (events.len(), 200), "{width} digits");
    }
}

#[test]
fn an_over_long_line_is_malformed_once_and_the_next_is_understood() {
    let stream = format!("{}\n1|LIKE_LIKED|2|3\n", "9".repeat(500));
    let lines = vec![Line::Malformed, Line::Event(1, Opinion::Liked, 2, 3)];
    assert_eq!(both(stream.as_bytes()).0, lines);
    let bytes: Vec<&[u8]> = stream.as_bytes().chunks(1).collect();
    assert_eq!(decode_all(&bytes, 7).0, lines);
}

/// Short and long events.
fn event_line() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[0-9]\\|LIKE_LIKED\\|[0-9]\\|[0-9]",
        "[0-9]{8}\\|LIKE_UNSPECIFIED\\|[0-9]{7}\\|[0-9]{7}",
    ]
    .prop_map(String::into_bytes)
}

/// Lines that are right, nearly right (one byte changed), or anything.
fn line() -> impl Strategy<Value = Vec<u8>> {
    const EVENT: &str = "[0-9]{1,9}\\|LIKE_(LIKED|NOT_LIKED|UNSPECIFIED)\\|[0-9]{1,8}\\|[0-9]{1,8}";
    const WIDE: &str = "[0-9]{0,21}\\|LIKE_(LIKED|NOT_LIKED)\\|[0-9]{0,21}\\|[0-9]{0,21}";
    let changed = (EVENT, any::<prop::sample::Index>(), any::<u8>());
    prop_oneof![
        4 => EVENT.prop_map(String::into_bytes),
        1 => WIDE.prop_map(String::into_bytes),
        2 => changed.prop_map(|(line, at, byte)| {
            let mut line = line.into_bytes();
            let at = at.index(line.len());
            line[at] = byte;
            line
        }),
        1 => prop::collection::vec(any::<u8>(), 0..100),
        1 => Just(b"EVENT BEGIN".to_vec()),
    ]
}

/// One lane must not go on into the other's lines when that one has more.
#[test]
fn lanes_keep_to_their_lines() {
    let [short, long] = [
        "1|LIKE_LIKED|2|3\n",
        "12345678|LIKE_UNSPECIFIED|1234567|1234567\n",
    ];
    for (first, second) in [(short, long), (long, short)] {
        let stream = first.repeat(1_000 / first.len()) + &second.repeat(1_000 / second.len());
        let (lines, _) = both(stream.as_bytes());
        assert_eq!(lines.len(), stream.matches('\n').count());
    }
}

proptest! {
    #[test]
    fn any_bytes_in_any_split_mean_the_same(
        lines in prop_oneof![
            prop::collection::vec(line(), 0..40),
            // Events only, so that both lanes get far.
            prop::collection::vec(event_line(), 0..200),
        ],
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
        bulk in prop::sample::select(vec![0, 7, 100, 500]),
    ) {
        let mut stream = lines.join(&b'\n');
        stream.push(b'\n');
        let expected: Vec<Line> = stream[..stream.len() - 1]
            .split(|&byte| byte == b'\n')
            .map(meaning)
            .collect();

        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len())).collect();
        cuts.sort_unstable();
        let mut chunks = Vec::new();
        let mut start = 0;
        for cut in cuts {
            chunks.push(&stream[start..cut]);
            start = cut;
        }
        chunks.push(&stream[start..]);
        prop_assert_eq!(decode_all(&chunks, bulk), (expected, false));
    }
}

/// All ways to parse one event: with what the processor has to offer, eight
/// bytes at a time, and that again for wide numbers.
fn ways(bytes: &lanes::Bytes) -> Vec<(&'static str, Option<(LikeEvent, usize)>)> {
    let mut ways = vec![
        ("eight", swar::event(bytes, digits::up_to_8)),
        ("wide", swar::event(bytes, digits::up_to_15)),
    ];
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
    {
        #[allow(unsafe_code, reason = "the processor was asked")]
        // SAFETY: it has what it takes.
        ways.push(("avx2", unsafe { avx2::event(bytes) }));
    }
    ways
}

/// Numbers at most so wide are understood by each way, however they combine.
#[test]
fn each_way_takes_events_of_all_widths_that_are_its_own() {
    let number = |digit: &str, width| digit.repeat(width);
    for (kind, opinion) in [
        ("LIKED", Opinion::Liked),
        ("NOT_LIKED", Opinion::NotLiked),
        ("UNSPECIFIED", Opinion::Unspecified),
    ] {
        for widths in 0..8 * 8 * 8 {
            let widths = [widths / 64, widths / 8 % 8, widths % 8].map(|width| width + 1);
            let [sequence, from, to] =
                [("1", 0), ("9", 1), ("8", 2)].map(|(digit, i)| number(digit, widths[i]));
            let line = format!("{sequence}|LIKE_{kind}|{from}|{to}\n");
            // What follows is part of another line, digits or not.
            for after in ["7", "|", "\0"] {
                let padded = format!("{line}{}", after.repeat(80));
                let bytes = padded.as_bytes().first_chunk().expect("80 bytes");
                let value = |text: &str| text.parse().expect("a number");
                let event = LikeEvent::new(value(&sequence), opinion, value(&from), value(&to));
                for (way, parsed) in ways(bytes) {
                    let own = match way {
                        "eight" => widths.iter().all(|&width| width < 8),
                        "avx2" => widths[1] + widths[2] < 16,
                        _ => true,
                    };
                    if own || parsed.is_some() {
                        assert_eq!(parsed, Some((event, line.len())), "{way}: {line}");
                    }
                }
            }
        }
    }
}

/// Bytes that look like an event in part: pieces of it in any order, and what
/// could be taken for them.
fn almost_an_event() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => "[0-9]{1,9}".prop_map(String::into_bytes),
        4 => prop::sample::select(vec![
            "|LIKE_LIKED|", "|LIKE_NOT_LIKED|", "|LIKE_UNSPECIFIED|", "|", "\n", "|LIKE_",
            "|LIKE_LIKED|LIKE_LIKED|", "|LIKE_NOT_LIKEX|", "|LIKE_UNSPECIXXED|", "|LIKE_LIKED||",
            "|LIKE_NOT_UNLIKED|", "|LIKE_LIKED|\n", "/", ":", "|LIKE_NOT_LINOT_LIKED|",
        ]).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..4),
    ];
    let ordered = (line(), any::<[u8; 4]>()).prop_map(|(mut line, after)| {
        line.push(b'\n');
        line.extend(after);
        line
    });
    prop_oneof![
        prop::collection::vec(piece, 1..9).prop_map(|pieces| pieces.concat()),
        ordered,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever a fast way takes for an event, is one and nothing else.
    #[test]
    fn no_way_says_what_the_plain_one_does_not(
        bytes in almost_an_event(),
        after: u8,
    ) {
        let mut padded = bytes;
        padded.resize(padded.len().max(80), after);
        let padded: &lanes::Bytes = padded.first_chunk().expect("80 bytes");
        let end = padded.iter().position(|&byte| byte == b'\n');
        let expected = end.and_then(|end| Some((plain(&padded[..end])?, end + 1)));
        for (way, parsed) in ways(padded) {
            prop_assert!(parsed.is_none() || parsed == expected, "{way}: {parsed:?}");
        }
    }
}
