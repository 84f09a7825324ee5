//! Progress on a terminal. Where standard error is none, nothing is drawn.

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A line that shows how far a run is.
#[derive(Debug)]
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// A bar for a phase called `name` that ends at `all`.
    pub(crate) fn of_items(name: &'static str, all: usize, quiet: bool) -> Self {
        let bar = Self::new(Some(all as u64), quiet);
        bar.0.set_style(style(
            "{msg:12} [{bar:32}] {percent:>3} %  {per_sec:>14}  {eta} left",
        ));
        bar.0.set_message(name);
        bar
    }

    /// A live line for a load.
    pub(crate) fn of_load(quiet: bool) -> Self {
        let bar = Self::new(None, quiet);
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

    /// Shows what is going on.
    pub(crate) fn say(&self, what: &str) {
        self.0.set_message(what.to_owned());
        self.0.tick();
    }

    /// Shows that a load is not measured yet.
    pub(crate) fn show_warm_up(&self) {
        self.0.set_message("warming up");
        self.0.tick();
    }

    /// Shows how far a load is, what its last second was like, and all errors
    /// so far.
    pub(crate) fn show_load(
        &self,
        progress: Option<&str>,
        replies: u64,
        p99_micros: f64,
        errors: u64,
    ) {
        let (replies, errors) = (HumanCount(replies), HumanCount(errors));
        let p99 = p99_micros / 1e3;
        let progress = progress.map_or_else(String::new, |progress| format!("{progress}  "));
        self.0.set_message(format!(
            "{progress}{replies} replies/s  p99 {p99:.3} ms  {errors} errors"
        ));
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
        let bar = Bar::of_load(true);
        bar.show_load(None, 123_456, 1_250.0, 3);
        assert_eq!(bar.0.message(), "123,456 replies/s  p99 1.250 ms  3 errors");
        bar.show_load(Some("7 sold"), 1, 1.0, 0);
        assert!(bar.0.message().starts_with("7 sold  1 replies/s"));
    }
}
