use proptest::prelude::*;

use super::*;

const LIMITS: LineLimits = LineLimits {
    max_line: 40,
    max_seat: 30,
};

/// Everything a stream means, line by line: `None` is an invalid line.
type Lines = Vec<Option<(Verb, Vec<u8>)>>;

/// Decodes `chunks` as they arrive, keeping what is incomplete.
fn decode_all(chunks: &[&[u8]]) -> Lines {
    let mut decoder = Decoder::new(LIMITS);
    let mut kept: Vec<u8> = Vec::new();
    let mut lines = Lines::new();
    for chunk in chunks {
        kept.extend_from_slice(chunk);
        loop {
            let consumed = match decoder.decode(&kept) {
                Decoded::Request {
                    verb,
                    seat,
                    consumed,
                } => {
                    lines.push(Some((verb, seat.to_vec())));
                    consumed
                }
                Decoded::Invalid { consumed } => {
                    lines.push(None);
                    consumed
                }
                Decoded::Skipped { consumed } => consumed,
                Decoded::Incomplete => break,
            };
            kept.drain(..consumed);
        }
        assert!(
            kept.len() <= LIMITS.max_line,
            "an incomplete line is bounded"
        );
    }
    lines
}

/// The specification of one line, written independently of the decoder.
fn meaning(line: &[u8]) -> Option<(Verb, Vec<u8>)> {
    let text = std::str::from_utf8(line).ok()?;
    let (verb, seat) = text.split_once(": ")?;
    let verb = match verb {
        "RESERVE" => Verb::Reserve,
        "BUY" => Verb::Buy,
        "QUERY" => Verb::Query,
        _ => return None,
    };
    let valid = (1..=LIMITS.max_seat).contains(&seat.len())
        && line.len() <= LIMITS.max_line
        && seat.chars().all(|c| c.is_ascii_alphanumeric());
    valid.then(|| (verb, seat.as_bytes().to_vec()))
}

#[test]
fn the_three_verbs_are_understood() {
    let lines = decode_all(&[b"RESERVE: A1\nBUY: B12a\nQUERY: Back32\n"]);
    assert_eq!(
        lines,
        [
            Some((Verb::Reserve, b"A1".to_vec())),
            Some((Verb::Buy, b"B12a".to_vec())),
            Some((Verb::Query, b"Back32".to_vec())),
        ]
    );
}

#[test]
fn whatever_is_not_a_message_is_invalid_once() {
    let broken: [&[u8]; 20] = [
        b"",
        b" ",
        b"RESERVE",
        b"RESERVE:",
        b"RESERVE: ",
        b"RESERVE:A1",
        b"RESERVE:  A1",
        b"RESERVE : A1",
        b" RESERVE: A1",
        b"RESERVE: A1 ",
        b"RESERVE: A1\r",
        b"RESERVE: A 1",
        b"RESERVE: A-1",
        b"reserve: A1",
        b"Query: A1",
        b"SELL: A1",
        "QUERY: \u{1f3ab}".as_bytes(),
        b"QUERY: \xff\xfe",
        b"QUERY: A1\0",
        b"\0\0\0",
    ];
    for line in broken {
        let mut input = line.to_vec();
        input.push(b'\n');
        assert_eq!(decode_all(&[&input]), [None], "{line:?}");
    }
}

#[test]
fn a_seat_name_may_be_as_long_as_the_limit_and_no_longer() {
    for (len, valid) in [(30, true), (31, false)] {
        let line = format!("BUY: {}\n", "x".repeat(len));
        assert_eq!(decode_all(&[line.as_bytes()])[0].is_some(), valid, "{len}");
    }
}

#[test]
fn an_over_long_line_is_answered_once_and_the_next_is_understood() {
    let long = "x".repeat(200);
    let input = format!("RESERVE: {long}\nQUERY: A1\n");
    let whole = decode_all(&[input.as_bytes()]);
    assert_eq!(whole, [None, Some((Verb::Query, b"A1".to_vec()))]);
    let bytes: Vec<&[u8]> = input.as_bytes().chunks(1).collect();
    assert_eq!(decode_all(&bytes), whole);
}

#[test]
fn a_line_without_its_end_means_nothing() {
    assert_eq!(decode_all(&[b"RESERVE: A1"]), []);
}

#[test]
fn replies_are_what_the_protocol_says_and_fit_the_bound() {
    let replies: Vec<&[u8]> = Outcome::ALL.iter().map(|&o| reply(o)).collect();
    let expected: [&[u8]; 5] = [b"OK\n", b"FAIL\n", b"FREE\n", b"RESERVED\n", b"SOLD\n"];
    assert_eq!(replies, expected);
    assert!(replies.iter().all(|r| r.len() <= MAX_REPLY_BYTES));
}

/// Lines that are mostly nearly right: where parsers go wrong.
fn line() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "(RESERVE|BUY|QUERY): [A-Za-z0-9]{0,32}".prop_map(String::into_bytes),
        "(RESERVE|BUY|QUERY|reserve|SELL)(:|: |:  | : )[A-Za-z0-9 \r-]{0,45}"
            .prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..60),
    ]
}

proptest! {
    #[test]
    fn any_bytes_in_any_split_mean_the_same(
        lines in prop::collection::vec(line(), 0..20),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let mut stream = lines.join(&b'\n');
        stream.push(b'\n');
        let expected: Lines = stream[..stream.len() - 1]
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
        prop_assert_eq!(decode_all(&chunks), expected);
    }
}
