//! One connection's commands about one block of seats: prepared bytes, of
//! which only the block's number changes from use to use.

use fastrand::Rng;
use ringside::inventory::Verb;

use super::dialect::Dialect;

/// Commands of a script; a chunk has as many as divide it.
pub(super) const COMMANDS: usize = 4096;
/// Seats of a block: each is reserved once and bought once, in 4,096 commands;
/// the other half are queries.
pub(super) const SEATS: usize = COMMANDS / 4;
/// The digits of a block's number.
pub(super) type Block = [u8; 6];

/// Names are `A`, the block, and four digits of the seat.
const NAME: usize = 1 + size_of::<Block>() + 4;

struct Command {
    start: usize,
    /// Where the block's digits stand.
    block: usize,
    /// It only looks: any block will do whose seats are all there.
    looks: bool,
}

/// The bytes of [`COMMANDS`] commands.
pub(super) struct Script {
    bytes: Vec<u8>,
    commands: Vec<Command>,
}

impl Script {
    /// Verbs and seats as `random` has them: an order to learn by heart for no
    /// branch predictor. A purchase names a seat that an earlier command
    /// reserves, a query any such seat.
    pub(super) fn new(dialect: Dialect, random: &mut Rng) -> Self {
        let mut script = Self {
            bytes: Vec::new(),
            commands: Vec::with_capacity(COMMANDS),
        };
        let (mut reserved, mut unsold) = (0, Vec::new());
        let (mut buys, mut queries) = (SEATS, COMMANDS - 2 * SEATS);
        for left in (1..=COMMANDS).rev() {
            let place = random.usize(..left);
            let (verb, seat) = if place < queries && reserved > 0 {
                queries -= 1;
                (Verb::Query, random.usize(..reserved))
            } else if place < queries + buys && !unsold.is_empty() {
                buys -= 1;
                (Verb::Buy, unsold.swap_remove(random.usize(..unsold.len())))
            } else {
                unsold.push(reserved);
                reserved += 1;
                (Verb::Reserve, reserved - 1)
            };
            script.push(dialect, verb, seat);
        }
        script
    }

    fn push(&mut self, dialect: Dialect, verb: Verb, seat: usize) {
        let (before, after) = dialect.around(verb, NAME);
        let start = self.bytes.len();
        self.bytes.extend_from_slice(before.as_bytes());
        self.bytes.push(b'A');
        self.commands.push(Command {
            start,
            block: self.bytes.len(),
            looks: verb == Verb::Query,
        });
        self.bytes.extend_from_slice(&Block::default());
        let seat = format!("{seat:04}{after}");
        self.bytes.extend_from_slice(seat.as_bytes());
    }

    /// `count` commands from `from`, about the seats of `block`; queries look
    /// in the blocks that `look` gives.
    pub(super) fn chunk(
        &mut self,
        from: usize,
        count: usize,
        block: Block,
        mut look: impl FnMut() -> Block,
    ) -> &[u8] {
        let commands = &self.commands[from..from + count];
        for command in commands {
            let block = if command.looks { look() } else { block };
            self.bytes[command.block..command.block + block.len()].copy_from_slice(&block);
        }
        let next = self.commands.get(from + count);
        let end = next.map_or(self.bytes.len(), |next| next.start);
        &self.bytes[self.commands[from].start..end]
    }
}

/// The digits of block number `number`.
pub(super) fn block(number: u32) -> Block {
    let mut digits = Block::default();
    let mut rest = number;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    digits
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn every_command_succeeds_in_its_turn() {
        let mut script = Script::new(Dialect::Ringside, &mut Rng::with_seed(3));
        let mut sold: HashMap<String, bool> = HashMap::new();
        let mut counts = [0; 3];
        for from in (0..COMMANDS).step_by(64) {
            let chunk = script.chunk(from, 64, block(42), || block(42)).to_vec();
            let text = String::from_utf8(chunk).expect("ASCII");
            assert_eq!(text.lines().count(), 64);
            for line in text.lines() {
                let (verb, seat) = line.split_once(": ").expect("a command");
                assert!(seat.starts_with("A000042") && seat.len() == NAME, "{seat}");
                let seen = sold.get(seat).copied();
                match verb {
                    "RESERVE" => {
                        assert_eq!(sold.insert(seat.to_owned(), false), None);
                        counts[0] += 1;
                    }
                    "BUY" => {
                        assert_eq!(seen, Some(false));
                        sold.insert(seat.to_owned(), true);
                        counts[1] += 1;
                    }
                    _ => {
                        assert!(seen.is_some());
                        counts[2] += 1;
                    }
                }
            }
        }
        assert_eq!(counts, [SEATS, SEATS, 2 * SEATS]);
    }

    #[test]
    fn only_queries_look_elsewhere() {
        let mut script = Script::new(Dialect::Ringside, &mut Rng::with_seed(3));
        let chunk = script.chunk(0, COMMANDS, block(7), || block(999_999));
        let text = String::from_utf8(chunk.to_vec()).expect("ASCII");
        for line in text.lines() {
            assert_eq!(
                line.starts_with("QUERY: "),
                line.contains(": A999999"),
                "{line}"
            );
            assert_eq!(
                !line.starts_with("QUERY: "),
                line.contains(": A000007"),
                "{line}"
            );
        }
    }

    #[test]
    fn a_chunk_of_resp_announces_the_length_that_names_have() {
        let mut script = Script::new(Dialect::Redis, &mut Rng::with_seed(3));
        let chunk = script.chunk(0, 2, block(7), || block(7));
        let text = std::str::from_utf8(chunk).expect("ASCII");
        assert!(text.starts_with("*4\r\n$3\r\nSET\r\n$11\r\nA0000070000\r\n$1\r\nR\r\n"));
    }
}
