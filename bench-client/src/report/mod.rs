//! What a run came to, printed for people.

pub(crate) mod harness;
pub(crate) mod seats;

/// A count with its noun, in the singular where it is one.
fn counted(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}
