use std::collections::BTreeSet;

use proptest::prelude::*;

use super::Placed::{Beyond, New};
use super::*;

#[test]
fn nothing_has_passed_before_the_first_number_is_known() {
    let mut window = Window::new(1_000, None);
    for sequence in [5, 3, 2, 4] {
        assert_eq!(window.insert(sequence), Placed::New);
        window.advance();
        assert_eq!((window.first(), window.passed()), (None, 0));
    }
    assert_eq!((window.waiting_for(), window.held()), (2, 4));
    assert_eq!(window.insert(1), Placed::New);
    window.advance();
    assert_eq!((window.first(), window.passed()), (Some(1), 6));
    assert_eq!(window.held(), 0);
}

#[test]
fn a_sequence_starts_at_the_zero_if_that_comes_first() {
    let mut window = Window::new(1_000, None);
    assert_eq!([0, 1, 2].map(|n| window.insert(n)), [Placed::New; 3]);
    window.advance();
    assert_eq!((window.first(), window.passed()), (Some(0), 3));

    let mut window = Window::new(1_000, None);
    let placed = [1, 0, 0].map(|n| window.insert(n));
    assert_eq!(placed, [Placed::New, Placed::Late, Placed::Late]);
    assert_eq!(window.count(), 1);
}

#[test]
fn a_first_number_that_is_known_is_the_first() {
    let mut window = Window::new(1_000, Some(500));
    let placed = [502, 499, 500].map(|n| window.insert(n));
    assert_eq!(placed, [Placed::New, Placed::Late, Placed::New]);
    window.advance();
    assert_eq!((window.first(), window.passed()), (Some(500), 501));
    assert_eq!(window.finish(), 1);
}

#[test]
fn the_window_reaches_so_far_and_no_further() {
    let mut window = Window::new(100, None);
    let placed = [1, 101, 102, 2, 102].map(|n| window.insert(n));
    // Without a call to `advance`, 101 is the hundredth number from 2 on.
    assert_eq!(placed, [New, New, Beyond, New, New]);

    let mut window = Window::new(100, None);
    let placed = [1_000, 900, 901, 1_001, 1_000].map(|n| window.insert(n));
    assert_eq!(placed, [New, Beyond, New, Beyond, Placed::Duplicate]);
}

#[test]
fn an_empty_sequence_has_no_holes() {
    let mut window = Window::new(100, None);
    assert_eq!(window.finish(), 0);
    assert_eq!((window.first(), window.passed()), (None, 0));
}

fn first_missing(set: &BTreeSet<u64>, from: u64) -> u64 {
    let mut missing = from;
    while set.contains(&missing) {
        missing += 1;
    }
    missing
}

proptest! {
    /// Whatever comes in whatever order, and whenever `advance` is called, it
    /// says what a set of numbers says.
    #[test]
    fn it_says_what_a_set_says(
        base in prop_oneof![Just(0u64), Just(1u64), Just(7), Just(1 << 59)],
        numbers in prop::collection::vec(0..300u64, 0..400),
        advance in any::<u64>(),
        limit in prop_oneof![1..50u64, Just(1_000)],
        known in any::<bool>(),
    ) {
        let mut window = Window::new(limit, known.then_some(base));
        let mut set: BTreeSet<u64> = BTreeSet::new();
        let mut first = known.then_some(base);
        for (i, number) in numbers.iter().map(|number| base + number).enumerate() {
            let low = first.map(|first| first_missing(&set, first)).or(set.first().copied()).unwrap_or(number).min(number);
            let high = set.last().map_or(number, |&last| last.max(number));
            let expected = if first.is_some_and(|first| number < first) {
                Placed::Late
            } else if set.contains(&number) {
                Placed::Duplicate
            } else if high - low >= limit {
                Placed::Beyond
            } else {
                set.insert(number);
                Placed::New
            };
            prop_assert_eq!(window.insert(number), expected);
            if first.is_none() && set.first().is_some_and(|&low| low <= 1) {
                first = set.first().copied();
            }
            if advance >> (i % 64) & 1 == 1 {
                window.advance();
                let passed = first.map(|first| first_missing(&set, first));
                prop_assert_eq!(window.passed(), passed.unwrap_or(0));
            }
        }
        prop_assert_eq!(window.count(), set.len() as u64);
        let start = first.or(set.first().copied());
        let holes = match (start, set.last()) {
            (Some(start), Some(last)) => last + 1 - start - set.len() as u64,
            _ => 0,
        };
        prop_assert_eq!(window.finish(), holes);
        if let Some(last) = set.last() {
            prop_assert_eq!((window.first(), window.passed()), (start, last + 1));
        }
    }
}
