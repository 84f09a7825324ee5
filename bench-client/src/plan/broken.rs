//! Messages that are no messages: each must be answered by exactly `FAIL`.

/// A broken message and what is wrong with it.
#[derive(Debug)]
pub(crate) struct Broken {
    /// What is wrong, for messages.
    pub what: &'static str,
    /// The bytes to send, the closing `\n` included.
    pub bytes: Vec<u8>,
}

/// All broken messages, one of a kind each.
///
/// Where a seat is named it is one of the group that stays free, so that a
/// server that carries out a broken message is found out by the last check too.
/// The long lines are wrong for other reasons than their length, since the
/// protocol sets no limit to a seat's name.
pub(crate) fn catalogue() -> Vec<Broken> {
    let mut list: Vec<Broken> = [
        ("lower-case verb", &b"reserve: A000"[..]),
        ("mixed-case verb", b"Buy: A001"),
        ("missing space", b"RESERVE:A002"),
        ("missing colon", b"RESERVE A000"),
        ("two spaces", b"RESERVE:  A001"),
        ("tab instead of space", b"RESERVE:\tA002"),
        ("leading space", b" RESERVE: A000"),
        ("trailing space", b"RESERVE: A001 "),
        ("carriage return", b"RESERVE: A002\r"),
        ("missing seat", b"RESERVE: "),
        ("verb only", b"RESERVE"),
        ("missing verb", b": A000"),
        ("seat only", b"A001"),
        ("empty line", b""),
        ("blank line", b"   "),
        ("unknown verb", b"STEAL: A002"),
        ("verb with a tail", b"RESERVED: A000"),
        ("two seats", b"BUY: A000 A001"),
        ("two messages in one line", b"RESERVE: A001 RESERVE: A002"),
        ("punctuation in the seat", b"RESERVE: A-001"),
        ("seat with an accent", "RESERVE: Siège1".as_bytes()),
        ("emoji for a seat", "RESERVE: 🎟️".as_bytes()),
        ("emoji for a verb", "🎟️: A000".as_bytes()),
        ("digits of another script", "RESERVE: A٠٠١".as_bytes()),
        ("NUL in the seat", b"RESERVE: A\x00001"),
        ("binary", b"\x00\x01\x02\x80\xfe\xff\x1b[0m\x7f"),
        ("broken UTF-8", b"RESERVE: A\xc3\x28"),
    ]
    .into_iter()
    .map(|(what, line)| broken(what, line))
    .collect();
    list.push(broken("300 bytes without a verb", &b"x".repeat(300)));
    list.push(broken("5,000 bytes of seats", &{
        let mut line = b"RESERVE:".to_vec();
        line.extend(b" A000".repeat(1_000));
        line
    }));
    list.push(broken("20,000 bytes without a verb", &b"A0".repeat(10_000)));
    list
}

fn broken(what: &'static str, line: &[u8]) -> Broken {
    let mut bytes = line.to_vec();
    bytes.push(b'\n');
    Broken { what, bytes }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The protocol's own definition of a valid message.
    fn is_valid(line: &[u8]) -> bool {
        [&b"RESERVE: "[..], b"BUY: ", b"QUERY: "]
            .iter()
            .filter_map(|verb| line.strip_prefix(*verb))
            .any(|seat| !seat.is_empty() && seat.iter().all(u8::is_ascii_alphanumeric))
    }

    #[test]
    fn each_is_one_line_and_none_is_valid() {
        for message in catalogue() {
            let (end, line) = message.bytes.split_last().unwrap();
            assert_eq!(*end, b'\n', "{}", message.what);
            assert!(!line.contains(&b'\n'), "{}", message.what);
            assert!(!is_valid(line), "{}", message.what);
        }
    }

    #[test]
    fn no_two_are_alike() {
        let list = catalogue();
        for (at, message) in list.iter().enumerate() {
            assert!(list[..at].iter().all(|other| other.bytes != message.bytes));
            assert!(list[..at].iter().all(|other| other.what != message.what));
        }
    }
}
