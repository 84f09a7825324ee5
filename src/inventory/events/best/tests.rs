//! Best available, by example and against brute force.

use proptest::prelude::*;

use super::*;

fn map(sections: &[&[&str]]) -> (Plan, Seats) {
    let mut plan = Plan::default();
    for (section, rows) in sections.iter().enumerate() {
        plan.add_section(&section.to_string(), 100);
        for (row, letters) in rows.iter().enumerate() {
            plan.add_row(row.to_string(), letters.len() as u32);
        }
    }
    let mut seats = Seats::new(&plan, 0);
    let letters = sections.iter().flat_map(|rows| rows.iter());
    for (letter, seat) in letters.flat_map(|row| row.bytes()).zip(0..) {
        if letter != b'.' {
            seats.set(&plan, seat, SeatState::Sold, 0);
        }
    }
    (plan, seats)
}

#[test]
fn what_is_known_of_the_gaps_follows_the_seats() {
    let (plan, mut seats) = map(&[&["....", "...."]]);
    for expected in [vec![0, 1], vec![2, 3], vec![4, 5], vec![6, 7]] {
        assert_eq!(best(&plan, &mut seats, 2, 0..1), Some(expected.clone()));
        for seat in expected {
            seats.set(&plan, seat, SeatState::Held, 0);
        }
    }
    assert_eq!(best(&plan, &mut seats, 2, 0..1), None);
    seats.set(&plan, 5, SeatState::Free, 0);
    seats.set(&plan, 6, SeatState::Free, 0);
    assert_eq!(best(&plan, &mut seats, 2, 0..1), Some(vec![5, 6]));
}

#[test]
fn very_long_gaps_are_told_apart_by_looking() {
    let wide = ".".repeat(65) + "s";
    let rows = [wide.as_str(), wide.as_str()];
    assert_eq!(choose(&[&rows], 65), Some((0..65).collect()));
    assert_eq!(
        choose(&[&rows], 64),
        Some((1..65).collect()),
        "one is alone in any case"
    );
    assert_eq!(choose(&[&rows], 66).map(|it| it.len()), Some(66), "apart");
}

fn choose(sections: &[&[&str]], count: u32) -> Option<Vec<u32>> {
    let (plan, mut seats) = map(sections);
    best(&plan, &mut seats, count, 0..sections.len())
}

#[test]
fn an_empty_house_gives_the_middle_of_the_front_row() {
    assert_eq!(
        choose(&[&["..........", ".........."]], 2),
        Some(vec![4, 5])
    );
    assert_eq!(
        choose(&[&["...", "..."]], 1),
        Some(vec![0]),
        "the middle would leave two alone"
    );
}

#[test]
fn a_row_back_is_better_than_far_aside() {
    let rows = ["..sssssss..", "..........."];
    assert_eq!(choose(&[&rows], 2), Some(vec![15, 16]));
    assert_eq!(
        choose(&[&["..sss..", "sssssss", "...ssss"]], 2),
        Some(vec![0, 1])
    );
}

#[test]
fn nobody_is_left_alone_where_it_can_be_avoided() {
    assert_eq!(choose(&[&["s...s", ".s..s"]], 2), Some(vec![7, 8]));
    assert_eq!(
        choose(&[&["s...s"]], 2),
        Some(vec![1, 2]),
        "it cannot be avoided"
    );
    assert_eq!(
        choose(&[&["s...s"], &["..ss"]], 2),
        Some(vec![5, 6]),
        "not even in this section"
    );
    assert_eq!(
        choose(&[&["ss.ss..s"]], 1),
        Some(vec![2]),
        "that one is alone already"
    );
}

#[test]
fn who_cannot_sit_together_sits_in_few_groups() {
    assert_eq!(
        choose(&[&["..s...s.", "s..s.s.s"]], 5),
        Some(vec![0, 1, 3, 4, 5])
    );
    assert_eq!(
        choose(&[&[".s.s.s"], &["..s..s"]], 4),
        Some(vec![6, 7, 9, 10]),
        "one section"
    );
    assert_eq!(
        choose(&[&[".s."], &["s.s"]], 3),
        Some(vec![0, 2, 4]),
        "all there is"
    );
    assert_eq!(choose(&[&[".s."], &["s.s"]], 4), None);
}

#[test]
fn a_section_that_was_asked_for_is_kept_to() {
    let (plan, mut seats) = map(&[&["...."], &["...."]]);
    assert_eq!(
        best(&plan, &mut seats, 2, 1..2),
        Some(vec![4, 5]),
        "the middle leaves two alone"
    );
    assert_eq!(best(&plan, &mut seats, 5, 1..2), None);
}

/// Whether seats that get taken leave a free one alone which was not before.
fn leaves_alone(rows: &[String], first: usize, count: usize) -> bool {
    let mut offset = 0;
    for row in rows {
        if first < offset + row.len() {
            let start = first - offset;
            let free =
                |place: Option<usize>| place.and_then(|it| row.as_bytes().get(it)) == Some(&b'.');
            let back = |by: usize| start.checked_sub(by);
            let end = start + count;
            return free(back(1)) && !free(back(2)) || free(Some(end)) && !free(Some(end + 1));
        }
        offset += row.len();
    }
    unreachable!("the block is in a row")
}

fn blocks(rows: &[String], count: usize) -> Vec<usize> {
    let mut offset = 0;
    let mut found = Vec::new();
    for row in rows {
        for start in 0..(row.len() + 1).saturating_sub(count) {
            if row[start..start + count].bytes().all(|it| it == b'.') {
                found.push(offset + start);
            }
        }
        offset += row.len();
    }
    found
}

proptest! {
    #[test]
    fn promises_are_kept(
        sections in prop::collection::vec(prop::collection::vec("[.s]{1,9}|[.]{1,9}", 1..5), 1..3),
        count in 1..7usize,
    ) {
        let borrowed: Vec<Vec<&str>> = sections.iter()
            .map(|rows| rows.iter().map(String::as_str).collect()).collect();
        let slices: Vec<&[&str]> = borrowed.iter().map(Vec::as_slice).collect();
        let chosen = choose(&slices, count as u32);
        let rows: Vec<String> = sections.concat();
        let letters = rows.concat();
        let free = letters.bytes().filter(|it| *it == b'.').count();
        let Some(chosen) = chosen else {
            prop_assert!(free < count);
            return Ok(());
        };
        prop_assert_eq!(chosen.len(), count);
        prop_assert!(chosen.windows(2).all(|it| it[0] < it[1]));
        prop_assert!(chosen.iter().all(|seat| letters.as_bytes()[*seat as usize] == b'.'));

        let together = blocks(&rows, count);
        let first = chosen[0] as usize;
        if together.is_empty() {
            // No fewer groups would do: the longest gaps are the most that fit.
            let mut gaps: Vec<usize> = Vec::new();
            let narrow: Vec<&Vec<String>> = sections.iter().filter(|rows| {
                rows.concat().bytes().filter(|it| *it == b'.').count() >= count
            }).take(1).collect();
            let scope = narrow.first().map_or_else(|| rows.clone(), |rows| (*rows).clone());
            for row in &scope {
                gaps.extend(row.split('s').map(str::len).filter(|it| *it > 0));
            }
            gaps.sort_unstable_by(|one, other| other.cmp(one));
            let mut left = count;
            let fewest = gaps.iter().take_while(|gap| {
                let goes_on = left > 0;
                left = left.saturating_sub(**gap);
                goes_on
            }).count();
            let (plan, _) = map(&slices);
            let breaks = chosen.windows(2).filter(|it| {
                it[1] != it[0] + 1 || plan.row_of(it[0]) != plan.row_of(it[1])
            }).count();
            prop_assert_eq!(breaks + 1, fewest);
        } else {
            prop_assert!(together.contains(&first), "they can sit together");
            prop_assert_eq!(chosen[count - 1] as usize, first + count - 1);
            if together.iter().any(|first| !leaves_alone(&rows, *first, count)) {
                prop_assert!(!leaves_alone(&rows, first, count), "nobody need be alone");
            }
            // Nothing nearer to the middle of the front in the chosen section.
            let (plan, _) = map(&slices);
            let cost = |first: usize| {
                let row = plan.row_of(first as u32);
                let section = plan.section_of(row);
                let range = plan.row_seats(row);
                let off = (2 * (first - range.start) + count).abs_diff(range.len());
                let back = row - plan.sections()[section].rows.start;
                (leaves_alone(&rows, first, count), section, 4 * back + off, first)
            };
            let cheapest = together.iter().map(|first| cost(*first)).min();
            prop_assert_eq!(Some(cost(first)), cheapest);
        }
    }
}
