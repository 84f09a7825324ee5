//! The hammer ends with every ticket purchased once, and finds wrong servers
//! out.

mod support;

use support::{
    box_office::Lie,
    client::{self, Run},
    web::Web,
};

fn hammer(lie: Lie, more: &[&str]) -> Run {
    let web = Web::start(lie).expect("a free port");
    let target = web.target();
    let mut arguments = vec!["hammer", "--target", &target, "--tickets=60", "--members=6"];
    arguments.extend(more);
    client::run(env!("CARGO_BIN_EXE_ringside-bench"), &arguments)
}

/// With one thread nothing happens at the same time that could excuse a lie.
#[track_caller]
fn assert_found(lie: Lie, says: &str) {
    hammer(lie, &["--threads=1"]).assert(1, says);
}

/// Nothing excuses these.
#[track_caller]
fn assert_always_found(lie: Lie, says: &str) {
    assert_found(lie, says);
    hammer(lie, &["--threads=8"]).assert(1, says);
}

#[test]
fn a_right_server_passes_with_every_ticket_purchased_once() {
    for more in [
        &["--threads=1"][..],
        &["--threads=16"],
        &["--seed=7", "--weights=1:1:0:0:0:0:1:0"],
    ] {
        let run = hammer(Lie::None, more);
        run.assert(0, "HAMMER PASSED: each of 60 tickets has one owner");
        let purchases = run
            .stdout
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>())
            .find(|words| words.starts_with(&["purchase", "done"]))
            .map(|words| words[2].to_owned());
        assert_eq!(purchases.as_deref(), Some("60"), "{run:#?}");
    }
}

#[test]
fn illegal_actions_are_tried_and_refused() {
    let run = hammer(Lie::None, &[]);
    for row in ["held", "purchased", "not held", "not holder"] {
        run.assert(0, row);
    }
    run.assert(0, "seed 42");
}

#[test]
fn a_ticket_sold_twice_is_found() {
    assert_always_found(Lie::SellsTwice(3), "Purchase by member");
}

#[test]
fn a_ticket_held_twice_is_found() {
    assert_found(Lie::HoldsTwice(3), "fits no order");
}

#[test]
fn what_only_the_holder_may_do_is_watched() {
    assert_found(Lie::SellsFree(3), "Purchase by member");
    assert_found(Lie::FreesForAnyone(3), "Free by member");
}

#[test]
fn what_is_forgotten_or_refused_without_reason_is_found() {
    assert_found(Lie::ForgetsHold(3), "fits no order");
    assert_found(Lie::RefusesFree(3), "Hold by member");
    assert_found(Lie::GivesWrongReasons(3), "Refused(Some(Purchased))");
}

#[test]
fn what_the_server_shows_must_be_what_it_answered() {
    assert_always_found(Lie::ShowsAnother, "was answered: ticket");
    assert_always_found(Lie::HidesOne, "the list is without ticket");
}

#[test]
fn a_second_ticket_for_a_place_is_found() {
    assert_always_found(Lie::MakesDuplicates, "create ticket of row 1, seat");
}

#[test]
fn members_that_nobody_made_are_found() {
    assert_found(Lie::KnowsStrangers, "not both of which were made");
}

#[test]
fn a_missing_answer_is_no_verdict() {
    hammer(Lie::HangsUp(300), &[]).assert(2, "no verdict, an answer is missing");
    hammer(Lie::Babbles(300), &[]).assert(2, "no HTTP response");
}

#[test]
fn what_takes_too_long_is_ended() {
    let more = ["--limit=300ms", "--tickets=1000000"];
    hammer(Lie::None, &more).assert(2, "--limit was over");
}

#[test]
fn where_nothing_listens_that_is_told() {
    let bench = env!("CARGO_BIN_EXE_ringside-bench");
    client::run(bench, &["hammer", "--target=127.0.0.1:1"]).assert(2, "nothing listens");
    let both = ["hammer", "--embedded", "--target=127.0.0.1:1"];
    client::run(bench, &both).assert(2, "cannot be used with");
}
