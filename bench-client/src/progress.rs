//! Progress on a terminal. Where standard error is none, nothing is drawn.

use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A line that shows how far a run is.
#[derive(Debug)]
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// A bar for a phase called `name` that ends at `all`.
    pub(crate) fn of_seats(name: &'static str, all: usize, quiet: bool) -> Self {
        let bar = Self::new(Some(all as u64), quiet);
        bar.0.set_style(style(
            "{msg:12} [{bar:32}] {percent:>3} %  {per_sec:>14}  {eta} left",
        ));
        bar.0.set_message(name);
        bar
    }

    /// A live line for a load that ends after `ops` replies or, where that is
    /// `None`, by the clock.
    pub(crate) fn of_load(ops: Option<u64>, quiet: bool) -> Self {
        let bar = Self::new(ops, quiet);
        bar.0.set_style(style("{spinner} {elapsed:>4}  {msg}"));
        bar
    }

    /// A live line for a match run.
    pub(crate) fn of_match(quiet: bool) -> Self {
        let bar = Self::new(Some(100), quiet);
        bar.0.set_style(style("[{bar:32}] {msg}"));
        bar
    }

    /// Shows how much a match run has written and received, in percent.
    pub(crate) fn show_match(&self, written: usize, received: usize) {
        self.0.set_position(written as u64);
        self.0.set_message(format!(
            "{written} % of the events written, {received} % of the matches received"
        ));
    }

    /// Shows that `done` is done.
    pub(crate) fn show(&self, done: usize) {
        self.0.set_position(done as u64);
    }

    /// Shows a load's replies so far and how many came within `span`.
    pub(crate) fn show_load(&self, replies: u64, latest: u64, span: Duration) {
        let rate = (latest as f64 / span.as_secs_f64()) as u64;
        let of = self
            .0
            .length()
            .map_or_else(String::new, |ops| format!(" of {}", HumanCount(ops)));
        let (replies, rate) = (HumanCount(replies), HumanCount(rate));
        self.0
            .set_message(format!("{replies}{of} replies, {rate}/s"));
        self.0.tick();
    }

    fn new(length: Option<u64>, quiet: bool) -> Self {
        let target = if quiet {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        Self(ProgressBar::with_draw_target(length, target))
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    // A template that does not parse costs the looks, not the run.
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_shows_its_rate() {
        let bar = Bar::of_load(Some(5_000), true);
        bar.show_load(3_000, 1_000, Duration::from_millis(500));
        assert_eq!(bar.0.message(), "3,000 of 5,000 replies, 2,000/s");
        let endless = Bar::of_load(None, true);
        endless.show_load(3_000, 1_000, Duration::from_secs(1));
        assert_eq!(endless.0.message(), "3,000 replies, 1,000/s");
    }
}
