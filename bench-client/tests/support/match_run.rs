//! One run of the reference match server: one map, one write per event; and
//! ways to be wrong.

use std::{
    collections::{BTreeMap, HashSet},
    io::{self, BufRead, BufReader, ErrorKind, Write},
    net::TcpStream,
};

/// What a match server does wrong. Matches are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing.
    None,
    /// Leaves the n-th match out.
    Drops(usize),
    /// Sends the n-th match behind the one after it.
    Swaps(usize),
    /// Sends a number that is no match before the n-th match.
    Adds(usize),
    /// Sends a number that is no match instead of the n-th match.
    Replaces(usize),
    /// Sends the n-th match twice.
    Repeats(usize),
    /// Sends a text instead of the n-th match.
    Babbles(usize),
    /// Closes both connections instead of sending the n-th match.
    Closes(usize),
    /// Says why and closes the source at the n-th match; the listener waits.
    ClosesSource(usize),
    /// Stops reading at the n-th match.
    Freezes(usize),
    /// Sends no match.
    NeverAnswers,
    /// Sends one number more after the verdict.
    AddsAfterVerdict,
    /// Lets a later event of the same number replace the first one.
    PrefersDuplicates,
    /// Takes a line without the second user as an event.
    ForgivesShortLines,
}

/// What the listener told the server, line by line.
pub type Told = Vec<String>;

#[derive(Clone, Copy)]
struct Event {
    liked: bool,
    from: u32,
    to: u32,
}

/// Events in, matches out.
pub(super) struct Run {
    flaw: Flaw,
    /// Until it is closed.
    source: Option<BufReader<TcpStream>>,
    listener: Option<TcpStream>,
    /// Where to dial the listener if it is to come last.
    pub(super) dial_late: String,
    waiting: BTreeMap<u32, Event>,
    next: u32,
    likes: HashSet<(u32, u32)>,
    matches: usize,
    /// The last number that was no match.
    plain: u32,
    held: Option<u32>,
    output: Vec<u8>,
}

impl Run {
    pub(super) fn new(
        source: TcpStream,
        listener: Option<TcpStream>,
        flaw: Flaw,
    ) -> io::Result<Self> {
        for stream in [Some(&source), listener.as_ref()].into_iter().flatten() {
            stream.set_nodelay(true)?;
        }
        Ok(Self {
            flaw,
            source: Some(BufReader::new(source)),
            listener,
            dial_late: String::new(),
            waiting: BTreeMap::new(),
            next: 1,
            likes: HashSet::new(),
            matches: 0,
            plain: 0,
            held: None,
            output: Vec::new(),
        })
    }

    pub(super) fn play(mut self) -> io::Result<Told> {
        let mut line = Vec::new();
        while let Some(source) = &mut self.source {
            line.clear();
            match source.read_until(b'\n', &mut line) {
                // The client may be done with a wrong server at any time.
                Err(error) if is_gone(&error) => break,
                outcome => outcome?,
            };
            match line.strip_suffix(b"\n") {
                None | Some(b"EVENT END") => break,
                Some(b"EVENT BEGIN") => {}
                Some(event) => {
                    if let Some(told) = self.event(event)? {
                        return Ok(told);
                    }
                }
            }
        }
        // Whatever is still missing is a hole.
        while let Some((seq, event)) = self.waiting.pop_first() {
            self.apply(seq, event);
        }
        if self.listener.is_none() {
            self.listener = Some(TcpStream::connect(&self.dial_late)?);
        }
        self.flush()?;
        self.await_verdict()
    }

    /// Takes one line; where it ends the run, what the listener said to that.
    fn event(&mut self, line: &[u8]) -> io::Result<Option<Told>> {
        let Some((seq, event)) = self.parse(line) else {
            return Ok(None);
        };
        if seq < self.next {
            return Ok(None);
        }
        let first = self.waiting.entry(seq).or_insert(event);
        if self.flaw == Flaw::PrefersDuplicates {
            *first = event;
        }
        while let Some(event) = self.waiting.remove(&self.next) {
            self.apply(self.next, event);
            self.next += 1;
        }
        self.flush()?;
        match self.flaw {
            Flaw::Closes(at) if at <= self.matches => Ok(Some(Told::new())),
            Flaw::ClosesSource(at) if at <= self.matches => {
                if let Some(source) = self.source.take() {
                    source.get_ref().write_all(b"I have had enough\n")?;
                }
                self.await_verdict().map(Some)
            }
            Flaw::Freezes(at) if at <= self.matches => self.await_verdict().map(Some),
            _ => Ok(None),
        }
    }

    fn parse(&self, line: &[u8]) -> Option<(u32, Event)> {
        let mut fields: Vec<&str> = std::str::from_utf8(line).ok()?.split('|').collect();
        if self.flaw == Flaw::ForgivesShortLines && fields.len() == 3 {
            fields.push("1");
        }
        let [seq, kind, from, to] = fields[..] else {
            return None;
        };
        let event = Event {
            liked: kind == "LIKE_LIKED",
            from: from.parse().ok()?,
            to: to.parse().ok()?,
        };
        let known = ["LIKE_LIKED", "LIKE_NOT_LIKED", "LIKE_UNSPECIFIED"].contains(&kind);
        known.then_some((seq.parse().ok()?, event))
    }

    fn apply(&mut self, seq: u32, event: Event) {
        if event.liked && self.likes.contains(&(event.to, event.from)) {
            self.emit(seq);
        } else {
            self.plain = seq;
        }
        if event.liked {
            self.likes.insert((event.from, event.to));
        }
    }

    fn emit(&mut self, seq: u32) {
        self.matches += 1;
        let n = self.matches;
        match self.flaw {
            Flaw::NeverAnswers => {}
            Flaw::Closes(at) | Flaw::ClosesSource(at) | Flaw::Freezes(at) if at <= n => {}
            Flaw::Drops(at) if at == n => {}
            Flaw::Swaps(at) if at == n => self.held = Some(seq),
            Flaw::Adds(at) if at == n => self.push(&[self.plain, seq]),
            Flaw::Replaces(at) if at == n => self.push(&[self.plain]),
            Flaw::Repeats(at) if at == n => self.push(&[seq, seq]),
            Flaw::Babbles(at) if at == n => self.output.extend_from_slice(b"It's a match!\n"),
            _ => {
                self.push(&[seq]);
                if let Some(held) = self.held.take() {
                    self.push(&[held]);
                }
            }
        }
    }

    fn push(&mut self, seqs: &[u32]) {
        for seq in seqs {
            self.output.extend_from_slice(format!("{seq}\n").as_bytes());
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        let Some(listener) = &mut self.listener else {
            return Ok(());
        };
        if self.output.is_empty() {
            return Ok(());
        }
        match listener.write_all(&self.output) {
            Err(error) if !is_gone(&error) => return Err(error),
            _ => self.output.clear(),
        }
        Ok(())
    }

    /// Reads what the listener says until it hangs up.
    fn await_verdict(&mut self) -> io::Result<Told> {
        let listener = self.listener.as_ref().expect("it is connected by now");
        let mut told = Told::new();
        for line in BufReader::new(listener.try_clone()?).lines() {
            match line {
                Err(error) if is_gone(&error) => break,
                line => told.push(line?),
            }
            if told.len() == 2 && self.flaw == Flaw::AddsAfterVerdict {
                self.push(&[self.plain]);
                self.flush()?;
            }
        }
        Ok(told)
    }
}

fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
    )
}
