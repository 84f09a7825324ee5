//! What a load is about: what is asked, how that is written, and how a
//! correct server can answer.

use std::fmt::Debug;

use crate::plan::stream::Draw;

/// A verb with one of its outcomes, as tables name them.
pub(crate) type Kind = (&'static str, &'static str);

/// What a load is about. All threads share one.
pub(crate) trait Subject: Debug + Sync {
    /// All verbs with their outcomes; latencies are kept by place in it.
    const KINDS: &'static [Kind];
    /// What of this load can be turned, for the cures of warnings.
    const KNOBS: Knobs;

    /// What does not fit together, in words. Only meaningful when every request
    /// has been answered or noted as lost.
    fn unpaid(&self) -> Option<String>;

    /// How many seats were taken, if memory is to be told by seats.
    fn seats_taken(&self) -> Option<u64> {
        None
    }

    /// How far it has come, for the live line.
    fn progress(&self) -> Option<String> {
        None
    }
}

/// What to change when a load is too much or too little, as a person would say
/// it after "lower", "raise" and "measure".
#[derive(Clone, Copy, Debug)]
pub(crate) struct Knobs {
    /// What makes it less.
    pub(crate) less: &'static str,
    /// What lets more requests be under way.
    pub(crate) room: &'static str,
    /// What makes more samples.
    pub(crate) longer: &'static str,
}

impl Knobs {
    /// Of a load that comes at a rate.
    pub(crate) const OF_A_RATE: Self = Self {
        less: "--rate",
        room: "--connections or --pipeline",
        longer: "longer (--duration)",
    };
}

#[cfg(test)]
impl Knobs {
    /// Whether all flags that are named here are flags of a command.
    pub(crate) fn are_of(&self, command: &str) -> bool {
        use clap::CommandFactory;
        let cli = crate::cli::Cli::command();
        let command = cli.find_subcommand(command).expect("a command");
        let words = [self.less, self.room, self.longer];
        let mut words = words
            .iter()
            .flat_map(|text| text.split([' ', ',', '(', ')']));
        words.all(|word| {
            word.strip_prefix("--").is_none_or(|flag| {
                command
                    .get_arguments()
                    .any(|arg| arg.get_long() == Some(flag))
            })
        })
    }
}

/// A load of requests that do not depend on each other's replies.
pub(crate) trait Scenario: Subject {
    /// How requests are drawn.
    type Draw: Draw;
    /// What was certain when a request was sent.
    type Before: Copy + Debug + Send;

    /// How requests are drawn.
    fn draw(&self) -> Self::Draw;

    /// How many bytes the first reply in `unread` has, if it is complete. What
    /// is no reply at all is taken to be one.
    fn frame(&self, unread: &[u8]) -> Option<usize>;

    /// Writes a request that is sent at `at`, and says what is certain now.
    fn write(&self, request: Asked<Self>, at: u64, out: &mut Vec<u8>) -> Self::Before;

    /// Takes a whole reply that came at `now`: which kind it is, or `None` if it
    /// is no reply to that.
    ///
    /// # Errors
    /// Beside the kind, why no correct server could have answered so.
    fn judge(&self, sent: &Judged<Self>, reply: &[u8], now: u64) -> Option<(usize, Verdict)>;

    /// Notes that a request will get no reply.
    fn lose(&self, request: Asked<Self>);

    /// A request in words, such as `BUY: A7`.
    fn name(&self, request: Asked<Self>) -> String;

    /// A reply in words.
    fn quote(&self, reply: &[u8]) -> String {
        // Of a reply of several lines, or one that ends with `\r\n`, too.
        reply.trim_ascii_end().escape_ascii().to_string()
    }
}

/// A request of a scenario.
pub(crate) type Asked<S> = <<S as Scenario>::Draw as Draw>::Request;

/// Whether a reply can be right, or why not.
pub(crate) type Verdict = Result<(), String>;

/// What was remembered of a request, to judge its reply by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Remembered<R, B> {
    /// What was asked.
    pub(crate) request: R,
    /// When it was written, in nanoseconds from the start.
    pub(crate) at: u64,
    /// What was certain then.
    pub(crate) before: B,
}

/// What is remembered of a scenario's requests.
pub(crate) type Judged<S> = Remembered<Asked<S>, <S as Scenario>::Before>;
